"""From many sampled descriptions of a picture, choose the one that agrees most with the others.

The likeliest sentence of a captioner is bland: "this bird is brown with white and has a ..." fits
most birds. A sampled sentence says more, but may be wrong. What many samples say is more often
right. So several sentences are sampled, and the one is chosen that shares most words with the
others and names the colours that several of them name, of the bird and of its parts. This is
minimum Bayes risk decoding (Kumar and Byrne, NAACL 2004; for captions Devlin et al., arXiv
1505.04467).
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from t2i_utils.captioning.caption_metrics import colours_of, part_colours_of
from t2i_utils.captioning.vocabulary import words

NUM_DRAWN = 16
LONGEST_GRAM = 4  # words; the longest n-gram that is compared
TEMPERATURE = 0.7  # of the sampling; below 1 it favours likely words
NAMED_BY = 0.3  # share of the sentences that must name a colour before it counts
PART_NAMED_BY = 0.15  # the same for the colour of a part; lower, since sentences name few parts
COLOUR_WEIGHT = 0.4  # weight of the colours; shared words have weight 1
PART_WEIGHT = 0.15


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
