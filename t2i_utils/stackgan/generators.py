"""The frame of both generators: inputs, conditioning augmentation and outputs.

A recipe hands in the body, the layers between the condition and the picture.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from t2i_utils import backend
from t2i_utils.config import IMAGE_SIZES, Config
from t2i_utils.stackgan.layers import conditioning_augmentation


def stage1_generator(
    config: Config,
    embedding_width: int,
    body: Callable[[Any, int], Any],
    initializer: keras.Initializer,
    initial_log_sigma: float = 0.0,
) -> keras.Model:
    """Build a Stage-I generator: a sentence and noise become a 64 px picture (StackGAN, 3.3).

    Args:
        config: a Stage-I configuration.
        embedding_width: length of the sentence embedding.
        body: takes the latent vector (batch, condition_size + noise_size) and the width, and
            returns images.
        initializer: of the conditioning augmentation.
        initial_log_sigma: see `conditioning_augmentation`.

    Returns:
        A model from [embedding (batch, embedding_width), noise (batch, noise_size),
        epsilon (batch, condition_size)] to [images (batch, 64, 64, 3) in [-1, 1],
        mu, log_sigma (batch, condition_size)].
    """
    with backend.precision(config.precision):
        embedding = keras.Input((embedding_width,), name="embedding")
        noise = keras.Input((config.noise_size,), name="noise")
        epsilon = keras.Input((config.condition_size,), name="epsilon")
        condition, mu, log_sigma = conditioning_augmentation(
            embedding, epsilon, config.condition_size, initializer, initial_log_sigma
        )
        images = body(layers.Concatenate()([condition, noise]), config.generator_width)
        return keras.Model(
            [embedding, noise, epsilon], [images, mu, log_sigma], name="stage1_generator"
        )


def stage2_generator(
    config: Config,
    embedding_width: int,
    body: Callable[[Any, Any, int], Any],
    initializer: keras.Initializer,
    initial_log_sigma: float = 0.0,
) -> keras.Model:
    """Build a Stage-II generator: a 64 px picture and its sentence become 256 px (StackGAN, 3.4).

    It draws no noise but epsilon.

    Args:
        config: a Stage-II configuration.
        embedding_width: length of the sentence embedding.
        body: takes Stage I's images, the condition (batch, condition_size) and the width, and
            returns images.
        initializer: of the conditioning augmentation.
        initial_log_sigma: see `conditioning_augmentation`.

    Returns:
        A model from [stage-I images (batch, 64, 64, 3) in [-1, 1],
        embedding (batch, embedding_width), epsilon (batch, condition_size)] to
        [images (batch, 256, 256, 3), mu, log_sigma (batch, condition_size)].
    """
    with backend.precision(config.precision):
        small = keras.Input((IMAGE_SIZES[1], IMAGE_SIZES[1], 3), name="stage1_images")
        embedding = keras.Input((embedding_width,), name="embedding")
        epsilon = keras.Input((config.condition_size,), name="epsilon")
        condition, mu, log_sigma = conditioning_augmentation(
            embedding, epsilon, config.condition_size, initializer, initial_log_sigma
        )
        images = body(small, condition, config.generator_width)
        return keras.Model(
            [small, embedding, epsilon], [images, mu, log_sigma], name="stage2_generator"
        )
