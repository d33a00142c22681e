"""Kernel distance: how far apart two sets of pictures are, without bias from a small n.

Source: Binkowski et al., Demystifying MMD GANs, ICLR 2018 (arXiv 1801.01401): the squared maximum
mean discrepancy with the kernel (x . y / width + 1)^3.
"""

from typing import NamedTuple

import numpy as np

from t2i_utils.errors import InputError

NUM_PARTS = 10  # of each set: one of them is left out at a time, for the standard error
CHUNK = 512  # rows compared at once


class KernelDistance(NamedTuple):
    """An estimate of the squared MMD and its standard error; near zero it may be negative."""

    value: float
    standard_error: float


def kernel_distance(real: np.ndarray, fake: np.ndarray) -> KernelDistance:
    """The unbiased kernel distance (KID) between two sets of features.

    All pairs of pictures are used. For the standard error (a jackknife) both sets are split into
    `NUM_PARTS` parts, and part i of both is left out in turn. Random subsets would share pictures
    and give too small an error.

    Args:
        real: (n, width), or a memory-mapped file of them; its rows must be in random order.
        fake: (m, width), likewise.

    Raises:
        InputError: a set has fewer than four pictures.
    """
    fewest = min(len(real), len(fake))
    if fewest < 4:
        raise InputError(f"kernel distance: {len(real)} and {len(fake)} pictures; give 4 or more")
    num_parts = min(NUM_PARTS, fewest)
    reals = np.array_split(np.arange(len(real)), num_parts)
    fakes = np.array_split(np.arange(len(fake)), num_parts)
    within_real = _sums(real, real, reals, reals, same=True)
    within_fake = _sums(fake, fake, fakes, fakes, same=True)
    between = _sums(real, fake, reals, fakes, same=False)
    real_sizes, fake_sizes = (np.array([len(part) for part in parts]) for parts in (reals, fakes))

    def estimate(kept: np.ndarray) -> float:
        n, m = real_sizes[kept].sum(), fake_sizes[kept].sum()
        block = np.ix_(kept, kept)
        return float(
            within_real[block].sum() / (n * (n - 1))
            + within_fake[block].sum() / (m * (m - 1))
            - 2 * between[block].sum() / (n * m)
        )

    parts = np.arange(num_parts)
    left_out = np.array([estimate(np.delete(parts, part)) for part in parts])
    error = np.sqrt((num_parts - 1) * left_out.var())
    return KernelDistance(estimate(parts), float(error))


def _sums(a: np.ndarray, b: np.ndarray, a_parts: list, b_parts: list, same: bool) -> np.ndarray:
    """Sum the kernel over all pairs of each part of `a` with each part of `b`.

    With `same`, the pairs of a picture with itself are left out.
    """
    sums = np.zeros((len(a_parts), len(b_parts)))
    for i, a_rows in enumerate(a_parts):
        for rows in np.array_split(a_rows, -(-len(a_rows) // CHUNK)):
            left = np.asarray(a[rows], "float64")
            for j, b_rows in enumerate(b_parts):
                for start in range(0, len(b_rows), CHUNK):
                    right = np.asarray(b[b_rows[start : start + CHUNK]], "float64")
                    sums[i, j] += ((left @ right.T / left.shape[1] + 1) ** 3).sum()
            if same:
                itself = (left**2).sum(axis=1) / left.shape[1]
                sums[i, i] -= ((itself + 1) ** 3).sum()
    return sums
