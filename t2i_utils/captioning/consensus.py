"""From many sampled descriptions of a picture, choose the one that agrees most with the others.

The likeliest sentence of a captioner is bland: "this bird is brown with white and has a ..." fits
most birds. A sampled sentence says more, but may be wrong. What many samples say is more often
right. So several sentences are sampled, and the one is chosen that shares most words with the
others and names the colours that several of them name, of the bird and of its parts. This is
minimum Bayes risk decoding (Kumar and Byrne, NAACL 2004; for captions Devlin et al., arXiv
1505.04467).

Where a reader of parts has looked at the picture, `judge` asks it as well: colours that it expects
people to name count, a rare one more than a common one, and what it holds for wrong costs.
"""

import functools
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from t2i_utils.captioning.caption_metrics import (
    COLOURS,
    FUNCTION_WORDS,
    PART_OF_WORD,
    colours_of,
    part_colours_of,
)
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
# The same where a reader of parts is asked. Set on 267 pictures of classes held back from it.
SHARED_WEIGHT = 1.5  # of the n-grams that it shares with the sentences that were drawn
READ_COLOUR_WEIGHT = 15.0
READ_PART_WEIGHT = 13.0
RIGHT_WEIGHT = 1.0  # of each claim, times the probability that it is right: who says more wins
WRONG_WEIGHT = 7.0  # of each claim, times the probability that it is wrong
WRONG_COLOUR = 3.0  # of each colour, times the squared probability that people do not name it
WORD_COST = 0.05  # of each word
REPEATED = 2.0  # what a phrase costs that is said twice
UNREAD = 0.3  # the probability of a claim that the reader does not know: a rare one


def agreement(sentences: Sequence[str]) -> np.ndarray:
    """How much each of several descriptions of one picture agrees with the others.

    Args:
        sentences: two or more.

    Returns:
        (n,) float64: the mean F1 of its n-grams (one to four words) with each other sentence, in
        [0, 1], plus the weighted F1 of its colours, and of its parts' colours, with those that
        enough sentences name.
    """
    runs = [_runs(words(text)) for text in sentences]
    shared = np.array([[_f1(own, other) for other in runs] for own in runs])
    shared = (shared.sum(axis=1) - shared.diagonal()) / (len(sentences) - 1)
    colours = _named([colours_of(text) for text in sentences], NAMED_BY)
    parts = _named([part_colours_of(text) for text in sentences], PART_NAMED_BY)
    return shared + COLOUR_WEIGHT * colours + PART_WEIGHT * parts


def judge(sentences: Sequence[str], facts: Facts) -> Callable[[str], float]:
    """What says how good any sentence is, by some that were drawn and by a reader of parts.

    Args:
        sentences: that were drawn of the picture.
        facts: what the reader holds of it.
    """
    runs = [_runs(words(text)) for text in sentences]
    shared = _f1_with({run: n / len(runs) for run, n in sum(runs, Counter()).items()})
    named = _f1_with(facts.colours, lambda colour: facts.rarity.get(colour, 1.0))
    of_parts = {c: p for c, p in facts.named.items() if c.slot.endswith(" colour")}
    named_of_parts = _f1_with(of_parts, lambda claim: facts.rarity.get(claim.value, 1.0))

    @functools.cache
    def score(text: str) -> float:
        own = _runs(words(text))
        said, colours = claims_of(text), colours_of(text)
        coloured = {claim for claim in said if claim.slot.endswith(" colour")}
        right = sum(facts.true.get(claim, UNREAD) for claim in said)
        return (
            SHARED_WEIGHT * shared(own)
            + READ_COLOUR_WEIGHT * named(colours)
            + READ_PART_WEIGHT * named_of_parts(coloured)
            + RIGHT_WEIGHT * right
            - WRONG_WEIGHT * (len(said) - right)
            - WRONG_COLOUR * sum((1 - facts.colours.get(c, 0.0)) ** 2 for c in colours)
            - WORD_COST * len(text.split())
            - REPEATED * repeats(text)
        )

    return score


def _f1_with(
    chances: Mapping[Any, float], weigh: Callable[[Any], float] = lambda _: 1.0
) -> Callable[[Collection[Any]], float]:
    """What gives the F1 of things that are said with those that are expected.

    Args:
        chances: of each thing, that it is expected.
        weigh: how much a thing counts.
    """
    gains = {thing: chance * weigh(thing) for thing, chance in chances.items()}
    wanted = sum(gains.values())

    def f1(said: Collection[Any]) -> float:
        right = sum(gains.get(thing, 0.0) for thing in said)
        return 2 * right / max(1e-6, sum(map(weigh, said)) + wanted)

    return f1


def repeats(text: str) -> bool:
    """Whether words that mean something, or a part, are said twice, or a word joins itself."""
    said = text.split()
    pairs = Counter(zip(said, said[1:], strict=False))
    twice = any(n > 1 and not FUNCTION_WORDS.intersection(pair) for pair, n in pairs.items())
    parts = Counter(word for word in said if word in PART_OF_WORD)
    joined = zip(said, said[1:], said[2:], strict=False)  # "a throat and throat"
    joins = any(first == last and word in ("and", "with") for first, word, last in joined)
    lists = zip(said, said[1:], said[2:], said[3:], strict=False)  # "black white and black"
    joins |= any(
        a == c and a in COLOURS and b in COLOURS and word == "and" for a, b, word, c in lists
    )
    return twice or joins or max(parts.values(), default=0) > 1


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
