"""Frechet distance: how far apart two sets of pictures are, as two Gaussians of features.

Source: Heusel et al., GANs trained by a two time-scale update rule, NeurIPS 2017 (arXiv
1706.08500). On InceptionV3's features it is the FID of the literature; on another network's it is
not comparable with it. It is biased upwards by a small n: compare at equal n only, or use
`kernel_distance`.
"""

from typing import NamedTuple

import numpy as np

from t2i_utils.errors import InputError

CHUNK = 1024  # rows of features read at once


class Gaussian(NamedTuple):
    """Mean (width,) and covariance (width, width), float64."""

    mean: np.ndarray
    covariance: np.ndarray


def fit_gaussian(features: np.ndarray) -> Gaussian:
    """Mean and unbiased covariance of features (n, width), read in chunks.

    Each chunk is merged into running moments (Chan et al., 1983), so `features` may be a
    memory-mapped file of any length.

    Raises:
        InputError: fewer than two rows.
    """
    if len(features) < 2:
        raise InputError(f"Frechet distance: {len(features)} pictures; a covariance needs 2")
    count, mean, scatter = 0, 0.0, 0.0
    for start in range(0, len(features), CHUNK):
        chunk = np.asarray(features[start : start + CHUNK], "float64")
        chunk_mean = chunk.mean(axis=0)
        centred = chunk - chunk_mean
        shift = chunk_mean - mean
        total = count + len(chunk)
        scatter = scatter + centred.T @ centred
        scatter += np.outer(shift, shift) * (count * len(chunk) / total)
        mean = mean + shift * (len(chunk) / total)
        count = total
    return Gaussian(np.asarray(mean), np.asarray(scatter) / (count - 1))


def frechet_distance(real: Gaussian, fake: Gaussian) -> float:
    """|mean difference|^2 + trace(A + B - 2 (A B)^(1/2)) of two Gaussians; 0 if they are one."""
    factor = _factor(real.covariance)
    # (A B)^(1/2) has the trace of (F^T B F)^(1/2), which is symmetric.
    eigenvalues = np.linalg.eigvalsh(factor.T @ fake.covariance @ factor)
    shared = np.sqrt(np.maximum(eigenvalues, 0)).sum()
    difference = real.mean - fake.mean
    spread = np.trace(real.covariance) + np.trace(fake.covariance)
    return float(max(difference @ difference + spread - 2 * shared, 0.0))


def _factor(matrix: np.ndarray) -> np.ndarray:
    """F with F F^T = matrix: as many columns as its rank, fewer than the pictures it is of."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > len(values) * np.finfo("float64").eps * values[-1]  # others are rounding
    return vectors[:, kept] * np.sqrt(values[kept])
