"""One update of a stage's GAN: both players learn from one forward pass.

All randomness (noise, augmentation) comes in as arrays, so that a step is a pure function of the
weights and its inputs: it can be repeated, resumed exactly, and compared between backends.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from t2i_utils import backend
from t2i_utils.config import Config
from t2i_utils.precision import LossScale
from t2i_utils.stackgan.recipes import get_recipe


class StageGAN:
    """Everything that trains one stage: two players, two optimisers, an averaged generator.

    Attributes:
        config: of the stage.
        recipe: who builds the players and says what they minimise.
        generator: the model that is trained.
        averaged: the same model with averaged weights, the one to draw with (None: no averaging).
        discriminator: see `Discriminator`.
        stage1: Stage II only: the frozen Stage-I generator that feeds it.
    """

    def __init__(
        self, config: Config, embedding_width: int, stage1: keras.Model | None = None, seed: int = 0
    ) -> None:
        """Build the stage; initial weights are drawn with `seed`.

        Args:
            config: a configuration of Stage I or II.
            embedding_width: length of the sentence embedding.
            stage1: the trained Stage-I generator, for Stage II; it is never changed.
            seed: of the initial weights.
        """
        if (config.stage == 2) != (stage1 is not None):
            raise ValueError("Stage II needs a Stage-I generator, and Stage I takes none")
        keras.utils.set_random_seed(seed)
        self.config = config
        self.recipe = recipe = get_recipe(config.recipe)
        self.stage1 = stage1
        backend.sum_in_one_order()
        self.generator = recipe.build_generator(config, embedding_width)
        self.averaged = None
        if config.average_decay:
            self.averaged = recipe.build_generator(config, embedding_width)
            self.averaged.set_weights(self.generator.get_weights())
        self.discriminator: Any = recipe.build_discriminator(config, embedding_width)
        self.generator_optimizer, self.discriminator_optimizer = (
            keras.optimizers.Adam(
                rate,
                config.beta_1,
                config.beta_2,
                gradient_accumulation_steps=config.accumulate if config.accumulate > 1 else None,
            )
            for rate in (config.generator_learning_rate, config.discriminator_learning_rate)
        )
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.loss_scale = LossScale() if config.precision == "mixed_float16" else None
        self._compiled: dict[bool, Callable] = {}

    @property
    def drawing_generator(self) -> keras.Model:
        """The generator to draw with: the averaged one where there is one."""
        return self.generator if self.averaged is None else self.averaged

    @property
    def state_variables(self) -> list[Any]:
        """Every variable that an update changes: what a checkpoint holds."""
        return [
            *self.generator.variables,
            *(self.averaged.variables if self.averaged is not None else []),
            *self.discriminator.state_variables,
            *self.generator_optimizer.variables,
            *self.discriminator_optimizer.variables,
            *(self.loss_scale.variables if self.loss_scale is not None else []),
        ]

    def draw_noise(self, random: np.random.Generator, batch_size: int) -> dict[str, np.ndarray]:
        """Draw all random numbers that `update` needs: see `Recipe.draw_noise`."""
        return self.recipe.draw_noise(self.config, random, batch_size)

    def update(
        self,
        batch: dict[str, np.ndarray],
        step: int,
        learning_rate_factor: float = 1.0,
        train_generator: bool = True,
        ends_batch: bool = True,
        trained_before: bool = False,
    ) -> dict[str, Any]:
        """Train on one batch and return metrics, as scalar tensors.

        With `config.accumulate` above 1, this takes one of so many equal parts of a batch. The
        optimisers add up the gradients, and change weights by their mean at the last part. That is
        the update of the whole batch, to rounding, but for what compares rows: BatchNorm's
        statistics, matching and diversity are those of a part, with all the distractors. Running
        statistics and spectral norms move on with each part.

        Args:
            batch: the arrays of `Batches.at` and of `draw_noise`.
            step: updates done so far.
            learning_rate_factor: multiplies both learning rates (the schedule).
            train_generator: False while a fresh discriminator warms up against given weights.
            ends_batch: False for all parts of a batch but the last.
            trained_before: whether the generator began with trained weights. Then these count in
                the average from the first update on; else the first updates average over a
                shorter past, and random weights are soon forgotten.
        """
        if train_generator not in self._compiled:
            self._compiled[train_generator] = backend.compile_step(
                lambda inputs: self.learn(inputs, train_generator), self.variables
            )
        scalars = self.scalars(step, learning_rate_factor, ends_batch, trained_before)
        fields = {name: values for name, values in batch.items() if name != "indices"}
        return self._compiled[train_generator](fields | scalars)

    @property
    def variables(self) -> list[Any]:
        """Every variable that an update reads or changes."""
        variables = [*self.state_variables, *self.discriminator.frozen_variables]
        return variables + (self.stage1.variables if self.stage1 is not None else [])

    def scalars(
        self,
        step: int,
        learning_rate_factor: float = 1.0,
        ends_batch: bool = True,
        trained_before: bool = False,
    ) -> dict[str, np.ndarray]:
        """What of a batch for `learn` depends on the step alone: see `update`. float32."""
        config = self.config
        scalars = self.recipe.scalars(config, step)
        decay = config.average_decay
        if not trained_before:
            decay = min(decay, (1 + step) / (10 + step))
        scalars["decay"] = decay if ends_batch else 1
        scalars["generator_rate"] = config.generator_learning_rate * learning_rate_factor
        scalars["discriminator_rate"] = config.discriminator_learning_rate * learning_rate_factor
        return {name: np.asarray(value, "float32") for name, value in scalars.items()}

    def learn(self, batch: dict[str, Any], train_generator: bool = True) -> dict[str, Any]:
        """One update, to be compiled: the batch of `update` with its `scalars`."""
        self.generator_optimizer.learning_rate.assign(batch["generator_rate"])
        self.discriminator_optimizer.learning_rate.assign(batch["discriminator_rate"])
        if self.loss_scale is None:
            return self._learn(batch, train_generator)[0]
        return self.loss_scale.guard(
            lambda scale: self._learn(batch, train_generator, scale), self.state_variables
        )

    def _learn(
        self, batch: dict[str, Any], train_generator: bool, scale: Any = None
    ) -> tuple[dict[str, Any], list[Any]]:
        """Take each player one step; give metrics and gradients. See `LossScale` for the scale."""

        def losses() -> tuple[Sequence[Any], dict[str, Any]]:
            found, metrics = self.compute_losses(batch)
            metrics = {"d_loss": found[0], "g_loss": found[1], **metrics}
            return found if scale is None else [loss * scale for loss in found], metrics

        players = self.discriminator.trainable_variables, self.generator.trainable_variables
        _, metrics, found = backend.gradients(losses, *players)
        if scale is not None:
            found = [[gradient / scale for gradient in own] for own in found]
        self.discriminator_optimizer.apply(found[0], players[0])
        if train_generator:
            self.generator_optimizer.apply(found[1], players[1])
            self._average(batch["decay"])
        return metrics, [*found[0], *found[1]]

    def compute_losses(self, batch: dict[str, Any]) -> tuple[tuple[Any, Any], dict[str, Any]]:
        """The two players' losses on one batch, and metrics: see `update` for the batch."""
        batch = {name: ops.convert_to_tensor(values) for name, values in batch.items()}
        if keras.backend.standardize_dtype(batch["images"].dtype) == "uint8":
            batch["images"] = ops.cast(batch["images"], "float32") / 127.5 - 1
        return self.recipe.compute_losses(self, batch)

    def generator_inputs(self, embeddings: Any, batch: dict[str, Any]) -> list[Any]:
        """What the generator takes to draw sentences: noise, or in Stage II Stage I's pictures.

        Args:
            embeddings: (batch, width).
            batch: the arrays of `draw_noise`.
        """
        epsilon = batch["epsilon"]
        if self.stage1 is None:
            return [embeddings, batch["noise"], epsilon]
        inputs = [embeddings, batch["noise"], batch["stage1_epsilon"]]
        small = ops.stop_gradient(self.stage1(inputs, training=False)[0])
        return [small, embeddings, epsilon]

    def settle_average(self, batches: Iterable[dict[str, np.ndarray]]) -> None:
        """Give the averaged generator BatchNorm statistics of its own, from a score of batches.

        While it trains it has a copy of the trained generator's. But its maps vary less than those:
        with the copy its pictures are dull (Izmailov et al., Averaging Weights Leads to Wider
        Optima, arXiv 1803.05407, section 3.2). This changes `state_variables`: whoever goes on
        training puts the copy back (`t2i_utils.training.stage.Stage.settled`).

        Args:
            batches: arrays of `Batches.at` and of `draw_noise`; none where nothing is averaged.
        """
        if self.averaged is None:
            return
        for batch in batches:
            inputs = self.generator_inputs(batch["embeddings"], batch)
            self.averaged([ops.convert_to_tensor(values) for values in inputs], training=True)

    def _average(self, decay: Any) -> None:
        """Move the averaged weights towards the trained ones; copy BatchNorm's statistics."""
        if self.averaged is None:
            return
        pairs = zip(self.averaged.variables, self.generator.variables, strict=True)
        for average, current in pairs:
            average.assign(
                decay * average + (1 - decay) * current if current.trainable else current
            )
