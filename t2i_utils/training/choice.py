"""Which step of a Stage I is kept: the one whose pictures are nearest to held-back photographs.

With few pictures, more training makes pictures worse at some point. So a run that is given a judge
keeps in `weights/` the best step so far. The first candidate is step 0, the weights that it began
with: what a run keeps is never worse than those, as far as the judge can tell.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras

from t2i_utils.text.whitening import Whitening


class Score(NamedTuple):
    """How far the pictures of a step are from photographs: the smaller the better."""

    step: int
    distance: float
    standard_error: float


# Takes a Stage I that is ready to draw with, and the whitening of its captions.
Judge = Callable[[keras.Model, Whitening], tuple[float, float]]


def best_step(scores: Sequence[Score]) -> int:
    """The step of the smallest distance; of equals, the earliest."""
    return min(scores, key=lambda score: score.distance).step


def scores_in_words(scores: Sequence[Score]) -> str:
    """Every distance in a line, times 1000: "step 0: 17.8, step 43: 12.1"."""
    return ", ".join(f"step {score.step}: {1000 * score.distance:.1f}" for score in scores)


def scores_table(scores: Sequence[Score]) -> str:
    """The scores as CSV."""
    kept = best_step(scores)
    rows = [
        f"{s.step},{s.distance:.6g},{s.standard_error:.2g},{int(s.step == kept)}" for s in scores
    ]
    return "\n".join(["step,kid,standard_error,kept", *rows]) + "\n"
