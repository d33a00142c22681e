"""Checks of the exercises in notebook 05 (evaluation and interpolation)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from t2i_utils.course.checks import (
    as_array,
    call,
    call_for_number,
    is_blank,
    one_number,
    short,
    verdict,
)
from t2i_utils.course.checks_05_covered import check_covered as check_covered
from t2i_utils.course.checks_05_covered import ready_covered as ready_covered
from t2i_utils.evaluation import kernel_distance, lerp, slerp
from t2i_utils.evaluation.diversity import mean_pairwise_distance

SHARE, ERROR = 0.4, 0.02  # of exercise 2
_ENOUGH = 600  # SHARE * (1 - SHARE) / ERROR**2


def check_kernel_distance(function: Callable[..., Any]) -> bool:
    """Exercise 1: the unbiased kernel distance (KID) of two sets of features."""
    rng = np.random.default_rng(0)
    for what, real, fake in (
        ("two sets of 5 pictures", rng.normal(size=(5, 8)), rng.normal(1, 1, (5, 8))),
        ("6 real pictures and 4 drawn ones", rng.normal(size=(6, 3)), rng.normal(1, 1, (4, 3))),
    ):
        answer, problem = call(function, real.copy(), fake.copy())
        if problem:
            return verdict(False, f"{what}: {problem}" if "stopped" in problem else problem)
        value, right = one_number(answer), kernel_distance(real, fake).value
        if value is None:
            return verdict(False, f"return one number, got {short(answer)}")
        if not np.isclose(value, right, rtol=1e-5, atol=1e-9):
            return verdict(False, f"{what}: {_kernel_hint(value, real, fake)}")
    return verdict(True, "unbiased: no picture is compared with itself, and set sizes may differ")


def _mmd(real: np.ndarray, fake: np.ndarray, **changes: Any) -> float:
    """The squared MMD with one usual mistake in it, named by `changes`."""
    rule = {"width": real.shape[1], "one": 1, "power": 3, "diagonal": False, "between": 2} | changes

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a @ b.T / rule["width"] + rule["one"]) ** rule["power"]

    def within(a: np.ndarray) -> float:
        k, n = kernel(a, a), len(a)
        if rule["diagonal"] == "divisor":
            return k.sum() / (n * (n - 1))
        return k.mean() if rule["diagonal"] else (k.sum() - np.trace(k)) / (n * (n - 1))

    return within(real) + within(fake) - rule["between"] * kernel(real, fake).mean()


def _kernel_hint(value: float, real: np.ndarray, fake: np.ndarray) -> str:
    right = _mmd(real, fake)
    itself = "leave out k(x, x): a picture is always like itself, and the fewer, the more it counts"
    for wrong, hint in (
        (_mmd(real, fake, diagonal=True), itself),
        (_mmd(real, fake, diagonal="divisor"), f"n (n - 1) pairs are left if you {itself}"),
        (_mmd(real, fake, width=1), "divide the product by the width before you add 1"),
        (_mmd(real, fake, one=0), "add 1 to the product before the cube"),
        (_mmd(real, fake, power=2), "the kernel is a cube, not a square"),
        (_mmd(real, fake, power=1), "cube the kernel"),
        (_mmd(real, fake, between=1), "the mean between the sets counts twice"),
        (_mmd(real, fake, between=-2), "subtract the mean between the sets"),
        (-right, "the sign is turned: within minus between"),
        (1000 * right, "leave the factor of 1,000 to the table"),
        (max(right, 0) ** 0.5, "do not take the root: KID is the squared distance"),
    ):
        if np.isclose(value, wrong, rtol=1e-5, atol=1e-9):
            return hint
    return f"expected {right:.5f}, got {value:.5f}"


def check_num_pictures(answer: Any) -> bool:
    """Exercise 2: how many pictures give a share of 40 % a standard error of 2 points."""
    if is_blank(answer):
        return verdict(False, "replace the ... by a number of pictures")
    value, variance = one_number(answer), SHARE * (1 - SHARE)
    if value is None:
        return verdict(False, f"one number is wanted, got {short(answer)}")
    if np.isclose(value, _ENOUGH, atol=1):
        return verdict(True, f"{_ENOUGH}; for half the error you need four times as many")
    for wrong, hint in (
        (variance / ERROR, "the error has to be squared when you solve for n"),
        (variance**0.5 / ERROR, "square both sides before you solve for n"),
        (variance / 2**2, "2 points are 0.02, not 2"),
        (variance / 0.2**2, "2 points are 0.02, not 0.2"),
        (SHARE / ERROR**2, "the variance of a share p is p (1 - p), not p"),
        (0.25 / ERROR**2, "that is enough for any share; here p is 0.4"),
        (1.96**2 * variance / ERROR**2, "that is for 1.96 standard errors; one is asked for"),
        (4 * variance / ERROR**2, "that is for two standard errors; one is asked for"),
    ):
        if np.isclose(value, wrong, atol=1):
            return verdict(False, hint)
    return verdict(False, f"{value:g} is not it: solve sqrt(p (1 - p) / n) = 0.02 for n, p = 0.4")


def check_r_precision(function: Callable[..., Any]) -> bool:
    """Exercise 4: the share of pictures most similar to their own caption, which is column 0."""
    rng = np.random.default_rng(1)
    similarity = rng.random((40, 10))
    similarity[:12, 0] = 2.0  # these pictures match their own caption best
    answer, problem = call(function, similarity.copy())
    if problem:
        return verdict(False, problem)
    value = one_number(answer)
    if value is None:
        return verdict(False, f"return one number, got {short(answer)}")
    best_wrong = similarity[:, 1:].max(axis=1)
    right = float((similarity[:, 0] > best_wrong).mean())
    if not np.isclose(value, right):
        for wrong, hint in (
            (100 * right, "return a share between 0 and 1, not per cent"),
            (40 * right, "return the share, not the number, of pictures"),
            (1 - right, "that is the share that finds a wrong caption"),
            ((similarity[:, :1] > similarity[:, 1:]).mean(),
             "a picture counts if it beats *all* wrong captions; you count single wins"),
            ((similarity[:, 0] > similarity[:, 1:].mean(axis=1)).mean(),
             "compare with the best of the wrong captions, not with their mean"),
            ((similarity.argmax(axis=0) == 0).mean(), "each *row* is a picture: look along axis 1"),
        ):  # fmt: skip
            if np.isclose(value, float(wrong)):
                return verdict(False, hint)
        return verdict(False, f"expected {right:.3f}, got {value:.3f}")
    answer, problem = call(function, np.full((6, 10), 0.5))
    if problem:
        return verdict(False, f"when all captions are equally similar: {problem}")
    if one_number(answer) != 0:
        return verdict(
            False,
            "right on most data; but a grey picture, to which all captions are equally similar, "
            "gets a point from you: a tie is no win (argmax gives the first of equals)",
        )
    return verdict(True, "and a picture that cannot choose gets no point")


def check_spread(function: Callable[..., Any]) -> bool:
    """Exercise 5: the mean Euclidean distance over all pairs of different pictures of a group."""
    features = np.random.default_rng(3).normal(size=(6, 4)) * [1, 2, 3, 4]
    value, problem = call_for_number(function, features.copy())
    if problem:
        return verdict(False, problem)
    right = mean_pairwise_distance(features)
    if np.isclose(value, right, rtol=1e-5):
        return verdict(True, "each pair once, and no picture beside itself")
    return verdict(False, _spread_hint(value, right, features))


def _spread_hint(value: float, right: float, features: np.ndarray) -> str:
    differences, count = features[:, None] - features[None], len(features)
    distances = np.linalg.norm(differences, axis=-1)
    pairs = np.triu_indices(count, 1)
    itself = "a picture beside itself has distance 0: leave out these pairs"
    for wrong, hint in (
        (distances.mean(), itself),
        (distances[np.triu_indices(count)].mean(), itself),
        ((distances[pairs] ** 2).mean(), "take the root: it is the mean distance, not its square"),
        (distances[pairs].sum(), "take the mean over the pairs, not the sum"),
        (distances.sum(), "take the mean over the pairs, not the sum"),
        (2 * right, "each pair counts once: there are k (k - 1) / 2"),
        (np.abs(differences).sum(axis=-1)[pairs].mean(), "that adds up absolute differences: take "
         "the root of the sum of squares"),
        (np.linalg.norm(np.diff(features, axis=0), axis=1).mean(),
         "that is from each picture to the next: take all pairs"),
        (np.linalg.norm(features - features.mean(axis=0), axis=1).mean(),
         "that is the distance from the middle: take pairs"),
    ):  # fmt: skip
        if np.isclose(value, wrong, rtol=1e-5):
            return hint
    return f"expected {right:.4f}, got {value:.4f}"


def check_slerp(function: Callable[..., Any]) -> bool:
    """Exercise 6: spherical interpolation (slerp) between two noise vectors of one length."""
    start, end = np.random.default_rng(2).normal(size=(2, 100))
    end *= np.linalg.norm(start) / np.linalg.norm(end)
    for amount in (0.5, 0.25, 0.0, 1.0):
        answer, problem = call(function, start.copy(), end.copy(), amount)
        if problem:
            return verdict(False, problem)
        point = as_array(answer)
        if point is None or point.shape != start.shape:
            return verdict(False, f"return 100 numbers, as many as start has; got {short(answer)}")
        if not np.allclose(point, slerp(start, end, [amount])[0], atol=1e-4):
            return verdict(False, f"amount {amount:g}: {_slerp_hint(point, start, end, amount)}")
    answer, problem = call(function, start.copy(), start.copy(), 0.5)
    point = None if problem else as_array(answer)
    if point is None or point.shape != start.shape or not np.allclose(point, start, atol=1e-4):
        return verdict(
            False,
            "right, but for one case: where start and end are the same the angle is 0, and you "
            "divide by its sine",
        )
    return verdict(True, "even steps along the sphere, from start to end")


def _slerp_hint(point: np.ndarray, start: np.ndarray, end: np.ndarray, amount: float) -> str:
    length, straight = np.linalg.norm(start), lerp(start, end, [amount])[0]
    arc = slerp(start, end, [amount])[0]
    angle = np.arccos(start @ end / length**2)
    degrees = np.degrees(angle)
    for wrong, hint in (
        (straight, "that is the straight line, through the inside of the sphere"),
        (straight * length / np.linalg.norm(straight),
         "a straight line pushed out to the sphere hurries in the middle: use the sines"),
        (arc / length, "the direction is right, the length is not: noise has a length of about 10"),
        (slerp(start, end, [1 - amount])[0], "0 is the start and 1 the end, not the reverse"),
        (arc * np.sin(angle), "divide by the sine of the angle"),
        ((np.sin((1 - amount) * degrees) * start + np.sin(amount * degrees) * end)
         / np.sin(degrees), "NumPy's sine takes radians: leave out the degrees"),
        (np.sqrt(1 - amount) * start + np.sqrt(amount) * end,
         "roots keep the length only where start and end are at right angles: use the sines"),
    ):  # fmt: skip
        if np.allclose(point, wrong, atol=1e-4):
            return hint
    if not np.isfinite(point).all():
        return "the answer is not finite: divide by the lengths before arccos"
    return f"expected {arc[0]:.3f}, {arc[1]:.3f}, ...; got {point[0]:.3f}, {point[1]:.3f}, ..."


def ready_keep_length(start: np.ndarray, end: np.ndarray, amounts: Any) -> np.ndarray:
    """A right answer to exercise 7: the notebook walks by it until the learner's own is right."""
    points = lerp(start, end, amounts)
    first, last = (np.array([np.linalg.norm(v)]) for v in (start, end))
    wanted = lerp(first, last, amounts)
    return points * wanted / np.linalg.norm(points, axis=1, keepdims=True)


def check_keep_length(function: Callable[..., Any]) -> bool:
    """Exercise 7: a straight line whose points have the length that belongs to their amount."""
    start, end = np.random.default_rng(4).normal(size=(2, 32)) * [[1], [3]]
    amounts = np.array([0, 0.25, 0.5, 1])
    answer, problem = call(function, start.copy(), end.copy(), amounts.copy())
    if problem:
        return verdict(False, problem)
    points, right = as_array(answer), ready_keep_length(start, end, amounts)
    if points is None or points.shape != right.shape:
        shape = "" if points is None else f" of shape {points.shape}"
        return verdict(False, f"return 4 points (4, 32) for 4 amounts; got {short(answer)}{shape}")
    if np.allclose(points, right, atol=1e-5):
        return verdict(True, "the direction of the straight line, and a length between the ends'")
    straight = lerp(start, end, amounts)
    units = straight / np.linalg.norm(straight, axis=1, keepdims=True)
    ends = np.linalg.norm(start), np.linalg.norm(end)
    for wrong, hint in (
        (straight, "that is the straight line: its middle is still too short"),
        (units, "these points have length 1: multiply by the length that belongs to the amount"),
        (units * ends[0], "all have the length of start: the length should move on to that of end"),
        (units * ends[1], "all have the length of end: the length should start at that of start"),
        (units * np.mean(ends), "all have one length: at amount 0 it should be that of start"),
        (slerp(start, end, amounts), "that is slerp: keep the direction of the straight line"),
        (right[::-1], "0 is the start and 1 the end, not the reverse"),
        (ready_keep_length(end, start, amounts), "0 is the start and 1 the end, not the reverse"),
    ):
        if np.allclose(points, wrong, atol=1e-5):
            return verdict(False, hint)
    found, wanted = (np.linalg.norm(p, axis=1)[1] for p in (points, right))
    return verdict(False, f"at amount 0.25 the length should be {wanted:.3f}, got {found:.3f}")


def ready_longest_step(features: np.ndarray) -> float:
    """A right answer to exercise 8: the notebook measures by it until the learner's is right."""
    steps = np.linalg.norm(np.diff(features, axis=0), axis=1)
    return float(steps.max() / steps.sum()) if steps.any() else 0.0


def check_longest_step(function: Callable[..., Any]) -> bool:
    """Exercise 8: the longest step of a walk, as a share of its whole way."""
    features = np.random.default_rng(5).normal(size=(7, 5)).cumsum(axis=0) * [1, 2, 3, 1, 1]
    value, problem = call_for_number(function, features.copy())
    if problem:
        return verdict(False, problem)
    right = ready_longest_step(features)
    steps = np.diff(features, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    if not np.isclose(value, right, rtol=1e-5):
        for wrong, hint in (
            (lengths.max(), "divide the longest step by the sum of all steps"),
            (lengths.max() / lengths.mean(), "divide by the sum of the steps, not by their mean"),
            (lengths.max() / np.linalg.norm(features[-1] - features[0]),
             "the whole way is the sum of the steps, not the line from the first to the last"),
            ((lengths**2).max() / (lengths**2).sum(), "take lengths, not their squares"),
            (np.abs(steps).sum(axis=1).max() / np.abs(steps).sum(),
             "a step's length is the root of the sum of squares"),
            (lengths.argmax(), "that is the place of the longest step: take its length"),
            (100 * right, "return a share between 0 and 1, not per cent"),
        ):  # fmt: skip
            if np.isclose(value, wrong, rtol=1e-5):
                return verdict(False, hint)
        return verdict(False, f"expected {right:.4f}, got {value:.4f}")
    answer, problem = call(function, np.ones((4, 3)))
    if problem or one_number(answer) != 0:
        return verdict(False, "right, but a walk that stands still should get 0: you divide by 0")
    return verdict(True, "an even walk of 9 pictures gets 0.125, a single jump gets 1")
