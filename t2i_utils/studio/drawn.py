"""Pictures that the panel has drawn, with all that they came from."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from t2i_utils.drawing.loaded import LOADED
from t2i_utils.drawing.request import Request
from t2i_utils.drawing.saved_picture import compose, to_note
from t2i_utils.drawing.synthesizer import draw
from t2i_utils.pictures import png_bytes
from t2i_utils.stackgan.weights import Weights


class Drawn(NamedTuple):
    """Pictures and where they came from.

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


def draw_requests(requests: Sequence[Request]) -> Drawn:
    """Draw requests of one set with the weights that they name.

    Where the weights have no Stage II (yet), the pictures are those of Stage I.

    Raises:
        InputError: no such weights, or they are damaged.
    """
    synthesizer = LOADED.get(requests[0].weights)
    stages = synthesizer.weights.generators
    possible = [one if one.stage in stages else replace(one, stage=1) for one in requests]
    started = time.perf_counter()
    pictures = draw(synthesizer, possible)
    seconds = time.perf_counter() - started
    return Drawn(possible, pictures, synthesizer.weights, seconds)


def best_seed(request: Request, seeds: Sequence[int]) -> int:
    """Of some seeds, the one whose bird shows its caption best, as the discriminator sees it.

    It is the first one where the weights have no discriminator.

    Args:
        request: one picture of the bird; its own seed and its walk do not count.
        seeds: one or more.

    Raises:
        InputError: as `draw_requests`.
    """
    synthesizer = LOADED.get(request.weights)
    if not synthesizer.can_choose:
        return seeds[0]
    still = replace(request, stage=1, to_caption=None, to_seed=None, amount=0.0)
    pictures = draw(synthesizer, [replace(still, seed=seed) for seed in seeds])[1]
    scores = synthesizer.scores(pictures, synthesizer.embed([request.caption] * len(seeds)))
    return seeds[int(np.argmax(scores))]
