"""Walks between two points: along the sphere, or in a straight line."""

from collections.abc import Sequence

import numpy as np


def slerp(start: np.ndarray, end: np.ndarray, amounts: Sequence[float] | np.ndarray) -> np.ndarray:
    """Walk from one noise to another along the sphere.

    In 100 dimensions all normal noise lies near a sphere; a straight line would cut through its
    inside, which the generator has never seen (White, Sampling generative networks, arXiv
    1609.04468).

    Args:
        start: (size,).
        end: (size,).
        amounts: (steps,): 0 is `start`, 1 is `end`.

    Returns:
        (steps, size) float32; the length changes evenly from one end's to the other's.
    """
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    if min(lengths) == 0:
        return lerp(start, end, amounts)
    first, last = start / lengths[0], end / lengths[1]
    angle = np.arccos(np.clip(first @ last, -1, 1))
    amounts = np.asarray(amounts, "float64")[:, None]
    if np.sin(angle) < 1e-6:  # the same direction, or opposite ones: no one path on the sphere
        return lerp(start, end, amounts[:, 0])
    direction = np.sin((1 - amounts) * angle) * first + np.sin(amounts * angle) * last
    length = (1 - amounts) * lengths[0] + amounts * lengths[1]
    return (direction / np.sin(angle) * length).astype("float32")


def lerp(start: np.ndarray, end: np.ndarray, amounts: Sequence[float] | np.ndarray) -> np.ndarray:
    """Walk from one caption's embedding to another's in a straight line.

    Args:
        start: (size,).
        end: (size,).
        amounts: (steps,): 0 is `start`, 1 is `end`.

    Returns:
        (steps, size) float32.
    """
    amounts = np.asarray(amounts, "float64")[:, None]
    return ((1 - amounts) * start + amounts * end).astype("float32")
