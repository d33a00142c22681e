"""Checksums of files: whether a file is the one that was written."""

import hashlib
from pathlib import Path

from t2i_utils.errors import InputError


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
