"""Check of exercise 5 in notebook 04 (Stage-II GAN): a picture is kept near its sketch."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from t2i_utils.course.checks import as_array, call, short, verdict
from t2i_utils.stackgan.layers import BackProjection


def ready_hold(pictures: Any, sketches: Any) -> Any:
    """A right answer: the notebook draws with it until the learner's own is right."""
    return BackProjection()([ops.convert_to_tensor(pictures), ops.convert_to_tensor(sketches)])


def _hold(
    pictures: np.ndarray, sketches: np.ndarray, *, margin: float = 0.3, share: float = 0.5,
    below: bool = True, above: bool = True, wrong_low: bool = False, limit: float = 1.0,
    clamp_last: bool = False, seen: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """A mistake: what `ready_hold` does, with one thing changed."""
    size = pictures.shape[1:3]

    def enlarge(maps: Any) -> Any:
        return ops.image.resize(maps, size, interpolation="bilinear")

    def highest(maps: Any) -> Any:
        return ops.max_pool(maps, 3, strides=1, padding="same")

    def clamp(maps: Any) -> Any:
        low = highest(sketches) if wrong_low else -highest(-sketches)
        if above:
            maps = ops.minimum(maps, enlarge(ops.minimum(highest(sketches) + margin, limit)))
        return ops.maximum(maps, enlarge(ops.maximum(low - margin, -limit))) if below else maps

    held = pictures if clamp_last else clamp(pictures)
    missing = sketches - ops.average_pool(held if seen is None else seen, 4, strides=4)
    held = held + share * enlarge(missing)
    return np.asarray(clamp(held) if clamp_last else held)


def check_hold(function: Callable[..., Any]) -> bool:
    """Exercise 5: a picture is kept near the sketch that it was made from."""
    rng = np.random.default_rng(0)
    sketches = rng.uniform(-1, 1, (2, 6, 6, 3)).astype("float32")
    sketches[1, :, :3], sketches[1, :, 3:] = -0.4, 0.2  # flat on both sides of one edge
    pictures = rng.normal(0, 1, (2, 24, 24, 3)).astype("float32")
    answer, problem = call(function, pictures.copy(), sketches.copy())
    if problem:
        return verdict(False, problem)
    values = as_array(answer)
    if values is None or values.shape != pictures.shape:
        shape = short(answer) if values is None else f"shape {values.shape}"
        return verdict(False, f"return pictures of the shape {pictures.shape}, got {shape}")
    right = np.asarray(ready_hold(pictures, sketches))
    if np.allclose(values, right, atol=1e-4):
        return verdict(True, "no line leaves the sketch's range, and half of the rest goes back")
    clamped = _hold(pictures, sketches, share=0)
    for mistake, hint in (
        (clamped, "step 1 is right; add half of what is missing, enlarged"),
        (_hold(pictures, sketches, above=False, below=False),
         "step 2 is right, but each pixel must be kept within its range first"),
        (_hold(pictures, sketches, below=False), "the upper bound is kept; keep the lower one too"),
        (_hold(pictures, sketches, above=False), "the lower bound is kept; keep the upper one too"),
        (_hold(pictures, sketches, wrong_low=True),
         "the lower bound starts from the *least* of nine: -ops.max_pool(-sketches, ...)"),
        (_hold(pictures, sketches, margin=0), "let the picture go 0.3 beyond the range"),
        (_hold(pictures, sketches, margin=-0.3), "the margin makes the range wider, not narrower"),
        (_hold(pictures, sketches, limit=9.0), "no bound is above 1 or below -1"),
        (_hold(pictures, sketches, share=1), "add *half* of what is missing"),
        (_hold(pictures, sketches, share=-0.5), "what is missing is the sketch minus the picture"),
        (_hold(pictures, sketches, clamp_last=True), "first keep it within the range, then step 2"),
        (_hold(pictures, sketches, seen=pictures), "shrink the picture that step 1 has made"),
    ):  # fmt: skip
        if np.allclose(values, mistake, atol=1e-4):
            return verdict(False, hint)
    off = np.abs(values - right).mean()
    return verdict(False, f"the pictures are off by {off:.2f} on average; is it done in two steps?")
