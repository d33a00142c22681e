"""Checks of the exercises in notebook 06 (image to text)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from t2i_utils.captioning.vocabulary import END, PADDING, SPECIAL, START, UNKNOWN
from t2i_utils.course.checks import (
    as_array,
    call,
    one_number,
    passes_gradients,
    short,
    verdict,
)
from t2i_utils.course.checks_06_judging import check_floor as check_floor
from t2i_utils.course.checks_06_judging import check_hide as check_hide
from t2i_utils.course.checks_06_judging import ready_floor as ready_floor
from t2i_utils.course.checks_06_judging import ready_hide as ready_hide

_NUMBERS = {word: 4 + index for index, word in enumerate(["this", "bird", "has", "red", "wings"])}


def check_encode(function: Callable[..., Any]) -> bool:
    """Exercise 1: a sentence as a row of word numbers between a start and an end mark."""
    for what, sentence, length in (
        ("a sentence with room to spare", "this bird has red wings", 9),
        ("a word that the vocabulary lacks", "this bird has turquoise wings", 8),
        ("a sentence that is too long", "this bird has red wings", 4),
    ):
        words = sentence.split()
        answer, problem = call(function, list(words), dict(_NUMBERS), length)
        if problem:
            if "KeyError" in problem:
                problem = "a word that is not in the dictionary is UNKNOWN: numbers.get(...)"
            return verdict(False, problem)
        row = as_array(answer)
        if row is None or row.ndim != 1:
            return verdict(False, f"{what}: return one row of numbers, got {short(answer)}")
        known = [_NUMBERS.get(word, UNKNOWN) for word in words]
        if row.tolist() != _row(known, length):
            return verdict(False, f"{what}: {_encode_hint(row.tolist(), known, length)}")
    return verdict(True, "start, words, end, padding; and a sentence that is cut has no end")


def _row(numbers: list[int], length: int, marks: tuple[int, ...] = (START, END)) -> list[int]:
    """Numbers between the marks, cut or padded to `length`."""
    first = [START] if START in marks else []
    last = [END] if END in marks else []
    row = [*first, *numbers, *last][:length]
    return row + [PADDING] * (length - len(row))


def _encode_hint(row: list, known: list[int], length: int) -> str:
    right, dropped = _row(known, length), [number for number in known if number != UNKNOWN]
    blind = [PADDING if number == UNKNOWN else number for number in known]
    room = length - len(known) - 2
    hints = [
        (_row(known, length, (END,)), "the sentence begins with START"),
        (_row(known, length, ()), "put START before the words and END after them"),
        ([START, *known, END], f"{length} numbers are wanted: cut it, or fill it with PADDING"),
        ([*right[:-1], END], "cut off what does not fit, END too: the sentence did not end there"),
        ([START, *known, *[PADDING] * room, END], "END comes after the last word, then PADDING"),
        (_row(blind, length), "PADDING means that nothing is there; an unknown word is UNKNOWN"),
        (_row(dropped, length), "do not drop an unknown word: say UNKNOWN, or places shift"),
        (_row(known, length, (START,)), "after the last word comes END: else it never stops"),
    ]
    for wrong, hint in hints:
        if row == wrong != right:
            return hint
    if len(row) != length:
        return f"{length} numbers are wanted, got {len(row)}"
    names = ", ".join(f"{name[1:-1]} {number}" for number, name in enumerate(SPECIAL))
    return f"expected {right}, got {row} ({names})"


def check_next_word_loss(function: Callable[..., Any]) -> bool:
    """Exercise 2: the loss that teacher forcing minimises."""
    rng = np.random.default_rng(0)
    scores = np.log(rng.dirichlet(np.ones(9), size=(3, 6)))
    sentences = np.array([
        [START, 4, 5, END, PADDING, PADDING, PADDING],
        [START, 6, 7, 8, 4, 5, END],
        [START, 8, 4, 7, 5, END, PADDING],
    ])  # fmt: skip
    answer, problem = call(function, scores.copy(), sentences.copy())
    if problem:
        if "stopped" in problem:
            problem += "; scores[:, t] judge sentences[:, t + 1], so one place less is judged"
        return verdict(False, problem)
    value, right = one_number(answer), _next_word_loss(scores, sentences)
    if value is None:
        return verdict(False, f"return one number, got {short(answer)}")
    if not np.isclose(value, right, rtol=1e-4):
        return verdict(False, _loss_hint(value, right, scores, sentences))
    if not passes_gradients(function, [scores], ops.array(sentences, "int32")):
        return verdict(
            False,
            "the number is right, but no gradient comes through: NumPy keeps none; take "
            "ops.take_along_axis and ops.sum",
        )
    return verdict(True, "every next word is judged, padding is not, and gradients pass")


def ready_loss(scores: Any, sentences: Any) -> Any:
    """A right answer: the notebook trains with it until the learner's own is right."""
    words = sentences[:, 1:]
    own = ops.take_along_axis(scores, words[..., None], axis=-1)[..., 0]
    there = ops.cast(words != PADDING, scores.dtype)
    return -ops.sum(own * there) / ops.sum(there)


def _next_word_loss(scores: np.ndarray, sentences: np.ndarray, first: int = 1) -> float:
    words = sentences[:, first : first + scores.shape[1]]
    own = np.take_along_axis(scores, words[..., None], axis=-1)[..., 0]
    return float(-own[words != PADDING].mean())


def _loss_hint(value: float, right: float, scores: np.ndarray, sentences: np.ndarray) -> str:
    words = sentences[:, 1:]
    own = -np.take_along_axis(scores, words[..., None], axis=-1)[..., 0]
    there = words != PADDING
    before_end = there & (words != END)
    per_sentence = np.array([row[mask].mean() for row, mask in zip(own, there, strict=True)])
    for wrong, hint in (
        (-right, "minus the log probability: a loss is small when words were likely"),
        (own.mean(), "leave padding out: nothing is said there"),
        ((own * there).mean(), "divide by the number of words that are there, not by all places"),
        (_next_word_loss(scores, sentences, 0),
         "scores[:, t] judge the word that *follows* word t, sentences[:, t + 1]"),
        (own[there].sum(), "the mean over words, not their sum"),
        (own[there].sum() / len(own), "the mean over words, not over sentences"),
        (per_sentence.mean(), "one mean over all words: a long sentence has more of them"),
        (own[before_end].mean(), "END counts too: when to stop has to be learnt like any word"),
        (np.exp(-own)[there].mean(), "that is the mean probability: take minus its logarithm"),
    ):  # fmt: skip
        if np.isclose(value, float(wrong), rtol=1e-4):
            return hint
    return f"expected {right:.4f}, got {value:.4f}"


def check_causal_mask(function: Callable[..., Any]) -> bool:
    """Exercise 3: which places of a sentence each place may look at."""
    for length in (5, 3, 1):
        answer, problem = call(function, length)
        if problem:
            return verdict(False, problem)
        mask = as_array(answer)
        if mask is None or mask.shape != (length, length):
            shape = short(answer) if mask is None else f"shape {mask.shape}"
            return verdict(False, f"length {length}: return ({length}, {length}), got {shape}")
        if not np.isin(mask, (0, 1)).all():
            return verdict(
                False,
                "only True and False: Keras wants to know *whether* a place may look, and adds "
                "the large negative numbers itself",
            )
        right = np.arange(length)[:, None] >= np.arange(length)
        if not np.array_equal(mask.astype(bool), right):
            return verdict(False, _mask_hint(mask.astype(bool), right))
    return verdict(True, "each place sees itself and what came before it, and nothing later")


def _mask_hint(mask: np.ndarray, right: np.ndarray) -> str:
    itself = np.eye(len(mask), dtype=bool)
    for wrong, hint in (
        (np.ones_like(mask), "every place sees the whole sentence, its own answer included"),
        (itself, "each place sees only itself: it may look at all earlier places too"),
        (right.T, "turned round: row i says what place i may see, columns 0 to i"),
        (~right, "turned round: True means that a place *may* look"),
        (right & ~itself, "a place may see itself: it has been read; what it must not see is next"),
        (right | np.roll(itself, 1, axis=1), "each place also sees the next one, its answer"),
    ):
        if np.array_equal(mask, wrong):
            return hint
    row = int(np.flatnonzero((mask != right).any(axis=1))[0])
    seen = np.flatnonzero(mask[row]).tolist()
    return f"place {row} may see places 0 to {row}; in your mask it sees {seen}"


def check_nucleus(function: Callable[..., Any]) -> bool:
    """Exercise 4: the fewest likeliest words whose probabilities add up to a given share."""
    chances = np.array([0.15, 0.28, 0.22, 0.25, 0.1])
    for nucleus in (0.7, 0.85, 0.2, 1.0):
        answer, problem = call(function, chances.copy(), nucleus)
        if problem:
            return verdict(
                False, f"nucleus {nucleus:g}: {problem}" if "stop" in problem else problem
            )
        kept = as_array(answer)
        if kept is None or kept.shape != chances.shape:
            return verdict(
                False, f"return {len(chances)} probabilities, one a word; got {short(answer)}"
            )
        if not np.allclose(kept, _nucleus(chances, nucleus), atol=1e-6):
            return verdict(False, f"nucleus {nucleus:g}: {_nucleus_hint(kept, chances, nucleus)}")
    return verdict(True, "the unlikely tail is cut off, and what is left adds up to 1")


def _nucleus(chances: np.ndarray, nucleus: float, more: int = 0, renormalise: bool = True) -> Any:
    """The probabilities of the nucleus, enlarged by `more` words."""
    order = np.argsort(-chances)
    before = np.cumsum(chances[order]) - chances[order]
    count = max(0, int((before < nucleus - 1e-9).sum()) + more)
    kept = np.zeros_like(chances)
    kept[order[:count]] = chances[order[:count]]
    return kept / max(kept.sum(), 1e-12) if renormalise else kept


def _nucleus_hint(kept: np.ndarray, chances: np.ndarray, nucleus: float) -> str:
    right = _nucleus(chances, nucleus)
    above = np.where(chances >= nucleus, chances, 0)
    if np.isnan(kept).any():
        return "something was divided by 0: the likeliest word is always in the nucleus"
    for wrong, hint in (
        (chances, "nothing was cut off"),
        (_nucleus(chances, nucleus, renormalise=False), "divide by the sum of what is left"),
        (np.sort(right)[::-1], "put each probability back at the place of its word"),
        (_nucleus(chances, nucleus, -1),
         "the word with which the sum reaches the nucleus belongs to it"),
        (_nucleus(chances, nucleus, -1, renormalise=False),
         "the word with which the sum reaches the nucleus belongs to it; then divide by the sum"),
        (_nucleus(chances, nucleus, 1), "one word too many: stop when the sum has been reached"),
        (above, "not each word alone, the likeliest words *together* reach the nucleus"),
        (above / max(above.sum(), 1e-12),
         "not each word alone, the likeliest words *together* reach the nucleus"),
        (_from_below(chances, nucleus), "sort from the likeliest word down, not up"),
    ):  # fmt: skip
        if np.allclose(kept, wrong, atol=1e-6):
            return hint
    if not np.isclose(kept.sum(), 1, atol=1e-6):
        return f"the probabilities that are left add up to {kept.sum():.3f}, not to 1"
    return f"expected {right.round(3).tolist()}, got {kept.round(3).tolist()}"


def _from_below(chances: np.ndarray, nucleus: float) -> np.ndarray:
    """A usual mistake: the least likely words instead of the likeliest."""
    order = np.argsort(chances)
    before = np.cumsum(chances[order]) - chances[order]
    kept = np.zeros_like(chances)
    kept[order] = np.where(before < nucleus, chances[order], 0)
    return kept / kept.sum()


def ready_beam_step(totals: np.ndarray, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A right answer to exercise 5: the notebook searches by it until the learner's is right."""
    reached = totals[:, None] + logs
    best = np.argsort(-reached, axis=None, kind="stable")[: len(totals)]
    parents, chosen = np.unravel_index(best, reached.shape)
    return parents, chosen


def check_beam_step(function: Callable[..., Any]) -> bool:
    """Exercise 5: the best continuations of several beginnings, the best first."""
    totals = np.array([-1.0, -1.2, -4.0])
    chances = [[0.1, 0.2, 0.3, 0.4], [0.02, 0.9, 0.05, 0.03], [0.96, 0.01, 0.02, 0.01]]
    logs = np.log(chances)
    answer, problem = call(function, totals.copy(), logs.copy())
    if problem:
        return verdict(False, problem)
    pair = [as_array(part) for part in answer] if isinstance(answer, (tuple, list)) else []
    if len(pair) != 2 or any(part is None or part.shape != (3,) for part in pair):
        return verdict(
            False, f"return two arrays of 3 numbers for 3 beginnings; got {short(answer)}"
        )
    found = list(zip(*(part.tolist() for part in pair), strict=True))  # type: ignore[union-attr]

    def best_of(reached: np.ndarray) -> list[tuple[int, int]]:
        places = np.argsort(-reached, axis=None)[:3]
        return list(
            zip(*(a.tolist() for a in np.unravel_index(places, reached.shape)), strict=True)
        )

    reached = totals[:, None] + logs
    right = best_of(reached)
    if found == right:
        return verdict(True, "an old favourite may end, and another may be continued twice")
    for wrong, hint in (
        (right[::-1], "the best first: argsort counts upwards"),
        (best_of(logs), "add the log probability of the beginning, or a bad start is forgotten"),
        (best_of(-reached), "those are the *worst*: add, do not multiply; argsort counts upwards"),
        ([(i, int(row.argmax())) for i, row in enumerate(reached)],
         "that is one word for each beginning: all continuations compete with each other"),
        ([(word, parent) for parent, word in right], "first the beginnings, then the words"),
    ):  # fmt: skip
        if found == wrong:
            return verdict(False, hint)
    return verdict(False, f"expected (beginning, word) {right}, got {found}")
