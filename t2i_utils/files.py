"""The one way to write files: whole or not at all, also when the power goes; and their checksums.

New content is written beside the old under another name, flushed to the disk, and then renamed. A
reader meets the old file or the new one, never a part of either.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from t2i_utils.errors import InputError

if TYPE_CHECKING:
    import numpy as np

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the disk, a quota, the largest file allowed
_CHUNK = 2**24  # bytes written at once


def unwritable(path: Path | str, error: OSError, mend: str = "choose another folder") -> InputError:
    """What to tell the user when something cannot be written; `mend` unless the disk is full."""
    mend = "free some space" if error.errno in _FULL else mend
    return InputError(f"cannot write {path}: {error.strerror or error}; {mend}")


def unreadable(path: Path | str, error: OSError, mend: str = "name another one") -> InputError:
    """What to tell the user when something cannot be read, though nothing is wrong with it."""
    if isinstance(error, PermissionError):
        return InputError(f"{path} may not be read by you: change its permissions, or {mend}")
    return InputError(f"cannot read {path}: {error.strerror or error}; {mend}")


def is_file(path: Path) -> bool:
    """Whether there is a file of that name; none has a name that is too long.

    Raises:
        InputError: a folder on the way may not be read.
    """
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except PermissionError as error:
        raise unreadable(path, error) from error
    except (OSError, ValueError):
        return False


def read_json(path: Path, mend: str, largest: int = 2**20) -> Any:
    """The content of a JSON file that anybody may have written.

    Args:
        path: of the file.
        mend: what the user can do about a file that is missing or damaged.
        largest: bytes; a longer file is not read to its end.

    Raises:
        InputError: it is missing, may not be read, is too long, or is no JSON.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(largest + 1)
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing: {mend}") from error
    except OSError as error:
        raise unreadable(path, error, mend) from error
    try:
        if len(content) > largest:
            raise ValueError(f"longer than {largest} bytes")
        return json.loads(content)
    except (ValueError, RecursionError) as error:  # brackets in brackets in brackets
        raise InputError(f"{path} is damaged: {mend}") from error


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

    An error in the block, or Ctrl-C, leaves what was at `path` and removes the new folder. What a
    process leaves that is killed meanwhile, the next call mends: see `finish_replacing`.

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    finish_replacing(path)
    partial = working_folder(path.parent, f".{path.name}.partial-")
    try:
        yield partial
        if not path.exists():
            put_in_place(partial, path)
            return
        old = working_folder(path.parent, f".{path.name}.old-")
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


def finish_replacing(path: Path) -> None:
    """Mend what a killed process left of `replacing_folder(path)`.

    The folder that it had moved aside comes back, where its successor is not in place. What it
    had written is removed.
    """
    for old in _left_by_dead_processes(path.parent, f".{path.name}.old-"):
        with contextlib.suppress(OSError):  # a place where nothing can be renamed stays as it is
            if not path.exists():
                (old / path.name).rename(path)
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
    for partial in _left_by_dead_processes(path.parent, f".{path.name}.partial-"):
        shutil.rmtree(partial, ignore_errors=True)


def working_folder(parent: Path, prefix: str) -> Path:
    """A new folder for unfinished work; its name has the prefix and the number of this process.

    Folders of the same prefix whose processes are gone are removed: a kill left them.
    """
    for left in _left_by_dead_processes(parent, prefix):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=parent))
    folder.chmod(0o755)
    return folder


def _left_by_dead_processes(parent: Path, prefix: str) -> list[Path]:
    """The working folders of a prefix whose processes are gone."""
    named = re.compile(re.escape(prefix) + r"(\d+)-\w+")
    try:
        found = {path: named.fullmatch(path.name) for path in parent.iterdir()}
    except OSError:
        return []
    return [path for path, match in found.items() if match and not _is_alive(int(match[1]))]


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)  # sends nothing
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def file_checksum(path: Path, algorithm: str = "sha256") -> str:
    """The checksum of a file, in hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def check_file(path: Path, expected: str, mend: str = "restore it") -> None:
    """Hold a file to the SHA-256 that is known of it.

    Args:
        path: of the file.
        expected: 64 hexadecimal digits.
        mend: what the user can do about a file that is missing or another one.

    Raises:
        InputError: it is missing, may not be read, or is another file.
    """
    try:
        found = file_checksum(path)
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing: {mend}") from error
    except OSError as error:
        raise unreadable(path, error, mend) from error
    if found != expected:
        raise InputError(f"{path} has a wrong checksum: it is damaged or changed; {mend}")


def mapped_zeros(path: Path, dtype: Any, shape: tuple[int, ...]) -> "np.ndarray":
    """A new .npy file of zeros, mapped to be written into: it may be larger than memory.

    Its room is taken at once: a full disk is an error here, where a write into a sparse file that
    is mapped would kill Python.

    Raises:
        InputError: the file cannot be written; nothing is left of it.
    """
    import numpy as np  # here: commands that only print help use this file too

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
