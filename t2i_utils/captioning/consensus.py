"""From many sampled descriptions of a picture, choose the one that agrees most with the others.

The likeliest sentence of a captioner is bland: "this bird is brown with white and has a ..." fits
most birds. A sampled sentence says more, but may be wrong. What many samples say is more often
right. So several sentences are sampled, and the one is chosen that shares most words with the
others and names the colours that several of them name, of the bird and of its parts. This is
minimum Bayes risk decoding (Kumar and Byrne, NAACL 2004; for captions Devlin et al., arXiv
1505.04467).

Where a reader of parts has looked at the picture, it is asked instead of the other sentences: the
colours that it expects people to name count, rare ones more, and what it holds for wrong costs.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from t2i_utils.captioning.caption_metrics import FUNCTION_WORDS, colours_of, part_colours_of
from t2i_utils.captioning.claims import claims_of
from t2i_utils.captioning.facts import Facts
from t2i_utils.captioning.vocabulary import words

NUM_DRAWN = 16
LONGEST_GRAM = 4  # words; the longest n-gram that is compared
TEMPERATURE = 0.7  # of the sampling; below 1 it favours likely words
NAMED_BY = 0.3  # share of the sentences that must name a colour before it counts
PART_NAMED_BY = 0.15  # the same for the colour of a part; lower, since sentences name few parts
COLOUR_WEIGHT = 0.4  # weight of the colours; shared words have weight 1
PART_WEIGHT = 0.15
# The same where a reader of parts is asked. Set on 160 pictures of classes held back from it.
READ_COLOUR_WEIGHT = 4.0
READ_PART_WEIGHT = 4.0
RIGHT_WEIGHT = 0.6  # of each claim, times the probability that it is right: who says more wins
WRONG_WEIGHT = 1.0  # of each claim, times the probability that it is wrong
REPEATED = 2.0  # what a phrase costs that is said twice
UNREAD = 0.3  # the probability of a claim that the reader does not know: a rare one


def agreement(sentences: Sequence[str], facts: Facts | None = None) -> np.ndarray:
    """How much each of several descriptions of one picture agrees with the others.

    Args:
        sentences: two or more.
        facts: what a reader of parts holds of the picture.

    Returns:
        (n,) float64: the mean F1 of its n-grams (one to four words) with each other sentence, in
        [0, 1], plus the weighted F1 of its colours, and of its parts' colours, with those that
        enough sentences name, or that the reader expects people to name.
    """
    runs = [_runs(words(text)) for text in sentences]
    shared = np.array([[_f1(own, other) for other in runs] for own in runs])
    shared = (shared.sum(axis=1) - shared.diagonal()) / (len(sentences) - 1)
    if facts is not None:
        return shared + np.array([_truth(text, facts) for text in sentences])
    colours = _named([colours_of(text) for text in sentences], NAMED_BY)
    parts = _named([part_colours_of(text) for text in sentences], PART_NAMED_BY)
    return shared + COLOUR_WEIGHT * colours + PART_WEIGHT * parts


def _truth(text: str, facts: Facts) -> float:
    """How good one sentence is by what the reader holds of the picture."""
    said = claims_of(text)
    part_colours = {claim for claim in said if claim.slot.endswith(" colour")}
    of_parts = {c: p for c, p in facts.named.items() if c.slot.endswith(" colour")}
    right = sum(facts.true.get(claim, UNREAD) for claim in said)
    return (
        READ_COLOUR_WEIGHT * _expected_f1(colours_of(text), facts.colours)
        + READ_PART_WEIGHT * _expected_f1(part_colours, of_parts)
        + RIGHT_WEIGHT * right
        - WRONG_WEIGHT * (len(said) - right)
        - REPEATED * repeats(text)
    )


def _expected_f1(said: Set[Any], chances: Mapping[Any, float]) -> float:
    """F1 of what is said with what is true, by the probability that each thing is true."""
    right = sum(chances.get(thing, 0.0) for thing in said)
    return 2 * right / max(1e-6, len(said) + sum(chances.values()))


def repeats(text: str) -> bool:
    """Whether two words that mean something follow each other twice, or a word joins itself."""
    said = text.split()
    pairs = Counter(zip(said, said[1:], strict=False))
    twice = any(n > 1 and not FUNCTION_WORDS.intersection(pair) for pair, n in pairs.items())
    joined = zip(said, said[1:], said[2:], strict=False)  # "a throat and throat"
    return twice or any(first == last and word == "and" for first, word, last in joined)


def _named(found: Sequence[set], share: float) -> np.ndarray:
    """F1 of what each sentence names with what at least `share` of all sentences name."""
    said = [Counter(things) for things in found]
    votes = sum(said, Counter())
    named = Counter({thing: 1 for thing, count in votes.items() if count >= share * len(said)})
    return np.array([_f1(own, named) for own in said])


def _runs(said: Sequence[str]) -> Counter:
    """Count the n-grams of one to four words."""
    return Counter(
        tuple(said[start : start + length])
        for length in range(1, LONGEST_GRAM + 1)
        for start in range(len(said) - length + 1)
    )


def _f1(own: Counter, other: Counter) -> float:
    """F1 of two multisets, in [0, 1]; 1 if both are empty."""
    total = own.total() + other.total()
    return 2 * (own & other).total() / total if total else 1.0
