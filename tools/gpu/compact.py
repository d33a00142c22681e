"""A pack made small enough to carry to a rented GPU, and made into a pack again there.

    python tools/gpu/compact.py write PACK FILE.npz [--size 64] [--part train]
    python tools/gpu/compact.py read FILE.npz PACK

Pictures become JPEG (64 px) or WebP (256 px), embeddings small whole numbers of `QUANTUM`: what
rounding adds is 0.6 % of a direction's mean variance. Of CUB's 5,414 photographs in the subset's
training classes, 64 px and embeddings take 30 MiB, 256 px (quality 80) 44 MiB.
The pack that comes out differs a little from the one that went in: train with it, and evaluate with
the original.
"""

import argparse
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from t2i_utils.data.pack import MANIFEST, load_pack
from t2i_utils.files import file_checksum

CAPTIONS = ("embeddings", "typed")
QUANTUM = 1 / 128  # of an embedding's number; those of a caption have a mean square of 1 / 512
SMALL = ("class_ids", "image_ids", "num_captions", "zero_shot_train", "official_train")


def write(
    pack_folder: Path, file: Path, size: int, part: str, quality: int, with_embeddings: bool
) -> None:
    """Write one part of the zero-shot split, with its pictures of one size."""
    pack = load_pack(pack_folder)
    rows = pack.indices("zero-shot", part)
    arrays = {name: np.load(pack_folder / f"{name}.npy")[rows] for name in SMALL}
    with ThreadPoolExecutor() as threads:
        pictures = list(threads.map(lambda row: _compress(pack.images(size)[row], quality), rows))
    arrays["ends"] = np.cumsum([len(picture) for picture in pictures])
    arrays["compressed"] = np.frombuffer(b"".join(pictures), np.uint8)
    if with_embeddings:
        for name in CAPTIONS:
            vectors = getattr(pack, name)[rows]
            sentences = vectors.reshape(-1, pack.width)
            different, places = np.unique(sentences, axis=0, return_inverse=True)
            arrays[f"{name}_places"] = places.reshape(vectors.shape[:2]).astype(np.int32)
            arrays[name] = np.round(different.astype("float32") / QUANTUM).astype(np.int8)
    about = {"manifest": pack.manifest, "captions": [pack.captions[row] for row in rows]}
    about["size"] = size
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez_compressed(file, **arrays)
    print(f"{file}: {len(rows)} pictures of {size} px, {file.stat().st_size / 2**20:.1f} MiB")


def read(file: Path, folder: Path) -> None:
    """Write the pack that `file` holds; a file of another size adds its pictures to the pack."""
    with np.load(file, allow_pickle=False) as arrays:
        about = json.loads(arrays["about"].tobytes())
        size, count = about["size"], len(arrays["ends"])
        folder.mkdir(parents=True, exist_ok=True)
        compressed, ends = arrays["compressed"].tobytes(), arrays["ends"].tolist()
        pictures = np.empty((count, size, size, 3), np.uint8)
        spans = zip(pictures, [0, *ends], ends, strict=False)
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(lambda span: _decode(span[0], compressed[span[1] : span[2]]), spans))
        np.save(folder / f"images_{size}.npy", pictures)
        if "embeddings" in arrays:
            for name in CAPTIONS:
                different = (arrays[name] * QUANTUM).astype(np.float16)
                np.save(folder / f"{name}.npy", different[arrays[f"{name}_places"]])
            for name in SMALL:
                np.save(folder / f"{name}.npy", arrays[name])
            (folder / "captions.json").write_text(json.dumps(about["captions"]))
    sizes = sorted(int(path.stem.split("_")[1]) for path in folder.glob("images_*.npy"))
    checksums = {path.name: file_checksum(path) for path in sorted(folder.glob("*.npy"))}
    changes = {"num_images": count, "image_sizes": sizes, "checksums": checksums}
    (folder / MANIFEST).write_text(json.dumps({**about["manifest"], **changes}))
    print(f"{folder}: {count} pictures of {sizes} px")


def _compress(picture: np.ndarray, quality: int) -> bytes:
    buffer = io.BytesIO()
    if len(picture) <= 64:  # colours in full resolution, which WebP has not
        Image.fromarray(picture).save(buffer, "JPEG", quality=quality, subsampling=0)
    else:
        Image.fromarray(picture).save(buffer, "WEBP", quality=quality, method=6)
    return buffer.getvalue()


def _decode(picture: np.ndarray, compressed: bytes) -> None:
    picture[:] = np.asarray(Image.open(io.BytesIO(compressed)).convert("RGB"))


def main() -> None:
    """Write or read."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("write")
    writing.add_argument("pack", type=Path)
    writing.add_argument("file", type=Path)
    writing.add_argument("--size", type=int, default=64)
    writing.add_argument("--part", choices=("train", "test"), default="train")
    writing.add_argument("--quality", type=int, default=88, help="of JPEG or WebP")
    writing.add_argument("--pictures-only", action="store_true", help="no embeddings")
    reading = commands.add_parser("read")
    reading.add_argument("file", type=Path)
    reading.add_argument("pack", type=Path)
    options = parser.parse_args()
    if options.command == "write":
        embeddings = not options.pictures_only
        write(options.pack, options.file, options.size, options.part, options.quality, embeddings)
    else:
        read(options.file, options.pack)


if __name__ == "__main__":
    main()
