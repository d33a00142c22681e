"""Checks of exercises 6 and 7 in notebook 06: descriptions put to a test."""

from collections.abc import Callable
from typing import Any

import numpy as np

from t2i_utils.course.checks import as_array, call, call_for_number, short, verdict


def check_hide(function: Callable[..., Any]) -> bool:
    """Exercise 6: the regions that were looked at most become 0."""
    random = np.random.default_rng(0)
    regions = random.normal(size=(3, 6, 4))
    weights = random.permuted(np.tile(np.arange(1.0, 7) / 21, (3, 1)), axis=1)
    given = regions.copy()
    answer, problem = call(function, given, weights.copy(), 2)
    if problem:
        return verdict(False, problem)
    found = as_array(answer)
    if found is None or found.shape != regions.shape:
        return verdict(False, f"return regions of the shape {regions.shape}; got {short(answer)}")
    if not np.array_equal(given, regions):
        return verdict(False, "your function changes the regions that it is given: copy them first")
    if not np.allclose(found, ready_hide(regions, weights, 2)):
        return verdict(False, _hide_hint(found, regions, weights))
    answer, problem = call(function, regions.copy(), weights.copy(), 0)
    found = None if problem else as_array(answer)
    if found is None or not np.array_equal(found, regions):
        return verdict(False, problem or "with a count of 0 nothing is hidden: [-0:] takes all")
    return verdict(True, "each picture loses its own regions, and the original keeps them all")


def ready_hide(regions: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """A right answer: the notebook goes on with it until the learner's own is right."""
    hidden = regions.copy()
    most = np.argsort(-weights, axis=1)[:, :count]
    np.put_along_axis(hidden, most[..., None], 0, axis=1)
    return hidden


def _hide_hint(found: np.ndarray, regions: np.ndarray, weights: np.ndarray) -> str:
    same = regions.copy()
    same[:, np.argsort(-weights.mean(axis=0))[:2]] = 0
    firsts = regions.copy()
    firsts[:, np.argsort(-weights[0])[:2]] = 0
    together = regions.copy()
    together[:, np.unique(np.argsort(-weights, axis=1)[:, :2])] = 0
    for wrong, hint in (
        (regions, "nothing is hidden: an index with a list gives a copy; assign to the array"),
        (ready_hide(regions, -weights, 2), "those were looked at *least*: argsort counts upwards"),
        (ready_hide(regions, -weights, 4), "that hides all but the ones that were looked at most"),
        (ready_hide(regions, weights, 1), "one region too few: `count` of them are hidden"),
        (ready_hide(regions, weights, 3), "one region too many: `count` of them are hidden"),
        (same, "each picture has its own weights: do not take their mean over the pictures"),
        (firsts, "each picture has its own weights: those of the first were used for all"),
        (together, "each picture loses its own regions only: np.put_along_axis, or a loop"),
        (regions * (1 - weights[..., None]), "hide whole regions: set them to 0, all numbers"),
    ):
        if np.allclose(found, wrong):
            return hint
    return "in each picture, set the `count` regions of the largest weight to 0, and no others"


def check_floor(function: Callable[..., Any]) -> bool:
    """Exercise 7: what descriptions of other pictures repeat of a caption."""
    asked = [{1, 2, 3}, {2, 4}, {5}, {1, 6, 7, 8}]
    said = [{1, 2}, {2, 1, 5, 6}, {5, 2, 6, 8}, {1, 3}]
    value, problem = call_for_number(function, [*map(set, asked)], [*map(set, said)])
    if problem:
        return verdict(False, problem)
    right = ready_floor(asked, said)
    if np.isclose(value, right):
        return verdict(True, "each caption meets every description but its own")
    total, others = sum(map(len, asked)), len(asked) - 1
    kept = [[len(a & b) for b in said] for a in asked]
    own = sum(kept[i][i] for i in range(len(asked)))
    next_one = sum(kept[i][(i + 1) % len(asked)] for i in range(len(asked)))
    before = sum(kept[i][i - 1] for i in range(len(asked)))
    apart = sum(map(sum, kept)) - own
    each = [(sum(row) - row[i]) / others / len(asked[i]) for i, row in enumerate(kept)]
    for wrong, hint in (
        (own / total, "that is the share of its own description: the floor takes the *others*"),
        (sum(map(sum, kept)) / total / len(asked), "leave out each caption's own description"),
        (apart / total / len(asked), "each caption meets n - 1 other descriptions, not n"),
        (apart / total, "that adds up over the others: divide by their number, n - 1"),
        (next_one / total, "that is one other description for each caption: take all others"),
        (before / total, "that is one other description for each caption: take all others"),
        (apart / others / sum(map(len, said)), "divide by what is *asked*, not by what is said"),
        (np.mean(each), "add up over all captions first, then divide once"),
        (100 * right, "return a share between 0 and 1, not per cent"),
    ):
        if np.isclose(value, wrong):
            return verdict(False, hint)
    return verdict(False, f"expected {right:.4f}, got {value:.4f}")


def ready_floor(asked: list[set], said: list[set]) -> float:
    """A right answer: the notebook goes on with it until the learner's own is right."""
    kept = sum(len(a & b) for i, a in enumerate(asked) for j, b in enumerate(said) if i != j)
    return kept / ((len(said) - 1) * sum(map(len, asked)))
