"""Frozen ImageNet features."""

import hashlib
import io
import json
from pathlib import Path

import keras
import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.vision.efficientnet_lite import efficientnet_lite, load_arrays

_FOLDER = Path(__file__).parent.parent / "pretrained" / "efficientnet_lite0"


def load_features(
    variant: str = "lite0", image_size: int | None = None, outputs: str = "features"
) -> keras.Model:
    """A frozen EfficientNet-Lite with its shipped ImageNet weights (see `efficientnet_lite`).

    Raises:
        InputError: the weights are missing, or differ from their card's checksum.
    """
    try:
        card = json.loads((_FOLDER / "card.json").read_text())
        file = _FOLDER / card["file"]
        data = file.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{error.filename} is missing: install the package again") from error
    if hashlib.sha256(data).hexdigest() != card["sha256"]:
        raise InputError(f"{file} has a wrong checksum: it is damaged or changed; restore it")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return load_arrays(efficientnet_lite(variant, image_size, outputs), dict(arrays))
