"""Frozen ImageNet features."""

import json
import logging

import keras
import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.files import check_file
from t2i_utils.pretrained import PRETRAINED
from t2i_utils.vision.efficientnet_lite import array_names, efficientnet_lite, load_arrays
from t2i_utils.vision.lite2 import read_lite2

_LOG = logging.getLogger(__name__)

_FOLDER = PRETRAINED / "efficientnet_lite0"


def load_features(
    variant: str = "lite0", image_size: int | None = None, outputs: str = "features"
) -> keras.Model:
    """A frozen EfficientNet-Lite with its ImageNet weights (see `efficientnet_lite`).

    Args:
        variant: "lite0", whose weights are shipped, or "lite2", whose weights come from an
            optional package and serve evaluation alone.
        image_size: see `efficientnet_lite`.
        outputs: see `efficientnet_lite`.

    Raises:
        InputError: an unknown variant, or its weights are missing or have another checksum.
    """
    model = efficientnet_lite(variant, image_size, outputs)
    return load_arrays(model, _read_lite0() if variant == "lite0" else read_lite2())


def imagenet_weights(model: keras.Model) -> list[np.ndarray]:
    """The ImageNet weights of some or all blocks of "lite0", in the order of `model.weights`.

    Raises:
        InputError: the weights are missing or have another checksum.
    """
    arrays = _read_lite0()
    return [arrays[name].astype("float32") for name in array_names(model)]


def _read_lite0() -> dict[str, np.ndarray]:
    """The shipped arrays of Lite0, checked against their card."""
    try:
        card = json.loads((_FOLDER / "card.json").read_text())
    except FileNotFoundError as error:
        raise InputError(f"{error.filename} is missing: install the package again") from error
    file = _FOLDER / card["file"]
    check_file(file, card["sha256"])
    _LOG.info("reading %s", file)
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)
