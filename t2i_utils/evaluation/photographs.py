"""The real side of every score: photographs at a generator's size, and their features, kept.

Features of photographs are computed once for each network and each size, and stay in the pack's
folder under `evaluation/`, memory-mapped. Packing the data again removes them.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from tqdm.auto import tqdm

from t2i_utils.config import IMAGE_SIZES
from t2i_utils.data import Pack
from t2i_utils.errors import InputError
from t2i_utils.evaluation.features import WIDTH, FeatureExtractor

ORDER_SEED = 0  # of the order of photographs: the first n of it are those that n pictures meet
CHUNK = 256  # photographs in memory at once
FOLDER = "evaluation"  # inside the pack's


def shuffled_rows(pack: Pack, split: str, part: str) -> np.ndarray:
    """The pack's rows of one part of a split, in a random order that is always the same."""
    rows = pack.indices(split, part)
    return np.random.default_rng(ORDER_SEED).permutation(rows)


def photographs(pack: Pack, rows: np.ndarray, stage: int) -> Iterator[np.ndarray]:
    """Chunks (k, size, size, 3) uint8 of photographs as a stage draws them: 64 or 256 px.

    Where the pack stores them larger, for training's random crop, it is their middle.
    """
    size = IMAGE_SIZES[stage]
    stored = pack.images_for(size)
    first = (stored.shape[1] - size) // 2
    window = slice(first, first + size)
    for start in range(0, len(rows), CHUNK):
        yield np.stack([stored[row, window, window] for row in rows[start : start + CHUNK]])


def photograph_features(
    pack: Pack,
    split: str,
    part: str,
    stage: int,
    extractor: FeatureExtractor,
    limit: int | None = None,
) -> np.ndarray:
    """Features (k, 1280) of a part's photographs, in the order of `shuffled_rows`; mapped.

    Args:
        pack: the packed data set.
        split: "zero-shot" or "official".
        part: "train" or "test".
        stage: at whose size: 1 or 2.
        extractor: the network.
        limit: take the first so many only.

    Raises:
        InputError: the part is empty, or the pack's folder cannot be written.
    """
    rows = shuffled_rows(pack, split, part)[:limit]
    if len(rows) == 0:
        raise InputError(f"pack {pack.folder} has no picture in the {part} part of {split}")
    network = f"{extractor.name}_{extractor.image_size}px"
    name = f"{network}_stage{stage}_{split}_{part}_{limit or 'all'}.npy"

    def compute(store: np.ndarray) -> None:
        fill(store, photographs(pack, rows, stage), extractor, f"{part} photographs")

    return pack.kept(f"{FOLDER}/{name}", np.float32, (len(rows), WIDTH), compute)


def fill(
    store: np.ndarray,
    chunks: Iterable[np.ndarray],
    extractor: Callable[[np.ndarray], np.ndarray],
    label: str,
) -> None:
    """Write the features of chunks of pictures into an array, with a progress bar."""
    done = 0
    with tqdm(total=len(store), desc=label, unit="picture") as bar:
        for pictures in chunks:
            store[done : done + len(pictures)] = extractor(pictures)
            done += len(pictures)
            bar.update(len(pictures))
