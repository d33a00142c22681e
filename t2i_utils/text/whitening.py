"""Whitening: rescale caption embeddings, so that no direction drowns the others.

A sentence embedding spends most of its variance on a few directions (which colours a caption
names); which part has which colour lies in directions of a hundredth of that variance. A network
learns along the large directions first, so large and small ones are made alike before a generator
sees them.
"""

from dataclasses import dataclass

import numpy as np

SHRINKAGE = 1.0  # times the mean variance, added to each direction's own before dividing


@dataclass(frozen=True)
class Whitening:
    """A fixed linear map of embeddings, taken from a training set's captions.

    Attributes:
        mean: float32 (width,), taken away first.
        matrix: float32 (width, width), multiplied from the right.
    """

    mean: np.ndarray
    matrix: np.ndarray

    def __call__(self, embeddings: np.ndarray) -> np.ndarray:
        """Whiten embeddings (..., width): float32, with a mean square of 1 in training."""
        return (np.asarray(embeddings, np.float32) - self.mean) @ self.matrix


def whitening_of(
    mean: np.ndarray, covariance: np.ndarray, directions: int | None = None
) -> Whitening:
    """PCA whitening with shrinkage, of embeddings with this mean and covariance.

    Principal component i, of variance v_i, is divided by sqrt(v_i + SHRINKAGE * mean(v)): large
    directions become alike, and small ones, mostly noise, are not blown up.

    Args:
        mean: (width,).
        covariance: (width, width).
        directions: so many of the largest are kept, and the others set to 0; None keeps all. What
            the captions of one picture have in common lies in the large ones; by the small ones a
            network learns single captions by heart.

    Returns:
        A `Whitening`; where all embeddings are the same, one that gives zeros.
    """
    variances, vectors = np.linalg.eigh(np.asarray(covariance, np.float64))
    variances = np.maximum(variances[::-1], 0)  # the largest first
    vectors = vectors[:, ::-1]
    if variances[0] < 1e-12:
        return Whitening(np.asarray(mean, np.float32), np.zeros_like(vectors, np.float32))
    largest = np.argmax(np.abs(vectors), axis=0)  # eigenvectors come with either sign: choose
    vectors = vectors * np.sign(vectors[largest, np.arange(len(largest))])
    scales = 1 / np.sqrt(variances + SHRINKAGE * variances.mean())
    if directions:
        scales[directions:] = 0
    spread = np.sqrt((variances * scales**2).mean())  # root mean square of what comes out
    matrix = vectors * (scales / spread)
    return Whitening(np.asarray(mean, np.float32), matrix.astype(np.float32))


def limit_length(embeddings: np.ndarray, limit: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Shorten whitened embeddings that lie farther out than a generator has met.

    Short captions and those in other languages lie outside of the training captions. A generator
    draws noise of them, and a bird of the same direction at a length that it knows.

    Args:
        embeddings: whitened, (n, width).
        limit: the greatest length; None leaves all as they are.

    Returns:
        The embeddings (n, width) float32, and for each whether it was limited, (n,) bool.
    """
    embeddings = np.asarray(embeddings, np.float32)
    lengths = np.linalg.norm(embeddings, axis=-1, keepdims=True)
    if limit is None:
        return embeddings, np.zeros(len(embeddings), bool)
    scales = np.minimum(1, np.float32(limit) / np.maximum(lengths, np.float32(1e-9)))
    return embeddings * scales, (lengths > limit)[:, 0]
