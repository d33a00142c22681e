"""EfficientNet-Lite: ImageNet features for the projected discriminator, captioning, evaluation.

The networks are those of Google's EfficientNet-Lite (Tan and Le, ICML 2019; without squeeze and
excitation, with ReLU6). Each BatchNorm is folded into its convolution: the network is frozen.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import layers

from t2i_utils import backend
from t2i_utils.errors import InputError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# (kernel, repeats, output channels, expansion, stride) of each group of blocks.
BLOCKS = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)
# The last group before each halving: features at strides 4, 8, 16 and 32.
FEATURE_GROUPS = (1, 2, 4, 6)
SCALES = {"lite0": (1.0, 1.0), "lite2": (1.1, 1.2)}  # width, depth
# The 59 of ImageNet's 1,000 classes that are birds: cock to great grey owl, black grouse to black
# swan, white stork to albatross.
BIRD_CLASSES = (*range(7, 25), *range(80, 101), *range(127, 147))


def _scaled_channels(channels: int, width: float) -> int:
    scaled = max(8, int(channels * width + 4) // 8 * 8)
    return scaled + 8 if scaled < 0.9 * channels * width else scaled


def efficientnet_lite(
    variant: str = "lite0", image_size: int | None = None, outputs: str = "features"
) -> keras.Model:
    """Build an EfficientNet-Lite, without weights.

    Args:
        variant: "lite0" or "lite2".
        image_size: height and width, or None for any.
        outputs: "features" for the maps at strides 4, 8, 16 and 32 (lite0: 24, 40, 112 and 320
            channels); "logits" for a list of pooled features (batch, 1280) and the logits of the
            1,000 ImageNet classes; "places" for the maps, and last the logits of each place at
            stride 32 (batch, height / 32, width / 32, 1000); their mean over all places gives the
            logits of the picture.

    Returns:
        A frozen model; takes images (batch, height, width, 3) in [-1, 1].

    Source: https://arxiv.org/abs/1905.11946, and the Lite variants of its authors.
    """
    if variant not in SCALES:
        raise InputError(f"unknown network {variant!r}: choose one of {', '.join(SCALES)}")
    backend.sum_in_one_order()
    images = keras.Input((image_size, image_size, 3), name="images")
    scale = [0.5 / std for std in IMAGENET_STD]
    offset = [(0.5 - mean) / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)]
    x = layers.Rescaling(scale, offset, name="normalise")(images)
    x = layers.Conv2D(32, 3, strides=2, padding="same", name="stem")(x)
    features = _groups(layers.ReLU(6.0)(x), variant)
    if outputs != "features":
        x = layers.Conv2D(1280, 1, name="head")(features[-1])
        x = layers.ReLU(6.0)(x)
        classifier = layers.Dense(1000, name="classifier")
        if outputs == "places":
            features.append(classifier(x))
        else:
            pooled = layers.GlobalAveragePooling2D()(x)
            features = [pooled, classifier(pooled)]
    model = keras.Model(images, features, name=f"efficientnet_{variant}")
    model.trainable = False
    return model


def blocks_behind_stride_8(image_size: int) -> keras.Model:
    """The later blocks of the variant "lite0", without weights, to be trained further.

    Returns:
        A model from the map at stride 8 of pictures of `image_size`, (batch, image_size / 8,
        image_size / 8, 40), to those at strides 16 and 32.
    """
    backend.sum_in_one_order()
    last = FEATURE_GROUPS[1]
    maps = keras.Input((image_size // 8, image_size // 8, BLOCKS[last][2]), name="stride_8")
    return keras.Model(maps, _groups(maps, "lite0", last + 1), name="lite0_behind_stride_8")


def _groups(x: Any, variant: str, first: int = 0) -> list[Any]:
    """Run the groups of blocks from `first` on, and give the maps of `FEATURE_GROUPS`."""
    width, depth = SCALES[variant]
    features, index = [], 0
    for group, (kernel, repeats, channels, expansion, stride) in enumerate(BLOCKS):
        channels = _scaled_channels(channels, width)
        fixed = group in (0, len(BLOCKS) - 1)  # Lite does not deepen the first and last group
        repeats = repeats if fixed else math.ceil(repeats * depth)
        for repeat in range(repeats if group >= first else 0):
            number = index + repeat
            x = _block(x, f"block{number}", kernel, channels, expansion, 1 if repeat else stride)
        index += repeats
        if group in FEATURE_GROUPS and group >= first:
            features.append(x)
    return features


def _block(
    inputs: Any, prefix: str, kernel: int, channels: int, expansion: int, stride: int
) -> Any:
    """Inverted residual: 1x1 expansion, depthwise convolution, linear 1x1 projection."""
    x = inputs
    if expansion > 1:
        x = layers.Conv2D(inputs.shape[-1] * expansion, 1, name=f"{prefix}_expand")(x)
        x = layers.ReLU(6.0)(x)
    x = layers.DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="same",
        # TensorFlow's gradient of a strided one is some twenty times slower in bfloat16 on a CPU.
        dtype="float32" if stride > 1 and backend.name() == "tensorflow" else None,
        name=f"{prefix}_depthwise",
    )(x)
    x = layers.ReLU(6.0)(x)
    x = layers.Conv2D(channels, 1, name=f"{prefix}_project")(x)
    return layers.add([inputs, x]) if stride == 1 and inputs.shape[-1] == channels else x


def load_arrays(model: keras.Model, arrays: dict[str, np.ndarray]) -> keras.Model:
    """Set the weights of `efficientnet_lite` from arrays, by `array_names`.

    Raises:
        InputError: an array is missing or has another shape.
    """
    for key, variable in zip(array_names(model), model.weights, strict=True):
        if key not in arrays or arrays[key].shape != tuple(variable.shape):
            raise InputError(f"weights for {model.name} lack {key} of shape {variable.shape}")
        variable.assign(arrays[key].astype("float32"))
    return model


def array_names(model: keras.Model) -> list[str]:
    """Names of a model's weights in a file, in their order: ``layer/kernel``, ``layer/bias``."""
    return [f"{layer.name}/{weight.name}" for layer in model.layers for weight in layer.weights]
