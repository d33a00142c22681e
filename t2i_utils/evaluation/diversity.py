"""Distances between features: do pictures of one caption differ, and is any a copy?"""

import numpy as np

from t2i_utils.errors import InputError

CHUNK = 512  # rows compared at once


def mean_pairwise_distance(features: np.ndarray) -> float:
    """The mean Euclidean distance between the pictures of one group, over all its pairs.

    Args:
        features: (k, width), of k pictures of one caption, or k photographs of one class.

    Raises:
        InputError: fewer than two pictures.
    """
    if len(features) < 2:
        raise InputError(f"diversity: {len(features)} picture of a caption; draw 2 or more")
    above = np.triu_indices(len(features), 1)
    return float(np.sqrt(squared_distances(features, features)[above]).mean())


def nearest_neighbours(
    queries: np.ndarray, references: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each query, the row of the nearest reference and its Euclidean distance.

    Args:
        queries: (n, width) features.
        references: (m, width) features, or a memory-mapped file of them; read in chunks.

    Returns:
        rows (n,) int64, distances (n,) float64.

    Raises:
        InputError: there is no reference.
    """
    if len(references) == 0:
        raise InputError("nearest neighbours: nothing to compare with; give one picture or more")
    rows = np.zeros(len(queries), np.int64)
    best = np.full(len(queries), np.inf)
    for start in range(0, len(references), CHUNK):
        chunk = references[start : start + CHUNK]
        for first in range(0, len(queries), CHUNK):
            part = slice(first, first + CHUNK)
            squared = squared_distances(queries[part], chunk)
            nearest, least = squared.argmin(axis=1), squared.min(axis=1)
            closer = least < best[part]
            rows[part][closer] = start + nearest[closer]
            best[part][closer] = least[closer]
    return rows, np.sqrt(best)


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances (n, m) of rows (n, width) and (m, width), in float64."""
    a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * a @ b.T
    return np.maximum(squared, 0)
