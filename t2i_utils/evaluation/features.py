"""The image features on which FID, KID, birdness, diversity and copying are measured."""

from typing import Any

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.pictures import from_uint8, resize
from t2i_utils.vision import load_features
from t2i_utils.vision.efficientnet_lite import BIRD_CLASSES, SCALES

WIDTH = 1280  # features of a picture
RESIZE = "bicubic, antialiased (Pillow)"
LEAST_PROBABILITY = 0.05  # of the likeliest class, before it counts
BATCH_SIZE = 32


class FeatureExtractor:
    """A frozen ImageNet network: pooled features of a picture, and whether it shows a bird.

    Report scores on Lite2. Lite0 is shipped and needs no other package, but the discriminator of
    the modern recipe is built on it, so the generator was trained to score well on it.

    Attributes:
        name: "lite2" or "lite0".
        image_size: side to which pictures are resized, in pixels.
    """

    def __init__(self, name: str = "lite2", image_size: int = 224) -> None:
        """Load the network.

        Raises:
            InputError: no such network, or its package is not installed.
        """
        if name not in SCALES:
            raise InputError(f"unknown network {name!r}: choose one of {', '.join(SCALES)}")
        self.name = name
        self.image_size = image_size
        self._network = load_features(name, image_size, "logits")
        self._kernel, self._bias = self._network.get_layer("classifier").get_weights()

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """Features (n, 1280) float32 of pictures (n, height, width, 3) uint8.

        Raises:
            InputError: pictures of another shape or type.
        """
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] != 3:
            raise InputError(
                f"features: pictures are {pictures.dtype} {pictures.shape}, expected uint8 "
                "(n, height, width, 3)"
            )
        features = np.empty((len(pictures), WIDTH), np.float32)
        for start in range(0, len(pictures), BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            features[batch] = self._features(pictures[batch])
        return features

    def sees_bird(self, features: np.ndarray) -> np.ndarray:
        """For each row of features, whether the likeliest of ImageNet's 1,000 classes is a bird.

        The mean over pictures is their *birdness*. A class with a probability below 1 in 20 does
        not count: for a flat grey picture the network says "kite" with a probability of 1 in 25.
        For photographs such a low probability is rare.

        Args:
            features: (n, 1280).

        Returns:
            (n,) bool.
        """
        logits = features @ self._kernel + self._bias
        likeliest = logits.argmax(axis=1)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        sure = 1 / exponentials.sum(axis=1) >= LEAST_PROBABILITY
        return np.isin(likeliest, BIRD_CLASSES) & sure

    def _features(self, pictures: np.ndarray) -> np.ndarray:
        images = from_uint8(resize(pictures, self.image_size))
        missing = BATCH_SIZE - len(images)  # one batch size: the network is compiled once
        padded = np.pad(images, ((0, missing), (0, 0), (0, 0), (0, 0)))
        features: Any = self._network.predict_on_batch(padded)[0]
        return np.asarray(features)[: len(images)]
