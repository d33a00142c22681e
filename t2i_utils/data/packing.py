"""Pack once, train anywhere: a data set as a folder of memory-mapped arrays with a manifest.

Row i of every array is the same picture: image, class, caption embeddings, split. Training and
evaluation read packs only; the arrays are mapped, not loaded, so memory stays flat however large
the set is.
"""

import contextlib
import hashlib
import json
import math
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from tqdm import tqdm

from t2i_utils.data.crops import CROPS, STORED_SIZES, PictureError, read_squares
from t2i_utils.data.pack import FORMAT, MANIFEST, VERSION, Pack, load_pack
from t2i_utils.data.readers import read_dataset
from t2i_utils.data.records import SPLIT_PARTS, Dataset, Record
from t2i_utils.data.subset import choose_records
from t2i_utils.errors import InputError
from t2i_utils.files import file_checksum, finish_replacing, replacing_folder, unwritable
from t2i_utils.text.encoders import SentenceEncoder, load_encoder

CHUNK = 256  # pictures or sentences handled between two writes
NAMED = 10  # broken pictures that a message names


def write_pack(
    dataset: Dataset,
    folder: str | Path,
    *,
    encoder: SentenceEncoder,
    crop: str = "box",
    image_sizes: tuple[int, ...] | None = None,
    limit: int | None = None,
    seed: int = 0,
    skip_broken: bool = False,
    progress: bool = True,
) -> Pack:
    """Decode, crop and encode a data set into a pack.

    The pack is built in a folder beside `folder` and moved there when it is complete: an error, a
    full disk or Ctrl-C leaves whatever was there before. An older pack in `folder` is replaced.

    Args:
        dataset: what `read_dataset` gave.
        folder: where the pack goes; must be new, empty or a pack.
        encoder: turns sentences into vectors.
        crop: "paper", "box" or "whole"; "whole" is used, and said, where the data set has no boxes.
        image_sizes: sides of the stored squares, in pixels; None takes those of the crop.
        limit: take only so many pictures, from all classes and parts alike; the same `seed` takes
            the same ones.
        seed: for `limit`.
        skip_broken: leave out pictures that cannot be read, and say which; the manifest names them.
        progress: show a bar.

    Raises:
        InputError: for pictures that cannot be read (all are looked at first), a folder that is
            something else, or a full disk.
    """
    folder = Path(folder)
    if crop not in CROPS:
        raise InputError(f"unknown crop {crop!r}: choose one of {', '.join(CROPS)}")
    crop = _usable_crop(dataset, crop)
    image_sizes = STORED_SIZES[crop] if image_sizes is None else image_sizes
    if not image_sizes or min(image_sizes) < 1:
        raise InputError(f"image sizes must be positive numbers of pixels, got {image_sizes}")
    records = choose_records(dataset.records, limit, seed)
    if not records:
        raise InputError(f"data set {dataset.name} has no picture to pack; give another folder")
    with _replacing(folder) as partial:
        broken = _write_images(partial, records, crop, image_sizes, progress)
        lost = _names_of(broken, dataset)
        if broken:
            _report_broken(broken, lost, len(records), skip_broken)
            records = [record for record in records if record.path not in broken]
        for name, array in _small_arrays(records).items():
            np.save(partial / name, array)
        captions = [list(record.captions) for record in records]
        _write_json(partial / "captions.json", captions)
        _write_embeddings(partial / "embeddings.npy", captions, encoder, progress)
        checksums = {path.name: file_checksum(path) for path in sorted(partial.iterdir())}
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "name": dataset.name,
            "source": dataset.name,
            "crop": crop,
            "caption_source": dataset.caption_source,
            "encoder": {"name": encoder.name, "width": int(encoder.width)},
            "num_images": len(records),
            "max_captions": max(len(sentences) for sentences in captions),
            "image_sizes": list(image_sizes),
            "counts": _counts(records),
            "num_classes": len({record.class_id for record in records}),
            "checksums": checksums,
            "class_names": {str(key): name for key, name in dataset.class_names.items()},
        }
        if broken:
            manifest["skipped"] = lost
        _write_json(partial / MANIFEST, manifest, indent=2)
    return load_pack(folder)


def auto_pack(
    root: str | Path,
    *,
    encoder: SentenceEncoder | None = None,
    crop: str,
    captions: str | Path | None = None,
    limit: int | None = None,
    skip_broken: bool = False,
    folder: str | Path = Path("data/packs"),
) -> Pack:
    """The pack of a raw data set, packed the first time into `folder/<hash>`.

    A `root` that is a pack already is just loaded. Its captions are encoded: where an `encoder` is
    given, it must be the pack's own. Raw data without one get that of `load_encoder()`.

    The hash covers the data set's name, its files and their sizes, boxes, splits, captions, crop,
    encoder, limit and whether broken pictures are skipped: when any of them changes, a new pack is
    made. Says on standard error what it does.

    Raises:
        InputError: as `read_dataset`, `write_pack` and `load_pack`.
    """
    root = Path(root)
    if (root / MANIFEST).is_file():
        if captions is not None:
            raise InputError(f"{root} is a pack and has its captions: leave --captions out")
        pack = load_pack(root)
        if encoder is not None and encoder.name != pack.manifest["encoder"]["name"]:
            raise InputError(
                f"pack {root} was made with encoder {pack.manifest['encoder']['name']!r}, not "
                f"{encoder.name!r}: leave --encoder out, or pack the data again"
            )
        return pack
    encoder = encoder or load_encoder()
    dataset = read_dataset(root, captions)
    target = Path(folder) / _fingerprint(dataset, encoder, crop, limit, skip_broken)
    finish_replacing(target)
    if (target / MANIFEST).is_file():
        print(f"{dataset.name}: using the pack in {target}", file=sys.stderr)
        return load_pack(target)
    count = len(dataset.records) if limit is None else min(limit, len(dataset.records))
    print(
        f"{dataset.name}: packing {count} pictures (crop {crop}, captions from "
        f"{dataset.caption_source}, encoder {encoder.name}) into {target}, this once",
        file=sys.stderr,
    )
    return write_pack(
        dataset, target, encoder=encoder, crop=crop, limit=limit, skip_broken=skip_broken
    )


def _usable_crop(dataset: Dataset, crop: str) -> str:
    without = sum(record.box is None for record in dataset.records)
    if crop == "whole" or not without:
        return crop
    if without == len(dataset.records):
        print(
            f"{dataset.name} has no boxes: whole pictures are used instead of crop {crop!r}",
            file=sys.stderr,
        )
        return "whole"
    print(f"{dataset.name}: {without} pictures have no box and are used whole", file=sys.stderr)
    return crop


def _small_arrays(records: Sequence[Record]) -> dict[str, np.ndarray]:
    return {
        "class_ids.npy": np.array([record.class_id for record in records], np.int32),
        "image_ids.npy": np.array([record.image_id for record in records], np.int64),
        "num_captions.npy": np.array([len(record.captions) for record in records], np.int32),
        "zero_shot_train.npy": np.array([record.zero_shot == "train" for record in records], bool),
        "official_train.npy": np.array([record.official == "train" for record in records], bool),
    }


def _counts(records: Sequence[Record]) -> dict[str, dict[str, int]]:
    zero_shot = Counter(record.zero_shot for record in records)
    official = Counter(record.official for record in records)
    return {
        "zero-shot": {part: zero_shot[part] for part in SPLIT_PARTS},
        "official": {part: official[part] for part in SPLIT_PARTS},
    }


def _write_images(
    folder: Path, records: Sequence[Record], crop: str, sizes: tuple[int, ...], progress: bool
) -> dict[Path, PictureError]:
    """Decode in threads (Pillow releases Python's lock) and append in the records' order.

    Returns:
        The pictures that cannot be used, by path; they are left out.
    """

    def squares_of(record: Record) -> list[np.ndarray] | PictureError:
        try:
            return read_squares(record.path, record.box, crop, sizes)
        except PictureError as error:
            return error

    broken: dict[Path, PictureError] = {}
    with contextlib.ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)))
        bar = stack.enter_context(
            tqdm(total=len(records), desc="pictures", unit="", disable=not progress)
        )
        files = [
            stack.enter_context(_array_file(folder / f"images_{size}.npy", (size, size, 3), "u1"))
            for size in sizes
        ]
        for start in range(0, len(records), CHUNK):
            chunk = records[start : start + CHUNK]
            for record, squares in zip(chunk, threads.map(squares_of, chunk), strict=True):
                bar.update()
                if isinstance(squares, PictureError):
                    broken[record.path] = squares
                    continue
                for file, square in zip(files, squares, strict=True):
                    file.write(square.tobytes())
    return broken


def _names_of(broken: Iterable[Path], dataset: Dataset) -> list[str]:
    """Names of pictures, counted from the data set's folder."""
    return [os.path.relpath(path, dataset.root) for path in broken]


def _report_broken(
    broken: dict[Path, PictureError], names: list[str], total: int, skip: bool
) -> None:
    """Say which pictures are left out, or raise it."""
    faults = [f"{name} ({error.fault})" for name, error in zip(names, broken.values(), strict=True)]
    more = f" and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
    listed = f"{len(faults)} of {total} pictures cannot be read: {', '.join(faults[:NAMED])}{more}"
    if skip and len(faults) < total:
        print(f"{listed}; they are left out", file=sys.stderr)
    elif skip:
        raise InputError(f"{listed}; none is left to pack: give another folder")
    elif len(faults) == 1:
        raise InputError(f"{next(iter(broken.values()))}, or leave it out with --skip-broken")
    else:
        raise InputError(f"{listed}; mend them, or leave them out with --skip-broken")


def _write_embeddings(
    path: Path, captions: list[list[str]], encoder: SentenceEncoder, progress: bool
) -> None:
    """float16 (n, max_captions, width); rows with fewer captions repeat theirs in a circle."""
    longest = max(len(sentences) for sentences in captions)
    total = sum(len(sentences) for sentences in captions)
    rows_at_once = max(1, CHUNK // longest)
    with (
        tqdm(total=total, desc="captions", unit="", disable=not progress) as bar,
        _array_file(path, (longest, encoder.width), "f2") as file,
    ):
        for start in range(0, len(captions), rows_at_once):
            rows = captions[start : start + rows_at_once]
            sentences = [sentence for row in rows for sentence in row]
            vectors = np.asarray(encoder.encode(sentences))
            if vectors.shape != (len(sentences), encoder.width) or not np.isfinite(vectors).all():
                raise InputError(
                    f"encoder {encoder.name} gave shape {vectors.shape} for {len(sentences)} "
                    f"captions, expected finite numbers of shape "
                    f"({len(sentences)}, {encoder.width}); choose another encoder"
                )
            first = 0
            for row in rows:
                columns = first + np.arange(longest) % len(row)
                file.write(vectors[columns].astype(np.float16).tobytes())
                first += len(row)
            bar.update(len(sentences))


@contextlib.contextmanager
def _array_file(path: Path, row: tuple[int, ...], kind: str) -> Iterator[IO[bytes]]:
    """A .npy file to append rows to; their number is written at the end.

    On a full disk this raises an error, where writing to a memory map would kill Python.
    """
    dtype = np.dtype(kind)

    def write_header(file: IO[bytes], rows: int) -> int:
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False}
        np.lib.format.write_array_header_1_0(file, {**header, "shape": (rows, *row)})
        return file.tell()

    with open(path, "wb") as file:
        start = write_header(file, 0)  # as long as the last one: it has room for any number
        yield file
        rows = (file.tell() - start) // (math.prod(row) * dtype.itemsize)
        file.seek(0)
        write_header(file, rows)


@contextlib.contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A folder to write the pack into, which takes the place of `folder` if all goes well."""
    if (
        folder.exists()
        and not (folder / MANIFEST).is_file()
        and (not folder.is_dir() or any(folder.iterdir()))
    ):
        raise InputError(
            f"{folder} holds something that is no pack: choose another folder, or move that away"
        )
    try:
        with replacing_folder(folder) as partial:
            yield partial
    except OSError as error:
        mend = "choose a folder that you may write to"
        raise unwritable(f"the pack {folder}", error, mend) from error


def _write_json(path: Path, content: Any, indent: int | None = None) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=indent) + "\n", encoding="utf-8")


def _fingerprint(
    dataset: Dataset, encoder: SentenceEncoder, crop: str, limit: int | None, skip_broken: bool
) -> str:
    """Sixteen hexadecimal digits that change whenever the pack would."""
    files = [
        (os.path.relpath(record.path, dataset.root), _size(record.path))
        for record in dataset.records
    ]
    # The path is absolute: it is covered by `files`, relative to the data set.
    rest = [replace(record, path=Path()) for record in dataset.records]
    content = (VERSION, dataset.name, files, rest, crop, STORED_SIZES, encoder.name, encoder.width)
    key = (content, limit, "skip broken") if skip_broken else (content, limit)
    return hashlib.sha256(repr(key).encode(errors="backslashreplace")).hexdigest()[:16]


def _size(path: Path) -> int:
    """Of a file, in bytes; -1 where it cannot be found out, which packing then reports."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return -1
