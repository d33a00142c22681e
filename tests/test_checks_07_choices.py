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


def split(series, share=0.1, *, order=sorted, least=0, most=99):
    """The solution, with one thing changed."""
    chosen, count = set(), 0
    for name in order(set(series)):
        if (count < share * len(series) or len(chosen) < least) and len(chosen) < most:
            chosen.add(name)
            count += list(series).count(name)
    return np.array([name in chosen for name in series])


def of_series(series, share):
    names = sorted(set(series))
    return np.isin(series, names[-max(1, round(share * len(names))) :])


def test_a_split_by_series_is_accepted(capsys):
    def latest_first(series, share):
        return split(series, share, order=lambda names: sorted(names, reverse=True)).tolist()

    for function in (split, latest_first, checks.ready_split, lambda s, h: split(s, h).astype(int)):
        accepted(capsys, checks.check_split, function)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda series, share: ..., "replace the ..."),
        (lambda series, share: [..., ...], "replace the ..."),
        (lambda series: split(series), "TypeError"),
        (lambda series, share: sorted(set(series)), "True or False for each"),
        (lambda series, share: np.flatnonzero(split(series, share)), "True or False for each"),
        (lambda series, share: np.arange(len(series)) < share * len(series), "on both sides"),
        (lambda series, share: split(series, share, order=lambda names: np.random.default_rng()
            .permutation(sorted(names)).tolist()), "called twice"),
        (lambda series, share: ~split(series, share), "the other way round"),
        (lambda series, share: np.zeros(len(series), bool), "nothing is held back"),
        (lambda series, share: np.ones(len(series), bool), "nothing is left"),
        (of_series, "not of the series"),
        (lambda series, share: split(series, share, most=1), "not of the series"),
        (lambda series, share: split(series, share, least=4), "stop as soon as"),
    ],
)  # fmt: skip
def test_a_wrong_split_gets_its_hint(capsys, function, hint):
    refused(capsys, checks.check_split, function, hint)


# --- exercise 6 --------------------------------------------------------------------------------


def later(step, steps):
    return max(0.0, (step - steps / 2) / (steps / 2))


def factors(step, steps, warm_up, *, fall=later, pause=0.0):
    """The solution, with one thing changed."""
    factor = 0.1 ** fall(step, steps)
    return (pause if step < warm_up else factor), factor


def shaped(curve):
    """A solution whose two factors follow another curve of (step, steps)."""
    return lambda step, steps, warm_up: (
        0.0 if step < warm_up else curve(step, steps),
        curve(step, steps),
    )


def test_factors_of_three_phases_are_accepted(capsys):
    def the_librarys(step, steps, warm_up):
        config = Config(decay_from=steps // 2, decay_until=steps)
        factor = learning_rate_factor(config, step, 60)
        return np.array([factor * (step >= warm_up), factor])

    for function in (factors, the_librarys, checks.ready_rate_factors):
        accepted(capsys, checks.check_rate_factors, function)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda step, steps, warm_up: ..., "replace the ..."),
        (lambda step, steps, warm_up: (..., ...), "replace the ..."),
        (lambda step, steps, warm_up: 1 / step, "step 0 of 100"),
        (lambda step, steps, warm_up: 1.0, "return two factors"),
        (lambda *a: factors(*a)[::-1], "swapped"),
        (lambda *a: (factors(*a)[0],) * 2, "it learns alone"),
        (lambda *a: (factors(*a)[1],) * 2, "during the warm-up the generator's factor is 0"),
        (lambda *a: factors(*a, pause=0.1), "not 0.1"),
        (lambda step, steps, warm_up: factors(step, steps, warm_up + 1), "the generator's first"),
        (lambda *a: (float(a[0] >= a[2]), factors(*a)[1]), "both factors are the same"),
        (shaped(lambda step, steps: 1.0), "never falls"),
        (shaped(lambda step, steps: 0.1 ** (step / steps)), "from the first step on"),
        (shaped(lambda step, steps: 1 - 0.9 * later(step, steps)), "by the same *share*"),
        (shaped(lambda step, steps: 0.01 ** later(step, steps)), "a hundredth"),
        (shaped(lambda step, steps: 0.1 ** (2 * step / steps - 1)), "not be negative"),
        (shaped(lambda step, steps: 0.1 ** (later(step, steps) / 2)), "half as long"),
        (shaped(lambda step, steps: 1 if step < steps / 2 else 0.1), "it falls at once"),
        (shaped(lambda step, steps: 10 ** later(step, steps)), "it rises"),
        (shaped(lambda step, steps: 10 * 0.1 ** later(step, steps)), "1 is the full rate"),
        (shaped(lambda step, steps: 0.1 ** later(step, 100)), "of 250: expected"),
    ],
)
def test_wrong_factors_get_their_hint(capsys, function, hint):
    refused(capsys, checks.check_rate_factors, function, hint)


# --- exercise 7 --------------------------------------------------------------------------------


def kid(row):
    return row["KID"]


def keep(history, change, *, limit=lambda own, error: 2 * error, order=1, turn=1):
    """The solution, with one thing changed."""
    best = min(history, key=kid)
    for row in history[::order]:
        difference, error = change(*(best["step"], row["step"])[::turn])
        if difference <= limit(row["error"], error):
            return row["step"]
    return best["step"]


def test_the_earliest_step_is_accepted(capsys):
    def as_a_list(history, change):
        best = min(history, key=kid)["step"]
        found = {row["step"]: change(best, row["step"]) for row in history}
        return min(step for step, (more, error) in found.items() if more <= 2 * error)

    for function in (keep, as_a_list, checks.ready_step_to_keep):
        accepted(capsys, checks.check_step_to_keep, function)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda history, change: ..., "replace the ..."),
        (lambda history, change: history["KID"], "TypeError"),
        (lambda history, change: history[0], "one number, a step"),
        (lambda history, change: 3, "place in the list"),
        (lambda history, change: min(history, key=kid)["step"], "that is the smallest KID"),
        (lambda *a: keep(*a, order=-1), "take the earliest"),
        (lambda history, change: history[-1]["step"], "that is the last step"),
        (lambda *a: keep(*a, limit=lambda own, error: 2 * np.hypot(own, own)), "were added"),
        (lambda *a: keep(*a, limit=lambda own, error: 2 * (own + own)), "were added"),
        (lambda *a: keep(*a, limit=lambda own, error: 2 * own), "a step's own error"),
        (lambda *a: keep(*a, limit=lambda own, error: error), "*two* errors"),
        (lambda *a: keep(*a, turn=-1), "step 0 is shown to be worse"),
        (lambda history, change: keep(history[1:], change), "step 0 is a candidate"),
        (lambda history, change: 77, "expected step 120, got 77"),
    ],
)
def test_a_wrong_step_to_keep_gets_its_hint(capsys, function, hint):
    refused(capsys, checks.check_step_to_keep, function, hint)


def test_the_smallest_kid_is_what_the_library_keeps():
    history, _ = checks._run(0)
    scores = [Score(int(row["step"]), row["KID"], row["error"]) for row in history]
    assert best_step(scores) == 160
