"""The checks of notebook 06: the solution passes, each usual mistake gets the hint that fits."""

import numpy as np
import pytest
from answers import refused, said
from keras import ops

from t2i_utils.captioning.vocabulary import END, PADDING, START, UNKNOWN, Vocabulary
from t2i_utils.course import checks_06

# --- exercise 1 --------------------------------------------------------------------------------


def encode(words, numbers, length, *, marks=(START, END), unknown=UNKNOWN, cut=True):
    """The solution, with one thing changed."""
    row = [numbers.get(word, unknown) for word in words]
    row = [number for number in row if number is not None]
    row = [mark for mark in marks if mark == START] + row + [mark for mark in marks if mark == END]
    row = row[:length] if cut else row
    return row + [PADDING] * (length - len(row))


def never_padded(words, numbers, length):
    return [START, *(numbers.get(word, UNKNOWN) for word in words), END][:length]


def always_ended(words, numbers, length):
    row = encode(words, numbers, length)
    return row if PADDING in row else [*row[:-1], END]


def end_is_last(words, numbers, length):
    row = [START, *(numbers.get(word, UNKNOWN) for word in words)]
    return [*row, *[PADDING] * (length - len(row) - 1), END][:length]


def test_the_row_is_accepted_and_is_the_librarys(capsys):
    def librarys(words, numbers, length):
        known = ["<padding>", "<start>", "<end>", "<unknown>", *numbers]
        return Vocabulary(known).encode([" ".join(words)], length)[0]

    for function in (encode, librarys):
        assert checks_06.check_encode(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda words, numbers, length: ..., "replace the ..."),
        (lambda words, numbers, length: None, "replace the ..."),
        (lambda words, numbers, length: 1 / 0, "ZeroDivisionError"),
        (lambda words, numbers, length: [numbers[word] for word in words], "9 numbers"),
        (lambda words, numbers, length: encode(words, {w: numbers[w] for w in words}, length),
         "numbers.get"),
        (lambda words, numbers, length: " ".join(words), "one row of numbers"),
        (lambda words, numbers, length: [encode(words, numbers, length)], "one row of numbers"),
        (lambda *a: encode(*a, marks=(END,)), "begins with START"),
        (lambda *a: encode(*a, marks=()), "START before the words and END after"),
        (lambda *a: encode(*a, marks=(START,)), "comes END"),
        (never_padded, "fill it with PADDING"),
        (end_is_last, "then PADDING"),
        (lambda *a: encode(*a, unknown=PADDING), "an unknown word is UNKNOWN"),
        (lambda *a: encode(*a, unknown=None), "do not drop"),
        (lambda *a: encode(*a, cut=False), "4 numbers are wanted"),
        (always_ended, "END too"),
        (lambda words, numbers, length: [7] * length, "expected [1, 4, 5, 6, 7, 8, 2, 0, 0]"),
    ],
)  # fmt: skip
def test_a_wrong_row_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_06.check_encode, function, hint)


# --- exercise 2 --------------------------------------------------------------------------------


def right_loss(scores, sentences):
    words = sentences[:, 1:]
    own = ops.take_along_axis(scores, words[..., None], axis=-1)[..., 0]
    there = ops.cast(ops.not_equal(words, PADDING), scores.dtype)
    return -ops.sum(own * there) / ops.sum(there)


def loss(scores, sentences, *, shift=1, blank=(PADDING,), sign=-1, rule=np.mean):
    """The solution in NumPy, with one thing changed."""
    words = sentences[:, shift : shift + scores.shape[1]]
    own = np.take_along_axis(scores, words[..., None], axis=-1)[..., 0]
    return sign * rule(own[~np.isin(words, blank)])


def mean_of_means(scores, sentences):
    rows = zip(scores, sentences, strict=True)
    return np.mean([loss(s[None], words[None]) for s, words in rows])


def multiplied(scores, sentences):
    words = sentences[:, 1:]
    own = np.take_along_axis(scores, words[..., None], axis=-1)[..., 0]
    return -(own * (words != PADDING)).mean()


def test_the_loss_is_accepted(capsys):
    def by_one_hot(scores, sentences):
        wanted = ops.one_hot(sentences[:, 1:], scores.shape[-1], dtype=scores.dtype)
        wanted *= ops.cast(sentences[:, 1:, None] != PADDING, scores.dtype)
        return -ops.sum(wanted * scores) / ops.sum(wanted)

    def by_mask(scores, sentences):
        own = ops.take_along_axis(scores, sentences[:, 1:, None], axis=-1)[..., 0]
        return -ops.mean(ops.convert_to_tensor(own)[ops.not_equal(sentences[:, 1:], PADDING)])

    for function in (right_loss, by_one_hot, by_mask, checks_06.ready_loss):
        assert checks_06.check_next_word_loss(function) is True
        assert said(capsys).startswith("Right: ")


def test_a_loss_without_gradients_is_refused(capsys):
    refused(capsys, checks_06.check_next_word_loss, loss, "no gradient comes through")


def test_the_loss_is_the_librarys_but_for_its_smoothing(monkeypatch):
    from t2i_utils.captioning import training

    monkeypatch.setattr(training, "LABEL_SMOOTHING", 0.0)
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(2, 4, 6)).astype("float32")
    sentences = np.array([[START, 4, 5, END, PADDING], [START, 5, 4, 5, END]], "int32")
    scores = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    librarys = float(training.next_word_loss(logits, sentences[:, 1:]))
    assert loss(scores, sentences) == pytest.approx(librarys, rel=1e-4)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda scores, sentences: ..., "replace the ..."),
        (lambda scores, sentences: np.take_along_axis(scores, sentences[..., None], -1).mean(),
         "one place less"),
        (lambda scores, sentences: scores, "one number"),
        (lambda scores, sentences: loss(scores, sentences, sign=1), "minus"),
        (lambda scores, sentences: loss(scores, sentences, shift=0), "*follows*"),
        (lambda scores, sentences: loss(scores, sentences, blank=()), "leave padding out"),
        (lambda scores, sentences: loss(scores, sentences, blank=(PADDING, END)), "END counts"),
        (lambda scores, sentences: loss(scores, sentences, rule=np.sum), "not their sum"),
        (lambda scores, sentences: loss(scores, sentences, rule=np.sum) / len(scores),
         "not over sentences"),
        (mean_of_means, "one mean over all words"),
        (multiplied, "divide by the number of words"),
        (lambda scores, sentences: loss(np.exp(scores), sentences, sign=1), "mean probability"),
        (lambda scores, sentences: 0.123, "got 0.1230"),
        (lambda scores, sentences: float("nan"), "got nan"),
    ],
)  # fmt: skip
def test_a_wrong_loss_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_06.check_next_word_loss, function, hint)


# --- exercise 3 --------------------------------------------------------------------------------


def test_the_mask_is_accepted(capsys):
    def by_comparison(length):
        places = ops.arange(length)
        return places[:, None] >= places

    def in_a_loop(length):
        return [[column <= row for column in range(length)] for row in range(length)]

    for function in (lambda n: np.tril(np.ones((n, n), bool)), by_comparison, in_a_loop, np.tri):
        assert checks_06.check_causal_mask(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda n: ..., "replace the ..."),
        (lambda n: n / 0, "ZeroDivisionError"),
        (lambda n: "lower", "return (5, 5)"),
        (lambda n: np.tri(n)[None], "shape (1, 5, 5)"),
        (lambda n: np.tri(n, n + 1), "shape (5, 6)"),
        (lambda n: np.tri(5), "length 3"),
        (lambda n: -1e9 * np.triu(np.ones((n, n)), 1), "only True and False"),
        (lambda n: np.ones((n, n)), "its own answer included"),
        (np.eye, "only itself"),
        (lambda n: np.triu(np.ones((n, n))), "columns 0 to i"),
        (lambda n: np.triu(np.ones((n, n)), 1), "*may* look"),
        (lambda n: np.tri(n, k=-1), "a place may see itself"),
        (lambda n: np.tri(n, k=1), "also sees the next one"),
        (lambda n: np.tri(n) - np.tri(n, k=-2), "place 2 may see places 0 to 2"),
        (lambda n: np.zeros((n, n)), "it sees []"),
    ],
)  # fmt: skip
def test_a_wrong_mask_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_06.check_causal_mask, function, hint)


# --- exercise 4 --------------------------------------------------------------------------------


def cut(chances, nucleus, *, crossing=True, renormalise=True, back=True, down=True):
    """The solution, with one thing changed."""
    order = np.argsort(-chances if down else chances)
    ranked = chances[order]
    total = np.cumsum(ranked)
    inside = (total - ranked if crossing else total) < nucleus - 1e-9
    kept = np.zeros_like(chances)
    kept[order if back else np.arange(len(order))] = np.where(inside, ranked, 0)
    with np.errstate(invalid="ignore"):
        return kept / kept.sum() if renormalise else kept


def one_too_many(chances, nucleus):
    order = np.argsort(-chances)
    count = np.searchsorted(np.cumsum(chances[order]), nucleus) + 2
    kept = np.zeros_like(chances)
    kept[order[:count]] = chances[order[:count]]
    return kept / kept.sum()


def each_alone(chances, nucleus):
    kept = np.where(chances >= nucleus, chances, 0)
    return kept / max(kept.sum(), 1e-9)


def test_the_nucleus_is_accepted(capsys):
    assert checks_06.check_nucleus(cut) is True
    assert said(capsys).startswith("Right: ")
    assert checks_06.check_nucleus(lambda chances, nucleus: list(cut(chances, nucleus))) is True


def test_the_nucleus_is_the_one_that_the_library_draws_from():
    from t2i_utils.captioning.decoding import draw_word

    chances = np.random.default_rng(2).dirichlet(np.ones(12))
    uniforms = (np.arange(4000) + 0.5) / 4000
    for nucleus in (0.3, 0.75, 1.0):
        drawn = [draw_word(np.log(chances), uniform, nucleus) for uniform in uniforms]
        shares = np.bincount(drawn, minlength=12) / len(drawn)
        np.testing.assert_allclose(shares, cut(chances, nucleus), atol=1e-3)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda chances, nucleus: ..., "replace the ..."),
        (lambda chances, nucleus: chances[99], "IndexError"),
        (lambda chances, nucleus: chances.max(), "5 probabilities"),
        (lambda chances, nucleus: cut(chances, nucleus)[:2], "5 probabilities"),
        (lambda chances, nucleus: chances, "nothing was cut off"),
        (lambda *a: cut(*a, renormalise=False), "divide by the sum"),
        (lambda *a: cut(*a, back=False), "the place of its word"),
        (lambda *a: cut(*a, crossing=False), "belongs to it"),
        (lambda *a: cut(*a, crossing=False, renormalise=False), "then divide"),
        (lambda *a: cut(*a, down=False), "likeliest word down"),
        (one_too_many, "one word too many"),
        (each_alone, "*together*"),
        (lambda chances, nucleus: np.full(5, 0.2), "nucleus 0.7: expected"),
        (lambda chances, nucleus: chances / 3, "add up to 0.333"),
        (lambda chances, nucleus: chances * np.nan, "divided by 0"),
    ],
)
def test_a_wrong_nucleus_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_06.check_nucleus, function, hint)


# --- exercise 5 --------------------------------------------------------------------------------


def beam(totals, logs, *, reach=np.add, order=-1, swap=False):
    """The solution, with one thing changed."""
    reached = reach(totals[:, None], logs)
    best = np.argsort(order * reached, axis=None)[: len(totals)]
    found = np.unravel_index(best, reached.shape)
    return found[::-1] if swap else found


def test_the_beam_step_is_accepted(capsys):
    for function in (beam, checks_06.ready_beam_step):
        assert checks_06.check_beam_step(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda totals, logs: ..., "replace the ..."),
        (lambda totals, logs: totals, "two arrays"),
        (lambda totals, logs: (totals[:2], totals[:2]), "two arrays"),
        (lambda t, x: tuple(part[::-1] for part in beam(t, x)), "the best first"),
        (lambda t, x: beam(t, x, reach=lambda a, b: b), "bad start"),
        (lambda t, x: beam(t, x, reach=np.multiply), "do not multiply"),
        (lambda t, x: beam(t, x, order=1), "worst"),
        (lambda t, x: (np.arange(3), x.argmax(axis=1)), "compete"),
        (lambda t, x: beam(t, x, swap=True), "first the beginnings"),
        (lambda t, x: (np.zeros(3), np.zeros(3)), "expected"),
    ],
)
def test_a_wrong_beam_step_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_06.check_beam_step, function, hint)
