"""InceptionV3 as the FID of the literature uses it: TF-GAN's module from TensorFlow Hub.

An FID is comparable with a published one only if the number of pictures (30,000 of CUB), the test
classes, the crop and the resize are the same.
"""

from pathlib import Path

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.pictures import from_uint8, resize
from t2i_utils.text.encoders.hub import first_line, load_module

HANDLE = "https://tfhub.dev/tensorflow/tfgan/eval/inception/1"
OUTPUT = "pool_3"
BATCH = 32
_GO_ON = "leave --inception out: the other scores do without it"


class InceptionV3:
    """The frozen network of Heusel et al. (arXiv 1706.08500): pictures to pooled features.

    Attributes:
        name: "InceptionV3".
        image_size: side to which pictures are resized, in pixels.
        width: how many features a picture has.
    """

    name = "InceptionV3"
    image_size = 299
    width = 2048

    def __init__(self, source: str | Path = HANDLE) -> None:
        """Load the network from its handle (about 90 MB, once) or from a SavedModel's folder.

        Raises:
            InputError: it cannot be downloaded, or the folder holds another network.
        """
        self._tensorflow, self._module = load_module(source, _GO_ON)
        try:
            self._call(np.zeros((1, self.image_size, self.image_size, 3), np.float32))
        except Exception as error:  # a module may raise anything when it is called
            raise InputError(
                f"{source} is not TF-GAN's InceptionV3 (images in, {OUTPUT!r} of {self.width} "
                f"numbers out): {first_line(error)}; {_GO_ON}"
            ) from error

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """Features (n, 2048) float32 of pictures (n, height, width, 3) uint8."""
        features = np.empty((len(pictures), self.width), np.float32)
        for start in range(0, len(pictures), BATCH):
            batch = slice(start, start + BATCH)
            images = from_uint8(resize(pictures[batch], self.image_size))
            features[batch] = self._call(images)
        return features

    def _call(self, images: np.ndarray) -> np.ndarray:
        features = np.asarray(self._module(self._tensorflow.constant(images))[OUTPUT], np.float32)
        return features.reshape(len(images), self.width)
