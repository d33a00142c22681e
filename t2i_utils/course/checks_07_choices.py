"""Checks of exercises 2, 3, 6 and 7 in notebook 07: captions, split, rates, step to keep."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from t2i_utils.course.checks import as_array, call, one_number, short, verdict

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


def ready_split(series: Sequence[str], share: float = 0.1) -> np.ndarray:
    """A right answer: the notebook goes on with it until the learner's own is right."""
    chosen: set[str] = set()
    count = 0
    for name, size in sorted(Counter(series).items()):
        if count < share * len(series):
            chosen.add(name)
            count += size
    return np.array([name in chosen for name in series])


def check_split(function: Callable[..., Any]) -> bool:
    """Exercise 3: which pictures are held back, whole series at a time."""
    random = np.random.default_rng(0)
    for sizes, share in (((3,) * 30, 0.1), ((9, 1, 2, 6, 1, 1, 4, 1), 0.3), ((2, 5, 3), 0.05)):
        numbers = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
        series = [f"series {n:02d}" for n in numbers]
        answer, problem = call(function, list(series), share)
        if problem:
            return verdict(False, problem)
        held = as_array(answer)
        if held is None or held.shape != (len(series),) or not np.isin(held, (0, 1)).all():
            return verdict(False, _no_split(answer, len(series)))
        again, _ = call(function, list(series), share)
        hint = _split_hint(series, held.astype(bool), as_array(again), share)
        if hint:
            return verdict(False, hint)
    return verdict(True, "no series lies on both sides, and the split is always the same")


def _no_split(answer: Any, count: int) -> str:
    return f"return True or False for each of the {count} pictures; got {short(answer)}"


def _split_hint(
    series: Sequence[str], held: np.ndarray, again: np.ndarray | None, share: float
) -> str:
    """What is wrong with a split, "" if nothing is."""
    names, wanted = np.array(series), share * len(series)
    if again is None or not np.array_equal(held, again.astype(bool)):
        return "called twice, it held back other pictures: no score could be compared with the last"
    if not held.any():
        return "nothing is held back: at least one series is needed"
    if held.all():
        return "all pictures are held back: nothing is left to learn from"
    torn = sorted(set(names[held]) & set(names[~held]))
    if torn:
        return f"{torn[0]} lies on both sides: decide for each *series*, not for each picture"

    def is_enough(chosen: np.ndarray) -> bool:
        largest = max(Counter(names[chosen].tolist()).values())
        return chosen.sum() >= wanted > chosen.sum() - largest

    if is_enough(held):
        return ""
    if is_enough(~held):
        return "the other way round: True is for what is held back"
    told = f"{held.sum()} of {len(series)} pictures are held back, with share={share}"
    if held.sum() < wanted:
        return f"{told}: go on until it is at least the share of the *pictures*, not of the series"
    return f"{told}: stop as soon as the share is reached"


# --- exercise 6: three phases of the learning rates ---------------------------------------------


def ready_rate_factors(step: int, steps: int, warm_up: int) -> tuple[float, float]:
    """A right answer: the notebook goes on with it until the learner's own is right."""
    half = steps / 2
    factor = 0.1 ** max(0.0, (step - half) / (steps - half))
    return (0.0 if step < warm_up else factor), factor


def check_rate_factors(function: Callable[..., Any]) -> bool:
    """Exercise 6: what multiplies the learning rates of generator and discriminator at a step."""
    for steps, warm_up in ((100, 20), (250, 50), (100, 0), (100, 70)):
        places = range(0, steps + 1, steps // 10)
        found = []
        for step in places:
            when = f"(step {step} of {steps}, warm-up {warm_up})"
            answer, problem = call(function, step, steps, warm_up)
            if problem:
                return verdict(False, f"{problem} {when}")
            both = as_array(answer)
            if both is None or both.shape != (2,):
                return verdict(False, f"return two factors, generator and discriminator {when}; "
                               f"got {short(answer)}")  # fmt: skip
            found.append(both)
        right = np.array([ready_rate_factors(step, steps, warm_up) for step in places])
        if not np.allclose(found, right, rtol=1e-3):
            return verdict(False, _factors_hint(np.array(found), right, steps, warm_up))
    return verdict(True, "warm-up, full rate, and down to a tenth, as the command does it")


def _factors_hint(found: np.ndarray, right: np.ndarray, steps: int, warm_up: int) -> str:
    """What is wrong with the factors (11, 2) of generator and discriminator."""
    generator, discriminator = found.T
    if np.allclose(found[:, ::-1], right, rtol=1e-3):
        return "swapped: first the generator's factor, then the discriminator's"
    if not np.allclose(discriminator, right[:, 1], rtol=1e-3):
        if np.allclose(found, right[:, :1], rtol=1e-3):
            return "the discriminator learns from the first step on: in the warm-up it learns alone"
        hint = _rate_hint(discriminator, right[:, 1], steps)
        return f"the discriminator's factor: {hint}"
    place = round(10 * warm_up / steps)
    if generator[place] == 0 and np.allclose(np.delete(generator, place),
                                             np.delete(right[:, 0], place), rtol=1e-3):  # fmt: skip
        return (
            f"with warm-up {warm_up}, step {warm_up} is the generator's first: steps count from 0"
        )
    if np.allclose(generator, right[:, 1], rtol=1e-3):
        return "during the warm-up the generator's factor is 0"
    after = np.arange(11) >= place
    if not np.allclose(generator[~after], 0):
        return f"during the warm-up the generator's factor is 0, not {generator[0]:g}"
    worst = int(np.argmax(~np.isclose(generator, right[:, 0], rtol=1e-3)))
    return (
        "after the warm-up both factors are the same; the generator's at step "
        f"{worst * steps // 10} of {steps}: expected {right[worst, 0]:.3f}, got "
        f"{generator[worst]:.3f}"
    )


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

# KID x 1000 of each look, and the error of its *difference* to the best step. The errors of the
# steps themselves are larger: the looks share their noise and their held-back pictures.
_STEPS = (0, 40, 80, 120, 160, 200, 240)
_RUNS = (
    # Not shown to be worse than step 160: 120 and 200. By its own errors: 80. By added ones: 40.
    {
        "KID": (2500, 1800, 1650, 1430, 1400, 1420, 1500),
        "error": 150,
        "apart": (90, 70, 60, 40, 0, 40, 45),
    },
    # One error of the difference is too few: from 120 on, two errors reach to step 200.
    {
        "KID": (900, 800, 700, 560, 530, 500, 510),
        "error": 60,
        "apart": (50, 50, 50, 40, 40, 0, 40),
    },
    # The best is the last one, and no step is within two errors of it.
    {"KID": (900, 800, 700, 600, 550, 500, 100), "error": 60, "apart": (50, 50, 50, 50, 50, 50, 0)},
    # Nothing is gained: step 0 is not shown to be worse than step 80.
    {"KID": (52, 60, 50, 61, 70, 80, 85), "error": 20, "apart": (9, 6, 0, 4, 5, 6, 6)},
)


def _run(number: int) -> tuple[list[dict[str, float]], Callable[[int, int], tuple[float, float]]]:
    """The history of a run, and the function that compares two of its steps."""
    kids, error, apart = (_RUNS[number][key] for key in ("KID", "error", "apart"))
    pairs = zip(_STEPS, kids, strict=True)
    history = [{"step": step, "KID": float(kid), "error": float(error)} for step, kid in pairs]
    best = int(np.argmin(kids))

    def change(first: int, second: int) -> tuple[float, float]:
        one, two = _STEPS.index(first), _STEPS.index(second)
        between = apart[two] if one == best else apart[one] if two == best else 1.5 * error
        return float(kids[two] - kids[one]), float(between)

    return history, change


def ready_step_to_keep(
    history: Sequence[Mapping[str, float]], change: Callable[[int, int], tuple[float, float]]
) -> float:
    """A right answer: the notebook goes on with it until the learner's own is right."""
    best = min(history, key=lambda row: row["KID"])["step"]
    for row in history:
        difference, error = change(int(best), int(row["step"]))
        if difference <= 2 * error:
            return row["step"]
    return best


def check_step_to_keep(function: Callable[..., Any]) -> bool:
    """Exercise 7: the earliest step that is not shown to be worse than the best."""
    for number in range(len(_RUNS)):
        history, change = _run(number)
        answer, problem = call(function, [dict(row) for row in history], change)
        if problem:
            return verdict(False, problem)
        value, right = one_number(answer), ready_step_to_keep(history, change)
        if value is None:
            return verdict(False, f"return one number, a step; got {short(answer)}")
        if value != right:
            return verdict(False, _keep_hint(value, right, number))
    return verdict(True, "the earliest of all that may be the best; step 0 may be it, too")


def _keep_hint(value: float, right: float, number: int) -> str:
    history, change = _run(number)
    kids = [row["KID"] for row in history]
    best = _STEPS[int(np.argmin(kids))]

    def earliest(limit: Callable[[float, Mapping[str, float]], float]) -> float:
        rows = [row for row in history if row["KID"] - min(kids) <=
                limit(change(best, int(row["step"]))[1], row)]  # fmt: skip
        return rows[0]["step"]

    may = [row["step"] for row in history
           if row["KID"] - min(kids) <= 2 * change(best, int(row["step"]))[1]]  # fmt: skip
    for wrong, hint in (
        (_STEPS.index(int(right)), "that is the place in the list; return what stands under "
         "'step'"),
        (best, "that is the smallest KID: an earlier step is not shown to be worse"),
        (may[-1], "that is the latest step that is not shown to be worse: take the earliest"),
        (_STEPS[-1], "that is the last step"),
        (earliest(lambda apart, row: 2 * (row["error"] ** 2 * 2) ** 0.5), "the errors of two steps "
         "were added: they share pictures and noise, so take the error that `change` returns"),
        (earliest(lambda apart, row: 4 * row["error"]), "the errors of two steps were added: they "
         "share pictures and noise, so take the error that `change` returns"),
        (earliest(lambda apart, row: 2 * row["error"]), "that is a step's own error: take that of "
         "the difference, which `change` returns"),
        (earliest(lambda apart, row: apart), "worse is shown by *two* errors of the difference"),
        (_STEPS[0], "step 0 is shown to be worse: change(best, step) is above 0 for a worse step"),
        (may[1] if right == 0 else None, "step 0 is a candidate, too"),
    ):  # fmt: skip
        if wrong is not None and value == wrong != right:
            return hint
    differences = {row["step"]: change(best, int(row["step"])) for row in history}
    told = ", ".join(f"{step}: {diff:+.0f} ± {error:.0f}" for step, (diff, error) in
                     differences.items())  # fmt: skip
    return f"KID less that of step {best} is {told}: expected step {right:g}, got {value:g}"
