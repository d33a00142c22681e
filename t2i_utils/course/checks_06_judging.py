"""Checks of exercises 6 to 9 in notebook 06: descriptions put to a test."""

from collections import Counter
from collections.abc import Callable, Mapping
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


def check_colour_scores(function: Callable[..., Any]) -> bool:
    """Exercise 7: precision and recall of the colours in descriptions, over all pictures."""
    said = [{"red", "black"}, {"blue"}, set(), {"grey", "white", "tan", "buff"}]
    true = [{"red"}, {"blue", "white", "black"}, {"green", "brown"}, {"grey", "white"}]
    answer, problem = call(function, [*map(set, said)], [*map(set, true)])
    if problem:
        if "ZeroDivision" in problem:
            problem += "; of one picture nothing is said: add up over all pictures, then divide"
        return verdict(False, problem)
    scores = as_array(answer)
    if scores is None or scores.shape != (2,):
        return verdict(False, f"return two numbers, precision and recall; got {short(answer)}")
    right = np.array(ready_colour_scores(said, true))
    if not np.allclose(scores, right, atol=1e-4):
        return verdict(False, _scores_hint(scores, right, said, true))
    answer, problem = call(function, [set(), set()], [{"red"}, {"blue"}])
    silent = None if problem else as_array(answer)
    if silent is None or silent.shape != (2,) or not np.allclose(silent, 0):
        return verdict(
            False,
            "right, but for one case: where nothing at all is said both are 0, and you divide by "
            "the number of colours said",
        )
    return verdict(True, "precision judges what is said, recall what is left unsaid")


def ready_colour_scores(said: list[set[str]], true: list[set[str]]) -> tuple[float, float]:
    """A right answer: the notebook scores by it until the learner's own is right."""
    right = sum(len(a & b) for a, b in zip(said, true, strict=True))
    return right / max(1, sum(map(len, said))), right / max(1, sum(map(len, true)))


def _scores_hint(
    scores: np.ndarray, right: np.ndarray, said: list[set[str]], true: list[set[str]]
) -> str:
    pairs = list(zip(said, true, strict=True))
    each = [(len(a & b) / max(1, len(a)), len(a & b) / len(b)) for a, b in pairs]
    spoken = [(len(a & b) / len(a), len(a & b) / len(b)) for a, b in pairs if a]
    together = (set().union(*said), set().union(*true))
    common = len(together[0] & together[1])
    for wrong, hint in (
        (right[::-1], "swapped: precision divides by the colours said, recall by the true ones"),
        (100 * right, "return shares between 0 and 1, not per cent"),
        (np.mean(each, axis=0), "add up over all pictures first, then divide once"),
        (np.mean(spoken, axis=0), "add up over all pictures first, then divide once"),
        ((common / len(together[0]), common / len(together[1])),
         "compare picture by picture: a blue that is true elsewhere does not count"),
        (1 - right, "those are the shares that are wrong"),
    ):  # fmt: skip
        if np.allclose(scores, wrong, atol=1e-4):
            return hint
    return f"expected {right.round(3).tolist()}, got {scores.round(3).tolist()}"


def check_confusions(function: Callable[..., Any]) -> bool:
    """Exercise 8: which colour is said where another is true."""
    said = [{"red", "grey"}, {"red"}, {"blue"}, {"tan", "buff"}, {"green"}, set()]
    true = [{"orange", "grey"}, {"orange"}, {"blue", "white"}, {"brown"}, {"green"}, {"pink"}]
    answer, problem = call(function, [*map(set, said)], [*map(set, true)])
    if problem:
        return verdict(False, problem)
    if not isinstance(answer, Mapping):
        return verdict(False, f"return a Counter or a dictionary of pairs; got {short(answer)}")
    found = {pair: number for pair, number in answer.items() if number != 0}
    right = ready_confusions(said, true)
    if found == right:
        return verdict(True, "only what is missed and what is invented in one picture make a pair")
    for wrong, hint in (
        ({pair[::-1]: n for pair, n in right.items()}, "swapped: first the colour that was missed"),
        (dict.fromkeys(right, 1), "count: a pair may occur in several pictures"),
        ({pair: n / len(said) for pair, n in right.items()}, "count the pictures, no shares"),
        (Counter((t, s) for a, b in zip(said, true, strict=True) for t in b for s in a),
         "a colour that is said *and* true is neither missed nor invented: `-` of sets"),
        (Counter((t, s) for a, b in zip(said, true, strict=True) for t in b - a for s in a),
         "what is said and true is not invented: take said - true as well"),
        (Counter((t, s) for a, b in zip(said, true, strict=True) for t in b for s in a - b),
         "what is true and said is not missed: take true - said as well"),
        (Counter((t, s) for b in true for a in said for t in b - a for s in a - b),
         "compare picture by picture, each description with its own picture"),
    ):  # fmt: skip
        if found == dict(wrong):
            return verdict(False, hint)
    return verdict(False, f"expected {short(dict(right))}, got {short(found)}")


def ready_confusions(said: list[set[str]], true: list[set[str]]) -> dict[tuple[str, str], int]:
    """A right answer: the notebook counts by it until the learner's own is right."""
    pairs = zip(said, true, strict=True)
    return dict(Counter((t, s) for a, b in pairs for t in b - a for s in a - b))


def check_floor(function: Callable[..., Any]) -> bool:
    """Exercise 9: what descriptions of other pictures repeat of a caption."""
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
