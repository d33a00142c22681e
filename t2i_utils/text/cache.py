"""Embeddings on disk, so that no caption is encoded twice.

Format, open on purpose: every write adds one pair of files, `<id>.npy` (float32, one row a caption)
and `<id>.json` (the encoder, the SHA-256 of the .npy file, one key a row). A key is the SHA-256 of
the encoder's name and the caption in plain form, so captions themselves are not stored. Files are
complete before they get their names and are never changed afterwards: processes may share a folder,
and a write that is cut off loses itself and nothing else.
"""

import hashlib
import json
import os
import uuid
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.files import file_checksum
from t2i_utils.text.encoder import SentenceEncoder
from t2i_utils.text.plain import plain_captions

FORMAT = "t2i-embeddings"
VERSION = 1
MAX_PAIRS = 32  # above this, opening the cache joins them into one
MAP_FROM = 1024  # rows: larger files are memory-mapped, smaller ones read (each map holds a file)


class EmbeddingCache:
    """A sentence encoder that remembers: known captions are read, new ones encoded and stored.

    A damaged pair of files is reported as a warning, removed, and its captions are encoded again
    when they are next asked for. When the disk is full the vectors are returned all the same, with
    a warning. Each call that meets new captions writes one pair of files: pass long lists rather
    than single captions.

    Args:
        encoder: What encodes captions that are not in the cache.
        folder: Where the cache lies; made when it is missing. Encoders may share it.

    Attributes:
        name: The encoder's name.
        width: Length of a vector, as the encoder reports it.

    Raises:
        InputError: The folder cannot be made or read.
    """

    def __init__(self, encoder: SentenceEncoder, folder: str | Path) -> None:
        self.name = encoder.name
        self.width = encoder.width
        self._encoder = encoder
        self._folder = Path(folder)
        self._rows: dict[str, np.ndarray] = {}  # key -> (width,)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._open()
        except OSError as error:
            raise InputError(
                f"cannot use the embedding cache {self._folder}: {error.strerror or error}; "
                "name a folder that can be written"
            ) from error

    def __len__(self) -> int:
        """Return how many captions of this encoder are stored."""
        return len(self._rows)

    def encode(self, captions: Sequence[str]) -> np.ndarray:
        """Encode n captions as float32 (n, width), each row of length 1 (L2).

        Raises:
            InputError: `captions` is one string, or holds something that is not a string.
        """
        captions = plain_captions(captions)
        keys = {caption: self.key(caption) for caption in captions}
        new = [caption for caption, key in keys.items() if key not in self._rows]
        if new:
            self._add([keys[caption] for caption in new], self._encoder.encode(new))
        vectors = np.empty((len(captions), self.width), np.float32)
        for row, caption in zip(vectors, captions, strict=True):
            row[:] = self._rows[keys[caption]]
        return vectors

    def key(self, caption: str) -> str:
        """Return what a caption in plain form is stored under: 64 hexadecimal digits."""
        return hashlib.sha256(f"{self.name}\n{caption}".encode()).hexdigest()

    def _add(self, keys: list[str], vectors: np.ndarray) -> None:
        try:
            vectors = _load_rows(self._write(keys, vectors))
        except OSError as error:
            warnings.warn(
                f"the embedding cache {self._folder} cannot be written "
                f"({error.strerror or error}): {len(keys)} new embeddings stay in memory only",
                stacklevel=3,
            )
        self._rows.update(zip(keys, vectors, strict=True))

    def _write(self, keys: list[str], vectors: np.ndarray) -> Path:
        """Store one pair of files and return the path of its .npy."""
        path = self._folder / f"{uuid.uuid4().hex}.npy"
        header = {"format": FORMAT, "version": VERSION, "encoder": self.name, "width": self.width}
        try:
            with _Replacing(path) as file:
                np.save(file, np.ascontiguousarray(vectors, np.float32))
            header |= {"sha256": file_checksum(path), "keys": keys}
            with _Replacing(path.with_suffix(".json")) as file:
                file.write(json.dumps(header, indent=0).encode())
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path

    def _open(self) -> None:
        """Map every sound pair of this encoder; join them when they have become many."""
        pairs = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                pair = self._read(path)
            except FileNotFoundError:
                continue  # another process has just joined it into a larger one
            except (ValueError, KeyError, TypeError) as error:
                warnings.warn(
                    f"the embedding cache file {path} is damaged ({error}): "
                    "removed, its captions will be encoded again",
                    stacklevel=4,
                )
                _remove_pair(path)
                continue
            if pair is not None:
                pairs.append(path)
                self._rows.update(zip(*pair, strict=True))
        if len(pairs) > MAX_PAIRS:
            self._write(list(self._rows), np.stack(list(self._rows.values())))
            for path in pairs:
                _remove_pair(path)

    def _read(self, path: Path) -> tuple[list[str], np.ndarray] | None:
        """Return a pair's keys and vectors, or None when it belongs to another encoder."""
        header = json.loads(path.read_text())
        if (header["format"], header["version"]) != (FORMAT, VERSION):
            return None
        if header["encoder"] != self.name:
            return None
        array_path = path.with_suffix(".npy")
        if file_checksum(array_path) != header["sha256"]:
            raise ValueError("its .npy is truncated or changed")
        vectors = _load_rows(array_path)
        if vectors.shape != (len(header["keys"]), self.width):
            raise ValueError(f"vectors of shape {vectors.shape} for {len(header['keys'])} keys")
        return header["keys"], vectors


class _Replacing:
    """A file that gets its name only when it is complete and on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_suffix(f"{path.suffix}.tmp")

    def __enter__(self):
        self._file = self._temporary.open("wb")
        return self._file

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
            self._file.close()
            if kind is None:
                self._temporary.replace(self._path)
        finally:
            self._temporary.unlink(missing_ok=True)


def _load_rows(path: Path) -> np.ndarray:
    vectors = np.load(path, mmap_mode="r", allow_pickle=False)
    return vectors.view(np.ndarray) if len(vectors) >= MAP_FROM else np.array(vectors)


def _remove_pair(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_suffix(".npy").unlink(missing_ok=True)
