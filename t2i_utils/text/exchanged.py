"""Captions that are nearly true: the same words, two of their colours exchanged.

A sentence encoder puts "a red crown and a blue belly" close to "a blue crown and a red belly", and
a discriminator that only meets sentences of other birds never has to tell them apart: the colours
alone give those away. Hard negatives of this kind taught image-text models what belongs to what
(Yuksekgonul et al., ICLR 2023, arXiv 2210.01936).
"""

import re
from itertools import pairwise

import numpy as np

from t2i_utils.text.caption_facts import COLOURS

_ALIKE = {"gray": "grey"}
_WORD = re.compile(rf"\b({'|'.join([*COLOURS, *_ALIKE])})\b")
# "black and white", "red, blue or green": said of one thing, and just as true the other way round.
_OF_ONE_THING = re.compile(r"[\s,/-]*(?:and|or|&)?[\s,/-]*")
_ARTICLE = re.compile(rf"\ban? (?={_WORD.pattern})")


def exchange_colours(caption: str, random: np.random.Generator) -> str | None:
    """Exchange two colours of a caption, each wherever it is named.

    "A bird with a red crown and an orange belly" becomes "a bird with an orange crown and a red
    belly".

    Args:
        caption: in plain form and in English; others have no colours that this knows.
        random: chooses the two where more could be exchanged.

    Returns:
        The changed caption; None where no two colours are said of different things.
    """
    found = [(match, _ALIKE.get(match[0], match[0])) for match in _WORD.finditer(caption)]
    colours = sorted({colour for _, colour in found})
    together = {
        frozenset((one, other))
        for (first, one), (second, other) in pairwise(found)
        if _OF_ONE_THING.fullmatch(caption[first.end() : second.start()])
    }
    pairs = [
        (one, other)
        for place, one in enumerate(colours)
        for other in colours[place + 1 :]
        if frozenset((one, other)) not in together
    ]
    if not pairs:
        return None
    one, other = pairs[random.integers(len(pairs))]
    instead = {one: other, other: one}

    def exchange(match: re.Match[str]) -> str:
        return instead.get(_ALIKE.get(match[0], match[0]), match[0])

    changed = _WORD.sub(exchange, caption)
    return _ARTICLE.sub(lambda match: "an " if match[1][0] in "aeiou" else "a ", changed)
