"""From what the controls say to pictures: the requests, and who draws them."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from t2i_utils.stackgan.request import Request, draw
from t2i_utils.stackgan.synthesis import Synthesizer

SHOWN = {"both sizes": (1, 2), "64 px": (1,), "256 px": (2,)}  # what can be shown: the stages
WAYS = {"the words": (True, False), "the bird": (False, True), "both": (True, True)}
_KEPT_SETS = 3


def requests_of(
    *,
    caption: str,
    weights: str = "birds",
    shown: str = "both sizes",
    seed: int = 0,
    samples: int = 1,
    truncation: float = 1.0,
    way: str = "the words",
    to_caption: str = "",
    to_seed: int = 0,
    amount: float = 0.0,
) -> list[Request]:
    """What to draw, one request a sample.

    Args:
        caption: free text.
        weights: a shipped set, or a folder.
        shown: a name in `SHOWN`.
        seed: of the noise.
        samples: how many rows of the seed's noise.
        truncation: how much of the noise.
        way: what a blend changes, a name in `WAYS`.
        to_caption: where a blend of the words leads.
        to_seed: where a blend of the noise leads.
        amount: how far; at 0 the picture depends on the first caption and seed only.

    Raises:
        InputError: something that cannot be drawn.
    """
    words, noise = WAYS[way] if amount else (False, False)
    return [
        Request(
            caption,
            weights=weights,
            stage=max(SHOWN[shown]),
            seed=seed,
            sample=sample,
            truncation=truncation,
            to_caption=to_caption if words else None,
            to_seed=to_seed if noise else None,
            amount=amount,
        )
        for sample in range(samples)
    ]


class Artist:
    """Draws requests with the weights that they name, one batch at a time.

    Several threads may ask; the last weight sets stay loaded.
    """

    def __init__(self) -> None:
        """Load nothing yet."""
        self._lock = threading.Lock()
        self._sets: dict[str, Synthesizer] = {}

    def draw(self, requests: Sequence[Request]) -> tuple[dict[int, np.ndarray], float]:
        """The pictures of every stage, as `request.draw` gives them, and the seconds it took.

        Raises:
            InputError: no such weights, or they lack the stage.
        """
        with self._lock:
            synthesizer = self._synthesizer(requests[0].weights)
            started = time.perf_counter()
            pictures = draw(synthesizer, requests)
            return pictures, time.perf_counter() - started

    def possible(self, requests: Sequence[Request]) -> list[Request]:
        """The requests, at 64 px where the weights have no Stage II (yet)."""
        has = self.synthesizer(requests[0].weights).weights.generators
        return [one if one.stage in has else replace(one, stage=1) for one in requests]

    def synthesizer(self, weights: str) -> Synthesizer:
        """The loaded weights, as `Artist.draw` uses them."""
        with self._lock:
            return self._synthesizer(weights)

    def has(self, weights: str) -> bool:
        """Whether a set is loaded: drawing with it needs no seconds of loading."""
        return weights in self._sets

    def _synthesizer(self, weights: str) -> Synthesizer:
        found = self._sets.pop(weights, None) or Synthesizer(weights)
        self._sets[weights] = found  # the last in the order of use
        while len(self._sets) > _KEPT_SETS:
            self._sets.pop(next(iter(self._sets)))
        return found
