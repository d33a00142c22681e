"""One update of a stage's GAN: both players learn from one forward pass.

All randomness (noise, augmentation) comes in as arrays, so that a step is a pure function of the
weights and its inputs: it can be repeated, resumed exactly, and compared between backends.
"""

from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
from keras import ops

from t2i_utils import backend
from t2i_utils.config import Config
from t2i_utils.stackgan import losses
from t2i_utils.stackgan.augment import UNIFORMS
from t2i_utils.stackgan.discriminator import Discriminator, build_discriminator
from t2i_utils.stackgan.stage1 import build_stage1_generator
from t2i_utils.stackgan.stage2 import build_stage2_generator

START_BLUR = 6.0


class StageGAN:
    """Everything that trains one stage: two players, two optimisers, an averaged generator.

    Attributes:
        config: of the stage.
        generator: the model that is trained.
        averaged: the same model with averaged weights, the one to draw with (None: no averaging).
        discriminator: trunk and head.
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
        self.stage1 = stage1
        build = build_stage1_generator if config.stage == 1 else build_stage2_generator
        self.generator = build(config, embedding_width)
        self.averaged = build(config, embedding_width) if config.average_decay else None
        if self.averaged is not None:
            self.averaged.set_weights(self.generator.get_weights())
        self.discriminator: Discriminator = build_discriminator(config, embedding_width)
        self.generator_optimizer = keras.optimizers.Adam(
            config.generator_learning_rate, config.beta_1, config.beta_2
        )
        self.discriminator_optimizer = keras.optimizers.Adam(
            config.discriminator_learning_rate, config.beta_1, config.beta_2
        )
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
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
        ]

    def draw_noise(self, rng: np.random.Generator, batch_size: int) -> dict[str, np.ndarray]:
        """Draw all random numbers that `update` needs, as float32 arrays."""
        config = self.config
        noise = {
            "epsilon": rng.standard_normal((batch_size, config.condition_size)),
            "augment_real": rng.random((batch_size, UNIFORMS)),
            "augment_fake": rng.random((batch_size, UNIFORMS)),
            "noise": rng.standard_normal((batch_size, config.noise_size)),
        }
        if config.stage == 2:
            noise["stage1_epsilon"] = rng.standard_normal((batch_size, config.condition_size))
        if config.recipe == "paper":  # released code: epsilon is a normal cut at two sigma
            for name in [name for name in noise if name.endswith("epsilon")]:
                while (far := np.abs(noise[name]) > 2).any():
                    noise[name][far] = rng.standard_normal(np.count_nonzero(far))
        return {name: values.astype("float32") for name, values in noise.items()}

    def update(
        self,
        batch: dict[str, np.ndarray],
        step: int,
        learning_rate_factor: float = 1.0,
        train_generator: bool = True,
    ) -> dict[str, Any]:
        """Train on one batch and return metrics, as scalar tensors.

        Args:
            batch: the arrays of `Batches.at` and of `draw_noise`.
            step: updates done so far; the first ones average over a shorter past.
            learning_rate_factor: multiplies both learning rates (the schedule).
            train_generator: False while a fresh discriminator warms up against given weights.
        """
        config = self.config
        self.generator_optimizer.learning_rate.assign(
            config.generator_learning_rate * learning_rate_factor
        )
        self.discriminator_optimizer.learning_rate.assign(
            config.discriminator_learning_rate * learning_rate_factor
        )
        if train_generator not in self._compiled:
            variables = [*self.state_variables, *self.discriminator.frozen_variables]
            variables += self.stage1.variables if self.stage1 is not None else []
            self._compiled[train_generator] = backend.compile_step(
                lambda inputs: self._update(inputs, train_generator), variables
            )
        fields = {name: values for name, values in batch.items() if name != "indices"}
        fields["blur"] = np.asarray(blur_at(config, step), "float32")
        fields["decay"] = np.asarray(min(config.average_decay, (1 + step) / (10 + step)), "float32")
        return self._compiled[train_generator](fields)

    def _update(self, batch: dict[str, Any], train_generator: bool) -> dict[str, Any]:
        (d_loss, g_loss), metrics, (d_gradients, g_gradients) = backend.gradients(
            lambda: self.compute_losses(batch),
            self.discriminator.trainable_variables,
            self.generator.trainable_variables,
        )
        self.discriminator_optimizer.apply(d_gradients, self.discriminator.trainable_variables)
        if train_generator:
            self.generator_optimizer.apply(g_gradients, self.generator.trainable_variables)
            self._average(batch["decay"])
        return {"d_loss": d_loss, "g_loss": g_loss, **metrics}

    def compute_losses(self, batch: dict[str, Any]) -> tuple[tuple[Any, Any], dict[str, Any]]:
        """The two players' losses on one batch, and metrics: see `update` for the batch."""
        config, discriminator = self.config, self.discriminator
        batch = {name: ops.convert_to_tensor(values) for name, values in batch.items()}
        if keras.backend.standardize_dtype(batch["images"].dtype) == "uint8":
            batch["images"] = ops.cast(batch["images"], "float32") / 127.5 - 1
        blur = batch.get("blur", 1.0)
        kind = "hinge" if config.recipe == "modern" else "bce"
        embeddings = texts = batch["embeddings"]
        places = ops.arange(embeddings.shape[0])
        if config.diversity_weight:  # draw half of the captions, each twice with its own noise
            half = embeddings.shape[0] // 2
            places = ops.concatenate([places[:half], places[:half]])
            texts = ops.take(embeddings, places, axis=0)
        inputs = self._generator_inputs(texts, batch)
        fake, mu, log_sigma = self.generator(inputs, training=True)
        fake_features = discriminator.features(fake, batch["augment_fake"], blur)
        real_features = discriminator.features(batch["images"], batch["augment_real"], blur)
        real = discriminator.judge(real_features, embeddings)
        wrong = discriminator.judge(real_features, batch["wrong_embeddings"])
        fake_logits = discriminator.judge(fake_features, texts)
        kl = losses.kl_divergence(mu, log_sigma)
        d_loss = losses.discriminator_loss(kind, real, wrong, fake_logits)
        g_loss = losses.generator_loss(kind, fake_logits) + config.kl_weight * kl
        metrics = {
            "d_real": ops.mean(real),
            "d_wrong": ops.mean(wrong),
            "d_fake": ops.mean(fake_logits),
            "kl": kl,
            "diversity": _diversity(fake),
            "diversity_real": _diversity(batch["images"]),
        }
        if config.contrastive_weight:
            match_real = self._match(batch, real_features, ops.arange(embeddings.shape[0]))
            match_fake = self._match(batch, fake_features, places)
            d_match, g_match = losses.matching_losses(match_real, match_fake)
            d_loss += config.contrastive_weight * d_match
            g_loss += config.contrastive_weight * g_match
            metrics |= {"match_real": ops.mean(match_real), "match_fake": ops.mean(match_fake)}
        if config.diversity_weight:
            sameness = losses.diversity_loss(fake_features, real_features)
            g_loss += config.diversity_weight * sameness
            metrics["sameness"] = sameness
        return (d_loss, g_loss), metrics

    def _match(self, batch: dict[str, Any], features: list[Any], places: Any) -> Any:
        """Contrastive losses of pictures whose sentences are at `places` of the batch."""
        classes = batch["class_ids"]
        return losses.contrastive_loss(
            self.discriminator.image_vectors(features),
            self.discriminator.text_vectors(
                ops.concatenate([batch["embeddings"], batch["distractors"]])
            ),
            places,
            ops.take(classes, places),
            ops.concatenate([classes, batch["distractor_class_ids"]]),
        )

    def _generator_inputs(self, embeddings: Any, batch: dict[str, Any]) -> list[Any]:
        epsilon = batch["epsilon"]
        if self.stage1 is None:
            return [embeddings, batch["noise"], epsilon]
        inputs = [embeddings, batch["noise"], batch["stage1_epsilon"]]
        small = ops.stop_gradient(self.stage1(inputs, training=False)[0])
        return [small, embeddings, epsilon]

    def settle_average(self, batches: Iterable[dict[str, np.ndarray]]) -> None:
        """Give the averaged generator BatchNorm statistics of its own, from a score of batches.

        Its weights have never met the statistics that it was lent: those of the trained one, whose
        channels vary otherwise. Pictures came out dull (Izmailov et al., Averaging Weights Leads to
        Wider Optima, arXiv 1803.05407, section 3.2). The next update lends anew.

        Args:
            batches: arrays of `Batches.at` and of `draw_noise`; none where nothing is averaged.
        """
        if self.averaged is None:
            return
        for batch in batches:
            inputs = self._generator_inputs(batch["embeddings"], batch)
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


def blur_at(config: Config, step: int) -> float:
    """How much the discriminator's view is blurred: START_BLUR at first, then ever less, 1 at last.

    Coarse shapes and colours are learned before textures (StyleGAN-XL, arXiv 2202.00273).
    """
    left = max(0.0, 1 - step / config.blur_steps) if config.blur_steps else 0.0
    return 1 + (START_BLUR - 1) * left


def _diversity(images: Any) -> Any:
    """Mean standard deviation of a pixel over the batch: near 0 when all pictures are one."""
    return ops.mean(ops.std(images, axis=0))
