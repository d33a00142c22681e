"""Of many drawn descriptions, the one that agrees most with the others.

The likeliest sentence of a captioner is a bland one: "this bird is brown with white and has a ..."
fits most birds. Ten people say different things; what several of them say is true. So several
sentences are drawn, as from several people, and the one is taken that shares most with all of them,
and names the colours, and the parts' colours, that several name (minimum Bayes risk decoding,
Kumar and Byrne, NAACL 2004; for captions Devlin et al., arXiv 1505.04467).
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from t2i_utils.captioning.caption_metrics import colours_of, part_colours_of
from t2i_utils.captioning.vocabulary import words

NUM_DRAWN = 16
LONGEST_GRAM = 4  # words that two sentences share in a row
TEMPERATURE = 0.7  # of the drawing: below 1, likely words become likelier
NAMED_BY = 0.3  # of the sentences, before a colour counts as named
PART_NAMED_BY = 0.15  # likewise of a part's colour: sentences pick different parts
COLOUR_WEIGHT = 0.4  # of the named colours, beside 1 for shared words
PART_WEIGHT = 0.15


def agreement(sentences: Sequence[str]) -> np.ndarray:
    """How much each of several descriptions of one picture agrees with the others.

    Args:
        sentences: two or more.

    Returns:
        (n,) float64: the mean F1 of runs of one to four words with each other sentence, in [0, 1],
        and the weighted F1 of its colours, and of its parts' colours, with those that are named.
    """
    runs = [_runs(words(text)) for text in sentences]
    shared = np.array([[_f1(own, other) for other in runs] for own in runs])
    shared = (shared.sum(axis=1) - shared.diagonal()) / (len(sentences) - 1)
    colours = _named([colours_of(text) for text in sentences], NAMED_BY)
    parts = _named([part_colours_of(text) for text in sentences], PART_NAMED_BY)
    return shared + COLOUR_WEIGHT * colours + PART_WEIGHT * parts


def _named(found: Sequence[set], share: float) -> np.ndarray:
    """F1 of what each sentence names with what at least a share of all of them name."""
    said = [Counter(things) for things in found]
    votes = sum(said, Counter())
    named = Counter({thing: 1 for thing, count in votes.items() if count >= share * len(said)})
    return np.array([_f1(own, named) for own in said])


def _runs(said: Sequence[str]) -> Counter:
    """How often each run of one to four words occurs."""
    return Counter(
        tuple(said[start : start + length])
        for length in range(1, LONGEST_GRAM + 1)
        for start in range(len(said) - length + 1)
    )


def _f1(own: Counter, other: Counter) -> float:
    """What two multisets share, in [0, 1]; two empty ones share everything."""
    total = own.total() + other.total()
    return 2 * (own & other).total() / total if total else 1.0
