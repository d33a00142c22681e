"""Frozen ImageNet features."""

from pathlib import Path

import keras
import numpy as np

from t2i_utils.vision.efficientnet_lite import efficientnet_lite, load_arrays

_FOLDER = Path(__file__).parent.parent / "pretrained" / "efficientnet_lite0"


def load_features(
    variant: str = "lite0", image_size: int | None = None, outputs: str = "features"
) -> keras.Model:
    """A frozen EfficientNet-Lite with its shipped ImageNet weights (see `efficientnet_lite`)."""
    with np.load(_FOLDER / "weights.npz", allow_pickle=False) as arrays:
        return load_arrays(efficientnet_lite(variant, image_size, outputs), dict(arrays))
