"""What `tools/ablation.py` changes of the modern recipe: one thing at a time, but for `plain`.

Most are fields of `Config`. The rest is written here and not in the library, which has no options
that nobody should choose; it is put in the place of the library's own parts while a variant trains.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import layers

from t2i_utils import backend
from t2i_utils.config import Config
from t2i_utils.stackgan import stage1, update
from t2i_utils.stackgan.augment import UNCHANGED
from t2i_utils.stackgan.discriminator import Discriminator
from t2i_utils.stackgan.layers import (
    SpectralConv2D,
    TiledConcatenate,
    glu_upsample,
    small_uniform,
    to_rgb,
)

PENALTY, POWER, LAZY = 2.0, 6, 16  # DF-GAN's weight and power; steps between two penalties
GROWTH = 2000  # steps until all pictures are augmented


class PlainDiscriminator(Discriminator):
    """Convolutions that learn from the pictures alone; no ImageNet, no matching towers."""

    @property
    def frozen_variables(self) -> list[Any]:
        """No variables are frozen."""
        return []

    @property
    def state_variables(self) -> list[Any]:
        """Trunk and head."""
        return [*self.trunk.variables, *self.head.variables]

    def features(self, images: Any, uniforms: Any, blur: Any = 1.0) -> list[Any]:
        """The trunk's map of the pictures as they are."""
        return keras.tree.flatten(self.trunk(images, training=True))


def build_plain_discriminator(config: Config, embedding_width: int) -> PlainDiscriminator:
    """DF-GAN's idea at 64 px: strided convolutions, the text tiled in at 4 px, a logit.

    Spectral normalisation stands in for its residual blocks.
    """
    width = config.discriminator_width
    with backend.precision(config.precision):
        images = keras.Input((config.image_size, config.image_size, 3))
        x = images
        for channels in (width, 2 * width, 4 * width, 8 * width):  # 32, 16, 8 and 4 px
            x = layers.LeakyReLU(0.2)(SpectralConv2D(channels, 4, strides=2)(x))
        trunk = keras.Model(images, [x])
        maps, embedding = keras.Input(tuple(x.shape[1:])), keras.Input((embedding_width,))
        text = layers.Dense(config.condition_size, kernel_initializer=small_uniform())(embedding)
        x = TiledConcatenate()([maps, text])
        x = layers.LeakyReLU(0.2)(SpectralConv2D(2 * width, 3)(x))
        logits = SpectralConv2D(1, 4, padding="valid")(x)
        head = keras.Model([maps, embedding], layers.Flatten(dtype="float32")(logits))
    return PlainDiscriminator(config, trunk, head)


class PenalisedGAN(update.StageGAN):
    """A GAN with DF-GAN's matching-aware gradient penalty (arXiv 2008.05865); TensorFlow only."""

    every = 1  # steps between two penalties, whose weight grows with it

    def draw_noise(self, rng: np.random.Generator, batch_size: int) -> dict[str, np.ndarray]:
        """As ever, and whether this step has a penalty."""
        noise = super().draw_noise(rng, batch_size)
        return {**noise, "penalised": np.asarray(rng.integers(self.every) == 0, "float32")}

    def compute_losses(self, batch: dict[str, Any]) -> tuple[tuple[Any, Any], dict[str, Any]]:
        """As ever, the discriminator's with the penalty."""
        import tensorflow as tf

        penalised = batch["penalised"]
        (d_loss, g_loss), metrics = super().compute_losses(batch)

        def penalty() -> Any:
            images, texts = batch["images"], batch["embeddings"]
            with tf.GradientTape() as tape:
                tape.watch([images, texts])
                maps = self.discriminator.features(images, batch["augment_real"])
                logits = tf.reduce_sum(self.discriminator.judge(maps, texts))
            found: Any = tape.gradient(logits, [images, texts])
            flat = [tf.reshape(tf.cast(g, "float32"), (images.shape[0], -1)) for g in found]
            norms = tf.sqrt(tf.reduce_sum(tf.concat(flat, 1) ** 2, axis=1) + 1e-12)
            return PENALTY * self.every * tf.reduce_mean(norms**POWER)

        d_loss += tf.cond(penalised > 0.5, penalty, lambda: 0.0)
        return (d_loss, g_loss), metrics


class LazyGAN(PenalisedGAN):
    """The penalty at one step of sixteen, in the mean."""

    every = LAZY


class BareGAN(update.StageGAN):
    """No augmentation: the discriminator sees pictures as they are."""

    def draw_noise(self, rng: np.random.Generator, batch_size: int) -> dict[str, np.ndarray]:
        """As ever, but the numbers that augment."""
        noise = super().draw_noise(rng, batch_size)
        plain = np.tile(np.asarray(UNCHANGED, "float32"), (batch_size, 1))
        return {**noise, "augment_real": plain, "augment_fake": plain}


class GrowingGAN(update.StageGAN):
    """Ever more pictures are augmented over GROWTH steps; the others are seen as they are."""

    def update(self, batch: dict[str, np.ndarray], step: int, *args: Any, **more: Any) -> Any:
        """As ever, with other numbers to augment by."""
        random, batch = np.random.default_rng(step), dict(batch)
        for name in ("augment_real", "augment_fake"):
            spared = random.random((len(batch[name]), 1)) >= step / GROWTH
            batch[name] = np.where(spared, np.float32(UNCHANGED), batch[name])
        return super().update(batch, step, *args, **more)


def concatenated_body(latent: Any, width: int) -> Any:
    """The modern body where the text enters once, at the first layer, as in StackGAN."""
    x = layers.Dense(4 * 4 * 8 * width, kernel_initializer=small_uniform())(latent)
    x = layers.Reshape((4, 4, 8 * width))(x)
    for channels in (8 * width, 4 * width, 2 * width, width):
        x = glu_upsample(x, channels // 2, layers.BatchNormalization(momentum=0.9, epsilon=1e-5))
    return to_rgb(x, small_uniform())


@dataclass(frozen=True)
class Variant:
    """The modern recipe with one thing changed.

    Attributes:
        what: the change, in words.
        changes: fields of `Config`.
        gan: in the place of `StageGAN`.
        parts: names in modules, and what stands in their place: {(module, name): part}.
        live: judge the generator itself, not its averaged copy.
        run: the variant whose training serves this one too.
    """

    what: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    gan: type[update.StageGAN] = update.StageGAN
    parts: Mapping[tuple[Any, str], Any] = field(default_factory=dict)
    live: bool = False
    run: str = ""


BLUR_STEPS = 400  # of 625: the recipe's 800 are for a longer run
_PLAIN = {(update, "build_discriminator"): build_plain_discriminator}
_NO_FEATURES = {"contrastive_weight": 0.0, "diversity_weight": 0.0, "blur_steps": 0}
VARIANTS = {
    "modern": Variant("the recipe as it is, blurred for 400 steps"),
    "live": Variant("not averaged (no EMA)", live=True, run="modern"),
    # Without features to compare and to blur, what builds on them goes too.
    "plain": Variant(
        "plain discriminator (no contrastive, diversity loss, blur, augmentation)",
        _NO_FEATURES,
        parts=_PLAIN,
    ),
    "plain-penalty": Variant(
        "plain, matching-aware penalty", _NO_FEATURES, PenalisedGAN, parts=_PLAIN
    ),
    "plain-lazy": Variant(
        "plain, the penalty every 16th step", _NO_FEATURES, LazyGAN, parts=_PLAIN
    ),
    "plain-slow": Variant(
        "plain, the penalty every 16th step, DF-GAN's learning rates",
        {**_NO_FEATURES, "generator_learning_rate": 1e-4, "discriminator_learning_rate": 4e-4},
        LazyGAN,
        parts=_PLAIN,
    ),
    "bare": Variant("no augmentation: no light, shift or hidden square", gan=BareGAN),
    "growing": Variant("augmentation that grows over 2,000 steps", gan=GrowingGAN),
    "whole": Variant("no hidden square", {"hidden_square": 0.0}),
    "sharp": Variant("no blur at first", {"blur_steps": 0}),
    "unmatched": Variant("no contrastive loss", {"contrastive_weight": 0.0}),
    "gentle": Variant("contrastive weight 0.5", {"contrastive_weight": 0.5}),
    "uniform": Variant("no diversity loss", {"diversity_weight": 0.0}),
    "concatenated": Variant(
        "text at the first layer only", parts={(stage1, "_modern_body"): concatenated_body}
    ),
    "averaged": Variant("mean of 4 captions", {"captions_per_image": 4}),
    "narrow": Variant("generator width 32", {"generator_width": 32}),
    "wide": Variant("generator width 64", {"generator_width": 64}),
    "slow": Variant(
        "learning rates 4e-4 and 2e-4",
        {"generator_learning_rate": 4e-4, "discriminator_learning_rate": 2e-4},
    ),
}
