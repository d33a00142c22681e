"""Named arrays in one file: the only way in which this project stores weights.

A file is a NumPy archive (.npz, no pickle) of arrays and one JSON note, written whole or not at
all.
"""

import json
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.files import replace_file

_NOTE = "note.json"


def write_arrays(
    path: Path, arrays: Mapping[str, np.ndarray], note: Mapping[str, Any], compress: bool = False
) -> None:
    """Write arrays and a JSON note to `path` in one atomic step.

    Raises:
        InputError: the folder cannot be written or the disk is full; what was there stays.
    """
    text = np.frombuffer(json.dumps(note).encode(), dtype=np.uint8)
    save = np.savez_compressed if compress else np.savez
    replace_file(path, lambda file: save(file, **{**arrays, _NOTE: text}))


def read_arrays(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write_arrays` wrote: (arrays, note).

    Raises:
        InputError: no such file, or it is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        note = json.loads(arrays.pop(_NOTE).tobytes())
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there: train first, or name another folder") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"{path} is damaged or not a weights file ({type(error).__name__}): restore it or "
            "start the run again"
        ) from error
    return arrays, note


def to_arrays(prefix: str, variables: Sequence[Any], dtype: str | None = None) -> dict[str, Any]:
    """Name the values of Keras variables ``prefix/000_kernel``, in their order."""
    return {
        _key(prefix, index, variable): np.asarray(variable.numpy(), dtype)
        for index, variable in enumerate(variables)
    }


def _key(prefix: str, index: int, variable: Any) -> str:
    """The same in every process: Keras counts layers (conv2d_7) in an optimiser's names."""
    return f"{prefix}/{index:03d}_{re.sub(r'_[0-9]+', '', variable.name)}"


def from_arrays(
    prefix: str, variables: Sequence[Any], arrays: Mapping[str, np.ndarray], where: Path
) -> None:
    """Assign arrays named by `to_arrays` to Keras variables.

    Raises:
        InputError: an array is missing or has another shape: the file is of another model.
    """
    for index, variable in enumerate(variables):
        key = _key(prefix, index, variable)
        if key not in arrays:
            raise InputError(f"{where} lacks {key}: it was written for another model or version")
        if arrays[key].shape != tuple(variable.shape):
            raise InputError(
                f"{where} holds {key} of shape {arrays[key].shape}, expected "
                f"{tuple(variable.shape)}: it was written for another model or preset"
            )
    for index, variable in enumerate(variables):
        variable.assign(arrays[_key(prefix, index, variable)].astype(variable.dtype))
