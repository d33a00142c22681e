"""Stage I: a sentence and noise become a 64 px picture (StackGAN, section 3.3)."""

from typing import Any

import keras
from keras import layers

from t2i_utils import backend
from t2i_utils.config import Config
from t2i_utils.stackgan.layers import (
    ModulatedBatchNorm,
    UpsampleConv2D,
    conditioning_augmentation,
    glu_upsample,
    residual_bottleneck,
    small_normal,
    small_uniform,
    to_rgb,
    upsample_normalised,
)


def build_stage1_generator(config: Config, embedding_width: int) -> keras.Model:
    """Build the Stage-I generator of a recipe.

    Args:
        config: a Stage-I configuration.
        embedding_width: length of the sentence embedding.

    Returns:
        A model from [embedding (batch, embedding_width), noise (batch, noise_size),
        epsilon (batch, condition_size)] to [images (batch, 64, 64, 3) in [-1, 1],
        mu, log_sigma (batch, condition_size)].
    """
    paper = config.recipe == "paper"
    with backend.precision(config.precision):
        embedding = keras.Input((embedding_width,), name="embedding")
        noise = keras.Input((config.noise_size,), name="noise")
        epsilon = keras.Input((config.condition_size,), name="epsilon")
        condition, mu, log_sigma = conditioning_augmentation(
            embedding,
            epsilon,
            config.condition_size,
            small_normal() if paper else small_uniform(),
            config.initial_log_sigma,
        )
        latent = layers.Concatenate()([condition, noise])
        body = _paper_body if paper else _modern_body
        images = body(latent, config.generator_width)
        return keras.Model(
            [embedding, noise, epsilon], [images, mu, log_sigma], name="stage1_generator"
        )


def _paper_body(latent: Any, width: int) -> Any:
    """Released code: FC to 4 px, bottleneck residual blocks at 4 and 8 px, nearest upsampling."""
    x = layers.Dense(4 * 4 * 8 * width, use_bias=False)(latent)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    x = layers.Reshape((4, 4, 8 * width))(x)
    x = residual_bottleneck(x, 2 * width)  # (batch, 4, 4, 8 * width)
    x = upsample_normalised(x, 4 * width, activation=False)
    x = residual_bottleneck(x, width)  # (batch, 8, 8, 4 * width)
    x = upsample_normalised(x, 2 * width)  # (batch, 16, 16, 2 * width)
    x = upsample_normalised(x, width)  # (batch, 32, 32, width)
    x = UpsampleConv2D(3, kernel_initializer=small_normal(), dtype="float32")(x)
    return layers.Activation("tanh", dtype="float32", name="images")(x)  # (batch, 64, 64, 3)


def _modern_body(latent: Any, width: int) -> Any:
    """Four upsampling blocks; condition and noise modulate each of them."""
    x = layers.Dense(4 * 4 * 8 * width, kernel_initializer=small_uniform())(latent)
    x = layers.Reshape((4, 4, 8 * width))(x)
    for channels in (8 * width, 4 * width, 2 * width, width):  # of 8, 16, 32 and 64 px
        x = glu_upsample(x, channels // 2, lambda maps: ModulatedBatchNorm()([maps, latent]))
    return to_rgb(x, small_uniform())
