"""The checks of notebook 03: the solution passes, each usual mistake gets the hint that fits."""

import numpy as np
import pytest

from t2i_utils.course import checks_03

SHAPES = [(8, 8, 64), (16, 16, 32), (32, 32, 16), (64, 64, 8)]


def said(capsys) -> str:
    (line,) = capsys.readouterr().out.splitlines()
    return line


def refused(capsys, check, *answer, hint: str) -> None:
    assert check(*answer) is False
    line = said(capsys)
    assert line.startswith("Not yet: ") and hint in line, line


# --- exercise 1 --------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [SHAPES, np.array(SHAPES), [list(shape) for shape in SHAPES]])
def test_the_shapes_are_accepted(capsys, answer):
    assert checks_03.check_block_shapes(answer, SHAPES) is True
    assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (..., "replace each ..."),
        ([..., ..., ..., ...], "replace each ..."),
        ((SHAPES[0], ..., ..., ...), "replace each ..."),
        ([(8, 8, 64), (16, ..., 32), (32, 32, 16), (64, 64, 8)], "replace each ..."),
        (SHAPES[:3], "4 shapes"),
        (["8", "16"], "4 shapes"),
        ([(h, w, 2 * c) for h, w, c in SHAPES], "gate"),
        ([(h, w, 4 * c) for h, w, c in SHAPES], "channels // 2"),
        ([(h // 2, w // 2, c) for h, w, c in SHAPES], "doubles first"),
        ([(h // 2, w // 2, 2 * c) for h, w, c in SHAPES], "doubles height and width first"),
        (SHAPES[::-1], "few pixels) to the last"),
        ([(*a[:2], b[2]) for a, b in zip(SHAPES, SHAPES[::-1], strict=True)], "fall while"),
        ([(8, 8, 64), (16, 16, 32), (32, 32, 32), (64, 64, 8)], "block 3"),
        ([(8, 8, 64), (16, 16, 32), (32, 32, 16), (60, 64, 8)], "block 4"),
    ],
)
def test_wrong_shapes_get_their_hint(capsys, answer, hint):
    refused(capsys, checks_03.check_block_shapes, answer, SHAPES, hint=hint)


# --- exercise 2 --------------------------------------------------------------------------------


def relu(values):
    return np.maximum(values, 0)


def pair_loss(real, wrong, fake):
    return relu(1 - real).mean() + (relu(1 + wrong).mean() + relu(1 + fake).mean()) / 2


def test_the_pair_loss_is_accepted_and_is_the_librarys(capsys):
    from t2i_utils.stackgan.losses import discriminator_loss

    def librarys(*logits):
        return discriminator_loss("hinge", *logits)

    for function in (pair_loss, librarys):
        assert checks_03.check_pair_loss(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda real, wrong, fake: ..., "replace the ..."),
        (lambda real, wrong, fake: None, "replace the ..."),
        (lambda real, wrong: 0.0, "TypeError"),
        (lambda real, wrong, fake: relu(1 - real), "one number"),
        (lambda r, w, f: relu(1 - r).mean() + relu(1 + w).mean() + relu(1 + f).mean(), "1, 1 and"),
        (lambda r, w, f: pair_loss(r, w, f) / 2, "half of it"),
        (lambda r, w, f: (relu(1 - r) + relu(1 + w) + relu(1 + f)).mean() / 3, "do not average"),
        (lambda r, w, f: pair_loss(-r, -w, -f), "turned round"),
        (lambda r, w, f: pair_loss(r, -w, f), "wrong text should"),
        (lambda r, w, f: pair_loss(r, w, -f), "generated picture should"),
        (lambda r, w, f: relu(1 - r).mean() + relu(1 + f).mean(), "wrong text is missing"),
        (lambda r, w, f: relu(1 - r).mean() + relu(1 + f).mean() / 2, "wrong text is missing"),
        (lambda r, w, f: (1 - r).mean() + ((1 + w).mean() + (1 + f).mean()) / 2, "*before*"),
        (lambda r, w, f: relu((1 - r).mean()) + (relu((1 + w).mean()) + relu((1 + f).mean())) / 2,
         "*before*"),
        (lambda r, w, f: relu(-r).mean() + (relu(w).mean() + relu(f).mean()) / 2, "margin"),
        (lambda r, w, f: relu(1 - r).sum() + (relu(1 + w).sum() + relu(1 + f).sum()) / 2, "sum"),
        (lambda r, w, f: np.logaddexp(0, -r).mean()
         + (np.logaddexp(0, w).mean() + np.logaddexp(0, f).mean()) / 2, "cross-entropy"),
        (lambda r, w, f: 1.25, "expected"),
        (lambda r, w, f: float("nan"), "expected"),
    ],
)  # fmt: skip
def test_a_wrong_pair_loss_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_03.check_pair_loss, function, hint=hint)


# --- exercise 3 --------------------------------------------------------------------------------


def scores_of(images, texts):
    return images @ texts.T / 0.1


def log_softmax(scores, axis=1):
    return scores - np.log(np.exp(scores).sum(axis=axis, keepdims=True))


def contrastive(images, texts):
    return -np.diagonal(log_softmax(scores_of(images, texts))).mean()


def test_the_contrastive_loss_is_accepted_and_is_the_librarys(capsys):
    from keras import ops

    from t2i_utils.stackgan.losses import contrastive_loss

    def librarys(images, texts):
        places = ops.arange(len(images))
        classes = ops.arange(len(texts))
        images, texts = (ops.cast(vectors, "float32") for vectors in (images, texts))
        return ops.mean(contrastive_loss(images, texts, places, places, classes))

    for function in (contrastive, librarys):
        assert checks_03.check_contrastive(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (lambda images, texts: ..., "replace the ..."),
        (lambda images, texts: scores_of(images, texts), "one number"),
        (lambda i, t: contrastive(0.1 * i, t), "temperature, 0.1"),
        (lambda i, t: contrastive(0.01 * i, t), "*divide*"),
        (lambda i, t: -np.diagonal(log_softmax(scores_of(i, t), 0)).mean(), "axis 1"),
        (lambda i, t: -contrastive(i, t), "the sign"),
        (lambda i, t: len(i) * contrastive(i, t), "that is a sum"),
        (lambda i, t: -log_softmax(scores_of(i, t)).mean(), "diagonal"),
        (lambda i, t: -np.exp(np.diagonal(log_softmax(scores_of(i, t)))).mean(), "logarithm of"),
        (lambda i, t: 1 - np.exp(np.diagonal(log_softmax(scores_of(i, t)))).mean(), "1 minus"),
        (lambda i, t: -np.diagonal(scores_of(i, t)).mean(), "softmax is missing"),
        (lambda i, t: -np.diagonal(i @ t.T).mean(), "temperature and softmax"),
        (lambda i, t: (contrastive(i, t) + -np.diagonal(log_softmax(scores_of(i, t), 0)).mean())
         / 2, "one direction"),
        (lambda i, t: -np.log(np.exp((i * t).sum(1) / 0.1)
                              / np.exp(scores_of(i, t)).sum(1)).mean(), "more sentences"),
        (lambda i, t: 0.5, "expected"),
    ],
)  # fmt: skip
def test_a_wrong_contrastive_loss_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_03.check_contrastive, function, hint=hint)


# --- exercise 4 --------------------------------------------------------------------------------


def alarm(diversity, diversity_real, share, patience, *, reset=True, shift=0):
    in_a_row = 0
    for step in range(len(diversity)):
        alike = diversity[step] < share * diversity_real[step]
        in_a_row = in_a_row + 1 if alike else (0 if reset else in_a_row)
        if in_a_row == patience:
            return step + shift
    return -1


def test_the_alarm_is_accepted(capsys):
    assert checks_03.check_collapse_alarm(alarm) is True
    assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (lambda d, r, s, p: ..., "replace the ..."),
        (lambda d, r, s, p: None, "return -1"),
        (lambda d, r, s, p: "late", "whole number"),
        (lambda d, r, s, p: 0.5, "whole number"),
        (lambda d, r, s, p: alarm(d, r, s, p, reset=False), "in a row"),
        (lambda d, r, s, p: alarm(d, r, s, p, shift=1 - p) if alarm(d, r, s, p) >= 0 else -1,
         "where it begins"),
        (lambda d, r, s, p: alarm(d, r, s, p, shift=1) if alarm(d, r, s, p) >= 0 else -1,
         "one too late"),
        (lambda d, r, s, p: -1, "never rang"),
        (lambda d, r, s, p: alarm(d, np.ones_like(r) * 4, s, p), "diversity_real"),
        (lambda d, r, s, p: len(d), "diversity_real"),
    ],
)  # fmt: skip
def test_a_wrong_alarm_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_03.check_collapse_alarm, function, hint=hint)
