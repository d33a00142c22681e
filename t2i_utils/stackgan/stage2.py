"""Stage II: a 64 px picture and its sentence become a 256 px picture (StackGAN, section 3.4)."""

from typing import Any

import keras
from keras import layers, ops

from t2i_utils import backend
from t2i_utils.config import IMAGE_SIZES, Config
from t2i_utils.stackgan.layers import (
    ModulatedBatchNorm,
    TiledConcatenate,
    conditioning_augmentation,
    convolve_normalised,
    glu_upsample,
    residual_block,
    small_normal,
    small_uniform,
    to_rgb,
    upsample_normalised,
)

RESIDUAL_BLOCKS = 4


def build_stage2_generator(config: Config, embedding_width: int) -> keras.Model:
    """Build the Stage-II generator of a recipe. It draws no noise of its own but epsilon.

    Args:
        config: a Stage-II configuration.
        embedding_width: length of the sentence embedding.

    Returns:
        A model from [stage-I images (batch, 64, 64, 3) in [-1, 1],
        embedding (batch, embedding_width), epsilon (batch, condition_size)] to
        [images (batch, 256, 256, 3) in [-1, 1], mu, log_sigma (batch, condition_size)]. The
        modern recipe has no tanh here: its pictures may pass -1 and 1 a little, and are clipped
        where they are shown.
    """
    paper = config.recipe == "paper"
    size = IMAGE_SIZES[1]
    with backend.precision(config.precision):
        small = keras.Input((size, size, 3), name="stage1_images")
        embedding = keras.Input((embedding_width,), name="embedding")
        epsilon = keras.Input((config.condition_size,), name="epsilon")
        condition, mu, log_sigma = conditioning_augmentation(
            embedding,
            epsilon,
            config.condition_size,
            small_normal() if paper else small_uniform(),
            config.initial_log_sigma,
        )
        body = _paper_body if paper else _modern_body
        images = body(small, condition, config.generator_width)
        return keras.Model(
            [small, embedding, epsilon], [images, mu, log_sigma], name="stage2_generator"
        )


def _paper_body(small: Any, condition: Any, width: int) -> Any:
    """Released code: encode to 16 px, join the condition, four residual blocks, upsample."""
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


def _modern_body(small: Any, condition: Any, width: int) -> Any:
    """Encode to 16 px, residual blocks, upsample with skips, and add to the enlarged Stage I.

    The last convolution, at 128 px, gives each place four pixels (Shi et al., CVPR 2016, arXiv
    1609.05158): layers at 256 px took more time than all others together. It starts at zero: an
    untrained Stage II shows Stage I, enlarged.
    """
    widths = (2 * width, 4 * width, 8 * width)  # at 64, 32 and 16 px
    x = small
    skips = []
    for index, channels in enumerate(widths):
        x = convolve_normalised(x, channels, 3, strides=2 if index else 1, activation="leaky_relu")
        skips.append(x)
    x = TiledConcatenate()([x, condition])
    x = convolve_normalised(x, 8 * width, 3)
    for _ in range(RESIDUAL_BLOCKS):
        x = residual_block(x)  # (batch, 16, 16, 8 * width)
    for channels, skip in (
        (4 * width, skips[1]),  # 32 px
        (2 * width, skips[0]),  # 64 px
        (width, None),  # 128 px
    ):
        x = glu_upsample(x, channels, lambda maps: ModulatedBatchNorm()([maps, condition]))
        x = layers.Concatenate()([x, skip]) if skip is not None else x
    change = layers.Conv2D(12, 3, padding="same", kernel_initializer="zeros", dtype="float32")(x)
    change = ops.depth_to_space(change, 2)  # 256 px
    enlarged = layers.UpSampling2D(4, interpolation="bilinear", dtype="float32")(small)
    return layers.add([enlarged, change], dtype="float32", name="images")
