"""What the networks measure of a set of pictures. Every score is computed from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from t2i_utils.evaluation.colour_words import HUES, hue_amounts
from t2i_utils.evaluation.features import WIDTH, FeatureExtractor
from t2i_utils.evaluation.matcher import VECTOR_SIZE, Matcher
from t2i_utils.files import mapped_zeros


@dataclass(frozen=True)
class Measurements:
    """One row per picture, in memory-mapped files: the set may be larger than memory.

    Attributes:
        features: (n, 1280), of the ImageNet network.
        is_bird: (n,) bool, by the same network.
        vectors: (n, 128), by the image-text matcher.
        hues: (n, 5), of `hue_amounts`.
    """

    features: np.ndarray
    is_bird: np.ndarray
    vectors: np.ndarray
    hues: np.ndarray


def measure(
    chunks: Iterable[np.ndarray],
    count: int,
    extractor: FeatureExtractor,
    matcher: Matcher,
    folder: Path,
    label: str,
    features: np.ndarray | None = None,
) -> Measurements:
    """Measure chunks (k, size, size, 3) uint8 of `count` pictures in all, one chunk at a time.

    Args:
        chunks: of pictures; each is dropped before the next is asked for.
        count: pictures in all chunks together.
        extractor: ImageNet network.
        matcher: image-text matcher.
        folder: for the files.
        label: of the files and the progress bar.
        features: (count, 1280) of these pictures, where they are known already.

    Raises:
        InputError: the folder's disk is full.
    """

    def store(name: str, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        return mapped_zeros(folder / f"{label.replace(' ', '_')}_{name}.npy", dtype, shape)

    found = Measurements(
        store("features", (count, WIDTH), np.float32) if features is None else features,
        store("is_bird", (count,), np.bool_),
        store("vectors", (count, VECTOR_SIZE), np.float32),
        store("hues", (count, len(HUES)), np.float32),
    )
    done = 0
    with tqdm(total=count, desc=label, unit="picture") as bar:
        for pictures in chunks:
            rows = slice(done, done + len(pictures))
            if features is None:
                found.features[rows] = extractor(pictures)
            found.is_bird[rows] = extractor.sees_bird(found.features[rows])
            found.vectors[rows] = matcher.image_vectors(pictures)
            found.hues[rows] = hue_amounts(pictures)
            done += len(pictures)
            bar.update(len(pictures))
    return found
