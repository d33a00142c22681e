"""Checks of the exercises in notebook 02 (text encoding)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from t2i_utils.course.checks import as_array, call, draws_from, short, verdict


def check_cosine(function: Callable[..., Any]) -> bool:
    """Exercise 1: cosine similarity of all rows with all rows."""
    rng = np.random.default_rng(0)
    a, b = 3 * rng.standard_normal((4, 6)), 0.5 * rng.standard_normal((3, 6))
    lengths_a = np.linalg.norm(a, axis=1, keepdims=True)
    lengths_b = np.linalg.norm(b, axis=1, keepdims=True)
    right = (a / lengths_a) @ (b / lengths_b).T
    hints = (
        (a @ b.T, "that is the product; divide by the length of both vectors"),
        ((a / lengths_a) @ b.T, "the rows of b keep their length: divide by it too"),
        (a @ (b / lengths_b).T, "the rows of a keep their length: divide by it too"),
        (a @ b.T / (np.linalg.norm(a) * np.linalg.norm(b)),
         "each *row* has a length: np.linalg.norm(..., axis=1, keepdims=True)"),
        (1 - right, "that is the distance, 1 - cosine"),
        (right.T, "rows are those of a, columns those of b: transpose"),
    )  # fmt: skip
    return _compare(call(function, a, b), right, hints, "the cosine of every pair")


def ready_left_out(
    fit: Callable[..., Any], vectors: np.ndarray, answers: np.ndarray, groups: np.ndarray
) -> np.ndarray:
    """A right answer: the notebook judges probes with it until the learner's own is right."""
    right, one_hot = [], np.eye(answers.max() + 1)[answers]
    for group in np.unique(groups):
        out = groups == group
        guess = fit(vectors[~out], one_hot[~out])(vectors[out]).argmax(axis=1)
        right.append((guess == answers[out]).mean())
    return np.array(right)


class _Probes:
    """Takes the place of a fit: notes what probes learn and are asked; how they do is known.

    A probe is right on all rows that it has learned, and on the others where `knows` says so.
    """

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self.groups = rng.permutation(np.repeat([7, 2, 4], [6, 8, 6]))
        self.answers = np.where(self.groups == 2, rng.permutation(np.arange(20) % 4), 0)
        self.answers = np.where(self.groups != 2, np.arange(20) % 3, self.answers)
        self.vectors = np.column_stack([np.arange(20.0), rng.standard_normal((20, 3))])
        self.knows = np.zeros(20, bool)
        for group, count in ((7, 3), (2, 6), (4, 1)):
            self.knows[np.flatnonzero(self.groups == group)[:count]] = True
        self.learned: list[set[int]] = []
        self.asked: list[set[int]] = []
        self.problem = ""

    def _rows(self, vectors: Any) -> np.ndarray:
        array = as_array(vectors)
        if array is None or array.ndim != 2 or array.shape[1] != 4:
            self.problem = f"rows of `vectors` are wanted, got {short(vectors)}"
            raise ValueError(self.problem)
        return array[:, 0].round().astype(int)

    def fit(self, vectors: Any, one_hot: Any) -> Callable[[Any], np.ndarray]:
        """A probe that is as good as this class says."""
        rows, columns = self._rows(vectors), as_array(one_hot)
        if columns is None or columns.shape != (len(rows), 4):
            shape = short(one_hot) if columns is None else f"shape {columns.shape}"
            self.problem = (
                f"fit wants one row of 4 columns for each sentence, got {shape}: "
                "np.eye(k)[answers], where k is answers.max() + 1 of *all* answers"
            )
            raise ValueError(self.problem)
        if not np.array_equal(columns, np.eye(4)[self.answers[rows]]):
            self.problem = "the answers are not those of the vectors: choose both by one mask"
            raise ValueError(self.problem)
        number = len(self.learned)
        self.learned.append({*rows.tolist()})
        self.asked.append(set())

        def probe(others: Any) -> np.ndarray:
            asked = self._rows(others)
            self.asked[number] |= {*asked.tolist()}
            right = self.knows[asked] | np.isin(asked, rows)
            return np.eye(4)[(self.answers[asked] + ~right) % 4]

        return probe


def check_left_out(function: Callable[..., Any]) -> bool:
    """Exercise 2: probes that are judged on a group of sentences that they have not seen."""
    probes = _Probes()
    answer, problem = call(
        function, probes.fit, probes.vectors.copy(), probes.answers.copy(), probes.groups.copy()
    )
    if probes.problem or problem:
        return verdict(False, probes.problem or problem)
    hint = _probes_hint(probes)
    if hint:
        return verdict(False, hint)
    names = np.unique(probes.groups)
    right = np.array([probes.knows[probes.groups == name].mean() for name in names])
    first = [probes.knows[probes.groups == name].mean() for name in dict.fromkeys(probes.groups)]
    hints = (
        (right.mean(), "one share for each group is wanted: a mean hides which wording fails"),
        (probes.knows.mean(), "one share for each group is wanted: do not mix the groups"),
        (1 - right, "that is the share of wrong answers"),
        (100 * right, "a share between 0 and 1 is wanted, not per cent"),
        (1 - (1 - right) / 2, "count sentences, not columns: argmax(axis=1) is the probe's guess"),
        (np.array(first), "the shares belong in the order of np.unique(groups)"),
    )
    return _compare((answer, ""), right, hints, "each probe met only wordings that were new to it")


def _probes_hint(probes: _Probes) -> str:
    """What is wrong with what the probes learned and were asked; "" where nothing is."""
    every = set(range(len(probes.groups)))
    parts = [{*np.flatnonzero(probes.groups == name).tolist()} for name in (7, 2, 4)]
    for learned, asked in zip(probes.learned, probes.asked, strict=True):
        if not asked:
            return "a probe is asked nothing: loop over np.unique(groups), and ask about each group"
        if learned == every:
            return "the probe has learned the sentences that it is judged on: leave the group out"
        if any(part & learned and part - learned for part in parts):
            return "leave out whole groups: else each wording is on both sides, and none is new"
        if learned in parts:
            return "turned round: learn from all *other* groups, and judge on this one"
        if learned & asked:
            return "judge the probe only on the group that it has not seen"
    if len(probes.learned) != len(parts):
        return f"{len(probes.learned)} probes for {len(parts)} groups: fit one for each group"
    return ""


def ready_whitening(vectors: np.ndarray, shrinkage: float) -> Callable[[np.ndarray], np.ndarray]:
    """A right answer: the notebook whitens with it until the learner's own is right."""
    mean = vectors.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(vectors.T))
    matrix = axes / np.sqrt(variances + shrinkage * variances.mean())
    matrix = matrix / np.sqrt((((vectors - mean) @ matrix) ** 2).mean())
    return lambda others: (others - mean) @ matrix


def check_whitening(function: Callable[..., Any]) -> bool:
    """Exercise 3: PCA whitening with shrinkage, of a cloud that lies askew.

    Axes may come in any order and with either sign, so the products of all pairs are compared.
    """
    rng, shrinkage = np.random.default_rng(3), 0.5
    mix = rng.standard_normal((5, 5)) * np.array([[3.0], [1.5], [1.0], [0.4], [0.1]])
    vectors, others = (rng.standard_normal((rows, 5)) @ mix + 2 for rows in (60, 8))
    whiten, problem = call(function, vectors.copy(), shrinkage)
    if not problem and not callable(whiten):
        problem = f"return a function that whitens *other* vectors, got {short(whiten)}"
    found, problem = (None, problem) if problem else call(whiten, others.copy())
    if problem:
        return verdict(False, problem)
    array = as_array(found)
    if array is None or array.shape != others.shape:
        shape = short(found) if array is None else f"shape {array.shape}"
        return verdict(False, f"8 vectors of 5 numbers give 8 vectors of 5 numbers, got {shape}")
    products = array @ array.T
    for wrong, hint in _wrongly_whitened(vectors, others, shrinkage):
        if np.allclose(products, wrong @ wrong.T, rtol=1e-3, atol=1e-3):
            return verdict(False, hint)
    right = ready_whitening(vectors, shrinkage)(others)
    if not np.allclose(products, right @ right.T, rtol=0.04, atol=0.04):  # divided by n or n - 1
        lengths = [np.linalg.norm(rows, axis=1).mean() for rows in (array, right)]
        return verdict(
            False,
            "the whitened vectors are {:.2f} long, expected {:.2f}; or they point elsewhere".format(
                *lengths
            ),
        )
    return verdict(True, "the cigar is a ball, as far as s allows")


def _wrongly_whitened(
    vectors: np.ndarray, others: np.ndarray, shrinkage: float
) -> list[tuple[np.ndarray, str]]:
    """What the usual mistakes make of other vectors, each with its hint."""
    mean, deviation = vectors.mean(axis=0), vectors.std(axis=0)
    variances, axes = np.linalg.eigh(np.cov(vectors.T))
    raised = variances + shrinkage * variances.mean()

    def scaled(scales: np.ndarray, turned: np.ndarray = axes, mean: np.ndarray = mean) -> Any:
        matrix = turned * scales
        return (others - mean) @ matrix / np.sqrt((((vectors - mean) @ matrix) ** 2).mean())

    bare = (others - mean) @ (axes / np.sqrt(raised))
    own = (others - others.mean(axis=0)) @ (axes / np.sqrt(raised))
    return [
        (bare, "one scale is missing at the end: the mean square of the whitened `vectors` is 1"),
        (bare / np.sqrt((bare**2).mean()),
         "the scale at the end comes from `vectors`, not from the others"),
        (scaled(1 / np.sqrt(raised), mean=np.zeros(5)), "take the mean of `vectors` away first"),
        (scaled(1 / raised), "divide by the square root: lambda is a variance, not a spread"),
        ((others - mean) @ (axes / raised),
         "divide by the square root: lambda is a variance, not a spread"),
        (scaled(np.sqrt(raised)), "turned round: long axes are to become short, so divide"),
        (scaled(1 / np.sqrt(variances)), "s is missing: shrinkage times the mean lambda"),
        (scaled(1 / np.sqrt(variances + shrinkage)),
         "s is `shrinkage` times the *mean* of all lambda"),
        (scaled(1 / (np.sqrt(variances) + np.sqrt(shrinkage * variances.mean()))),
         "add s to lambda before the root"),
        (scaled(1 / np.sqrt(raised), axes.T), "eigenvectors are *columns*: centred @ U, not U.T"),
        (scaled(np.ones(5)), "that turns the cloud and leaves its shape: divide each axis"),
        ((others - mean) / deviation, "that is standardising: turn the cloud to its axes first"),
        (own, "the mean is that of `vectors`, also for others: keep it"),
    ]  # fmt: skip


def check_condition(function: Callable[..., Any]) -> bool:
    """Exercise 4: c = mu + sigma * epsilon, with different noise for every entry."""
    rows = 4000
    mu = np.tile(np.array([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0]), (rows, 1))
    log_sigma = np.tile(np.log([0.1, 0.25, 0.5, 1.0, 1.5, 2.0]), (rows, 1))
    answers = []
    for seed in (0, 1):
        answer, problem = call(function, mu.copy(), log_sigma.copy(), np.random.default_rng(seed))
        array = None if problem else as_array(answer)
        if array is None or array.shape != mu.shape:
            shape = "" if array is None else f" of shape {array.shape}"
            return verdict(
                False, problem or f"return c of shape (batch, size), got {short(answer)}{shape}"
            )
        answers.append(array)
    first, second = answers
    if not np.isfinite(first).all():
        return verdict(False, "there are NaN or infinite numbers: sigma is exp(log_sigma)")
    if np.allclose(first, second):
        return verdict(False, "two generators give the same sample: draw epsilon with rng")
    if not draws_from(function, mu.copy(), log_sigma.copy(), 3):
        return verdict(False, "draw epsilon with `rng`: np.random is another generator")
    centred = first - mu
    if np.allclose(centred, centred[:1]):
        return verdict(
            False,
            "all rows of the batch share one noise: draw epsilon of shape mu.shape, not (size,)",
        )
    unit = centred / np.exp(log_sigma)
    if np.allclose(unit, unit[:, :1]):
        return verdict(False, "all numbers of a row share one noise: draw epsilon of mu.shape")
    return _judge_spread(centred, log_sigma, mu)


def _judge_spread(centred: np.ndarray, log_sigma: np.ndarray, mu: np.ndarray) -> bool:
    """Check that samples have the mean `mu` and the standard deviation exp(`log_sigma`)."""
    found, sigma = centred.std(axis=0), np.exp(log_sigma[0])
    if not np.allclose(centred.mean(axis=0), 0, atol=0.15):
        if np.allclose((centred + mu).mean(axis=0), 0, atol=0.15):
            return verdict(False, "mu is missing: add it")
        return verdict(False, "the mean of the sample is not mu: is epsilon standard normal?")
    for wrong, hint in (
        (np.abs(log_sigma[0]), "that multiplies by log sigma: take np.exp of it first"),
        (np.sqrt(sigma), "log_sigma is the log of sigma itself, not of the variance: no 0.5"),
        (sigma**2, "that multiplies by the variance: once np.exp(log_sigma) is enough"),
        (np.ones_like(sigma), "the width is 1 everywhere: multiply epsilon by sigma"),
        (sigma / np.sqrt(12), "epsilon is uniform: rng.standard_normal draws from the Gaussian"),
    ):
        if np.allclose(found, wrong, rtol=0.08):
            return verdict(False, hint)
    if not np.allclose(found, sigma, rtol=0.08):
        numbers = ", ".join(f"{value:.2f}" for value in found)
        return verdict(False, f"the widths are {numbers}; np.exp(log_sigma) is wanted")
    return verdict(True, "mean mu, width sigma, and a noise of its own for every entry")


def check_kl(function: Callable[..., Any]) -> bool:
    """Exercise 5: the KL term, a mean over batch and dimensions."""
    rng = np.random.default_rng(2)
    mu, log_sigma = rng.standard_normal((5, 8)), 0.5 * rng.standard_normal((5, 8))
    sigma = np.exp(log_sigma)
    terms = -log_sigma + (sigma**2 + mu**2) / 2 - 0.5
    half = -log_sigma / 2 + (sigma + mu**2) / 2 - 0.5  # log sigma read as the log of the variance
    hints = (
        (terms.sum(), "that is the sum: take the mean over batch and dimensions"),
        (terms.sum(axis=1).mean(), "that sums over dimensions: take the mean over them as well"),
        (terms.mean(axis=1), "that is one number a row: take the mean over both axes"),
        (half.mean(), "log_sigma is the log of sigma, not of the variance: sigma**2 is exp(2 x)"),
        ((terms - sigma**2 / 2 + sigma / 2).mean(), "sigma must be squared: exp(2 * log_sigma)"),
        (-terms.mean(), "the sign is wrong: KL is never negative"),
        (terms.mean() + 0.5, "the -1/2 is missing: KL of the standard normal is 0"),
        ((terms + 2 * log_sigma).mean(), "it is *minus* log sigma"),
        ((terms - mu**2 / 2 + mu / 2).mean(), "mu must be squared"),
        ((-mu + (np.exp(2 * mu) + mu**2) / 2 - 0.5).mean(),
         "you read mu twice and log_sigma never, the classic bug of this layer"),
    )  # fmt: skip
    return _compare(
        call(function, mu, log_sigma), terms.mean(), hints, "0 only for mu = 0 and sigma = 1"
    )


def _compare(
    called: tuple[Any, str], right: Any, hints: Any, praise: str, tolerance: float = 1e-4
) -> bool:
    """Compare an answer with the right one, then with the results of the usual mistakes."""
    answer, problem = called
    if problem:
        return verdict(False, problem)
    array, right = as_array(answer), np.asarray(right)
    if array is None:
        return verdict(False, f"numbers are wanted, got {short(answer)}")
    for wrong, hint in hints:
        wrong = np.asarray(wrong)
        matches = array.shape == wrong.shape and np.allclose(array, wrong, rtol=1e-4, atol=1e-6)
        if matches and not (wrong.shape == right.shape and np.allclose(wrong, right)):
            return verdict(False, hint)
    if array.shape != right.shape:
        return verdict(False, f"the shape should be {right.shape}, got {array.shape}")
    if not np.allclose(array, right, rtol=tolerance, atol=1e-5):
        place = np.unravel_index(np.argmax(np.abs(array - right)), right.shape)
        where = f" at {tuple(map(int, place))}" if right.shape else ""
        return verdict(False, f"expected {right[place]:.4f}{where}, got {array[place]:.4f}")
    return verdict(True, praise)
