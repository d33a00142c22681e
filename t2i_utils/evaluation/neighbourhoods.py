"""Realism and variety apart: precision, recall, density and coverage.

FID and KID are one number for two faults: pictures that look like no photograph, and photographs
that no picture looks like. Here each photograph (or picture) has a ball that reaches to its k-th
nearest fellow, and what counts is who lies in whose ball.

Sources: Kynkäänniemi et al., Improved Precision and Recall, NeurIPS 2019 (arXiv 1904.06991), k = 3;
Naeem et al., Reliable Fidelity and Diversity Metrics, ICML 2020 (arXiv 2002.09797), k = 5.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from t2i_utils.evaluation.diversity import CHUNK, squared_distances

NEAREST, NEAREST_OF_COVERAGE = 3, 5


class Neighbourhoods(NamedTuple):
    """How two sets of pictures lie in each other.

    Attributes:
        precision: share of the drawn pictures that lie in the ball of some photograph.
        recall: share of the photographs that lie in the ball of some drawn picture.
        density: in how many photographs' balls a drawn picture lies, divided by k: one that is
            unlike all others counts less than in precision. About 1 for photographs of one kind.
        coverage: share of the photographs in whose ball some drawn picture lies. Unlike recall,
            wide balls around bad pictures do not raise it.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def compare_neighbourhoods(drawn: np.ndarray, real: np.ndarray) -> Neighbourhoods | None:
    """Compare features of drawn pictures with those of photographs.

    Args:
        drawn: (n, width), or a memory-mapped file of them; read in chunks.
        real: (m, width), likewise.

    Returns:
        None where a set has too few pictures for a fifth nearest.
    """
    if min(len(drawn), len(real)) <= NEAREST_OF_COVERAGE:
        return None
    near, far = _squared_radii(real, (NEAREST, NEAREST_OF_COVERAGE))
    (of_drawn,) = _squared_radii(drawn, (NEAREST,))
    precise = np.zeros(len(drawn), bool)
    recalled, covered = np.zeros((2, len(real)), bool)
    dense = 0
    for first in range(0, len(drawn), CHUNK):
        part = slice(first, first + CHUNK)
        for start in range(0, len(real), CHUNK):
            other = slice(start, start + CHUNK)
            squared = squared_distances(drawn[part], real[other])
            precise[part] |= (squared <= near[other]).any(axis=1)
            recalled[other] |= (squared <= of_drawn[part, None]).any(axis=0)
            inside = squared <= far[other]
            covered[other] |= inside.any(axis=0)
            dense += np.count_nonzero(inside)
    density = dense / (NEAREST_OF_COVERAGE * len(drawn))
    return Neighbourhoods(
        float(precise.mean()), float(recalled.mean()), density, float(covered.mean())
    )


def _squared_radii(features: np.ndarray, nearest: Sequence[int]) -> np.ndarray:
    """The squared distances (k, n) from each row to its k nearest other rows that are asked for."""
    radii = np.empty((len(nearest), len(features)))
    for first in range(0, len(features), CHUNK):
        part = slice(first, first + CHUNK)
        found = np.empty((len(features[part]), 0))
        for start in range(0, len(features), CHUNK):
            chunk = squared_distances(features[part], features[start : start + CHUNK])
            found = np.sort(np.concatenate([found, chunk], axis=1), axis=1)[:, : max(nearest) + 1]
        radii[:, part] = found[:, list(nearest)].T  # at 0 is the row itself
    return radii
