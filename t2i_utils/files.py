"""The one way to write files: whole or not at all, also when the power goes; and their checksums.

New content is written beside the old under another name, flushed to the disk, and then renamed. A
reader meets the old file or the new one, never a part of either.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from t2i_utils.errors import InputError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the disk, a quota, the largest file allowed
_CHUNK = 2**24  # bytes written at once


def unwritable(path: Path | str, error: OSError, mend: str = "choose another folder") -> InputError:
    """What to tell the user when something cannot be written; `mend` unless the disk is full."""
    mend = "free some space" if error.errno in _FULL else mend
    return InputError(f"cannot write {path}: {error.strerror or error}; {mend}")


def make_folder(path: Path, mend: str = "choose another folder") -> None:
    """Make a folder and those above it.

    Raises:
        InputError: it cannot be made, or nothing can be written in it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise unwritable(path, error, mend) from error


def check_writable(path: Path) -> None:
    """Find out whether a folder could be made, or written in, without making it.

    Raises:
        InputError: no.
    """
    existing = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise unwritable(path, error) from error


def put_in_place(new: Path, path: Path) -> None:
    """Flush a file, or a folder with all in it, and rename it to `path`, beside or near it.

    Raises:
        OSError: it cannot be flushed or renamed.
    """
    for part in [*new.rglob("*"), new] if new.is_dir() else [new]:
        if not part.is_symlink():
            _flush(part)
    os.replace(new, path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    """Have the disk keep what was written to a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if not path.is_dir() or error.errno != errno.EINVAL:  # some file systems cannot, for names
            raise
    finally:
        os.close(descriptor)


def replace_file(
    path: Path, write: Callable[[IO[bytes]], Any], mend: str = "choose another folder"
) -> None:
    """Write a file whole or not at all, and the folder that it lies in.

    Args:
        path: of the file; what was there stays until the new content is complete.
        write: writes the content into a file that is open for writing.
        mend: what the user can do where the place cannot be written.

    Raises:
        InputError: it cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "wb") as file:
            write(file)
        put_in_place(partial, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unwritable(path, error, mend) from error
        raise


def replace_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all, as UTF-8; see `replace_file`."""
    replace_file(path, lambda file: file.write(text.encode()))


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """A new folder to fill, which takes the place of `path` at the end of the block.

    An error in the block, or Ctrl-C, leaves what was at `path` and removes the new folder.

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{path.name}.partial-", dir=path.parent))
    try:
        partial.chmod(0o755)
        yield partial
        if not path.exists():
            put_in_place(partial, path)
            return
        old = Path(tempfile.mkdtemp(prefix=f".{path.name}.old-", dir=path.parent))
        path.rename(old / path.name)
        try:
            put_in_place(partial, path)
        except BaseException:
            (old / path.name).rename(path)
            raise
        finally:
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def file_checksum(path: Path, algorithm: str = "sha256") -> str:
    """The checksum of a file, in hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def check_file(path: Path, expected: str) -> None:
    """Hold a weights file to the SHA-256 that its card names.

    Raises:
        InputError: it is missing, or another file.
    """
    if not path.is_file():
        raise InputError(f"{path} is missing: restore it, or take other weights")
    if file_checksum(path) != expected:
        raise InputError(f"{path} has a wrong checksum: it is damaged or changed; restore it")


def mapped_zeros(path: Path, dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A new .npy file of zeros, mapped to be written into: it may be larger than memory.

    Its room is taken at once: a full disk is an error here, where a write into a sparse file that
    is mapped would kill Python.

    Raises:
        InputError: the file cannot be written; nothing is left of it.
    """
    header = {
        "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
        "fortran_order": False,
        "shape": shape,
    }
    left = int(np.prod(shape)) * np.dtype(dtype).itemsize
    try:
        with open(path, "wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            while left:
                left -= file.write(bytes(min(left, _CHUNK)))
    except OSError as error:
        path.unlink(missing_ok=True)
        raise unwritable(path, error) from error
    return np.load(path, mmap_mode="r+", allow_pickle=False)
