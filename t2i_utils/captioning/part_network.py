"""The network that reads parts: from maps of a picture to the log odds of every claim.

It sees what the frozen ImageNet network does. A query for each part looks for it on a grid of
28 x 28 places (attention pooling), and reads there what the deep maps and the shallow ones hold:
the deep ones find a crown, the shallow ones know its colour. What a colour looks like is learnt
from all parts together: few birds have an orange beak, but many have something orange.

A tuned one has later blocks of the ImageNet network of its own, which learn what matters in birds.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers, ops

from t2i_utils import backend
from t2i_utils.captioning.caption_metrics import COLOURS
from t2i_utils.captioning.claims import Claim
from t2i_utils.captioning.regions import (
    AT8,
    AT16,
    AT32,
    DEEP,
    GRID,
    IMAGE_SIZE,
    LOW_WIDTH,
    NUM_REGIONS,
    SIDE,
)
from t2i_utils.vision.efficientnet_lite import blocks_behind_stride_8

WIDTH = 192
LOOKS = 14  # places along a side of the maps that say where a part was read
DROPOUT = 0.4


class PartNetwork(NamedTuple):
    """One network.

    Attributes:
        model: [low, deep] maps, (b, 28, 28, 97) and (b, 49, 768), to six outputs: the log odds
            "true" (b, claims), "named" (b, claims) and "colours" (b, 15); where it looked for each
            part (b, parts, 14, 14); and the features of the whole (b, 192) and of each part
            (b, parts, 192), for further tasks.
        normalise: the layer that brings the low maps to mean 0 and variance 1.
        trunk: of a tuned network, its own later blocks of EfficientNet-Lite0; else None.
    """

    model: keras.Model
    normalise: layers.BatchNormalization
    trunk: keras.Model | None

    @property
    def weights(self) -> list[Any]:
        """Every weight."""
        return [w for w in self.model.weights if "seed_generator" not in w.path]


def part_network(
    claims: Sequence[Claim], tuned: bool = False, precision: str = "float32"
) -> PartNetwork:
    """Build one with random weights.

    Args:
        claims: what it reads, those of a part side by side.
        tuned: with later blocks of its own in the place of the frozen ones.
        precision: a policy of Keras, such as "mixed_bfloat16".
    """
    with backend.precision(precision):
        return _build(claims, blocks_behind_stride_8(IMAGE_SIZE) if tuned else None)


def _build(claims: Sequence[Claim], trunk: keras.Model | None) -> PartNetwork:
    parts = tuple(dict.fromkeys(claim.part for claim in claims))
    count = len(parts)
    low = keras.Input((GRID, GRID, LOW_WIDTH), name="low")
    deep = keras.Input((NUM_REGIONS, DEEP.stop - DEEP.start), name="deep")
    normalise = layers.BatchNormalization(center=False, scale=False, trainable=False)
    shallow = layers.Reshape((GRID * GRID, LOW_WIDTH))(normalise(low))
    at16, at32 = trunk(low[..., AT8]) if trunk else _by_stride(deep)
    x = layers.UpSampling2D(2, interpolation="nearest")(layers.Dense(WIDTH)(at32))
    x = layers.UpSampling2D(2, interpolation="bilinear")(x + layers.Dense(WIDTH)(at16))
    x = layers.Reshape((GRID * GRID, WIDTH))(x) + layers.Dense(WIDTH)(shallow)
    x = layers.Activation("gelu")(layers.LayerNormalization()(x))
    scores = layers.Permute((2, 1))(layers.Dense(count, dtype="float32")(x))
    looks = ops.softmax(scores, axis=-1)  # (b, parts, 784)
    values = layers.Concatenate()([layers.Dense(WIDTH)(x), shallow])
    found = ops.matmul(ops.cast(looks, values.dtype), values)  # (b, parts, width)
    whole = layers.Dense(WIDTH, activation="gelu")(layers.GlobalAveragePooling2D()(at32))
    whole = layers.Dropout(DROPOUT)(whole)
    of_parts = layers.Dense(WIDTH)(found) + ops.expand_dims(layers.Dense(WIDTH)(whole), 1)
    places = ops.zeros_like(scores[..., 0], "int32") + np.arange(count, dtype="int32")
    of_parts = of_parts + layers.Embedding(count, WIDTH)(places)
    of_parts = layers.Activation("gelu")(layers.LayerNormalization()(of_parts))
    of_parts = layers.Dropout(DROPOUT)(of_parts)
    # One layer names the colours of all parts: orange is on a beak what it is on a crown.
    seen = layers.Activation("gelu")(layers.LayerNormalization()(layers.Dense(WIDTH)(found)))
    palette = layers.Dense(len(COLOURS), dtype="float32")(layers.Dropout(DROPOUT)(seen))
    palette = layers.Flatten()(palette)
    which = [
        [(claim.slot, claim.value) == (f"{part} colour", colour) for claim in claims]
        for part in parts for colour in COLOURS
    ]  # fmt: skip
    named_alike = ops.matmul(palette, np.array(which, "float32"))
    numbers = [sum(claim.part == part for claim in claims) for part in parts]
    true, named = (
        named_alike + layers.Concatenate(dtype="float32")([
            layers.Dense(number)(of_parts[:, place]) for place, number in enumerate(numbers)
        ])
        for _ in range(2)
    )  # fmt: skip
    colours = layers.Dense(len(COLOURS), dtype="float32")(
        layers.Concatenate()([whole, layers.Flatten()(of_parts), palette])
    )
    looks = ops.reshape(looks, (-1, count, LOOKS, GRID // LOOKS, LOOKS, GRID // LOOKS))
    looks = ops.sum(looks, axis=(3, 5))
    outputs = [true, named, colours, looks, whole, of_parts]
    model = keras.Model([low, deep], outputs, name="part_reader")
    return PartNetwork(model, normalise, trunk)


def _by_stride(deep: Any) -> tuple[Any, Any]:
    """The maps at strides 16 and 32 of regions (b, 49, 768)."""
    at16 = ops.reshape(deep[..., :-AT32], (-1, SIDE, SIDE, 2, 2, AT16))
    at16 = ops.reshape(ops.transpose(at16, (0, 1, 3, 2, 4, 5)), (-1, 2 * SIDE, 2 * SIDE, AT16))
    return at16, ops.reshape(deep[..., -AT32:], (-1, SIDE, SIDE, AT32))
