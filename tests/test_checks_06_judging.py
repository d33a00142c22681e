"""Checks of exercises 6 and 7 in notebook 06: answers pass, each mistake gets its hint."""

import numpy as np
import pytest
from answers import refused, said

from t2i_utils.course import checks_06

# --- exercise 6 --------------------------------------------------------------------------------


def hide(regions, weights, count, *, order=-1, more=0):
    """The solution, with one thing changed."""
    hidden = regions.copy()
    most = np.argsort(order * weights, axis=1)[:, : count + more]
    np.put_along_axis(hidden, most[..., None], 0, axis=1)
    return hidden


def by_a_loop(regions, weights, count):
    hidden = np.array(regions)
    for row, own in zip(hidden, weights, strict=True):
        row[np.argsort(own)[len(own) - count :]] = 0
    return hidden


def by_a_factor(regions, weights, count):
    rank = np.argsort(np.argsort(-weights, axis=1), axis=1)
    return regions * (rank >= count)[:, :, None]


def in_place(regions, weights, count):
    most = np.argsort(-weights, axis=1)[:, :count]
    np.put_along_axis(regions, most[..., None], 0, axis=1)
    return regions


def into_a_copy(regions, weights, count):
    hidden = regions.copy()
    hidden[np.arange(len(hidden))[:, None], np.argsort(-weights, axis=1)[:, :count]][:] = 0
    return hidden


def for_all(places):
    def function(regions, weights, count):
        hidden = regions.copy()
        hidden[:, places(weights, count)] = 0
        return hidden

    return function


def from_the_end(regions, weights, count):
    hidden = regions.copy()
    np.put_along_axis(hidden, np.argsort(weights, axis=1)[:, -count:, None], 0, axis=1)
    return hidden


@pytest.mark.parametrize("function", [hide, by_a_loop, by_a_factor, checks_06.ready_hide])
def test_hidden_regions_are_accepted(capsys, function):
    assert checks_06.check_hide(function) is True
    assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda r, w, n: ..., "replace the ..."),
        (lambda r, w, n: r[99], "IndexError"),
        (lambda r, w, n: w, "of the shape"),
        (lambda r, w, n: r, "nothing is hidden"),
        (in_place, "copy them first"),
        (into_a_copy, "assign to the array"),
        (lambda *a: hide(*a, order=1), "looked at *least*"),
        (lambda r, w, n: hide(r, w, 6 - n, order=1), "all but the ones"),
        (lambda *a: hide(*a, more=-1), "too few"),
        (lambda *a: hide(*a, more=1), "too many"),
        (for_all(lambda w, n: np.argsort(-w.mean(axis=0))[:n]), "mean over the pictures"),
        (for_all(lambda w, n: np.argsort(-w[0])[:n]), "those of the first"),
        (for_all(lambda w, n: np.argsort(-w, axis=1)[:, :n]), "np.put_along_axis"),
        (lambda r, w, n: r * (1 - w[..., None]), "whole regions"),
        (lambda r, w, n: 0 * r, "and no others"),
        (from_the_end, "[-0:]"),
    ],
)
def test_wrongly_hidden_regions_get_their_hint(capsys, function, hint):
    refused(capsys, checks_06.check_hide, function, hint)


# --- exercise 7 --------------------------------------------------------------------------------


def floor(asked, texts, *, own=False, divide=None, of="asked"):
    """The solution, with one thing changed."""
    kept = sum(
        len(a & b) for i, a in enumerate(asked) for j, b in enumerate(texts) if own or i != j
    )
    others = len(texts) - (not own) if divide is None else divide(len(texts))
    return kept / (others * sum(map(len, asked if of == "asked" else texts)))


def by_shifts(asked, texts):
    shares = []
    for shift in range(1, len(texts)):
        shifted = texts[shift:] + texts[:shift]
        kept = sum(len(a & b) for a, b in zip(asked, shifted, strict=True))
        shares.append(kept / sum(map(len, asked)))
    return np.mean(shares)


def one_shift(by):
    def function(asked, texts):
        shifted = texts[by:] + texts[:by]
        kept = sum(len(a & b) for a, b in zip(asked, shifted, strict=True))
        return kept / sum(map(len, asked))

    return function


def mean_of_captions(asked, texts):
    shares = [
        np.mean([len(a & b) / len(a) for j, b in enumerate(texts) if i != j])
        for i, a in enumerate(asked)
    ]
    return np.mean(shares)


@pytest.mark.parametrize("function", [floor, by_shifts])
def test_the_floor_is_accepted(capsys, function):
    assert checks_06.check_floor(function) is True
    assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda asked, texts: ..., "replace the ..."),
        (lambda asked, texts: asked & texts, "TypeError"),
        (lambda asked, texts: asked, "one number"),
        (one_shift(0), "its own description"),
        (lambda *a: floor(*a, own=True), "leave out each caption's own"),
        (lambda *a: floor(*a, divide=lambda n: n), "not n"),
        (lambda *a: floor(*a, divide=lambda n: 1), "divide by their number"),
        (one_shift(1), "take all others"),
        (one_shift(-1), "take all others"),
        (lambda *a: floor(*a, of="said"), "what is *asked*"),
        (mean_of_captions, "then divide once"),
        (lambda *a: 100 * floor(*a), "not per cent"),
        (lambda asked, texts: 0.9, "expected"),
    ],
)
def test_a_wrong_floor_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_06.check_floor, function, hint)
