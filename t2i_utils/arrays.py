"""Named arrays in one file: the only way in which this project stores weights.

A file is a NumPy archive (.npz, no pickle) of arrays and one JSON note, written whole or not at
all. A set is a folder of such files with a card that names them and their checksums; files and
card change together or not at all.
"""

import contextlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.files import (
    check_file,
    file_checksum,
    put_in_place,
    replace_file,
    replace_text,
    unwritable,
)
from t2i_utils.pretrained import CARD

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
    with _open(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
        return arrays, json.loads(arrays.pop(_NOTE).tobytes())


def read_note(path: Path) -> dict[str, Any]:
    """Read the note alone, which takes no time; raises as `read_arrays` does."""
    with _open(path) as archive:
        return json.loads(archive[_NOTE].tobytes())


@contextlib.contextmanager
def _open(path: Path) -> Iterator[Any]:
    """The archive; whatever is wrong with it becomes an `InputError`."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            yield archive
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there: train first, or name another folder") from error
    except (
        *(OSError, ValueError, KeyError, EOFError, AttributeError),
        *(zipfile.BadZipFile, zlib.error),
    ) as error:
        raise InputError(
            f"{path} is damaged or not a weights file ({type(error).__name__}): restore it or "
            "start the run again"
        ) from error


def write_set(
    folder: Path,
    files: Mapping[str, tuple[Mapping[str, np.ndarray], Mapping[str, Any]]],
    card: Callable[[dict[str, str]], dict[str, Any]],
) -> dict[str, Any]:
    """Write files of a set, and its card; a stop at any point leaves the old set or the new one.

    New files wait under another name until the card names them: its replacement decides. A stop
    after it leaves files that lack their final name only; `set_file` finds them, and the next
    `write_set` gives it to them.

    Args:
        folder: of the set; other files in it stay.
        files: {name: (arrays, note)}.
        card: makes the card's content from {name: SHA-256}; it names each file as an object with
            "file" and "sha256", at any depth.

    Returns:
        The card's content.

    Raises:
        InputError: the folder cannot be written; the old set stays.
    """
    _finish_set(folder)
    try:
        for name, (arrays, note) in files.items():
            write_arrays(_new(folder / name), arrays, note, compress=True)
        content = card({name: file_checksum(_new(folder / name)) for name in files})
        replace_text(folder / CARD, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    except BaseException:
        with contextlib.suppress(InputError):
            _finish_set(folder)
        raise
    _finish_set(folder)
    return content


def set_file(folder: Path, entry: Mapping[str, str]) -> Path:
    """The file that an entry of a set's card names, checked.

    Args:
        folder: of the set.
        entry: of the card, with "file" and "sha256".

    Raises:
        InputError: it is missing, or has another checksum.
    """
    path = folder / entry["file"]
    if _new(path).is_file() and file_checksum(_new(path)) == entry["sha256"]:
        return _new(path)
    check_file(path, entry["sha256"])
    return path


def _finish_set(folder: Path) -> None:
    """Give new files that the card names their final name, and remove all others."""
    waiting = sorted(folder.glob("*.npz.new"))
    if not waiting:
        return
    try:
        named = dict(_entries(json.loads((folder / CARD).read_text(encoding="utf-8"))))
    except (OSError, ValueError):
        named = {}
    for new in waiting:
        path = new.with_suffix("")
        try:
            if named.get(path.name) == file_checksum(new):
                put_in_place(new, path)
            else:
                new.unlink()
        except OSError as error:
            raise unwritable(path, error) from error


def _entries(card: Any) -> Iterator[tuple[str, str]]:
    """Every (file, SHA-256) that a card names."""
    if isinstance(card, dict):
        if "file" in card and "sha256" in card:
            yield card["file"], card["sha256"]
        for value in card.values():
            yield from _entries(value)


def _new(path: Path) -> Path:
    return path.with_name(path.name + ".new")


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
