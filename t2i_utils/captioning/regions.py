"""Features of 7x7 regions of a picture, by a frozen ImageNet network: the captioner's input.

Deep maps say what is in a region, shallow ones and the region's mean colour say how it looks:
a classifier may forget whether a crown is red or orange, a description may not.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers, ops

from t2i_utils import backend
from t2i_utils.pictures import from_uint8
from t2i_utils.vision import load_features
from t2i_utils.vision.efficientnet_lite import BIRD_CLASSES

IMAGE_SIZE = 224  # pixels
GLANCE_SIZE = 160  # pixels of a first look, which costs half as much and finds birds as well
SIDE = 7  # regions along a side
NUM_REGIONS = SIDE * SIDE
AT16, AT32 = 112, 320  # channels of the network's maps at strides 16 and 32
WIDTH = 24 + 40 + 4 * AT16 + AT32 + 3  # numbers of a region: four maps, and its mean colour
DEEPEST = slice(WIDTH - 3 - AT32, WIDTH - 3)  # of a region's numbers, those of the map at stride 32
DEEP = slice(DEEPEST.start - 4 * AT16, DEEPEST.stop)  # those of the maps at strides 16 and 32
GRID = 28  # places along a side of the low maps, which a reader of parts takes
# Brightness, red against green, and yellow against blue: by columns, of red, green and blue.
OPPONENTS = np.array([[1 / 3, 1, 0.5], [1 / 3, -1, 0.5], [1 / 3, 0, -1]], "float32")
# What colours birds have, as sRGB: 24 clusters (k-means) of 40,000 pixels in the middle of 1,500
# training photographs of CUB, vivid ones taken more often.
PLUMAGE = np.array([
    (140, 167, 85), (144, 98, 60), (213, 200, 159), (201, 103, 56), (76, 116, 39),
    (120, 113, 30), (136, 121, 89), (56, 56, 48), (167, 172, 172), (24, 25, 21), (220, 222, 222),
    (57, 82, 106), (200, 163, 101), (82, 57, 27), (96, 89, 71), (63, 145, 211), (119, 122, 119),
    (100, 131, 169), (145, 187, 226), (135, 39, 27), (174, 155, 23), (167, 151, 126),
    (230, 212, 35), (202, 43, 24),
], "float32")  # fmt: skip
SOFTNESS = 0.29  # half the mean distance of a cluster to the next, as `_shares_of_colours` measures
# Mean colour, extremes, the maps at strides 4 and 8, and the shares of the colours of `PLUMAGE`.
AT8 = slice(3 + 2 * 3 + 24, 3 + 2 * 3 + 24 + 40)  # of a low place's numbers, the map at stride 8
LOW_WIDTH = AT8.stop + len(PLUMAGE)
BATCH_SIZE = 32


class RegionFeatures(NamedTuple):
    """What the network says of pictures.

    Attributes:
        regions: (n, 49, 835) float32, row by row from the upper left corner.
        bird: (n,) float32, the probability of ImageNet's bird classes together.
        places: (n, 7, 7) float32, how much more each place looks like a bird than like other
            things, in logits, at least 0.
        low: (n, 28, 28, 97) float32: of each place the mean colour, the highest and the lowest of
            `OPPONENTS` (a red eye is lost in the mean), the maps at strides 4 and 8, and how much
            of it has each colour of `PLUMAGE` (black and white have a grey mean).
    """

    regions: np.ndarray
    bird: np.ndarray
    places: np.ndarray
    low: np.ndarray


class Glance(NamedTuple):
    """What a first look says of pictures: `bird`, and `places` (n, 5, 5), of `RegionFeatures`."""

    bird: np.ndarray
    places: np.ndarray


class RegionEncoder:
    """Computes features of square pictures with EfficientNet-Lite0, whose weights are shipped."""

    def __init__(self, presence: np.ndarray | None = None) -> None:
        """Load the network.

        Args:
            presence: what tells birds from noise, text and drawings, which the network does not
                know: of `t2i_utils.captioning.no_bird`.
        """
        self._presence = presence
        network = load_features("lite0", outputs="places")
        images, maps, whole, places = _look(network, IMAGE_SIZE)
        colours = layers.AveragePooling2D(IMAGE_SIZE // SIDE)(images)
        regions = layers.Concatenate()([*map(_per_region, maps), colours])
        regions = layers.Reshape((NUM_REGIONS, WIDTH))(regions)
        halved = layers.AveragePooling2D(2)(images)
        opponents = ops.matmul(halved, np.hstack([OPPONENTS, -OPPONENTS]))
        extremes = layers.MaxPooling2D(IMAGE_SIZE // GRID // 2)(opponents)
        shares = layers.AveragePooling2D(IMAGE_SIZE // GRID // 2)(_shares_of_colours(halved))
        means = [layers.AveragePooling2D(x.shape[1] // GRID)(x) for x in (images, *maps[:2])]
        low = layers.Concatenate()([means[0], extremes, *means[1:], shares])
        model = keras.Model(images, [regions, whole, places, low])
        self._features = backend.compile_function(model, model.variables)
        images, maps, whole, places = _look(network, GLANCE_SIZE)
        deepest = layers.GlobalAveragePooling2D()(maps[-1])
        glance = keras.Model(images, [deepest, whole, places])
        self._glance = backend.compile_function(glance, glance.variables)

    def __call__(self, pictures: np.ndarray) -> RegionFeatures:
        """Features of pictures (n, 224, 224, 3) uint8."""
        regions, logits, places, low = _in_batches(self._features, pictures)
        return RegionFeatures(regions, self._bird(logits, mean_of(regions)), places, low)

    def glance(self, pictures: np.ndarray) -> Glance:
        """Whether and where there are birds in pictures (n, 160, 160, 3) uint8, and no more."""
        deepest, logits, places = _in_batches(self._glance, pictures)
        return Glance(self._bird(logits, deepest), places)

    def _bird(self, logits: np.ndarray, deepest: np.ndarray) -> np.ndarray:
        """The probability of a bird, (n,), by logits (n, 1000) and by the mean deepest map."""
        bird = _probability(logits)
        if self._presence is not None:
            bird = np.minimum(bird, bird_presence(deepest, self._presence))
        return bird


def _in_batches(look: Callable, pictures: np.ndarray) -> list[np.ndarray]:
    """What a compiled network says of pictures (n, side, side, 3) uint8, some at a time."""
    found = [
        backend.to_numpy(look(from_uint8(pictures[start : start + BATCH_SIZE])))
        for start in range(0, len(pictures), BATCH_SIZE)
    ]
    return [np.concatenate(parts) for parts in zip(*found, strict=True)]


def mean_of(regions: np.ndarray) -> np.ndarray:
    """The deepest map of regions (n, 49, width), averaged over the picture: (n, 320)."""
    return np.asarray(regions[..., DEEPEST], "float32").mean(axis=1)


def bird_presence(deepest: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The probability of a bird, (n,), by `mean_of` and weights of `no_bird`."""
    return 1 / (1 + np.exp(-(deepest @ weights[:-1] + weights[-1])))


def _per_region(features: Any) -> Any:
    """A map's values at 7x7 regions: all of the two deepest maps, means of the others."""
    factor = features.shape[1] // SIDE
    if factor <= 2:
        channels = features.shape[-1]
        x = ops.reshape(features, (-1, SIDE, factor, SIDE, factor, channels))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, SIDE, SIDE, factor * factor * channels))
    return layers.AveragePooling2D(factor)(features)


def _shares_of_colours(images: Any) -> Any:
    """How much each pixel of images (n, h, w, 3) in [-1, 1] has each colour of `PLUMAGE`.

    Distances count differences of hue more than those of brightness. The shares of a pixel add up
    to 1 (compare van de Weijer et al., Learning Color Names, IEEE TIP 2009).
    """
    axes = OPPONENTS / np.linalg.norm(OPPONENTS, axis=0) * np.array([1, 2, 1.5], "float32")
    centres = from_uint8(PLUMAGE) @ axes
    # Of the squared distance, what all the colours have in common is left out.
    nearness = ops.matmul(images, axes @ (2 * centres.T)) - (centres**2).sum(axis=1)
    return ops.softmax(nearness / (2 * SOFTNESS**2), axis=-1)


def _look(network: Any, side: int) -> tuple[Any, list[Any], Any, Any]:
    """A network's input for pictures of one size, its maps, and what `_birds` says."""
    classifier = network.get_layer("classifier")
    inner = keras.Model(network.inputs, [*network.outputs[:-1], classifier.input])
    images = keras.Input((side, side, 3), name="images")
    *maps, head = inner(images)
    return images, maps, *_birds(classifier, head)


def _birds(classifier: Any, head: Any) -> tuple[Any, Any]:
    """What a classifier says of the map before it: the picture's logits, and where birds are.

    The other classes count by their mean alone. It needs one column of weights, not 941.
    """
    kernel, bias = backend.to_numpy(classifier.weights)
    others = np.setdiff1d(np.arange(kernel.shape[1]), BIRD_CLASSES)
    weights = np.vstack([kernel, bias])
    columns = np.c_[weights[:, BIRD_CLASSES], weights[:, others].mean(axis=1)]
    seen = ops.matmul(head, columns[:-1]) + columns[-1]  # of each place, birds and the others
    places = ops.relu(ops.max(seen[..., :-1], axis=-1) - seen[..., -1])
    return classifier(layers.GlobalAveragePooling2D()(head)), places


def _probability(logits: np.ndarray) -> np.ndarray:
    """From logits (n, 1000), the probability of the bird classes together, (n,)."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials[:, BIRD_CLASSES].sum(axis=1) / exponentials.sum(axis=1)
