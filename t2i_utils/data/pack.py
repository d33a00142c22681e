"""Reading a pack: memory-mapped arrays whose rows all belong together."""

import logging
import re
import shutil
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.data.records import SPLIT_PARTS, SPLITS
from t2i_utils.errors import InputError
from t2i_utils.files import (
    file_checksum,
    finish_replacing,
    is_file,
    make_folder,
    mapped_zeros,
    put_in_place,
    read_json,
    unreadable,
    working_folder,
)
from t2i_utils.text.encoders import load_encoder_of
from t2i_utils.text.typed import typed_captions
from t2i_utils.text.whitening import Whitening, whitening_of

FORMAT = "t2i-pack"
VERSION = 3
TYPED = 6  # short captions of each picture, as people type them: see `text.typed`
MANIFEST = "manifest.json"
MEND = "pack the data again"
WIDEST = 8192  # numbers of a caption's embedding
LONGEST_MANIFEST, LONGEST_CAPTIONS = 2**26, 2**30  # bytes


class Pack:
    """A packed data set; row i of everything is the same picture.

    Attributes:
        folder: where it lies.
        manifest: what it is: name, crop, caption source, encoder, counts, checksums.
        class_ids: int32 (n,).
        image_ids: int64 (n,), the data set's own numbers.
        num_captions: int32 (n,), how many captions each picture has.
        embeddings: float16 (n, max_captions, width), mapped; rows with fewer captions repeat
            theirs.
    """

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        """Map the arrays; `load_pack` checks the manifest first."""
        self.folder = folder
        self.manifest = manifest
        count, longest = manifest["num_images"], manifest["max_captions"]
        self.class_ids = self._array("class_ids", np.int32, (count,), mapped=False)
        self.image_ids = self._array("image_ids", np.int64, (count,), mapped=False)
        self.num_captions = self._array("num_captions", np.int32, (count,), mapped=False)
        known = np.array([int(number) for number in manifest["class_names"]])
        if (
            not np.isin(self.class_ids, known).all()
            or not ((self.num_captions >= 1) & (self.num_captions <= longest)).all()
        ):
            raise InputError(f"the arrays of pack {folder} do not fit; pack the data again")
        self._train = {
            "zero-shot": self._array("zero_shot_train", np.bool_, (count,), mapped=False),
            "official": self._array("official_train", np.bool_, (count,), mapped=False),
        }
        self.embeddings = self._array("embeddings", np.float16, (count, longest, self.width))
        self._images = {
            size: self._array(f"images_{size}", np.uint8, (count, size, size, 3))
            for size in self.image_sizes
        }

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self.class_ids)

    @property
    def width(self) -> int:
        """Numbers in one caption's embedding."""
        return self.manifest["encoder"]["width"]

    @property
    def image_sizes(self) -> tuple[int, ...]:
        """Sides of the stored squares in pixels, smallest first."""
        return tuple(sorted(self.manifest["image_sizes"]))

    @cached_property
    def captions(self) -> list[list[str]]:
        """The sentences of each picture."""
        file = self.folder / "captions.json"
        captions = read_json(file, MEND, LONGEST_CAPTIONS)
        counts = self.num_captions.tolist()
        fits = isinstance(captions, list) and all(isinstance(row, list) for row in captions)
        if (
            not fits
            or [len(row) for row in captions] != counts
            or not all(isinstance(text, str) for row in captions for text in row)
        ):
            raise InputError(f"{file} does not fit the pack; pack the data again")
        return captions

    def images(self, size: int) -> np.ndarray:
        """The pictures at one stored size: uint8 (n, size, size, 3), mapped.

        Raises:
            InputError: if the pack does not store that size.
        """
        if size not in self._images:
            raise InputError(
                f"pack {self.folder} has no images of {size} pixels, only "
                f"{list(self.image_sizes)}; pack the data again"
            )
        return self._images[size]

    def images_for(self, size: int) -> np.ndarray:
        """The pictures at the smallest stored size from which `size` can be cut; mapped.

        Raises:
            InputError: all are smaller.
        """
        for stored in self.image_sizes:
            if stored >= size:
                return self._images[stored]
        raise InputError(
            f"pack {self.folder} stores images of {list(self.image_sizes)} pixels, too small for "
            f"{size}; pack the data again with a larger size"
        )

    def class_names_of(self, rows: np.ndarray) -> list[str]:
        """The names of the classes that pictures are of, sorted."""
        names = self.manifest["class_names"]
        return sorted({names[str(number)] for number in self.class_ids[rows]})

    def indices(self, split: str = "zero-shot", part: str = "train") -> np.ndarray:
        """The rows of one part of a split: int64 (k,), ascending.

        Raises:
            InputError: for an unknown split or part.
        """
        if split not in SPLITS or part not in SPLIT_PARTS:
            raise InputError(
                f"unknown split {split!r} or part {part!r}: choose from {SPLITS} and {SPLIT_PARTS}"
            )
        return np.flatnonzero(self._train[split] == (part == "train"))

    def whitening(
        self, indices: np.ndarray, with_typed: bool = False, directions: int | None = None
    ) -> Whitening:
        """The whitening of every caption of these pictures: see `t2i_utils.text.whitening`.

        Args:
            indices: rows of the pack.
            with_typed: of the captions as people would type them, too.
            directions: how many are kept: see `whitening_of`.

        Raises:
            InputError: if `indices` is empty.
        """
        if len(indices) == 0:
            raise InputError(f"no picture of {self.folder} to whiten by: choose another part")
        total, products, count = np.zeros(self.width), np.zeros((self.width, self.width)), 0
        for chunk in np.array_split(indices, -(-len(indices) // 1024)):
            real = np.arange(self.embeddings.shape[1]) < self.num_captions[chunk, None]
            parts = [self.embeddings[chunk][real]]  # (captions, width)
            if with_typed:
                parts.append(self.typed[chunk].reshape(-1, self.width))
            vectors = np.concatenate(parts, dtype=np.float64)
            total += vectors.sum(axis=0)
            products += vectors.T @ vectors
            count += len(vectors)
        mean = total / count
        if not np.isfinite(products).all():
            raise InputError(
                f"{self.folder / 'embeddings.npy'} holds numbers that are not finite; pack the "
                "data again"
            )
        return whitening_of(mean, products / count - np.outer(mean, mean), directions)

    @cached_property
    def typed(self) -> np.ndarray:
        """Embeddings of captions as people would type them: float16 (n, TYPED, width), mapped.

        Made when they are first asked for: see `text.typed`.

        Raises:
            InputError: the pack's encoder cannot be loaded, or its folder cannot be written.
        """
        return self.kept("typed.npy", np.float16, (len(self), TYPED, self.width), self._fill_typed)

    def _fill_typed(self, embeddings: np.ndarray) -> None:
        name = self.manifest["encoder"]["name"]
        if (encoder := load_encoder_of(name)).name != name:
            raise InputError(
                f"pack {self.folder} was made with the sentence encoder {name!r}, this one is "
                f"{encoder.name!r}: say by T2I_ENCODER where the former lies"
            )
        names = self.manifest["class_names"]
        rows = zip(self.captions, self.image_ids.tolist(), self.class_ids.tolist(), strict=True)
        typed = [typed_captions(said, TYPED, [0, i], names[str(kind)]) for said, i, kind in rows]
        different = sorted({sentence for row in typed for sentence in row})  # many are alike
        places = {sentence: place for place, sentence in enumerate(different)}
        vectors = np.empty((len(different), self.width), np.float16)
        for start in range(0, len(different), 1024):
            vectors[start : start + 1024] = encoder.encode(different[start : start + 1024])
        for row, sentences in enumerate(typed):
            embeddings[row] = vectors[[places[sentence] for sentence in sentences]]

    def kept(
        self, name: str, dtype: Any, shape: tuple[int, ...], fill: Callable[[np.ndarray], None]
    ) -> np.ndarray:
        """An array that is computed once, and kept in the pack's folder; mapped.

        Packing the data again removes it.

        Args:
            name: of its file in the folder, "evaluation/features.npy"; it says all that the
                values depend on.
            dtype: of the array.
            shape: likewise.
            fill: computes the values into an array.

        Raises:
            InputError: the folder cannot be written, its disk is full, or the file is damaged.
        """
        if not (self.folder / name).is_file():
            file = self.place_to_keep(name)
            place = working_folder(file.parent, f".{file.name}.partial-")
            try:
                fill(mapped_zeros(place / file.name, dtype, shape))
                put_in_place(place / file.name, file)
            finally:
                shutil.rmtree(place, ignore_errors=True)
        return self._array(
            name.removesuffix(".npy"), dtype, shape, mend="remove it, to have it computed again"
        )

    def place_to_keep(self, name: str) -> Path:
        """Where something that is computed of the pack is to be kept; it can be written there.

        Args:
            name: of its file in the pack's folder.

        Raises:
            InputError: the folder cannot be written.
        """
        file = self.folder / name
        make_folder(
            file.parent,
            "what is computed of a pack's photographs is kept there: copy the pack to a folder "
            "that can be written",
        )
        return file

    def _array(
        self,
        name: str,
        dtype: Any,
        shape: tuple[int, ...],
        mapped: bool = True,
        mend: str = "pack the data again",
    ) -> np.ndarray:
        path = self.folder / f"{name}.npy"
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError as error:
            raise InputError(f"pack {self.folder} lacks {path.name}; {mend}") from error
        except PermissionError as error:
            raise unreadable(f"pack file {path}", error, mend) from error
        except Exception as error:  # on a broken header, NumPy raises many kinds
            raise InputError(f"pack file {path} is truncated or damaged; {mend}") from error
        if array.dtype != dtype or array.shape != shape:
            raise InputError(
                f"pack file {path} holds {array.dtype} {array.shape}, expected {np.dtype(dtype)} "
                f"{shape}; {mend}"
            )
        return array if mapped else np.array(array)


def load_pack(folder: str | Path, verify: bool = False) -> Pack:
    """Open a pack.

    Args:
        folder: where it lies.
        verify: also read every file and compare its SHA-256 with the manifest (seconds per
            gigabyte).

    Raises:
        InputError: if there is no pack, it is of another version, or a file is missing, truncated
            or changed.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    if not is_file(path):
        finish_replacing(folder)  # a kill may have come between two renames
    if not is_file(path):
        raise InputError(
            f"no pack at {folder}: {MANIFEST} is missing; make one with `t2i data pack`"
        )
    manifest = read_json(path, MEND, LONGEST_MANIFEST)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise InputError(f"{path} does not describe a pack; make one with `t2i data pack`")
    if manifest.get("version") != VERSION:
        raise InputError(
            f"pack {folder} has version {manifest.get('version')!r:.60}, this program reads "
            f"{VERSION}; pack the data again"
        )
    if (wrong := _wrong_entry(manifest)) is not None:
        raise InputError(f"{path} lacks a usable {wrong!r}; pack the data again")
    pack = Pack(folder, manifest)
    if not (folder / "captions.json").is_file():
        raise InputError(f"pack {folder} lacks captions.json; pack the data again")
    if verify:
        for name, expected in manifest["checksums"].items():
            if file_checksum(folder / name) != expected:
                raise InputError(
                    f"pack file {folder / name} has changed since it was written; pack the data "
                    "again"
                )
    logging.getLogger(__name__).info("pack %s: %d pictures", folder, len(pack))
    return pack


def _wrong_entry(manifest: dict[str, Any]) -> str | None:
    """The first entry of a manifest that is missing, or not of its kind; None where all are."""
    encoder, names = manifest.get("encoder"), manifest.get("class_names")
    sizes, checksums = manifest.get("image_sizes"), manifest.get("checksums")
    fits = {
        "num_images": _is_count(manifest.get("num_images")),
        "max_captions": _is_count(manifest.get("max_captions")),
        "name": isinstance(manifest.get("name"), str),
        "crop": isinstance(manifest.get("crop"), str),
        "caption_source": isinstance(manifest.get("caption_source"), str),
        "encoder": isinstance(encoder, dict)
        and isinstance(encoder.get("name"), str)
        and _is_count(encoder.get("width"), WIDEST),
        "image_sizes": isinstance(sizes, list) and bool(sizes) and all(map(_is_count, sizes)),
        "class_names": isinstance(names, dict)
        and all(re.fullmatch("[0-9]{1,9}", key) for key in names)
        and all(isinstance(name, str) for name in names.values()),
        "checksums": isinstance(checksums, dict)
        and all(Path(key).name == key for key in checksums),
    }
    return next((entry for entry, good in fits.items() if not good), None)


def _is_count(value: Any, most: int = 10**8) -> bool:
    return type(value) is int and 0 < value <= most
