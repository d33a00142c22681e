"""From what the controls say to pictures: the requests, and who draws them."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from t2i_utils.drawing.request import Request, draw
from t2i_utils.drawing.saved_picture import compose, to_note
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.errors import InputError
from t2i_utils.pictures import png_bytes
from t2i_utils.pretrained import CARD
from t2i_utils.stackgan.weights import Weights, find_weights
from t2i_utils.text import check_captions

SHOWN = {"both sizes": (1, 2), "64 px": (1,), "256 px": (2,)}  # what can be shown: the stages
WAYS = {"the words": (True, False), "the bird": (False, True), "both": (True, True)}
KEPT_SETS = 3


class Drawn(NamedTuple):
    """Pictures, and all that they came from.

    Attributes:
        requests: what was drawn.
        pictures: {stage: (n, size, size, 3)} uint8.
        weights: that drew them.
        seconds: that drawing took, without loading.
    """

    requests: list[Request]
    pictures: dict[int, np.ndarray]
    weights: Weights
    seconds: float

    @property
    def last(self) -> np.ndarray:
        """The pictures of the last stage (n, size, size, 3)."""
        return self.pictures[max(self.pictures)]

    def png(self) -> bytes:
        """The pictures of the last stage in a row, with the note that draws them again."""
        return png_bytes(
            compose(self.requests, self.pictures), to_note(self.requests, self.weights)
        )


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
    caption = _checked("the caption", caption)
    to_caption = _checked("the second caption", to_caption) if words else ""
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


def _checked(name: str, caption: str) -> str:
    """A caption that can be drawn; what is wrong with it is said of the field's name."""
    try:
        return check_captions(caption)[0]
    except InputError as error:
        raise InputError(str(error).replace("caption 1", name, 1)) from error


class Artist:
    """Draws requests with the weights that they name, one batch at a time.

    Several threads may ask. The last weight sets stay loaded; those of a run that trains on are
    loaded anew when they have changed.
    """

    def __init__(self) -> None:
        """Load nothing yet."""
        self._lock = threading.Lock()
        self._sets: dict[tuple[str, bytes], Synthesizer] = {}  # the one used last is the last

    def draw(self, requests: Sequence[Request]) -> Drawn:
        """The pictures of every stage up to the requests'.

        Where the weights have no Stage II (yet), the pictures are those of Stage I.

        Raises:
            InputError: no such weights, or they are damaged.
        """
        with self._lock:
            synthesizer = self._synthesizer(requests[0].weights)
            stages = synthesizer.weights.generators
            possible = [one if one.stage in stages else replace(one, stage=1) for one in requests]
            started = time.perf_counter()
            pictures = draw(synthesizer, possible)
            seconds = time.perf_counter() - started
            return Drawn(possible, pictures, synthesizer.weights, seconds)

    def has(self, weights: str) -> bool:
        """Whether a set is loaded: drawing with it needs no seconds of loading."""
        return any(name == weights for name, _ in list(self._sets))  # another thread adds to it

    def _synthesizer(self, weights: str) -> Synthesizer:
        card = (find_weights(weights) / CARD).read_bytes()  # it holds the checksums
        found = self._sets.pop((weights, card), None) or Synthesizer(weights)
        self._sets[weights, card] = found
        while len(self._sets) > KEPT_SETS:
            self._sets.pop(next(iter(self._sets)))
        return found


ARTIST = Artist()  # of all panels: a cell that is run again loads nothing again
