"""A training run: a folder that can be stopped, resumed and watched (see `run_folder`)."""

import contextlib
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from t2i_utils import backend, devices
from t2i_utils.arrays import set_file
from t2i_utils.config import Config
from t2i_utils.data import Pack
from t2i_utils.errors import InputError
from t2i_utils.files import replace_text
from t2i_utils.stackgan.weights import StageToSave, read_card, save_weights
from t2i_utils.training.checkpoints import save_checkpoint
from t2i_utils.training.choice import Judge, Score, best_step, scores_table
from t2i_utils.training.logs import RunLog
from t2i_utils.training.loop import train_steps
from t2i_utils.training.run_data import RunData, choice_of_sentences
from t2i_utils.training.run_folder import RunFolder, check_same
from t2i_utils.training.samples import draw_samples
from t2i_utils.training.setup import build_stages, given_knowledge, lent_stages
from t2i_utils.training.stage import Stage

_LOG = logging.getLogger(__name__)


class Run:
    """A training run in a folder.

    Attributes:
        files: the folder's paths.
        data: what the run trains on.
        stages: {1: Stage, 2: Stage}, or one of them.
    """

    def __init__(
        self,
        folder: str | Path,
        pack: Pack,
        configs: Sequence[Config],
        *,
        split: str = "zero-shot",
        seed: int = 0,
        resume: bool = False,
        init: str | Path | None = None,
        judge: Judge | None = None,
        asked: dict[str, Any] | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        """Set up a new run, or continue one.

        Args:
            folder: of the run; new, or with `resume` one that has checkpoints. A stage that the
                folder does not have yet may be added without `resume`.
            pack: the data; its training part is used.
            configs: of the stages to train, in order. Stage II alone takes Stage I from the
                folder's own weights, or else from `init`. A stage that has a checkpoint must have
                the same configuration, `steps` apart.
            split: "zero-shot" or "official".
            seed: of weights, batches and noise.
            resume: continue from the folder's checkpoints.
            init: start from these weights (a set's name or folder), with the widths of their
                generators and their whitening; a discriminator that they lack warms up first.
            judge: of Stage I, which then trains alone: `weights/` keeps the step that it judges
                best (see `training.choice`), with a Stage II of `init`.
            asked: what the user asked for; kept in run.json for a later resume.
            say: called with each message for the person who watches.

        Raises:
            InputError: the folder has a run already (without `resume`) or none (with it), the
                settings are not those of the run, or another process trains in it.
        """
        self.files, self.say = RunFolder(folder), say
        numbers = [config.stage for config in configs]
        self.files.check_start(numbers, resume, init)
        for config in configs:
            devices.check_divides(config)
        sentences = choice_of_sentences(configs)
        with self.files.locked() if self.files.is_started else contextlib.nullcontext():
            if devices.leads():
                self.files.finish_replacing()
            devices.wait_for_all("the folder is whole")
            self._about = self.files.read_about() if self.files.is_started else {}
            self._init = init or self._about.get("init")
            self._asked = asked or self._about.get("asked")
            for number in numbers:  # before networks of these sizes are built
                note = self.files.read_checkpoint_note(number) or {"config": {}}
                kept = {k: v for k, v in note["config"].items() if k != "steps"}
                before = self._about.get("stages", {}).get(str(number), {})
                check_same(self.files.checkpoint(number), before, kept)
            known = given_knowledge(self.files, self._init, pack) if self._init else (None, ())
            self.data = RunData(pack, split, seed, *sentences, *known)
            check_same(self.files.path, self._about, self.data.identity)
            continued = numbers if init else self._from_weights
            self.stages = build_stages(self.files, self.data, configs, self._init, continued)
        self._judge, self._out = judge, self.files
        if not devices.leads():  # writes as well, where nobody reads
            self._scratch = tempfile.TemporaryDirectory()
            self._out = RunFolder(self._scratch.name)
        if judge is None and any(stage.scores for stage in self.stages.values()):
            raise InputError(
                f"{self.folder} chooses among its steps by held-back photographs: continue it by "
                "`t2i train --resume --stage 1`"
            )

    @property
    def folder(self) -> Path:
        """Of the run."""
        return self.files.path

    @property
    def _from_weights(self) -> list[int]:
        """The stages of this folder that started from weights."""
        return self._about.get("from_weights", [])

    def train(
        self,
        steps: int | dict[int, int],
        save_every: int = 200,
        progress: bool = True,
        in_turn: bool = False,
    ) -> None:
        """Train until every stage has done `steps` updates, then save.

        Where both stages train, they advance together: each update of Stage II draws with the
        Stage I of the same step, and never changes it. So training to step 20, then resuming to
        40, ends with the weights that 40 steps in one go give. With `in_turn`, as in the paper,
        Stage II begins when Stage I has ended, and draws with what users will draw with.

        Ctrl-C and SIGTERM stop cleanly: the step is finished, a checkpoint is written, and
        KeyboardInterrupt or SystemExit is raised. A second Ctrl-C stops at once and keeps the
        checkpoint before.

        Args:
            steps: the step at which each stage ends; one for all, or {stage: steps}.
            save_every: updates between two checkpoints and sample sheets.
            progress: show a progress bar.
            in_turn: train one stage after the other.

        Raises:
            InputError: a file cannot be written or read, another process trains here, the memory
                is used up, or the losses are not finite any more; it names the checkpoint before.
        """
        ends = steps if isinstance(steps, dict) else dict.fromkeys(self.stages, steps)
        starts = {number: stage.step for number, stage in self.stages.items()}
        phases = training_phases(starts, ends, in_turn)
        with self.files.locked():
            self._check_unchanged()
            self._mend_weights()
            if not phases:
                self.say(f"{self.folder} is trained that far already ({self._where()}): more "
                         "--steps?")  # fmt: skip
                return
            self._write_about()
            try:
                if self._judge and not self.stages[1].scores:
                    self.save()
                with RunLog(self._out.path, starts) as log:
                    for numbers, part in phases:
                        self._train_together(numbers, part, log, save_every, progress)
            except InputError as error:
                raise InputError(f"{error}; {self._last_good()}") from error

    def _check_unchanged(self) -> None:
        """Whether the folder is as this run left it: another process may have trained in it."""
        for number, stage in self.stages.items():
            note = self.files.read_checkpoint_note(number)
            if (step := note["step"] if note else 0) != stage.step:
                raise InputError(
                    f"{self.files.checkpoint(number)} is of step {step}, and this run at step "
                    f"{stage.step}: start it again with --resume"
                )

    def _train_together(
        self, numbers: list[int], steps: range, log: RunLog, save_every: int, progress: bool
    ) -> None:
        """Train stages side by side for some steps, and save."""
        moving = {number: self.stages[number] for number in numbers}

        def update(_: int, batches: dict[int, Any]) -> None:
            for number, batch in batches.items():
                self._update(number, batch, log)

        def save() -> None:
            last = self.stages[numbers[0]].step
            self.save(numbers, judged=last % save_every == 0 or last == steps.stop)

        def flush() -> str:
            for warning in log.flush():
                tqdm.write(f"warning: {warning}", sys.stderr)
            return log.latest

        with contextlib.ExitStack() as stack:
            if numbers == [2] and 1 in self.stages:  # draws with what users will draw with
                stack.enter_context(self.stages[1].settled())
            stop = train_steps(
                steps,
                lambda step: {number: stage.prepare(step) for number, stage in moving.items()},
                update,
                title=f"training stage {' and '.join(map(str, numbers))}",
                flush=flush,
                save=save,
                save_every=save_every,
                progress=progress and devices.leads(),
            )
        if stop.requested:
            self.say(f"stopped; {self.folder} is saved ({self._where()}): go on with --resume")
            stop.end()

    def _update(self, number: int, batch: Any, log: RunLog) -> None:
        began, stage = time.perf_counter(), self.stages[number]
        factor, metrics = stage.update(batch)
        log.add(number, stage.step, factor, time.perf_counter() - began, metrics)

    def _where(self) -> str:
        return ", ".join(f"stage {n} at step {s.step}" for n, s in self.stages.items())

    def _last_good(self) -> str:
        """Where the run can go on, in words."""
        notes = {number: self.files.read_checkpoint_note(number) for number in self.stages}
        steps = [f"stage {number} at step {note['step']}" for number, note in notes.items() if note]
        if not steps:
            return "nothing had been saved before"
        return f"the last good checkpoint is in {self.folder} ({', '.join(steps)})"

    def _write_about(self) -> None:
        configs = {str(number): s.gan.config.to_json() for number, s in self.stages.items()}
        continued = {number for number, stage in self.stages.items() if stage.from_weights}
        self._about |= {
            **self.data.identity,
            "backend": backend.name(),
            "asked": self._asked,
            "init": None if self._init is None else str(self._init),
            "from_weights": sorted(continued | set(self._from_weights)),
            "stages": {**self._about.get("stages", {}), **configs},
        }
        self._out.write_about(self._about)

    def save(self, numbers: Sequence[int] | None = None, judged: bool = True) -> None:
        """Write checkpoints of stages, then weights and sample sheets; of processes, one does.

        Args:
            numbers: of the stages; None: all. Their checkpoints change together, and so do their
                weights.
            judged: whether the step is one to choose among, where the run chooses. A stop by hand
                is none: a run that goes on after it keeps what one without a stop keeps.

        Raises:
            InputError: a file cannot be written; the checkpoints before stay.
        """
        stages = [self.stages[number] for number in numbers or self.stages]
        if self._judge and judged:
            self._score(self.stages[1], self._judge)
        if devices.leads():
            with self.files.replacing_checkpoints(stage.number for stage in stages) as paths:
                for stage in stages:
                    note = {**self.data.identity, **stage.past}
                    save_checkpoint(paths[stage.number], stage.gan, stage.step, note)
        self._save_weights(stages)
        devices.wait_for_all("it is saved")

    def _score(self, stage: Stage, judge: Judge) -> None:
        """Let the step that a stage is at be judged, if it was not."""
        if stage.step in (score.step for score in stage.scores):
            return
        with stage.settled():
            distance, error = judge(stage.gan.drawing_generator, self.data.whitening)
        stage.scores.append(Score(stage.step, distance, error))
        _LOG.info("step %d: distance %.4f (standard error %.4f)", *stage.scores[-1])

    def _save_weights(self, stages: Sequence[Stage]) -> None:
        """Write what people draw with, and sheets of what is drawn at this step.

        Several processes must ask their devices for the same things, so all of them do this.
        """
        with contextlib.ExitStack() as stack:
            for stage in stages:
                stack.enter_context(stage.settled())
            found = [
                StageToSave(s.gan.drawing_generator, s.gan.config, s.card, s.gan.discriminator)
                for s in stages
                if s.kept_step == s.step
            ]
            found += lent_stages(self.files, self.stages, self._init)
            devices.wait_for_all("what was there is read")
            card = self.data.card
            if scores := stages[0].scores:
                card["chosen"] = {"step": best_step(scores), "kid": scores}
                replace_text(self._out.path / "steps.csv", scores_table(scores))
            save_weights(self._out.weights, found, self.data.whitening, card)
            draw_samples(self._out.path / "samples", self.data, stages)

    def _mend_weights(self) -> None:
        """Write weights again that a stop left behind their checkpoints, or that are damaged."""
        begun = [stage for stage in self.stages.values() if stage.step or stage.scores]
        old = [stage for stage in begun if not self._has_weights(stage)]
        if not old:
            return
        for stage in old:
            if stage.kept_step != stage.step:  # they were nowhere else
                self.say(f"the weights of step {stage.kept_step}, the best so far, are lost")
                stage.scores = [score for score in stage.scores if score.step == stage.step]
        self.say(f"writing the weights of {self.folder} again: they are not of its last checkpoint")
        with contextlib.ExitStack() as stack:
            if 1 in self.stages and self.stages[1] not in old:
                stack.enter_context(self.stages[1].settled())
            self._save_weights(old)

    def _has_weights(self, stage: Stage) -> bool:
        """Whether the weights of a stage are whole and of the step that it is at."""
        try:
            entry = read_card(self.files.weights)["stages"][str(stage.number)]
            for part in (entry, entry.get("discriminator")):
                if part is not None:
                    set_file(self.files.weights, part)
        except (InputError, KeyError):
            return False
        return entry.get("steps") == stage.kept_step


def training_phases(
    starts: dict[int, int], ends: dict[int, int], in_turn: bool
) -> list[tuple[list[int], range]]:
    """Which stages train together, and for which steps.

    Args:
        starts: {stage: updates done}.
        ends: {stage: updates to be done}.
        in_turn: one stage after the other; else side by side, each at its own step.
    """
    waiting = [number for number in starts if starts[number] < ends[number]]
    if in_turn:
        return [([number], range(starts[number], ends[number])) for number in waiting]
    bounds = sorted({bound[number] for bound in (starts, ends) for number in waiting})
    phases = []
    for first, last in zip(bounds, bounds[1:], strict=False):
        together = [number for number in waiting if starts[number] <= first < ends[number]]
        if together:
            phases.append((together, range(first, last)))
    return phases
