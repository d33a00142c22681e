"""Readers: each turns one way in which people keep captioned pictures into a `Dataset`.

Each file in this folder is one: it ends with `register(...)`. A data set of another kind is one
new file, here or in a program of yours.
"""

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from t2i_utils.data.records import Dataset
from t2i_utils.errors import InputError


class Reader(NamedTuple):
    """One kind of data set.

    Attributes:
        name: of the kind, "cub".
        expects: the files by which it knows a folder, for the message that no reader does.
        recognises: whether a folder is of this kind; it only looks for names of files.
        read: reads a folder that it recognises, with the folder of captions that the user names, or
            None. It raises `InputError` for what it cannot read.
    """

    name: str
    expects: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, Path | None], Dataset]


_registered: dict[str, Reader] = {}


def register(reader: Reader) -> None:
    """Make a reader known; an earlier one of its name is replaced."""
    _registered[reader.name] = reader


def all_readers() -> list[Reader]:
    """All readers, in the order in which they are asked: those from elsewhere first."""
    ours = [module.name for module in pkgutil.iter_modules(__path__)]
    for name in ours:
        if name not in _registered:
            importlib.import_module(f"{__name__}.{name}")
    order = {name: place for place, name in enumerate(ours)}
    return sorted(_registered.values(), key=lambda reader: order.get(reader.name, -1))


def read_dataset(root: str | Path, captions: str | Path | None = None) -> Dataset:
    """Read a folder of captioned pictures, by the first reader that recognises it.

    Args:
        root: a folder in CUB's layout (it holds `images.txt`, or `CUB_200_2011/images.txt`), one
            with a list of its pictures, with texts beside them or with a folder a class, or of a
            kind that was registered.
        captions: a folder with `<class>/<image>.txt` caption files that lies elsewhere; not for
            pictures with a list.

    Raises:
        InputError: if the folder is missing, is no data set, or has a broken file.
    """
    root = Path(root)
    captions = None if captions is None else Path(captions)
    try:
        if not root.is_dir():
            raise InputError(
                f"no data set at {root}: it is not a folder; give the folder that holds "
                "CUB_200_2011"
            )
        for reader in all_readers():
            if reader.recognises(root):
                return reader.read(root, captions)
    except OSError as error:
        where = error.filename or root
        raise InputError(
            f"cannot read {where}: {error.strerror or error}; give another folder"
        ) from error
    expected = ", ".join(reader.expects for reader in all_readers())
    raise InputError(
        f"no data set in {root}: expected {expected}; "
        "get birds with `t2i data toy` or `t2i data download`"
    )
