"""The checks of notebook 02: the solution passes, each usual mistake gets the hint that fits."""

import keras
import numpy as np
import pytest
from answers import said

from t2i_utils.course import checks_02
from t2i_utils.stackgan.losses import kl_divergence


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def kl(mu, log_sigma, square=2):
    return -log_sigma + (np.exp(square * log_sigma) + mu**2) / 2 - 0.5


def left_out(fit, x, y, groups, *, learn=lambda out: ~out, judge=lambda out: out, names=np.unique):
    """The solution, with one thing changed."""
    shares, one_hot = [], np.eye(y.max() + 1)[y]
    for name in names(groups):
        out = groups == name
        probe = fit(x[learn(out)], one_hot[learn(out)])
        shares.append((probe(x[judge(out)]).argmax(axis=1) == y[judge(out)]).mean())
    return np.array(shares)


def by_columns(fit, x, y, groups):
    shares, one_hot = [], np.eye(y.max() + 1)[y]
    for name in np.unique(groups):
        out = groups == name
        shares.append(((fit(x[~out], one_hot[~out])(x[out]) > 0.5) == one_hot[out]).mean())
    return np.array(shares)


def short_columns(fit, x, y, groups):
    for name in np.unique(groups):
        out = groups == name
        fit(x[~out], np.eye(y[~out].max() + 1)[y[~out]])(x[out])


def whitening(
    x, shrinkage, *, root=np.sqrt, floor=None, turn=lambda u: u, mean=None, last=True, keep=None
):
    """The solution, with one thing changed."""
    mean = x.mean(axis=0) if mean is None else mean
    values, axes = np.linalg.eigh(np.cov(x.T))
    raised = values + (shrinkage * values.mean() if floor is None else floor(values, shrinkage))
    matrix = turn(axes) / root(raised)
    scale = np.sqrt((((x - mean) @ matrix) ** 2).mean()) if last else 1

    def whiten(others):
        return (others - (mean if keep is None else keep(others))) @ matrix / scale

    return whiten


def sample(mu, log_sigma, rng):
    return mu + np.exp(log_sigma) * rng.standard_normal(mu.shape)


RIGHT = {
    checks_02.check_cosine: (
        lambda a, b: unit(a) @ unit(b).T,
        lambda a, b: keras.ops.convert_to_tensor(unit(a) @ unit(b).T),
    ),
    checks_02.check_left_out: (
        checks_02.ready_left_out,
        lambda *a: left_out(*a),
        lambda *a: left_out(*a).tolist(),
    ),
    checks_02.check_whitening: (
        checks_02.ready_whitening,
        whitening,
        lambda x, s: whitening(x, s, turn=lambda u: -u[:, ::-1], root=lambda v: np.sqrt(v[::-1])),
        lambda x, s: lambda y: keras.ops.convert_to_tensor(whitening(x, s)(y)),
    ),
    checks_02.check_condition: (sample, lambda m, s, rng: rng.normal(m, np.exp(s))),
    checks_02.check_kl: (
        lambda mu, log_sigma: kl(mu, log_sigma).mean(),
        lambda mu, log_sigma: float(kl_divergence(mu, log_sigma)),
    ),
}
WRONG = {
    checks_02.check_cosine: (
        (lambda a, b: a @ b.T, "divide by the length of both"),
        (lambda a, b: unit(a) @ b.T, "rows of b"),
        (lambda a, b: a @ unit(b).T, "rows of a"),
        (lambda a, b: a @ b.T / np.linalg.norm(a) / np.linalg.norm(b), "each *row*"),
        (lambda a, b: 1 - unit(a) @ unit(b).T, "distance"),
        (lambda a, b: unit(b) @ unit(a).T, "transpose"),
        (lambda a, b: (unit(a)[:3] * unit(b)).sum(1), "shape should be (4, 3)"),
        (lambda a, b: unit(a) @ unit(b).T + 0.1, "expected"),
        (lambda a, b: "0.9", "numbers are wanted"),
    ),
    checks_02.check_left_out: (
        (lambda *a: left_out(*a, learn=lambda out: out | ~out), "that it is judged on"),
        (lambda *a: left_out(*a, learn=lambda out: out), "turned round"),
        (lambda *a: left_out(*a, judge=lambda out: ~out, learn=lambda out: out), "turned round"),
        (lambda *a: left_out(*a, judge=lambda out: out | ~out), "that it has not seen"),
        (lambda *a: left_out(*a, learn=lambda out: np.arange(len(out)) > 9), "whole groups"),
        (lambda *a: left_out(*a, names=lambda groups: range(3)), "np.unique"),
        (lambda *a: left_out(*a, names=lambda groups: [2, 7]), "2 probes for 3 groups"),
        (lambda *a: left_out(*a, names=lambda groups: [7, 2, 4]), "order of np.unique"),
        (lambda *a: left_out(*a).mean(), "which wording fails"),
        (lambda *a: 1 - left_out(*a), "wrong answers"),
        (lambda *a: 100 * left_out(*a), "per cent"),
        (lambda *a: left_out(*a) / 2, "expected"),
        (lambda fit, x, y, groups: np.ones(3), "0 probes"),
        (by_columns, "argmax"),
        (lambda fit, x, y, groups: fit(x, y), "np.eye"),
        (lambda fit, x, y, groups: fit(x, np.eye(4)[y][::-1]), "one mask"),
        (lambda fit, x, y, groups: fit(x[:, 1:], np.eye(4)[y]), "rows of `vectors`"),
        (short_columns, "*all* answers"),
    ),
    checks_02.check_whitening: (
        (lambda x, s: whitening(x, s, last=False), "one scale is missing"),
        (lambda x, s: whitening(x, s, mean=np.zeros(5)), "take the mean"),
        (lambda x, s: whitening(x, s, root=lambda v: v), "square root"),
        (lambda x, s: whitening(x, s, root=lambda v: v, last=False), "square root"),
        (lambda x, s: whitening(x, s, root=lambda v: 1 / np.sqrt(v)), "turned round"),
        (lambda x, s: whitening(x, s, floor=lambda v, s: 0), "s is missing"),
        (lambda x, s: whitening(x, s, floor=lambda v, s: s), "times the *mean*"),
        (lambda x, s: whitening(x, s, turn=np.transpose), "are *columns*"),
        (lambda x, s: whitening(x, s, root=np.ones_like), "leaves its shape"),
        (lambda x, s: lambda y: (y - x.mean(axis=0)) / x.std(axis=0), "standardising"),
        (lambda x, s: whitening(x, s, last=False, keep=lambda y: y.mean(axis=0)), "also for"),
        (lambda x, s: whitening(x, s)(x), "return a function"),
        (lambda x, s: lambda y: whitening(x, s)(y)[:, :2], "8 vectors of 5 numbers"),
        (lambda x, s: lambda y: 3 * whitening(x, s)(y), "long, expected"),
        (lambda x, s: lambda y: ..., "replace the ..."),
        (lambda x, s: lambda y: y @ x, "ValueError"),
    ),
    checks_02.check_condition: (
        (lambda m, s, rng: m + np.exp(s) * rng.standard_normal(m.shape[1]), "one noise"),
        (lambda m, s, rng: m + np.exp(s) * rng.standard_normal((len(m), 1)), "of a row"),
        (lambda m, s, rng: m + np.exp(s) * np.random.default_rng(0).standard_normal(m.shape),
         "same sample"),
        (lambda m, s, rng: m, "same sample"),
        (lambda m, s, rng: sample(m, s, np.random), "another generator"),
        (lambda m, s, rng: sample(m, s, np.random.default_rng()), "another generator"),
        (lambda m, s, rng: np.exp(s) * rng.standard_normal(m.shape), "mu is missing"),
        (lambda m, s, rng: m + s * rng.standard_normal(m.shape), "np.exp"),
        (lambda m, s, rng: m + np.exp(s / 2) * rng.standard_normal(m.shape), "not of the variance"),
        (lambda m, s, rng: m + np.exp(2 * s) * rng.standard_normal(m.shape), "the variance"),
        (lambda m, s, rng: m + rng.standard_normal(m.shape), "width is 1"),
        (lambda m, s, rng: m + np.exp(s) * rng.random(m.shape), "mean of the sample"),
        (lambda m, s, rng: m + np.exp(s) * (rng.random(m.shape) - 0.5), "uniform"),
        (lambda m, s, rng: m + 3 * np.exp(s) * rng.standard_normal(m.shape), "the widths are"),
        (lambda m, s, rng: np.log(-np.ones_like(m)), "NaN"),
        (lambda m, s, rng: sample(m, s, rng)[0], "shape (batch, size)"),
    ),
    checks_02.check_kl: (
        (lambda m, s: kl(m, s).sum(), "that is the sum"),
        (lambda m, s: kl(m, s).sum(1).mean(), "sums over dimensions"),
        (lambda m, s: kl(m, s).mean(1), "one number a row"),
        (lambda m, s: (-s / 2 + (np.exp(s) + m**2) / 2 - 0.5).mean(), "not of the variance"),
        (lambda m, s: kl(m, s, square=1).mean(), "sigma must be squared"),
        (lambda m, s: -kl(m, s).mean(), "never negative"),
        (lambda m, s: kl(m, s).mean() + 0.5, "-1/2 is missing"),
        (lambda m, s: (kl(m, s) + 2 * s).mean(), "*minus* log sigma"),
        (lambda m, s: (-s + (np.exp(2 * s) + m) / 2 - 0.5).mean(), "mu must be squared"),
        (lambda m, s: kl(m, m).mean(), "mu twice"),
        (lambda m, s: 0.0, "expected"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("check", RIGHT)
def test_a_right_answer_is_accepted(capsys, check):
    for function in RIGHT[check]:
        assert check(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(("check", "number"), [(c, i) for c in WRONG for i in range(len(WRONG[c]))])
def test_a_wrong_answer_gets_its_hint(capsys, check, number):
    function, hint = WRONG[check][number]
    with np.errstate(all="ignore"):
        assert check(function) is False
    line = said(capsys)
    assert line.startswith("Not yet: ") and hint in line


@pytest.mark.parametrize("check", RIGHT)
def test_a_check_never_raises(capsys, check):
    for answer, hint in (
        (..., "a function is wanted"),
        (None, "a function is wanted"),
        (lambda *arguments: ..., "replace the ..."),
        (lambda *arguments: None, "replace the ..."),
        (lambda *arguments: 1 / 0, "ZeroDivisionError"),
        (lambda: 1, "TypeError"),
        (lambda *arguments: [[1], [2, 3]], "Not yet"),
        (lambda *arguments: object(), "Not yet"),
    ):
        assert check(answer) is False
        assert hint in said(capsys)
