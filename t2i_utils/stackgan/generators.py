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


def generator_around(
    body: Callable[..., Any],
    config: Config,
    embedding_width: int,
    initializer: keras.Initializer,
    initial_log_sigma: float = 0.0,
) -> keras.Model:
    """Build the generator of a stage around its body (StackGAN, 3.3 and 3.4).

    Stage I turns a sentence and noise into a 64 px picture, Stage II a 64 px picture and its
    sentence into 256 px. Stage II draws no noise but epsilon.

    Args:
        body: returns images. For Stage I it takes the latent vector (batch, condition_size +
            noise_size) and the width; for Stage II Stage I's images, the condition (batch,
            condition_size) and the width.
        config: of the stage.
        embedding_width: length of the sentence embedding.
        initializer: of the conditioning augmentation.
        initial_log_sigma: see `conditioning_augmentation`.

    Returns:
        A model from [embedding (batch, embedding_width), noise (batch, noise_size), epsilon
        (batch, condition_size)], for Stage II from [Stage I's images (batch, 64, 64, 3) in
        [-1, 1], embedding, epsilon], to [images (batch, size, size, 3) in [-1, 1], mu, log_sigma
        (batch, condition_size)].
    """
    with backend.precision(config.precision):
        embedding = keras.Input((embedding_width,), name="embedding")
        epsilon = keras.Input((config.condition_size,), name="epsilon")
        condition, mu, log_sigma = conditioning_augmentation(
            embedding, epsilon, config.condition_size, initializer, initial_log_sigma
        )
        if config.stage == 1:
            noise = keras.Input((config.noise_size,), name="noise")
            inputs = [embedding, noise, epsilon]
            images = body(layers.Concatenate()([condition, noise]), config.generator_width)
        else:
            small = keras.Input((IMAGE_SIZES[1], IMAGE_SIZES[1], 3), name="stage1_images")
            inputs = [small, embedding, epsilon]
            images = body(small, condition, config.generator_width)
        outputs = [images, mu, log_sigma]
        return keras.Model(inputs, outputs, name=f"stage{config.stage}_generator")
