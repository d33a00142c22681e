"""A projected discriminator: frozen ImageNet features, fixed random mixing, small trained heads.

Source: Sauer et al., Projected GANs Converge Faster, NeurIPS 2021 (arXiv 2111.01007). The text
enters each head as in StackGAN (compressed, tiled, concatenated); spectral normalisation after
Miyato et al. (arXiv 1802.05957).
"""

from typing import Any

import keras
from keras import initializers, layers

from t2i_utils import backend
from t2i_utils.config import Config
from t2i_utils.stackgan.layers import SpectralConv2D, TiledConcatenate, small_uniform
from t2i_utils.vision import load_features

MIXED_CHANNELS = (64, 64, 128, 256)  # at strides 4, 8, 16 and 32
VECTOR_SIZE = 256  # of the image and text vectors that the contrastive loss compares
MIXING_SEED = 4321  # the mixing is random but always the same


def build_projected_trunk(config: Config) -> keras.Model:
    """Build the frozen part: pictures to four mixed feature maps.

    Returns:
        A model from images (batch, feature_size, feature_size, 3) in [-1, 1] to maps at strides
        4, 8, 16 and 32 with `MIXED_CHANNELS` channels. It has no trainable weight.
    """
    size = config.feature_size
    network = load_features("lite0", size)
    images = keras.Input((size, size, 3), name="images")
    maps = [
        _fixed(channels, 1, index)(features)
        for index, (channels, features) in enumerate(
            zip(MIXED_CHANNELS, network(images, training=False), strict=True)
        )
    ]
    mixed = [maps[-1]]
    for index in (2, 1, 0):  # top down: coarse features are added to finer ones
        coarse = layers.UpSampling2D(interpolation="bilinear")(mixed[0])
        coarse = _fixed(MIXED_CHANNELS[index], 3, 10 + index)(coarse)
        mixed.insert(0, layers.add([maps[index], coarse]))
    model = keras.Model(images, mixed, name="projected_trunk")
    model.trainable = False
    return model


def build_projected_heads(config: Config, embedding_width: int) -> keras.Model:
    """Build the trained part: feature maps and a sentence to logits and vectors.

    Returns:
        A model from [maps at four strides (of two views in Stage II),
        embedding (batch, embedding_width)] to [logits (batch, heads * places),
        image vectors, text vectors (batch, VECTOR_SIZE)], all float32.
    """
    width, size = config.discriminator_width, config.feature_size
    with backend.precision(config.precision):
        maps = [
            keras.Input((size // stride, size // stride, channels), name=f"view{view}_{stride}")
            for view in range(config.stage)  # Stage II: the whole picture, and a window of it
            for stride, channels in zip((4, 8, 16, 32), MIXED_CHANNELS, strict=True)
        ]
        embedding = keras.Input((embedding_width,), name="embedding")
        smallest = size // 32
        logits, pooled = [], []
        for x in maps:
            if x.shape[1] == smallest:
                x = SpectralConv2D(width, 3)(x)
                x = layers.LeakyReLU(0.2)(x)
            while x.shape[1] > smallest:
                x = SpectralConv2D(width, 4, strides=2)(x)
                x = layers.LeakyReLU(0.2)(x)
            pooled.append(x)  # (batch, 4, 4, width) where feature_size is 128
            text = layers.Dense(64, kernel_initializer=small_uniform())(embedding)
            x = TiledConcatenate()([x, text])
            x = SpectralConv2D(width, 3)(x)
            x = layers.LeakyReLU(0.2)(x)
            logits.append(layers.Flatten(dtype="float32")(SpectralConv2D(1, 3)(x)))
        image_vector = layers.Concatenate()(pooled)
        image_vector = layers.Conv2D(width, 1, kernel_initializer=small_uniform())(image_vector)
        image_vector = layers.Flatten()(layers.LeakyReLU(0.2)(image_vector))
        image_vector = layers.Dense(
            VECTOR_SIZE, kernel_initializer=small_uniform(), dtype="float32"
        )(image_vector)
        text_vector = layers.Dense(
            VECTOR_SIZE, kernel_initializer=small_uniform(), dtype="float32"
        )(embedding)
        outputs: list[Any] = [
            layers.Concatenate(dtype="float32")(logits),
            layers.UnitNormalization(dtype="float32")(image_vector),
            layers.UnitNormalization(dtype="float32")(text_vector),
        ]
        return keras.Model([*maps, embedding], outputs, name="projected_heads")


def _fixed(channels: int, kernel_size: int, seed: int) -> layers.Layer:
    """A convolution with fixed random weights."""
    return layers.Conv2D(
        channels,
        kernel_size,
        padding="same",
        use_bias=False,
        kernel_initializer=initializers.VarianceScaling(
            1 / 3, mode="fan_in", distribution="uniform", seed=MIXING_SEED + seed
        ),
        trainable=False,
        name=f"mixing{seed}",
    )
