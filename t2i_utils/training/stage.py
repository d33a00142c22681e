"""One stage of a run: its GAN, its feed, its schedule, and how far it is."""

import contextlib
import datetime
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from keras import ops

from t2i_utils import backend, devices
from t2i_utils.config import Config
from t2i_utils.data.feed import Batches
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.training.choice import Score, best_step
from t2i_utils.training.device_feed import DeviceFeed, fits_accelerator

WARM_UP = 50  # updates of a new discriminator alone, against given weights
SETTLING = 24  # batches at most: they replace 92 % of the averaged generator's BatchNorm statistics


Part = tuple[Any, dict[str, np.ndarray]]  # of a batch: arrays, or their `Plan`; and noise


class Stage:
    """A stage that trains.

    Attributes:
        gan: its players and optimisers.
        batches: its feed.
        seed: of batches and noise.
        step: updates done.
        from_weights: whether the generator came from --init.
        warm_up: whether the discriminator was new then.
        scores: of the steps that were judged, where the run chooses among them; else empty.
    """

    def __init__(self, gan: StageGAN, batches: Batches, seed: int) -> None:
        """Begin at step 0."""
        self.gan, self.batches, self.seed = gan, batches, seed
        self.step, self.from_weights, self.warm_up = 0, False, False
        self.scores: list[Score] = []
        self._device = DeviceFeed(batches) if fits_accelerator(batches) else None
        config = gan.config
        starts = range(0, config.batch_size, config.part_size)
        # What of each part of a batch this process makes.
        self._own_rows = [devices.own_rows(start, start + config.part_size) for start in starts]
        self._own_distractors = devices.own_rows(0, config.num_distractors)

    @property
    def number(self) -> int:
        """1 or 2."""
        return self.gan.config.stage

    def prepare(self, step: int) -> list[Part]:
        """What this process has to make for a step, a function of seed and step: its parts in turn.

        Where the data lies on the accelerator, a batch is a plan only.
        """
        plan, noise = self.batches.plan(step), noise_of(self.gan, self.seed, step)
        parts = []
        for rows in self._own_rows:
            part = plan.part(rows, self._own_distractors)
            own_noise = {name: values[rows] for name, values in noise.items()}
            parts.append((part if self._device else self.batches.gather(part), own_noise))
        return parts

    def update(self, prepared: Sequence[Part]) -> tuple[float, dict[str, Any]]:
        """Do the next update with what `prepare` made.

        Returns:
            The learning-rate factor, and metrics as scalar tensors.
        """
        config, step = self.gan.config, self.step
        factor = learning_rate_factor(config, step, len(self.batches.indices))
        learn = not (self.warm_up and step < WARM_UP)
        found = []
        for number, (batch, noise) in enumerate(prepared, 1):
            arrays = self._device.gather(batch) if self._device else batch
            ends = number == len(prepared)
            inputs = {**arrays, **noise}
            found.append(self.gan.update(inputs, step, factor, learn, ends, self.from_weights))
        metrics = found[0]
        if len(found) > 1:
            metrics = {name: ops.mean(ops.stack([m[name] for m in found])) for name in metrics}
        if not backend.has_accelerator():
            float(metrics["d_loss"])  # JAX returns before the step is done; a GPU is left to run
        self.step = step + 1
        return factor, metrics

    @contextlib.contextmanager
    def settled(self) -> Iterator[None]:
        """While this lasts, the averaged generator has BatchNorm statistics of its own.

        While it trains it has those of the trained generator, whose channels vary otherwise. To
        draw with it, its statistics are taken anew over the first batches, as many as it has learnt
        from, since the average of few steps hardly differs from the last one. Afterwards those of
        training are back: whoever saves or draws changes nothing in what training goes on with.
        """
        averaged = self.gan.averaged
        if averaged is None:
            yield
            return
        statistics = [variable for variable in averaged.variables if not variable.trainable]
        before = [ops.copy(variable) for variable in statistics]
        try:
            self.gan.settle_average(
                self._sentences(step) for step in range(min(SETTLING, self.step))
            )
            yield
        finally:
            for variable, value in zip(statistics, before, strict=True):
                variable.assign(value)

    def _sentences(self, step: int) -> dict[str, np.ndarray]:
        """What a generator sees of a step: embeddings and noise, no pictures."""
        plan = self.batches.plan(step)
        embeddings = self.batches.embeddings(plan.rows, plan.columns)
        return {"embeddings": embeddings, **noise_of(self.gan, self.seed, step)}

    @property
    def past(self) -> dict[str, Any]:
        """What a checkpoint remembers of how the stage began, and of how it was judged."""
        return {"from_weights": self.from_weights, "warm_up": self.warm_up, "scores": self.scores}

    @property
    def kept_step(self) -> int:
        """The step whose weights people draw with: the best judged one, else the last."""
        return best_step(self.scores) if self.scores else self.step

    @property
    def card(self) -> dict[str, Any]:
        """What the card of the weights says of this stage."""
        config = self.gan.config
        return {
            "recipe": config.recipe,
            "steps": self.step,
            "images_seen": self.step * config.batch_size,
            "backend": backend.name(),
            "device": backend.devices()[0],
            "date": datetime.date.today().isoformat(),
        }


def noise_of(gan: StageGAN, seed: int, step: int) -> dict[str, np.ndarray]:
    """The random numbers of a step's whole batch: a function of seed, stage and step."""
    random = np.random.default_rng([seed, gan.config.stage, step])
    return gan.draw_noise(random, gan.config.batch_size)


def learning_rate_factor(config: Config, step: int, num_images: int) -> float:
    """What multiplies the learning rates at a step.

    They halve every `halve_every_epochs` epochs, and fall to a tenth, by the same share at each
    step, between `decay_from` and `decay_until`.
    """
    factor = 1.0
    if config.halve_every_epochs:
        factor *= 0.5 ** (step * config.batch_size // num_images // config.halve_every_epochs)
    if config.decay_from:
        fallen = (step - config.decay_from) / (config.decay_until - config.decay_from)
        factor *= 0.1 ** min(1.0, max(0.0, fallen))
    return factor
