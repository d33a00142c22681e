"""Checks of exercises 2, 3, 6 and 7 in notebook 07: captions, split, rate, best step."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from t2i_utils.course.checks import as_array, call, call_for_number, one_number, short, verdict

# --- exercise 2: which captions tell nothing ----------------------------------------------------

_CAPTIONED = {
    "own.png": ["a red cup", "a photo of my cup"],
    "shared.png": ["a photo of my cup", "a cup on a table"],
    "twice.png": ["a blue cup", "a blue cup"],
    "also.png": ["a cup on a table"],
    "blank.png": ["", "  "],
    "none.png": [],
    "half.png": ["", "a cup without a handle"],
}
_SILENT = {"shared.png", "also.png", "blank.png", "none.png"}


def ready_silent(captions: Mapping[str, Sequence[str]]) -> list[str]:
    """A right answer: the notebook goes on with it until the learner's own is right."""
    pictures = Counter(text for own in captions.values() for text in {t.strip() for t in own})
    return [
        name
        for name, own in captions.items()
        if all(not text.strip() or pictures[text.strip()] > 1 for text in own)
    ]


def check_silent(function: Callable[..., Any]) -> bool:
    """Exercise 2: the pictures that no sentence tells from the others."""
    given = {name: list(own) for name, own in _CAPTIONED.items()}
    answer, problem = call(function, given)
    if problem:
        return verdict(False, problem)
    if isinstance(answer, str) or not isinstance(answer, (list, tuple, set, frozenset)):
        return verdict(False, f"return a list of names; got {short(answer)}")
    if given != _CAPTIONED:
        return verdict(False, "your function changes the captions that it is given")
    found = set(answer)
    if unknown := [name for name in found if name not in _CAPTIONED]:
        return verdict(False, f"names of pictures are asked; {short(unknown[0])} is none")
    if found == _SILENT:
        return verdict(True, "each picture that is left has a sentence of its own")
    return verdict(False, _silent_hint(found))


def _silent_hint(found: set[str]) -> str:
    if found == set(_CAPTIONED) - _SILENT:
        return "the other way round: return the pictures that have no sentence of their own"
    if "own.png" in found:
        return "own.png has a sentence that is shared, and one of its own: one of its own is enough"
    if "twice.png" in found:
        return "twice.png says its own sentence twice: count in how many *pictures* a sentence is"
    if "half.png" in found:
        return "half.png has a sentence of its own beside an empty one"
    if "none.png" not in found:
        return "none.png has no sentence at all, so none of its own"
    if "blank.png" not in found:
        return "blank.png has sentences without a word: .strip() leaves nothing of them"
    missing = sorted(_SILENT - found)
    return f"{missing[0]} has no sentence that is its own: {_CAPTIONED[missing[0]]}"


# --- exercise 3: whole series are held back -----------------------------------------------------


def ready_split(series: Sequence[str], every: int = 10) -> np.ndarray:
    """A right answer: the notebook goes on with it until the learner's own is right."""
    return np.isin(series, sorted(set(series))[::every])


def check_split(function: Callable[..., Any]) -> bool:
    """Exercise 3: which pictures are held back, whole series at a time."""
    random = np.random.default_rng(0)
    for names, every in ((30, 10), (12, 3), (4, 10)):
        series = [f"series {n:02d}" for n in random.permutation(np.repeat(np.arange(names), 3))]
        answer, problem = call(function, list(series), every)
        if problem:
            return verdict(False, problem)
        held = as_array(answer)
        if held is None or held.shape != (len(series),) or not np.isin(held, (0, 1)).all():
            return verdict(False, _no_split(answer, len(series)))
        again, _ = call(function, list(series), every)
        hint = _split_hint(series, held.astype(bool), as_array(again), every)
        if hint:
            return verdict(False, hint)
    return verdict(True, "no series lies on both sides, and the split is always the same")


def _no_split(answer: Any, count: int) -> str:
    return f"return True or False for each of the {count} pictures; got {short(answer)}"


def _split_hint(
    series: Sequence[str], held: np.ndarray, again: np.ndarray | None, every: int
) -> str:
    """What is wrong with a split, "" if nothing is."""
    count, names = len(set(series)), np.array(series)
    if again is None or not np.array_equal(held, again.astype(bool)):
        return "called twice, it held back other pictures: no score could be compared with the last"
    if not held.any():
        return f"of {count} series none is held back: at least one is needed"
    if held.all():
        return "all pictures are held back: nothing is left to learn from"
    torn = sorted(set(names[held]) & set(names[~held]))
    if torn:
        return f"{torn[0]} lies on both sides: decide for each *series*, not for each picture"
    wanted = -(-count // every)  # rounded up
    whole, found = max(1, round(count / every)), len(set(names[held]))
    if found in (wanted, whole, max(1, count // every)):
        return ""
    if count - found in (wanted, whole):
        return "the other way round: True is for what is held back"
    return f"with every={every}, {wanted} of {count} series are to be held back, not {found}"


# --- exercise 6: a rate that falls --------------------------------------------------------------


def ready_rate_factor(step: int, steps: int) -> float:
    """A right answer: the notebook goes on with it until the learner's own is right."""
    half = steps / 2
    return 0.1 ** max(0.0, (step - half) / (steps - half))


def check_rate_factor(function: Callable[..., Any]) -> bool:
    """Exercise 6: what multiplies the learning rate at a step."""
    for steps in (100, 250):
        found = []
        for step in range(0, steps + 1, steps // 10):
            value, problem = call_for_number(function, step, steps)
            if problem:
                return verdict(False, f"{problem} (step {step} of {steps})")
            found.append(value)
        right = [ready_rate_factor(step, steps) for step in range(0, steps + 1, steps // 10)]
        if not np.allclose(found, right, rtol=1e-3):
            return verdict(False, _rate_hint(np.array(found), np.array(right), steps))
    return verdict(True, "full speed for one half, then down to a tenth: the command's own rule")


def _rate_hint(found: np.ndarray, right: np.ndarray, steps: int) -> str:
    place = np.linspace(0, 1, 11)
    later = np.clip(2 * place - 1, 0, None)
    for wrong, hint in (
        (np.ones(11), "the rate never falls"),
        (0.1**place, "it falls from the first step on: the first half keeps the full rate"),
        (1 - 0.9 * later, "it falls by the same *amount* at each step; by the same *share* is "
         "asked: a power of 0.1"),
        (0.1 ** (2 * later), "at the last step it is a hundredth: the exponent goes from 0 to 1"),
        (0.1 ** (2 * place - 1), "above 1 in the first half: the exponent must not be negative"),
        (0.1 ** (later / 2), "it has not fallen to a tenth at the end: the way from the middle to "
         "the end is half as long as all steps"),
        (np.where(place < 0.5, 1, 0.1), "it falls at once: let it fall a little at each step"),
        (1 / right, "it rises: 0.1 to a power falls, 10 to a power rises"),
        (10 * right, "it is a factor: 1 is the full rate"),
    ):  # fmt: skip
        if np.allclose(found, wrong, rtol=1e-3):
            return hint
    worst = int(np.argmax(~np.isclose(found, right, rtol=1e-3)))
    step = worst * steps // 10
    return f"step {step} of {steps}: expected {right[worst]:.3f}, got {found[worst]:.3f}"


# --- exercise 7: the step to keep ---------------------------------------------------------------

# KID x 1000 is noisy, so the best step is neither the last one nor that of the smallest error. The
# judge's score of training pictures is there to mislead.
_HISTORIES: tuple[list[dict[str, float]], ...] = (
    [
        {"step": 0, "KID": 3100.0, "error": 400.0, "train": 0.1},
        {"step": 20, "KID": 2900.0, "error": 200.0, "train": 0.9},
        {"step": 40, "KID": 1400.0, "error": 300.0, "train": 0.8},
        {"step": 60, "KID": 1400.0, "error": 310.0, "train": 1.0},
        {"step": 80, "KID": 1700.0, "error": 250.0, "train": 1.4},
        {"step": 100, "KID": 1900.0, "error": 350.0, "train": 1.2},
    ],
    [
        {"step": 0, "KID": 12.0, "error": 3.0, "train": 0.4},
        {"step": 50, "KID": 25.0, "error": 5.0, "train": 0.6},
        {"step": 100, "KID": 31.0, "error": 4.0, "train": 0.5},
    ],
    [
        {"step": 10, "KID": 5.0, "error": 3.0, "train": 0.4},
        {"step": 20, "KID": -1.5, "error": 3.0, "train": 0.6},
        {"step": 30, "KID": 1.0, "error": 1.0, "train": 0.5},
        {"step": 40, "KID": 4.0, "error": 2.0, "train": 0.7},
    ],
)


def ready_best_step(history: Sequence[Mapping[str, float]]) -> float:
    """A right answer: the notebook goes on with it until the learner's own is right."""
    return min(history, key=lambda row: row["KID"])["step"]


def check_best_step(function: Callable[..., Any]) -> bool:
    """Exercise 7: the step with the smallest distance; of equals, the earliest."""
    for history in _HISTORIES:
        given = [dict(row) for row in history]
        answer, problem = call(function, given)
        if problem:
            return verdict(False, problem)
        value, right = one_number(answer), ready_best_step(history)
        if value is None:
            return verdict(False, f"return one number, a step; got {short(answer)}")
        if value != right:
            return verdict(False, _best_hint(value, right, history))
    return verdict(True, "and step 0 may win: then the training was of no use")


def _best_hint(value: float, right: float, history: Sequence[Mapping[str, float]]) -> str:
    steps = [row["step"] for row in history]
    kids = [row["KID"] for row in history]
    size = [abs(kid) for kid in kids]
    equal = [row["step"] for row in history if row["KID"] == min(kids)]
    for wrong, hint in (
        (min(kids), "that is the smallest KID; its *step* is asked"),
        (steps.index(right), "that is the place in the list; return what stands under 'step'"),
        (max(equal) if len(equal) > 1 else None, "two steps are equal: take the earlier one"),
        (steps[-1], "that is the last step, not the best"),
        (steps[kids.index(max(kids))], "that is the largest KID; less is better"),
        (steps[size.index(min(size))], "KID may fall below 0 by chance; less is still better"),
        (min(history, key=lambda row: row["error"])["step"], "that is the smallest *error*"),
        (min(history[1:], key=lambda row: row["KID"])["step"], "step 0 is a candidate, too"),
        (max(history, key=lambda row: row["train"])["step"], "choose by KID, not by the judge"),
    ):
        if wrong is not None and value == wrong:
            return hint
    return f"of {list(zip(steps, kids, strict=True))}: expected step {right:g}, got {value:g}"
