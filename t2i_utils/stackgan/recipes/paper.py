"""`paper`: StackGAN as its authors released it (Zhang et al., ICCV 2017, arXiv 1612.03242).

Layer by layer and setting by setting; where the paper and the released TensorFlow code differ, the
code's value is taken.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import layers

from t2i_utils import backend
from t2i_utils.config import Config
from t2i_utils.stackgan.discriminator import Discriminator
from t2i_utils.stackgan.generators import generator_around
from t2i_utils.stackgan.layers import (
    BatchNormalization,
    TiledConcatenate,
    UpsampleConv2D,
    convolve_normalised,
    residual_block,
    residual_bottleneck,
    small_normal,
    to_rgb,
    upsample_normalised,
)
from t2i_utils.stackgan.recipe import Recipe
from t2i_utils.stackgan.recipes import register

RESIDUAL_BLOCKS = 4  # of Stage II
FARTHEST_EPSILON = 2.0  # the released code draws epsilon from a normal cut at two sigma


class PaperRecipe(Recipe):
    """The released settings; on a CPU with half the published widths or less."""

    name = "paper"
    loss = "bce"
    defaults = {
        "generator_width": 128,
        "discriminator_width": 64,
        "kl_weight": 2.0,
        "captions_per_image": 4,
        "halve_every_epochs": 50,
    }
    # Steps on a GPU are the paper's 600 epochs of 8,855 pictures in batches of 64.
    changes = {
        ("smoke", 1): {"generator_width": 16, "discriminator_width": 16},
        ("smoke", 2): {
            "generator_width": 8,
            "discriminator_width": 8,
            "halve_every_epochs": 100,
        },
        ("cpu", 1): {"generator_width": 64, "steps": 4000},
        ("cpu", 2): {
            "generator_width": 32,
            "discriminator_width": 16,
            "steps": 2000,
            "halve_every_epochs": 100,
        },
        ("gpu", 1): {"steps": 83000},
        ("gpu", 2): {"steps": 83000, "halve_every_epochs": 100},
    }
    fine_tuning = {"halve_every_epochs": 0}  # few pictures make short epochs

    def build_generator(self, config: Config, embedding_width: int) -> keras.Model:
        """Build the generator of a stage."""
        body = stage1_body if config.stage == 1 else stage2_body
        return generator_around(body, config, embedding_width, small_normal())

    def build_discriminator(self, config: Config, embedding_width: int) -> Discriminator:
        """Build the discriminator of a stage."""
        with backend.precision(config.precision):
            trunk = _trunk(config)
            return Discriminator(trunk, _head(config, trunk.outputs[0], embedding_width))

    def draw_noise(
        self, config: Config, random: np.random.Generator, batch_size: int
    ) -> dict[str, np.ndarray]:
        """As ever, but with every epsilon within two standard deviations."""
        noise = super().draw_noise(config, random, batch_size)
        for name, values in noise.items():
            if name.endswith("epsilon"):
                while (far := np.abs(values) > FARTHEST_EPSILON).any():
                    values[far] = random.standard_normal(np.count_nonzero(far))
        return noise


def stage1_body(latent: Any, width: int) -> Any:
    """FC to 4 px, bottleneck residual blocks at 4 and 8 px, nearest upsampling, tanh."""
    x = layers.Dense(4 * 4 * 8 * width, use_bias=False)(latent)
    x = BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    x = layers.Reshape((4, 4, 8 * width))(x)
    x = residual_bottleneck(x, 2 * width)  # (batch, 4, 4, 8 * width)
    x = upsample_normalised(x, 4 * width, activation=False)
    x = residual_bottleneck(x, width)  # (batch, 8, 8, 4 * width)
    x = upsample_normalised(x, 2 * width)  # (batch, 16, 16, 2 * width)
    x = upsample_normalised(x, width)  # (batch, 32, 32, width)
    x = UpsampleConv2D(3, kernel_initializer=small_normal(), dtype="float32")(x)
    return layers.Activation("tanh", dtype="float32", name="images")(x)  # (batch, 64, 64, 3)


def stage2_body(small: Any, condition: Any, width: int) -> Any:
    """Encode to 16 px, join the condition, four residual blocks, upsample, tanh."""
    x = layers.Conv2D(width, 3, padding="same", use_bias=False, kernel_initializer=small_normal())(
        small
    )
    x = layers.Activation("relu")(x)  # (batch, 64, 64, width)
    x = convolve_normalised(x, 2 * width, 4, strides=2)
    x = convolve_normalised(x, 4 * width, 4, strides=2)  # (batch, 16, 16, 4 * width)
    x = TiledConcatenate()([x, condition])
    x = convolve_normalised(x, 4 * width, 3)
    for _ in range(RESIDUAL_BLOCKS):
        x = residual_block(x)
    x = upsample_normalised(x, 2 * width)  # (batch, 32, 32, 2 * width)
    x = upsample_normalised(x, width)
    x = upsample_normalised(x, width // 2)
    x = upsample_normalised(x, width // 4)  # (batch, 256, 256, width / 4)
    return to_rgb(x, small_normal(), use_bias=False)


def _trunk(config: Config) -> keras.Model:
    """4x4 convolutions of stride 2 down to 4 px, and one residual block."""
    width, size = config.discriminator_width, config.image_size
    halvings = int(math.log2(size // 4))
    images = keras.Input((size, size, 3), name="images")
    x = layers.Conv2D(
        width, 4, strides=2, padding="same", use_bias=False, kernel_initializer=small_normal()
    )(images)
    x = layers.LeakyReLU(0.2)(x)
    for index in range(1, halvings):
        linear = config.stage == 1 and index > 1  # as in the released code
        x = convolve_normalised(
            x, width * 2**index, 4, strides=2, activation=None if linear else "leaky_relu"
        )
    if config.stage == 2:  # back to 8 * width channels at 4 px
        x = convolve_normalised(x, 16 * width, 1, activation="leaky_relu")
        x = convolve_normalised(x, 8 * width, 1, activation=None)
    x = residual_bottleneck(x, 2 * width, activation="leaky_relu")  # (batch, 4, 4, 8 * width)
    return keras.Model(images, [x], name="paper_trunk")


def _head(config: Config, features: Any, embedding_width: int) -> keras.Model:
    """Compress the sentence, tile it over the maps, 1x1 convolution, logit."""
    maps = keras.Input(tuple(features.shape[1:]), name="maps")
    embedding = keras.Input((embedding_width,), name="embedding")
    text = layers.Dense(config.condition_size, kernel_initializer=small_normal())(embedding)
    text = layers.LeakyReLU(0.2)(text)
    x = TiledConcatenate()([maps, text])
    x = convolve_normalised(x, 8 * config.discriminator_width, 1, activation="leaky_relu")
    x = layers.Conv2D(1, 4, use_bias=False, kernel_initializer=small_normal())(x)
    logits = layers.Flatten(dtype="float32", name="logits")(x)
    return keras.Model([maps, embedding], [logits], name="paper_head")


register(PaperRecipe())
