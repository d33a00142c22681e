"""Training runs: folders that can be stopped, resumed and watched.

A run folder holds `run.json` (what it is), `log.csv`, `tensorboard/`, `samples/`,
`checkpoints/stage1.npz` and `stage2.npz` (to go on from) and `weights/` (to draw with).
"""

import dataclasses
import datetime
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from t2i_utils import backend
from t2i_utils.config import STORED_SIZES, Config
from t2i_utils.data import Batches, Pack
from t2i_utils.errors import InputError
from t2i_utils.stackgan.checkpoints import copy_weights, load_checkpoint, save_checkpoint
from t2i_utils.stackgan.logs import RunLog, save_samples
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.stackgan.weights import load_weights, save_weights

SAMPLES = 16  # pictures on a sample sheet
WARM_UP = 50  # updates of the discriminator alone after --init


@dataclasses.dataclass
class Stage:
    """One stage of a run: its GAN, its batches, and how far it is."""

    gan: StageGAN
    batches: Batches
    step: int = 0


class Run:
    """A training run in a folder."""

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
        say: Callable[[str], None] = print,
    ) -> None:
        """Set up a new run, or continue one.

        Args:
            folder: of the run; new, or with `resume` one that has checkpoints.
            pack: the data; its training part is used.
            configs: of the stages to train, in order. Stage II alone takes Stage I from the
                folder's own checkpoint or from `init`.
            split: "zero-shot" or "official".
            seed: of weights, batches and noise.
            resume: continue from the folder's checkpoints.
            init: start from these weights (a set's name or folder); the discriminator, which is
                new, warms up first.
            say: called with each message for the person who watches.

        Raises:
            InputError: the folder has a run already (without `resume`) or none (with it), or the
                settings are not those of the run.
        """
        self.folder = Path(folder)
        self.pack, self.split, self.seed, self.say = pack, split, seed, say
        self.indices = pack.indices(split, "train")
        self.mean, self.std = pack.embedding_statistics(self.indices)
        self._warm_up = bool(init) and not resume
        self._check_folder(resume)
        self.stages = self._build_stages(configs, resume, init)
        self._samples = self._choose_samples()

    def _check_folder(self, resume: bool) -> None:
        started = (self.folder / "checkpoints").is_dir()
        if started and not resume:
            raise InputError(
                f"{self.folder} holds a run already: add --resume to continue it, or name "
                "another --run"
            )
        if resume and not started:
            raise InputError(f"{self.folder} holds no run to resume: leave --resume out")

    def checkpoint_file(self, stage: int) -> Path:
        """Where the checkpoint of a stage lies."""
        return self.folder / "checkpoints" / f"stage{stage}.npz"

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

    def _build_stages(
        self, configs: Sequence[Config], resume: bool, init: str | Path | None
    ) -> dict[int, Stage]:
        stages: dict[int, Stage] = {}
        given = load_weights(init) if init and not resume else None
        for config in configs:
            stage1 = None
            if config.stage == 2:
                stage1 = stages[1].gan.drawing_generator if 1 in stages else self._stage1(init)
            gan = StageGAN(config, self.pack.width, stage1, self.seed)
            stages[config.stage] = Stage(gan, self._batches(config))
            if resume and self.checkpoint_file(config.stage).is_file():
                step = load_checkpoint(self.checkpoint_file(config.stage), gan, self.identity)
                stages[config.stage].step = step
            elif given is not None and config.stage in given.generators:
                for generator in (gan.generator, gan.averaged):
                    if generator is not None:
                        source = given.generators[config.stage]
                        copy_weights(source, generator, given.folder)
        return stages

    def _stage1(self, init: str | Path | None) -> Any:
        """The frozen Stage I for a run of Stage II alone."""
        if init is None and not (self.folder / "weights" / "stage1.npz").is_file():
            raise InputError(
                f"Stage II needs a trained Stage I: train --stage 1 in {self.folder} first, or "
                "name weights with --init"
            )
        return load_weights(init or self.folder / "weights", (1,)).generators[1]

    def _batches(self, config: Config) -> Batches:
        if STORED_SIZES[config.stage] not in self.pack.image_sizes:
            raise InputError(
                f"{self.pack.folder} has no pictures of {STORED_SIZES[config.stage]} px, which "
                f"Stage {config.stage} crops from: pack the data set again"
            )
        return Batches(
            self.pack,
            self.indices,
            batch_size=config.batch_size,
            image_size=config.image_size,
            captions_per_image=config.captions_per_image,
            mean=self.mean,
            std=self.std,
            seed=self.seed,
        )

    def train(
        self, steps: int | dict[int, int], save_every: int = 200, progress: bool = True
    ) -> None:
        """Train until every stage has done `steps` updates, then save.

        Where both stages train, they advance together: each update of Stage II draws with the
        Stage I of the same step, and never changes it. So training to step 20, then resuming to
        40, ends with the weights that 40 steps in one go give. For the paper's order (Stage II on
        a finished Stage I) train the stages one after the other.

        Ctrl-C stops cleanly: a checkpoint is written, and KeyboardInterrupt is raised again.

        Args:
            steps: the step at which each stage ends; one for all, or {stage: steps}.
            save_every: updates between two checkpoints and sample sheets.
            progress: show a progress bar.

        Raises:
            InputError: a checkpoint cannot be written; the one before it stays.
        """
        ends = steps if isinstance(steps, dict) else dict.fromkeys(self.stages, steps)
        waiting = [number for number, stage in self.stages.items() if stage.step < ends[number]]
        if not waiting:
            done = ", ".join(f"stage {n}: {stage.step}" for n, stage in self.stages.items())
            self.say(f"{self.folder} is trained that far already ({done}): give more --steps")
            return
        start = min(self.stages[number].step for number in waiting)
        last = max(ends[number] for number in waiting)
        names = ("d_loss", "g_loss", "d_real", "d_wrong", "d_fake", "kl", "diversity")
        names += ("diversity_real", "match_real", "match_fake")
        log = RunLog(self.folder_made(), names, {k: s.step for k, s in self.stages.items()})
        bar = tqdm(range(start, last), initial=start, total=last, disable=not progress)
        try:
            for step in bar:
                for number, stage in self.stages.items():
                    if stage.step == step < ends[number]:
                        self._update(number, stage, log)
                if step + 1 == last or (step + 1) % save_every == 0:
                    self._report(log.flush(), bar)
                    self.save()
                    self.draw_samples()
        except KeyboardInterrupt:
            bar.close()
            self.save()
            self.say(f"stopped; {self.folder} is saved: go on with --resume")
            raise
        finally:
            bar.close()
            log.close()

    def folder_made(self) -> Path:
        """The run folder, created, with its run.json."""
        try:
            (self.folder / "checkpoints").mkdir(parents=True, exist_ok=True)
            configs = {str(number): s.gan.config.to_json() for number, s in self.stages.items()}
            about = {**self.identity, "backend": backend.name(), "stages": configs}
            (self.folder / "run.json").write_text(json.dumps(about, indent=1) + "\n")
        except OSError as error:
            raise InputError(
                f"cannot write {self.folder}: {error.strerror}; choose another --run"
            ) from error
        return self.folder

    def _update(self, number: int, stage: Stage, log: RunLog) -> None:
        config, step = stage.gan.config, stage.step
        began = time.perf_counter()
        random = np.random.default_rng([self.seed, number, step])
        batch = stage.batches.at(step)
        batch |= stage.gan.draw_noise(random, config.batch_size)
        factor = learning_rate_factor(config, step, len(self.indices))
        learn = not (self._warm_up and step < WARM_UP)
        metrics = stage.gan.update(batch, step, factor, train_generator=learn)
        stage.step = step + 1
        log.add(number, stage.step, factor, time.perf_counter() - began, metrics)

    def _report(self, warnings: list[str], bar: Any) -> None:
        for warning in warnings:
            bar.write(f"warning: {warning}")

    def save(self) -> None:
        """Write checkpoints and weights of every stage."""
        for number, stage in self.stages.items():
            save_checkpoint(self.checkpoint_file(number), stage.gan, stage.step, self.identity)
            save_weights(
                self.folder / "weights",
                stage.gan.drawing_generator,
                stage.gan.config,
                self.mean,
                self.std,
                self._card(stage),
            )

    def _card(self, stage: Stage) -> dict[str, Any]:
        config = stage.gan.config
        return {
            "data": self.pack.manifest["name"],
            "caption_source": self.pack.manifest["caption_source"],
            "split": f"{self.split} train",
            "crop": self.pack.manifest["crop"],
            "num_images": len(self.indices),
            "encoder": self.pack.manifest["encoder"],
            "seed": self.seed,
            "stage": {
                "recipe": config.recipe,
                "steps": stage.step,
                "images_seen": stage.step * config.batch_size,
                "backend": backend.name(),
                "device": backend.devices()[0],
                "date": datetime.date.today().isoformat(),
            },
        }

    def _choose_samples(self) -> dict[str, np.ndarray]:
        """Sixteen captions that training does not see, and their noise: the same at each sheet."""
        held_out = self.pack.indices(self.split, "test")
        random = np.random.default_rng([self.seed, 7])
        chosen = random.choice(held_out if len(held_out) else self.indices, SAMPLES)
        vectors = self.pack.embeddings[chosen][:, 0].astype("float32")
        noise_size = next(iter(self.stages.values())).gan.config.noise_size
        return {
            "embeddings": (vectors - self.mean) / self.std,
            "noise": random.standard_normal((SAMPLES, noise_size)).astype("float32"),
            "rows": chosen,
        }

    def draw_samples(self) -> list[Path]:
        """Write a sheet of samples of every stage; return the files."""
        files = []
        embeddings, noise = self._samples["embeddings"], self._samples["noise"]
        for number, stage in self.stages.items():
            gan = stage.gan
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
        (self.folder / "samples" / "captions.txt").write_text("\n".join(captions) + "\n")
        return files


def learning_rate_factor(config: Config, step: int, num_images: int) -> float:
    """What multiplies the learning rates at a step: halved every `halve_every_epochs` epochs."""
    if not config.halve_every_epochs:
        return 1.0
    epoch = step * config.batch_size // num_images
    return 0.5 ** (epoch // config.halve_every_epochs)
