"""The captioner's training pictures: features of several views of each, computed once and kept.

The network that describes regions is frozen, so its features can be computed before training. So
that the captioner does not learn one crop of each photograph by heart, every picture gives several
random windows. Half of them are flipped, and some are shrunk to 64 px, the size of Stage I's
pictures.
"""

import zlib

import numpy as np
from PIL import Image
from tqdm.auto import tqdm

from t2i_utils.captioning.regions import IMAGE_SIZE, NUM_REGIONS, WIDTH, RegionEncoder
from t2i_utils.data import Pack

NUM_VIEWS = 6
LEAST_WINDOW = 0.7  # of the stored square's side
SMALL_SHARE = 0.25  # of views that are shrunk to `SMALL_SIZE` first
SMALL_SIZE = 64
CHUNK = 32  # pictures looked at together
FOLDER = "captioning"  # inside the pack's


def training_rows(pack: Pack) -> np.ndarray:
    """Rows that are in the training part of both splits, so that both test parts stay unseen."""
    return np.intersect1d(pack.indices("zero-shot", "train"), pack.indices("official", "train"))


def test_rows(pack: Pack, seen: bool) -> np.ndarray:
    """Held-back rows: of classes seen in training (official test), or of unseen classes."""
    if not seen:
        return pack.indices("zero-shot", "test")
    return np.intersect1d(pack.indices("zero-shot", "train"), pack.indices("official", "test"))


def view(
    picture: np.ndarray, random: np.random.Generator | None, least: float = LEAST_WINDOW
) -> np.ndarray:
    """One view (224, 224, 3) uint8 of a stored square; the whole of it without `random`."""
    image, side = Image.fromarray(picture), len(picture)
    window = (0.0, 0.0, float(side), float(side))
    if random is not None:
        size = side * random.uniform(least, 1)
        left, top = random.uniform(0, side - size, 2)
        window = (left, top, left + size, top + size)
        if random.random() < SMALL_SHARE:
            image = image.resize((SMALL_SIZE, SMALL_SIZE), Image.Resampling.BICUBIC, box=window)
            window = (0, 0, SMALL_SIZE, SMALL_SIZE)
    image = image.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC, box=window)
    flipped = random is not None and random.random() < 0.5
    return np.asarray(image)[:, :: -1 if flipped else 1]


def regions_of(
    pack: Pack, rows: np.ndarray, name: str, num_views: int = 0, progress: bool = True
) -> np.ndarray:
    """Regions (rows, views, 49, 835) float16 of a pack's pictures, mapped; kept in its folder.

    Args:
        pack: the packed data set.
        rows: whose pictures.
        name: what the rows are, for a reader of the folder; other rows or another number of
            views have a file of their own.
        num_views: random ones of each picture; 0 takes the whole picture, once.
        progress: show a bar.

    Raises:
        InputError: the pack's folder cannot be written.
    """
    which = zlib.crc32(np.asarray(rows, "<i8").tobytes())
    file = f"{FOLDER}/regions_{name}_{len(rows)}x{num_views}_{which:08x}.npy"
    shape = (len(rows), max(1, num_views), NUM_REGIONS, WIDTH)
    pictures = pack.images_for(IMAGE_SIZE)

    def compute(store: np.ndarray) -> None:
        _look(pictures, rows, num_views, store, progress)

    return pack.kept(file, np.float16, shape, compute)


def _look(
    pictures: np.ndarray, rows: np.ndarray, num_views: int, store: np.ndarray, progress: bool
) -> None:
    """Fill `store` with the regions of each row's views."""
    encoder, views = RegionEncoder(), store.shape[1]
    with tqdm(total=len(rows) * views, desc="looking", unit="view", disable=not progress) as bar:
        for start in range(0, len(rows), CHUNK):
            chosen = rows[start : start + CHUNK]
            for number in range(views):
                seen = [
                    view(pictures[row], np.random.default_rng([row, number]) if num_views else None)
                    for row in chosen
                ]
                store[start : start + len(chosen), number] = encoder(np.stack(seen)).regions
                bar.update(len(chosen))
