"""Checks of exercises 2, 3, 6 and 7 in notebook 07: answers pass, each mistake gets its hint."""

from collections import Counter

import numpy as np
import pytest
from answers import refused, said

from t2i_utils.config import Config
from t2i_utils.course import checks_07_choices as checks
from t2i_utils.training.choice import Score, best_step
from t2i_utils.training.stage import learning_rate_factor


def accepted(capsys, check, answer) -> None:
    assert check(answer) is True
    assert said(capsys).startswith("Right: ")


# --- exercise 2 --------------------------------------------------------------------------------


def silent(captions, *, strip=True, pictures=True, decide=all, empty=True):
    """The solution, with one thing changed."""
    clean = {n: [t.strip() if strip else t for t in own] for n, own in captions.items()}
    count = Counter(t for own in clean.values() for t in (set(own) if pictures else own))
    found = []
    for name, own in clean.items():
        shared = [count[text] > 1 or not text for text in own]
        if decide(shared) and (own or empty):
            found.append(name)
    return found


def by_sets(captions):
    found = set()
    for name, own in captions.items():
        others = {t.strip() for n, more in captions.items() if n != name for t in more}
        if not {t.strip() for t in own} - others - {""}:
            found.add(name)
    return found


def emptied(captions):
    found = silent(captions)
    captions.clear()
    return found


def test_silent_captions_are_accepted(capsys):
    for function in (silent, by_sets, checks.ready_silent, lambda c: tuple(reversed(silent(c)))):
        accepted(capsys, checks.check_silent, function)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda captions: ..., "replace the ..."),
        (lambda captions: captions["x"], "KeyError"),
        (lambda captions: len(silent(captions)), "a list of names"),
        (lambda captions: "shared.png", "a list of names"),
        (lambda captions: ["a photo of my cup"], "names of pictures are asked"),
        (emptied, "changes the captions"),
        (lambda captions: [n for n in captions if n not in silent(captions)], "other way round"),
        (lambda captions: silent(captions, decide=any), "one of its own is enough"),
        (lambda captions: silent(captions, pictures=False), "how many *pictures*"),
        (lambda captions: [*silent(captions), "half.png"], "beside an empty one"),
        (lambda captions: silent(captions, empty=False), "no sentence at all"),
        (lambda captions: silent(captions, strip=False), "without a word"),
        (lambda captions: ["none.png", "blank.png"], "also.png has no sentence"),
    ],
)
def test_wrong_silent_captions_get_their_hint(capsys, function, hint):
    refused(capsys, checks.check_silent, function, hint)


# --- exercise 3 --------------------------------------------------------------------------------


def split(series, every=10, *, start=0):
    """The solution, with one thing changed."""
    return np.isin(series, sorted(set(series))[start::every])


def by_a_loop(series, every):
    chosen = set(list(dict.fromkeys(series))[: max(1, len(set(series)) // every)])
    return [name in chosen for name in series]


def test_a_split_by_series_is_accepted(capsys):
    for function in (split, by_a_loop, checks.ready_split, lambda s, e: split(s, e).astype(int)):
        accepted(capsys, checks.check_split, function)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda series, every: ..., "replace the ..."),
        (lambda series, every: [..., ...], "replace the ..."),
        (lambda series: split(series), "TypeError"),
        (lambda series, every: sorted(set(series))[::every], "True or False for each"),
        (lambda series, every: np.flatnonzero(split(series, every)), "True or False for each"),
        (lambda series, every: np.arange(len(series)) % every == 0, "lies on both sides"),
        (lambda series, every: np.isin(series, np.random.default_rng().permutation(
            sorted(set(series)))[:3]), "called twice"),
        (lambda series, every: ~split(series, every), "the other way round"),
        (lambda series, every: np.zeros(len(series), bool), "none is held back"),
        (lambda series, every: np.ones(len(series), bool), "nothing is left"),
        (lambda series, every: split(series, 2), "3 of 30 series"),
        (lambda series, every: split(series, every, start=every - 1), "none is held back"),
    ],
)  # fmt: skip
def test_a_wrong_split_gets_its_hint(capsys, function, hint):
    refused(capsys, checks.check_split, function, hint)


# --- exercise 6 --------------------------------------------------------------------------------


def later(step, steps):
    return max(0.0, (step - steps / 2) / (steps / 2))


def factor(step, steps):
    return 0.1 ** later(step, steps)


def test_a_falling_rate_is_accepted(capsys):
    def the_librarys(step, steps):
        config = Config(decay_from=steps // 2, decay_until=steps)
        return learning_rate_factor(config, step, 60)

    def by_exponential(step, steps):
        return np.exp(-np.log(10) * later(step, steps)) if step > steps // 2 else 1

    for function in (factor, the_librarys, by_exponential, checks.ready_rate_factor):
        accepted(capsys, checks.check_rate_factor, function)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda step, steps: ..., "replace the ..."),
        (lambda step, steps: 1 / step, "step 0 of 100"),
        (lambda step, steps: [1, 2], "return one number"),
        (lambda step, steps: 1.0, "never falls"),
        (lambda step, steps: 0.1 ** (step / steps), "from the first step on"),
        (lambda step, steps: 1 - 0.9 * later(step, steps), "by the same *share*"),
        (lambda step, steps: 0.01 ** later(step, steps), "a hundredth"),
        (lambda step, steps: 0.1 ** ((step - steps / 2) / (steps / 2)), "not be negative"),
        (lambda step, steps: 0.1 ** max(0, (step - steps / 2) / steps), "half as long"),
        (lambda step, steps: 1 if step < steps / 2 else 0.1, "it falls at once"),
        (lambda step, steps: 10 ** later(step, steps), "it rises"),
        (lambda step, steps: 10 * factor(step, steps), "1 is the full rate"),
        (lambda step, steps: factor(step, 100), "of 250: expected"),
    ],
)
def test_a_wrong_rate_gets_its_hint(capsys, function, hint):
    refused(capsys, checks.check_rate_factor, function, hint)


# --- exercise 7 --------------------------------------------------------------------------------


def best(history, *, key="KID", choose=min):
    """The solution, with one thing changed."""
    return choose(history, key=lambda row: row[key])["step"]


def test_a_best_step_is_accepted(capsys):
    def by_argmin(history):
        return history[int(np.argmin([row["KID"] for row in history]))]["step"]

    def the_librarys(history):
        return best_step([Score(int(row["step"]), row["KID"], row["error"]) for row in history])

    for function in (best, by_argmin, the_librarys, checks.ready_best_step):
        accepted(capsys, checks.check_best_step, function)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda history: ..., "replace the ..."),
        (lambda history: history["KID"], "TypeError"),
        (lambda history: history[0], "one number, a step"),
        (lambda history: min(row["KID"] for row in history), "its *step* is asked"),
        (lambda history: int(np.argmin([row["KID"] for row in history])), "place in the list"),
        (lambda history: best(history[::-1]), "take the earlier one"),
        (lambda history: history[-1]["step"], "the last step"),
        (lambda history: best(history, choose=max), "less is better"),
        (lambda history: min(history, key=lambda row: abs(row["KID"]))["step"], "below 0"),
        (lambda history: best(history, key="error"), "smallest *error*"),
        (lambda history: best(history[1:]), "step 0 is a candidate"),
        (lambda history: best(history, key="train", choose=max), "not by the judge"),
        (lambda history: 7, "expected step 40, got 7"),
    ],
)
def test_a_wrong_best_step_gets_its_hint(capsys, function, hint):
    refused(capsys, checks.check_best_step, function, hint)
