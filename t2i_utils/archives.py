"""The two kinds of files that hold named arrays: `.npz` (NumPy) and `.safetensors`.

A training run writes `.npz`; what is shared on a hub is `.safetensors`, which its pages can show.
Neither can hold code. Both say a shape without unpacking the array.
"""

import contextlib
import math
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from t2i_utils.errors import InputError

NOTE = "note.json"
TENSORS = ".safetensors"
LONGEST_NOTE = 2**22  # bytes

Shape = tuple[int, ...]


class Archive(Protocol):
    """A file of arrays that is open to be read; broken ones raise many kinds of errors."""

    def names(self) -> set[str]:
        """Of the arrays."""
        ...

    def shape(self, name: str) -> Shape:
        """Of an array, from its header alone."""
        ...

    def array(self, name: str) -> np.ndarray:
        """Unpack an array."""
        ...

    def note(self) -> bytes:
        """The note that was written with the arrays."""
        ...


@contextlib.contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a file of arrays, of either kind.

    Raises:
        InputError: it is a `.safetensors`, and the package of that name is not installed.
    """
    if path.suffix != TENSORS:
        with zipfile.ZipFile(path) as file:
            yield _Npz(file)
        return
    with import_safetensors().safe_open(path, framework="numpy") as file:
        yield _Tensors(file)


def save_tensors(path: Path, arrays: Mapping[str, np.ndarray], note: bytes) -> None:
    """Write a `.safetensors` file; raises as `open_archive`."""
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    import_safetensors().numpy.save_file(whole, path, {NOTE: note.decode()})


def import_safetensors() -> Any:
    """Import the optional package.

    Raises:
        InputError: it is not installed.
    """
    try:
        import safetensors.numpy  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise InputError(
            "weights from a hub need one more package: pip install safetensors"
        ) from error
    return safetensors


class _Npz:
    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file

    def names(self) -> set[str]:
        return {name.removesuffix(".npy") for name in self._file.namelist()} - {NOTE}

    def shape(self, name: str) -> Shape:
        with self._file.open(f"{name}.npy") as file:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError(f"{name} has a header that np.savez does not write")
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            length = file.tell() + math.prod(shape) * dtype.itemsize
        if dtype.kind not in "fiub" or length != self._file.getinfo(f"{name}.npy").file_size:
            raise ValueError(f"{name} is no plain array")
        return shape

    def array(self, name: str) -> np.ndarray:
        with self._file.open(f"{name}.npy") as file:
            return np.lib.format.read_array(file, allow_pickle=False)

    def note(self) -> bytes:
        (length,) = self.shape(NOTE)
        if length > LONGEST_NOTE:
            raise ValueError(f"a note of {length} bytes")
        return self.array(NOTE).tobytes()


class _Tensors:
    def __init__(self, file: Any) -> None:
        self._file = file

    def names(self) -> set[str]:
        return set(self._file.keys())

    def shape(self, name: str) -> Shape:
        return tuple(self._file.get_slice(name).get_shape())

    def array(self, name: str) -> np.ndarray:
        return self._file.get_tensor(name)

    def note(self) -> bytes:
        note = self._file.metadata()[NOTE].encode()
        if len(note) > LONGEST_NOTE:
            raise ValueError(f"a note of {len(note)} bytes")
        return note
