"""A discriminator that only judges: which of several pictures shows its sentence best."""

from typing import Any

import numpy as np

from t2i_utils import backend
from t2i_utils.pictures import from_uint8
from t2i_utils.stackgan.discriminator import Discriminator

BATCH_SIZE = 8  # pictures judged together; a smaller last batch is filled up


class Judge:
    """Scores pictures and sentences with a discriminator. Several threads may use one.

    A picture is scored by what its sentence adds to the logit (see `Discriminator.match`). Chosen
    by the logit itself, drawings of earlier `birds` were less often recognised as birds; with the
    weights that came after them the two choices differ little.
    """

    def __init__(self, discriminator: Discriminator) -> None:
        """Compile nothing yet."""
        variables = [*discriminator.state_variables, *discriminator.frozen_variables]

        def score(inputs: dict[str, Any]) -> Any:
            return discriminator.match(inputs["images"], inputs["embeddings"])

        self._score = backend.compile_function(score, variables)

    def __call__(self, pictures: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
        """How well each picture shows its sentence.

        Args:
            pictures: (n, size, size, 3) uint8.
            embeddings: (n, width), whitened.

        Returns:
            (n,) float32; more is better.
        """
        scores = []
        for start in range(0, len(pictures), BATCH_SIZE):
            places = np.arange(start, start + BATCH_SIZE) % len(pictures)
            images = from_uint8(pictures[places])
            batch = {"images": images, "embeddings": embeddings[places]}
            scores.append(np.asarray(self._score(batch)))
        return np.concatenate(scores)[: len(pictures)]
