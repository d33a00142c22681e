"""Training runs: folders that can be stopped, resumed and watched (see `run_folder`)."""

import dataclasses
import datetime
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from t2i_utils import backend
from t2i_utils.config import Config
from t2i_utils.data import Batches, Pack
from t2i_utils.errors import InputError
from t2i_utils.files import replace_text
from t2i_utils.stackgan.recipes import config_from_json
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.stackgan.weights import Weights, load_weights, save_weights
from t2i_utils.training.checkpoints import copy_weights, load_checkpoint, save_checkpoint
from t2i_utils.training.logs import RunLog, save_samples
from t2i_utils.training.run_folder import RunFolder
from t2i_utils.training.stopping import DeferredInterrupt

SAMPLES = 16  # pictures on a sample sheet
WARM_UP = 50  # updates of the discriminator alone after --init
SETTLING = 24  # batches for the averaged generator's statistics: 8 % of the lent ones are left
FLUSH_SECONDS = 10  # between two writes of the log: fetching metrics at each step stalls a GPU


@dataclasses.dataclass
class Stage:
    """One stage of a run: its GAN, its batches, and how far it is."""

    gan: StageGAN
    batches: Batches
    step: int = 0
    warm_up: bool = False  # the generator came from --init, the discriminator is new
    settled: int = -1  # the step at which the averaged generator got statistics of its own


class Run:
    """A training run in a folder.

    Attributes:
        stages: {1: Stage, 2: Stage}, or one of them.
        resumed: whether a checkpoint was loaded.
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
        asked: dict[str, Any] | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        """Set up a new run, or continue one.

        Args:
            folder: of the run; new, or with `resume` one that has checkpoints. A stage that the
                folder does not have yet may be added without `resume`.
            pack: the data; its training part is used.
            configs: of the stages to train, in order. Stage II alone takes Stage I from the
                folder's own weights, or else from `init`.
            split: "zero-shot" or "official".
            seed: of weights, batches and noise.
            resume: continue from the folder's checkpoints.
            init: start from these weights (a set's name or folder), and with the widths of their
                generators; the discriminator, which is new, warms up first.
            asked: what the user asked for; kept in run.json for a later resume.
            say: called with each message for the person who watches.

        Raises:
            InputError: the folder has a run already (without `resume`) or none (with it), or the
                settings are not those of the run.
        """
        self.files = RunFolder(folder)
        self.folder = self.files.path
        self.pack, self.split, self.seed, self.say = pack, split, seed, say
        self.indices = pack.indices(split, "train")
        self.whitening = pack.whitening(self.indices)
        self._check_folder([config.stage for config in configs], resume, init)
        self._about = self.files.read_about() if self.files.is_started else {}
        self._check_identity()
        self._init = init or self._about.get("init")
        self._asked = asked or self._about.get("asked")
        self._borrowed: Weights | None = None  # whose Stage I this run's Stage II draws with
        self.stages = self._build_stages(configs, is_named=init is not None)
        self.resumed = any(stage.step for stage in self.stages.values())
        self._samples = self._choose_samples()

    def _check_folder(self, stages: list[int], resume: bool, init: str | Path | None) -> None:
        if resume and init:
            raise InputError(
                "--init starts a run and --resume continues one: leave one of them out"
            )
        if resume and not self.files.is_started:
            raise InputError(f"{self.folder} holds no run to resume: leave --resume out")
        self.files.finish_replacing()
        if not resume and any(self.files.checkpoint(stage).is_file() for stage in stages):
            raise InputError(
                f"{self.folder} holds a run already: add --resume to continue it, or name "
                "another --run"
            )

    def _check_identity(self) -> None:
        for key, value in self.identity.items():
            if (before := self._about.get(key, value)) != value:
                raise InputError(
                    f"{self.folder} was trained with {key} {before!r}, not {value!r}: resume with "
                    "the same settings, or start another --run"
                )

    @property
    def identity(self) -> dict[str, Any]:
        """What must stay the same for as long as a run is resumed."""
        return {
            "seed": self.seed,
            "split": self.split,
            "data": self.pack.manifest["name"],
            "crop": self.pack.manifest["crop"],
            "num_images": len(self.indices),
            "encoder": self.pack.manifest["encoder"]["name"],
        }

    def _build_stages(self, configs: Sequence[Config], is_named: bool) -> dict[int, Stage]:
        stages: dict[int, Stage] = {}
        given = self._given([config.stage for config in configs], is_named)
        for config in configs:
            number, stage1 = config.stage, None
            if number == 2:
                stage1 = stages[1].gan.drawing_generator if 1 in stages else self._stage1()
            config = self._with_given_width(config, given)
            gan = StageGAN(config, self.pack.width, stage1, self.seed)
            stage = stages[number] = Stage(gan, self._batches(config))
            file = self.files.checkpoint(number)
            if file.is_file():
                stage.step = stage.settled = load_checkpoint(file, gan, self.identity)
                stage.warm_up = number in self._warm_up
            elif given is not None and number in given.generators:
                for generator in (gan.generator, gan.averaged):
                    if generator is not None:
                        copy_weights(given.generators[number], generator, given.folder)
                stage.warm_up = True
        return stages

    @property
    def _warm_up(self) -> list[int]:
        """The stages of this folder that started from weights."""
        return self._about.get("warm_up", [])

    def _given(self, stages: list[int], is_named: bool) -> Weights | None:
        """The weights that new stages start from: named now, or when the stage was begun."""
        new = [stage for stage in stages if not self.files.checkpoint(stage).is_file()]
        if self._init and any(is_named or stage in self._warm_up for stage in new):
            return load_weights(self._init)
        return None

    def _with_given_width(self, config: Config, given: Weights | None) -> Config:
        """A stage that starts from weights, or once did, has the width of their generator."""
        begun = self._about.get("stages", {}) if config.stage in self._warm_up else {}
        known = begun.get(str(config.stage))
        if known is None and given is not None and config.stage in given.generators:
            known = given.card["stages"][str(config.stage)]["config"]
        if known is None:
            return config
        return dataclasses.replace(config, generator_width=known["generator_width"])

    def _stage1(self) -> Any:
        """The frozen Stage I for a run of Stage II alone: the folder's own, or a given one."""
        own = self.folder / "weights"
        if (own / "stage1.npz").is_file():
            return load_weights(own, (1,)).generators[1]
        if not self._init:
            raise InputError(
                f"Stage II needs a trained Stage I: train --stage 1 in {self.folder} first, or "
                "name weights with --init"
            )
        self._borrowed = load_weights(self._init, (1,))
        return self._borrowed.generators[1]

    def _batches(self, config: Config) -> Batches:
        return Batches(
            self.pack,
            self.indices,
            batch_size=config.batch_size,
            image_size=config.image_size,
            captions_per_image=config.captions_per_image,
            num_distractors=config.num_distractors,
            whitening=self.whitening,
            seed=self.seed,
        )

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

        Ctrl-C stops cleanly: the step is finished, a checkpoint is written, and KeyboardInterrupt
        is raised. A second Ctrl-C stops at once and keeps the checkpoint before.

        Args:
            steps: the step at which each stage ends; one for all, or {stage: steps}.
            save_every: updates between two checkpoints and sample sheets.
            progress: show a progress bar.
            in_turn: train one stage after the other.

        Raises:
            InputError: a file cannot be written, or the losses are not finite any more; the
                checkpoint before stays.
        """
        ends = steps if isinstance(steps, dict) else dict.fromkeys(self.stages, steps)
        waiting = [number for number, stage in self.stages.items() if stage.step < ends[number]]
        if not waiting:
            self.say(f"{self.folder} is trained that far already ({self._where()}): more --steps?")
            return
        self._write_about()
        for group in [[number] for number in waiting] if in_turn else [list(self.stages)]:
            self._advance(group, ends, save_every, progress)

    def _advance(
        self, numbers: list[int], ends: dict[int, int], save_every: int, progress: bool
    ) -> None:
        """Train some stages together, each to its end."""
        stages = {number: self.stages[number] for number in numbers}
        waiting = [number for number, stage in stages.items() if stage.step < ends[number]]
        start = min(stages[number].step for number in waiting)
        last = max(ends[number] for number in waiting)
        log = RunLog(self.folder, {number: stage.step for number, stage in self.stages.items()})
        bar = tqdm(
            range(start, last),
            f"training stage {' and '.join(map(str, numbers))}",
            initial=start,
            total=last,
            unit="step",
            disable=not progress,
        )
        with log, bar, DeferredInterrupt(lambda text: tqdm.write(text, sys.stderr)) as stop:
            for step in bar:
                for number, stage in stages.items():
                    if stage.step == step < ends[number]:
                        self._update(number, stage, log)
                        if stage.step == ends[number]:
                            self._settle(number)  # now, not at a save: Stage II may go on with it
                at_end = step + 1 == last or stop.requested
                if at_end or (step + 1) % save_every == 0:
                    self._flush(log, bar)
                    self.save(numbers)
                    self.draw_samples(numbers)
                elif log.seconds_since_flush > FLUSH_SECONDS:
                    self._flush(log, bar)
                if stop.requested:
                    break
        if stop.requested:
            self.say(f"stopped; {self.folder} is saved ({self._where()}): go on with --resume")
            raise KeyboardInterrupt

    def _where(self) -> str:
        return ", ".join(f"stage {n} at step {s.step}" for n, s in self.stages.items())

    def _write_about(self) -> None:
        configs = {str(number): s.gan.config.to_json() for number, s in self.stages.items()}
        warm = {number for number, stage in self.stages.items() if stage.warm_up}
        self._about |= {
            **self.identity,
            "backend": backend.name(),
            "asked": self._asked,
            "init": None if self._init is None else str(self._init),
            "warm_up": sorted(warm | set(self._warm_up)),
            "stages": {**self._about.get("stages", {}), **configs},
        }
        self.files.write_about(self._about)

    def _flush(self, log: RunLog, bar: Any) -> None:
        for warning in log.flush():
            tqdm.write(f"warning: {warning}", sys.stderr)
        bar.set_postfix_str(log.latest, refresh=False)

    def _update(self, number: int, stage: Stage, log: RunLog) -> None:
        config, step = stage.gan.config, stage.step
        began = time.perf_counter()
        batch = self._batch(number, step)
        factor = learning_rate_factor(config, step, len(self.indices))
        learn = not (stage.warm_up and step < WARM_UP)
        metrics = stage.gan.update(batch, step, factor, train_generator=learn)
        if not backend.has_accelerator():
            float(metrics["d_loss"])  # JAX returns before the step is done; a GPU is left to run
        stage.step = step + 1
        log.add(number, stage.step, factor, time.perf_counter() - began, metrics)

    def _batch(self, number: int, step: int) -> dict[str, np.ndarray]:
        """Pictures, sentences and random numbers of a stage's step: a function of both and seed."""
        stage = self.stages[number]
        random = np.random.default_rng([self.seed, number, step])
        noise = stage.gan.draw_noise(random, stage.gan.config.batch_size)
        return stage.batches.at(step) | noise

    def _settle(self, number: int) -> None:
        """Settle a stage's averaged generator, if it has moved since that was done last."""
        stage = self.stages[number]
        if stage.settled != stage.step:
            stage.gan.settle_average(self._batch(number, step) for step in range(SETTLING))
            stage.settled = stage.step

    def save(self, numbers: Sequence[int] | None = None) -> None:
        """Write checkpoints and weights of stages; the stages' checkpoints change together.

        Args:
            numbers: of the stages; None: all.

        Raises:
            InputError: a file cannot be written; the checkpoints before stay.
        """
        stages = {number: self.stages[number] for number in numbers or self.stages}
        for number in stages:
            self._settle(number)
        with self.files.replacing_checkpoints(stages) as paths:
            for number, stage in stages.items():
                save_checkpoint(paths[number], stage.gan, stage.step, self.identity)
        folder = self.folder / "weights"
        if self._borrowed and not (folder / "stage1.npz").is_file():
            note = dict(self._borrowed.card["stages"]["1"])
            config = config_from_json(note["config"])
            generator = self._borrowed.generators[1]
            save_weights(folder, generator, config, self.whitening, self._card(note))
        for stage in stages.values():
            config = stage.gan.config
            note = {
                "recipe": config.recipe,
                "steps": stage.step,
                "images_seen": stage.step * config.batch_size,
                "backend": backend.name(),
                "device": backend.devices()[0],
                "date": datetime.date.today().isoformat(),
            }
            generator = stage.gan.drawing_generator
            save_weights(folder, generator, config, self.whitening, self._card(note))

    def _card(self, stage: dict[str, Any]) -> dict[str, Any]:
        """What to say of the run's weights, and of one stage."""
        return {
            "data": self.pack.manifest["name"],
            "caption_source": self.pack.manifest["caption_source"],
            "split": f"{self.split} train",
            "crop": self.pack.manifest["crop"],
            "num_images": len(self.indices),
            "train_classes": self.pack.class_names_of(self.indices),
            "encoder": self.pack.manifest["encoder"],
            "seed": self.seed,
            "stage": stage,
        }

    def _choose_samples(self) -> dict[str, np.ndarray]:
        """Sixteen captions that training does not see, and their noise: the same at each sheet."""
        held_out = self.pack.indices(self.split, "test")
        random = np.random.default_rng([self.seed, 7])
        chosen = random.choice(held_out if len(held_out) else self.indices, SAMPLES)
        vectors = self.pack.embeddings[chosen][:, 0].astype("float32")
        noise_size = next(iter(self.stages.values())).gan.config.noise_size
        return {
            "embeddings": self.whitening(vectors),
            "noise": random.standard_normal((SAMPLES, noise_size)).astype("float32"),
            "rows": chosen,
        }

    def draw_samples(self, numbers: Sequence[int] | None = None) -> list[Path]:
        """Write a sheet of samples of each of some stages, None: of all; return the files."""
        files = []
        embeddings, noise = self._samples["embeddings"], self._samples["noise"]
        for number in numbers or self.stages:
            stage, gan = self.stages[number], self.stages[number].gan
            epsilon = np.zeros((SAMPLES, gan.config.condition_size), "float32")
            if gan.stage1 is None:
                inputs = [embeddings, noise, epsilon]
            else:
                small = gan.stage1.predict_on_batch([embeddings, noise, epsilon])[0]
                inputs = [np.clip(small, -1, 1), embeddings, epsilon]
            images = gan.drawing_generator.predict_on_batch(inputs)[0]
            file = self.folder / "samples" / f"stage{number}_{stage.step:06d}.png"
            files.append(save_samples(file, images))
        captions = [self.pack.captions[row][0] for row in self._samples["rows"]]
        replace_text(self.folder / "samples" / "captions.txt", "\n".join(captions) + "\n")
        return files


def learning_rate_factor(config: Config, step: int, num_images: int) -> float:
    """What multiplies the learning rates at a step: halved every `halve_every_epochs` epochs."""
    if not config.halve_every_epochs:
        return 1.0
    epoch = step * config.batch_size // num_images
    return 0.5 ** (epoch // config.halve_every_epochs)
