"""The checks of notebook 05: the solution passes, each usual mistake gets the hint that fits."""

import numpy as np
import pytest
from answers import said

from t2i_utils.course import checks_05
from t2i_utils.evaluation import kernel_distance, lerp, slerp


def rejected(capsys, hint: str) -> bool:
    line = said(capsys)
    return line.startswith("Not yet: ") and hint in line


# --- exercise 1 --------------------------------------------------------------------------------


def mmd(itself=False, divisor="own", width=True, one=1, power=3, between=2.0, factor=1.0):
    """The kernel distance with one thing changed."""

    def rule(real, fake):
        def kernel(a, b):
            return (a @ b.T / (a.shape[1] if width else 1) + one) ** power

        def within(a):
            k, n = kernel(a, a), len(a)
            total = k.sum() if itself else k.sum() - np.trace(k)
            return total / (n * n if divisor == "all" else n * (n - 1))

        return factor * (within(real) + within(fake) - between * kernel(real, fake).mean())

    return rule


def test_the_kernel_distance_is_accepted(capsys):
    assert checks_05.check_kernel_distance(mmd()) is True
    assert said(capsys).startswith("Right")
    assert checks_05.check_kernel_distance(lambda a, b: kernel_distance(a, b).value) is True


def only_square(real, fake):
    product = (real @ fake.T / real.shape[1] + 1) ** 3
    off = ~np.eye(len(real), dtype=bool)
    return 2 * product[off].mean()


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda real, fake: ..., "replace the ..."),
        (lambda real, fake: None, "replace the ..."),
        (lambda real, fake: 1 / 0, "ZeroDivisionError"),
        (lambda real, fake: real, "one number"),
        (lambda real, fake: "far", "one number"),
        (only_square, "got"),
        (lambda real, fake: mmd()(real, fake) + 0 * (real - fake)[0, 0], "6 real pictures"),
        (mmd(itself=True, divisor="all"), "leave out k(x, x)"),
        (mmd(itself=True), "n (n - 1) pairs"),
        (mmd(width=False), "by the width"),
        (mmd(one=0), "add 1"),
        (mmd(power=2), "not a square"),
        (mmd(power=1), "cube the kernel"),
        (mmd(between=1), "counts twice"),
        (mmd(between=-2), "subtract"),
        (mmd(factor=-1), "sign"),
        (mmd(factor=1000), "1,000"),
        (lambda real, fake: mmd()(real, fake) ** 0.5, "do not take the root"),
        (lambda real, fake: 0.123, "got 0.12300"),
        (lambda real, fake: float("nan"), "got nan"),
    ],
)
def test_a_wrong_kernel_distance_gets_its_hint(capsys, function, hint):
    assert checks_05.check_kernel_distance(function) is False
    assert rejected(capsys, hint)


# --- exercise 2 --------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [600, 600.0, np.int64(600), 0.4 * 0.6 / 0.02**2])
def test_the_number_of_pictures_is_accepted(capsys, answer):
    assert checks_05.check_num_pictures(answer) is True
    assert said(capsys).startswith("Right: 600")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (..., "replace the ..."),
        (None, "replace the ..."),
        ("many", "one number"),
        ([600, 600], "one number"),
        (12, "squared"),
        (0.24**0.5 / 0.02, "square both sides"),
        (0.06, "not 2"),
        (6, "not 0.2"),
        (1000, "p (1 - p)"),
        (625, "any share"),
        (2304.96, "1.96"),
        (2400, "two standard errors"),
        (77, "77 is not it"),
        (float("nan"), "is not it"),
    ],
)
def test_a_wrong_number_of_pictures_gets_its_hint(capsys, answer, hint):
    assert checks_05.check_num_pictures(answer) is False
    assert rejected(capsys, hint)


# --- exercise 4 --------------------------------------------------------------------------------


def wins(similarity):
    return (similarity[:, 0] > similarity[:, 1:].max(axis=1)).mean()


def test_r_precision_is_accepted(capsys):
    assert checks_05.check_r_precision(wins) is True
    assert said(capsys).startswith("Right")
    assert checks_05.check_r_precision(lambda s: np.mean([r[0] > max(r[1:]) for r in s])) is True


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda s: ..., "replace the ..."),
        (lambda s: s[99], "IndexError"),
        (lambda s: s, "one number"),
        (lambda s: 100 * wins(s), "not per cent"),
        (lambda s: len(s) * wins(s), "not the number"),
        (lambda s: 1 - wins(s), "wrong caption"),
        (lambda s: (s[:, :1] > s[:, 1:]).mean(), "*all* wrong captions"),
        (lambda s: (s[:, 0] > s[:, 1:].mean(axis=1)).mean(), "not with their mean"),
        (lambda s: (s.argmax(axis=0) == 0).mean(), "axis 1"),
        (lambda s: (s.argmax(axis=1) == 0).mean(), "a tie is no win"),
        (lambda s: (s[:, 0] >= s.max(axis=1)).mean(), "a tie is no win"),
        (lambda s: wins(s) if len(s) > 6 else 1 / 0, "equally similar: your function stopped"),
        (lambda s: 0.999, "expected"),
    ],
)
def test_a_wrong_r_precision_gets_its_hint(capsys, function, hint):
    assert checks_05.check_r_precision(function) is False
    assert rejected(capsys, hint)


# --- exercise 6 --------------------------------------------------------------------------------


def walk(start, end, amount):
    """The textbook's formula, with its one weak spot mended."""
    lengths = np.linalg.norm(start) * np.linalg.norm(end)
    angle = np.arccos(np.clip(start @ end / lengths, -1, 1))
    if np.sin(angle) < 1e-6:
        return start
    return (np.sin((1 - amount) * angle) * start + np.sin(amount * angle) * end) / np.sin(angle)


def unguarded(start, end, amount):
    angle = np.arccos(np.clip(start @ end / (start @ start), -1, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (np.sin((1 - amount) * angle) * start + np.sin(amount * angle) * end) / np.sin(angle)


def pushed_out(start, end, amount):
    straight = (1 - amount) * start + amount * end
    return straight * np.linalg.norm(start) / np.linalg.norm(straight)


def in_degrees(start, end, amount):
    angle = np.degrees(np.arccos(start @ end / (start @ start)))
    return (np.sin((1 - amount) * angle) * start + np.sin(amount * angle) * end) / np.sin(angle)


def not_divided(start, end, amount):
    angle = np.arccos(np.clip(start @ end / (start @ start), -1, 1))
    return np.sin((1 - amount) * angle) * start + np.sin(amount * angle) * end


def without_lengths(start, end, amount):
    with np.errstate(invalid="ignore"):
        angle = np.arccos(start @ end)
    return (np.sin((1 - amount) * angle) * start + np.sin(amount * angle) * end) / np.sin(angle)


def roots(start, end, amount):
    return np.sqrt(1 - amount) * start + np.sqrt(amount) * end


def test_slerp_is_accepted(capsys):
    assert checks_05.check_slerp(walk) is True
    assert said(capsys).startswith("Right")
    assert checks_05.check_slerp(lambda a, b, t: slerp(a, b, [t])[0]) is True
    assert checks_05.check_slerp(lambda a, b, t: list(walk(a, b, t))) is True


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda a, b, t: ..., "replace the ..."),
        (lambda a, b, t: a + missing, "NameError"),  # noqa: F821
        (lambda a, b, t: 1.0, "100 numbers"),
        (lambda a, b, t: slerp(a, b, [t]), "100 numbers"),
        (lambda a, b, t: lerp(a, b, [t])[0], "straight line, through"),
        (pushed_out, "hurries"),
        (lambda a, b, t: walk(a, b, t) / np.linalg.norm(a), "the length is not"),
        (lambda a, b, t: walk(a, b, 1 - t), "0 is the start"),
        (not_divided, "divide by the sine"),
        (in_degrees, "radians"),
        (without_lengths, "not finite"),
        (roots, "right angles"),
        (unguarded, "the angle is 0"),
        (lambda a, b, t: walk(a, b, t) if (a != b).any() else None, "the angle is 0"),
        (lambda a, b, t: a, "expected"),
    ],
)
def test_a_wrong_slerp_gets_its_hint(capsys, function, hint):
    assert checks_05.check_slerp(function) is False
    assert rejected(capsys, hint)


# --- exercises 5, 7 and 8 ----------------------------------------------------------------------


def spread(features, itself=False, power=1, take=np.mean):
    """The spread with one thing changed."""
    places = np.triu_indices(len(features), 0 if itself else 1)
    distances = np.linalg.norm(features[:, None] - features[None], axis=-1)[places]
    return take(distances**power)


def test_the_spread_is_accepted(capsys):
    assert checks_05.check_spread(spread) is True
    assert said(capsys).startswith("Right")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda features: ..., "replace the ..."),
        (lambda features: features, "one number"),
        (lambda features: spread(features, itself=True), "beside itself"),
        (lambda features: spread(features, power=2), "take the root"),
        (lambda features: spread(features, take=np.sum), "not the sum"),
        (lambda features: 2 * spread(features), "counts once"),
        (lambda features: np.linalg.norm(np.diff(features, axis=0), axis=1).mean(), "to the next"),
        (lambda features: np.linalg.norm(features - features.mean(0), axis=1).mean(), "the middle"),
        (lambda features: 9.0, "expected"),
    ],
)
def test_a_wrong_spread_gets_its_hint(capsys, function, hint):
    assert checks_05.check_spread(function) is False
    assert rejected(capsys, hint)


def units(start, end, amounts):
    points = lerp(start, end, amounts)
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def test_keeping_the_length_is_accepted(capsys):
    assert checks_05.check_keep_length(checks_05.ready_keep_length) is True
    assert said(capsys).startswith("Right")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda start, end, amounts: ..., "replace the ..."),
        (lambda start, end, amounts: start, "4 points"),
        (lerp, "still too short"),
        (units, "length 1"),
        (lambda a, b, t: units(a, b, t) * np.linalg.norm(a), "of start"),
        (lambda a, b, t: units(a, b, t) * np.linalg.norm(b), "of end"),
        (slerp, "slerp"),
        (lambda a, b, t: checks_05.ready_keep_length(b, a, t), "reverse"),
        (lambda a, b, t: 2 * checks_05.ready_keep_length(a, b, t), "at amount 0.25"),
    ],
)
def test_a_wrong_length_gets_its_hint(capsys, function, hint):
    assert checks_05.check_keep_length(function) is False
    assert rejected(capsys, hint)


def lengths(features):
    return np.linalg.norm(np.diff(features, axis=0), axis=1)


def unguarded(features):
    with np.errstate(invalid="ignore"):
        return lengths(features).max() / lengths(features).sum()


def test_the_longest_step_is_accepted(capsys):
    assert checks_05.check_longest_step(checks_05.ready_longest_step) is True
    assert said(capsys).startswith("Right")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda features: ..., "replace the ..."),
        (lengths, "one number"),
        (lambda f: lengths(f).max(), "divide"),
        (lambda f: lengths(f).max() / lengths(f).mean(), "not by their mean"),
        (lambda f: lengths(f).max() / np.linalg.norm(f[-1] - f[0]), "not the line"),
        (lambda f: (lengths(f) ** 2).max() / (lengths(f) ** 2).sum(), "squares"),
        (lambda f: 100 * checks_05.ready_longest_step(f), "per cent"),
        (lambda f: 0.5, "expected"),
        (unguarded, "stands still"),
    ],
)
def test_a_wrong_longest_step_gets_its_hint(capsys, function, hint):
    assert checks_05.check_longest_step(function) is False
    assert rejected(capsys, hint)
