"""Throughput of the feed on one core: batches that it plans and gathers per second.

Run with `python -m benchmarks.feed`. The pack is random numbers, as large as CUB's training part
at the crop `paper`: 5,894 pictures of ten captions. `--pictures 100000` makes it larger, and on
Linux a line says how much memory the process needs of its own (mapped files do not count).
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy loads

import numpy as np

from t2i_utils.data.feed import Batches, whitened_captions
from t2i_utils.data.pack import Pack
from t2i_utils.files import mapped_zeros

NUM_IMAGES, NUM_CAPTIONS, WIDTH, NUM_CLASSES = 5894, 10, 512, 150
STAGES = {
    "Stage I, 64 pictures": {"batch_size": 64, "image_size": 64, "num_distractors": 4096},
    "Stage II, 16 pictures": {"batch_size": 16, "image_size": 256, "num_distractors": 4096},
}
SECONDS = 3  # that each measurement lasts
CHUNK = 1000  # pictures whose sentences are made at once


def random_pack(folder: Path, num_images: int = NUM_IMAGES) -> Pack:
    """A pack of noise."""
    random = np.random.default_rng(0)
    arrays = {
        "class_ids": (np.arange(num_images) % NUM_CLASSES).astype(np.int32),
        "image_ids": np.arange(num_images),
        "num_captions": np.full(num_images, NUM_CAPTIONS, np.int32),
        "zero_shot_train": np.ones(num_images, bool),
        "official_train": np.ones(num_images, bool),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    shape = (num_images, NUM_CAPTIONS, WIDTH)
    embeddings = mapped_zeros(folder / "embeddings.npy", np.float16, shape)
    for start in range(0, num_images, CHUNK):
        embeddings[start : start + CHUNK] = random.random((CHUNK, *shape[1:]), np.float32)[
            : num_images - start
        ]
    for size in (76, 304):
        images = mapped_zeros(folder / f"images_{size}.npy", np.uint8, (num_images, size, size, 3))
        images[:NUM_IMAGES] = random.integers(0, 256, (size, size, 3), np.uint8)  # others: no disk
    manifest: dict[str, Any] = {"num_images": num_images, "max_captions": NUM_CAPTIONS}
    manifest |= {"encoder": {"name": "noise", "width": WIDTH}, "image_sizes": [76, 304]}
    manifest["class_names"] = {str(number): f"class {number}" for number in range(NUM_CLASSES)}
    return Pack(folder, manifest)


def batches_per_second(batches: Batches, seconds: float = SECONDS) -> float:
    """How many batches the feed makes in a second of one core's time, the first ones apart."""
    for step in range(3):
        batches.at(step)
    began, step = time.process_time(), 3
    while time.process_time() - began < seconds:
        batches.at(step)
        step += 1
    return (step - 3) / (time.process_time() - began)


def own_memory() -> int | None:
    """Bytes of the process that no file backs; None where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if "RssAnon" in line), None)


def main() -> None:
    """Print a line for the table of captions, one for each stage, and one for memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=NUM_IMAGES)
    count = parser.parse_args().pictures
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    with tempfile.TemporaryDirectory() as folder:
        pack = random_pack(Path(folder), count)
        indices = pack.indices()
        whitening = pack.whitening(indices)
        began = time.perf_counter()
        captions = whitened_captions(pack, indices, whitening)
        print(
            f"whitening {count * NUM_CAPTIONS:,} captions once: "
            f"{time.perf_counter() - began:.1f} s, {captions.nbytes / 1e6:.0f} MB"
        )
        for name, options in STAGES.items():
            batches = Batches(pack, indices, whitening=whitening, captions=captions, **options)
            print(f"{name}: {batches_per_second(batches):.0f} batches a second on one core")
        if (memory := own_memory()) is not None:
            print(f"memory of its own: {memory / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
