"""Arrays that lie in a file and are written piece by piece: they may be larger than memory."""

from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.errors import InputError


def mapped_zeros(path: Path, dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A new .npy file of zeros, mapped to be written into.

    Its room is taken at once: a full disk is an error here, where a write into a sparse file that
    is mapped would kill Python.

    Raises:
        InputError: the file cannot be written; nothing is left of it.
    """
    try:
        with open(path, "wb") as file:
            np.lib.format.write_array(file, np.broadcast_to(np.zeros((), dtype), shape))
    except OSError as error:
        path.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise InputError(f"cannot write {path}: {reason}; free some space") from error
    return np.load(path, mmap_mode="r+", allow_pickle=False)
