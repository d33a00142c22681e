"""What `tools/ablation.py` changes of the modern recipe: one thing at a time, but for `plain`.

Most are settings. The rest are recipes of their own, registered here and not in the library, which
has no options that nobody should choose.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from t2i_utils import backend
from t2i_utils.config import Config
from t2i_utils.stackgan.augment import UNCHANGED
from t2i_utils.stackgan.discriminator import Discriminator
from t2i_utils.stackgan.layers import (
    SpectralConv2D,
    TiledConcatenate,
    glu_upsample,
    small_uniform,
    to_rgb,
)
from t2i_utils.stackgan.recipe import Recipe
from t2i_utils.stackgan.recipes import register
from t2i_utils.stackgan.recipes.modern import ModernRecipe

PENALTY, POWER, LAZY = 2.0, 6, 16  # DF-GAN's weight and power; steps between two penalties
GROWTH = 2000  # steps until all pictures are augmented


class PlainRecipe(ModernRecipe):
    """A discriminator that learns from the pictures alone: no ImageNet, no matching towers.

    DF-GAN's idea at 64 px: strided convolutions, the text tiled in at 4 px, a logit. Spectral
    normalisation stands in for its residual blocks. Without features to compare and to blur, the
    losses and the augmentation that build on them go too.
    """

    name = "plain"
    defaults = {**ModernRecipe.defaults, "contrastive_weight": 0.0, "num_distractors": 0}
    changes = {}
    draw_noise = Recipe.draw_noise
    scalars = Recipe.scalars
    compute_losses = Recipe.compute_losses

    def build_discriminator(self, config: Config, embedding_width: int) -> Any:
        """Build trunk and head."""
        width = config.discriminator_width
        with backend.precision(config.precision):
            images = keras.Input((config.image_size, config.image_size, 3))
            x = images
            for channels in (width, 2 * width, 4 * width, 8 * width):  # 32, 16, 8 and 4 px
                x = layers.LeakyReLU(0.2)(SpectralConv2D(channels, 4, strides=2)(x))
            trunk = keras.Model(images, [x])
            maps, embedding = keras.Input(tuple(x.shape[1:])), keras.Input((embedding_width,))
            text = layers.Dense(config.condition_size, kernel_initializer=small_uniform())(
                embedding
            )
            x = TiledConcatenate()([maps, text])
            x = layers.LeakyReLU(0.2)(SpectralConv2D(2 * width, 3)(x))
            logits = SpectralConv2D(1, 4, padding="valid")(x)
            head = keras.Model([maps, embedding], layers.Flatten(dtype="float32")(logits))
        return Discriminator(trunk, head)


class PenalisedRecipe(PlainRecipe):
    """DF-GAN's matching-aware gradient penalty (arXiv 2008.05865); TensorFlow only."""

    name = "plain-penalty"
    every = 1  # steps between two penalties, whose weight grows with it

    def draw_noise(
        self, config: Config, random: np.random.Generator, batch_size: int
    ) -> dict[str, np.ndarray]:
        """As ever, and whether this step has a penalty."""
        noise = super().draw_noise(config, random, batch_size)
        return {**noise, "penalised": np.asarray(random.integers(self.every) == 0, "float32")}

    def compute_losses(
        self, gan: Any, batch: dict[str, Any]
    ) -> tuple[tuple[Any, Any], dict[str, Any]]:
        """As ever, the discriminator's with the penalty."""
        import tensorflow as tf

        (d_loss, g_loss), metrics = super().compute_losses(gan, batch)

        def penalty() -> Any:
            images, texts = batch["images"], batch["embeddings"]
            with tf.GradientTape() as tape:
                tape.watch([images, texts])
                maps = gan.discriminator.features(images)
                logits = tf.reduce_sum(gan.discriminator.judge(maps, texts))
            found: Any = tape.gradient(logits, [images, texts])
            flat = [tf.reshape(tf.cast(g, "float32"), (images.shape[0], -1)) for g in found]
            norms = tf.sqrt(tf.reduce_sum(tf.concat(flat, 1) ** 2, axis=1) + 1e-12)
            return PENALTY * self.every * tf.reduce_mean(norms**POWER)

        d_loss += tf.cond(batch["penalised"] > 0.5, penalty, lambda: 0.0)
        return (d_loss, g_loss), metrics


class LazyRecipe(PenalisedRecipe):
    """The penalty at one step of sixteen, in the mean."""

    name = "plain-lazy"
    every = LAZY


class BareRecipe(ModernRecipe):
    """No augmentation: the discriminator sees pictures as they are."""

    name = "bare"

    def draw_noise(
        self, config: Config, random: np.random.Generator, batch_size: int
    ) -> dict[str, np.ndarray]:
        """As ever, but the numbers that augment."""
        plain = np.tile(np.asarray(UNCHANGED, "float32"), (batch_size, 1))
        noise = super().draw_noise(config, random, batch_size)
        return {**noise, "augment_real": plain, "augment_fake": plain}


class GrowingRecipe(ModernRecipe):
    """Ever more pictures are augmented over GROWTH steps; the others are seen as they are."""

    name = "growing"

    def draw_noise(
        self, config: Config, random: np.random.Generator, batch_size: int
    ) -> dict[str, np.ndarray]:
        """As ever, and a number for each picture that decides when it is augmented."""
        noise = super().draw_noise(config, random, batch_size)
        return {**noise, "spared": random.random((2, batch_size, 1)).astype("float32")}

    def scalars(self, config: Config, step: int) -> dict[str, float]:
        """As ever, and the share of pictures that are augmented."""
        return {**super().scalars(config, step), "augmented": step / GROWTH}

    def compute_losses(
        self, gan: Any, batch: dict[str, Any]
    ) -> tuple[tuple[Any, Any], dict[str, Any]]:
        """As ever, with some pictures as they are."""
        batch = dict(batch)
        for index, name in enumerate(("augment_real", "augment_fake")):
            spared = batch["spared"][index] >= batch["augmented"]
            batch[name] = ops.where(spared, np.float32(UNCHANGED), batch[name])
        return super().compute_losses(gan, batch)


class ConcatenatedRecipe(ModernRecipe):
    """The text enters once, at the first layer, as in StackGAN."""

    name = "concatenated"

    def stage1_body(self, latent: Any, width: int) -> Any:
        """The modern body with plain BatchNorm."""
        x = layers.Dense(4 * 4 * 8 * width, kernel_initializer=small_uniform())(latent)
        x = layers.Reshape((4, 4, 8 * width))(x)
        for channels in (8 * width, 4 * width, 2 * width, width):
            x = glu_upsample(
                x, channels // 2, layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
            )
        return to_rgb(x, small_uniform())


for recipe in (
    PlainRecipe(),
    PenalisedRecipe(),
    LazyRecipe(),
    BareRecipe(),
    GrowingRecipe(),
    ConcatenatedRecipe(),
):
    register(recipe)


@dataclass(frozen=True)
class Variant:
    """The modern recipe with one thing changed.

    Attributes:
        what: the change, in words.
        settings: fields of the configuration.
        recipe: the recipe's name.
        live: judge the generator itself, not its averaged copy.
        run: the variant whose training serves this one too.
    """

    what: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    recipe: str = "modern"
    live: bool = False
    run: str = ""


BLUR_STEPS = 400  # of 625: the recipe's 800 are for a longer run
VARIANTS = {
    "modern": Variant("the recipe as it is, blurred for 400 steps"),
    "live": Variant("not averaged (no EMA)", live=True, run="modern"),
    "plain": Variant(
        "plain discriminator (no contrastive, diversity loss, blur, augmentation)", recipe="plain"
    ),
    "plain-penalty": Variant("plain, matching-aware penalty", recipe="plain-penalty"),
    "plain-lazy": Variant("plain, the penalty every 16th step", recipe="plain-lazy"),
    "plain-slow": Variant(
        "plain, the penalty every 16th step, DF-GAN's learning rates",
        {"generator_learning_rate": 1e-4, "discriminator_learning_rate": 4e-4},
        "plain-lazy",
    ),
    "bare": Variant("no augmentation: no light, shift or hidden square", recipe="bare"),
    "growing": Variant("augmentation that grows over 2,000 steps", recipe="growing"),
    "whole": Variant("no hidden square", {"hidden_square": 0.0}),
    "sharp": Variant("no blur at first", {"blur_steps": 0}),
    "unmatched": Variant("no contrastive loss", {"contrastive_weight": 0.0}),
    "gentle": Variant("contrastive weight 0.5", {"contrastive_weight": 0.5}),
    "uniform": Variant("no diversity loss", {"diversity_weight": 0.0}),
    "concatenated": Variant("text at the first layer only", recipe="concatenated"),
    "averaged": Variant("mean of 4 captions", {"captions_per_image": 4}),
    "narrow": Variant("generator width 32", {"generator_width": 32}),
    "wide": Variant("generator width 64", {"generator_width": 64}),
    "slow": Variant(
        "learning rates 4e-4 and 2e-4",
        {"generator_learning_rate": 4e-4, "discriminator_learning_rate": 2e-4},
    ),
}
