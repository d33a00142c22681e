"""Named arrays in one file: the only way in which this project stores weights.

A file holds arrays and one JSON note (see `t2i_utils.archives`), and is written whole or not at
all. A set is a folder of such files with a card that names them and their checksums; files and
card change together or not at all.

Anybody may have written a file that is read here. So whoever reads says which shapes it expects,
and they are compared with the file's before anything is unpacked: a file of a megabyte may claim to
hold a terabyte.
"""

import contextlib
import json
import logging
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from t2i_utils.archives import NOTE, Archive, Shape, open_archive
from t2i_utils.errors import InputError
from t2i_utils.files import (
    check_file,
    file_checksum,
    put_in_place,
    read_json,
    replace_file,
    replace_text,
    unreadable,
    unwritable,
)
from t2i_utils.pretrained import CARD

_LOG = logging.getLogger(__name__)

LARGEST_NETWORK = 2**27  # numbers: 0.5 GB; the largest preset of a generator has a tenth of it

Network = TypeVar("Network")


def write_arrays(
    path: Path, arrays: Mapping[str, np.ndarray], note: Mapping[str, Any], compress: bool = False
) -> None:
    """Write arrays and a JSON note to `path` in one atomic step.

    Raises:
        InputError: the folder cannot be written or the disk is full; what was there stays.
    """
    text = np.frombuffer(json.dumps(note).encode(), dtype=np.uint8)
    save = np.savez_compressed if compress else np.savez
    replace_file(path, lambda file: save(file, **{**arrays, NOTE: text}))


def read_note(path: Path) -> dict[str, Any]:
    """Read the note of what `write_arrays` wrote.

    Raises:
        InputError: no such file, it may not be read, or it is damaged.
    """
    with _open(path) as archive:
        note = json.loads(archive.note())
        if not isinstance(note, dict):
            raise ValueError("a note that is no object")
        return note


def read_arrays(path: Path, shapes: Mapping[str, Shape]) -> dict[str, np.ndarray]:
    """Read arrays of what `write_arrays` wrote.

    Args:
        path: of the file.
        shapes: {name: shape} of what is wanted. Arrays of other names are left alone.

    Raises:
        InputError: no such file, it may not be read, it is damaged, an array is missing, has
            another shape (nothing is unpacked then), or holds a number that is not finite.
    """
    check_shapes(path, shapes)
    _LOG.info("reading %s", path)
    with _open(path) as archive:
        arrays = {name: archive.array(name) for name in shapes}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise InputError(
                f"{path} holds numbers in {name} that are not finite: restore it or start the run "
                "again"
            )
    return arrays


def check_shapes(path: Path, shapes: Mapping[str, Shape]) -> None:
    """Compare the shapes in a file with those expected; nothing is unpacked.

    Raises:
        InputError: as `read_arrays`.
    """
    with _open(path) as archive:
        stored = archive.names()
        found = {name: archive.shape(name) for name in shapes if name in stored}
        _compare(path, found, shapes)


def _compare(path: Path, found: Mapping[str, Shape], expected: Mapping[str, Shape]) -> None:
    """Refuse a file that lacks an array, or has one of another shape."""
    for name, shape in expected.items():
        if name not in found:
            raise InputError(f"{path} lacks {name}: it was written for another model or version")
        if found[name] != shape:
            raise InputError(
                f"{path} holds {name} of shape {found[name]}, expected {shape}: it was written for "
                "another model or preset"
            )


@contextlib.contextmanager
def _open(path: Path) -> Iterator[Archive]:
    """The archive; whatever is wrong with it becomes an `InputError`."""
    try:
        with open_archive(path) as archive:
            yield archive
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there: train first, or name another folder") from error
    except Exception as error:  # on a broken file, the readers raise many kinds
        if isinstance(error, OSError) and error.errno is not None:
            raise unreadable(path, error) from error
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


def set_file(folder: Path, entry: Mapping[str, Any]) -> Path:
    """The file that an entry of a set's card names, checked.

    Args:
        folder: of the set.
        entry: of the card, with "file" and "sha256".

    Raises:
        InputError: it is missing, has another checksum, or lies outside of the folder.
    """
    name, checksum = entry.get("file"), entry.get("sha256")
    if (
        not isinstance(name, str)
        or not isinstance(checksum, str)
        or not re.fullmatch(r"[A-Za-z0-9_-]{1,100}\.(npz|safetensors)", name)
    ):
        raise InputError(f"{folder / CARD} is damaged: restore it, or take other weights")
    path = folder / name
    if _new(path).is_file() and file_checksum(_new(path)) == checksum:
        return _new(path)
    check_file(path, checksum)
    return path


def _finish_set(folder: Path) -> None:
    """Give new files that the card names their final name, and remove all others."""
    waiting = sorted(folder.glob("*.npz.new"))
    if not waiting:
        return
    try:
        card = read_json(folder / CARD, "restore it")
        named = {entry["file"]: entry["sha256"] for entry in entries_of(card)}
    except (InputError, TypeError, RecursionError):  # not a card of ours
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


def entries_of(card: Any) -> Iterator[dict[str, Any]]:
    """Every object of a card, at any depth, that names a file and its checksum."""
    if isinstance(card, dict):
        if "file" in card and "sha256" in card:
            yield card
        for value in card.values():
            yield from entries_of(value)


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
    found = {name: array.shape for name, array in arrays.items()}
    _compare(where, found, shapes_of(prefix, variables))
    for index, variable in enumerate(variables):
        variable.assign(arrays[_key(prefix, index, variable)].astype(variable.dtype))


def shapes_of(prefix: str, variables: Sequence[Any]) -> dict[str, Shape]:
    """{name: shape} of what `to_arrays` makes of Keras variables."""
    return {
        _key(prefix, index, variable): tuple(variable.shape)
        for index, variable in enumerate(variables)
    }


def read_variables(
    path: Path, prefix: str, variables: Sequence[Any], others: Mapping[str, Shape] | None = None
) -> dict[str, np.ndarray]:
    """Read a file's arrays into Keras variables: all of them, or none.

    Args:
        path: of a file that `write_arrays` wrote.
        prefix: that `to_arrays` was called with.
        variables: of the same network.
        others: {name: shape} of further arrays.

    Returns:
        The further arrays.

    Raises:
        InputError: as `read_arrays`.
    """
    shapes = shapes_of(prefix, variables)
    arrays = read_arrays(path, {**shapes, **(others or {})})
    from_arrays(prefix, variables, arrays, path)
    return {name: array for name, array in arrays.items() if name not in shapes}


def load_network(
    path: Path,
    prefix: str,
    build: Callable[[], Network],
    variables_of: Callable[[Network], Sequence[Any]],
    others: Mapping[str, Shape] | None = None,
) -> tuple[Network, dict[str, np.ndarray]]:
    """Build a network and fill it from a file, if they fit.

    The sizes of a network come from the file, so anybody may have chosen them. It is first built
    without values, which takes no memory, to learn its shapes.

    Args:
        path: of a file that `write_arrays` wrote.
        prefix: that `to_arrays` was called with.
        build: builds the network; called twice.
        variables_of: gives the variables that the file has.
        others: {name: shape} of further arrays.

    Returns:
        The network, and the further arrays.

    Raises:
        InputError: as `read_arrays`, or the network is too large.
    """
    import keras  # here: commands that only say what is wrong use this file too

    with keras.StatelessScope(initialize_variables=False):
        shapes = shapes_of(prefix, variables_of(build()))
    if (total := sum(map(math.prod, shapes.values()))) > LARGEST_NETWORK:
        raise InputError(
            f"{path} describes a network of {total / 1e6:,.0f} million numbers, more than "
            f"{LARGEST_NETWORK / 1e6:,.0f}: take other weights"
        )
    check_shapes(path, shapes)
    network = build()
    return network, read_variables(path, prefix, variables_of(network), others)
