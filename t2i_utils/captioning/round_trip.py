"""Caption -> picture -> caption: what of a sentence survives the way there and back.

A generator that ignores its caption loses the colours on the way; so the round trip judges a
generator with words, as R-precision judges it with distances. What the captioner itself loses shows
on photographs, whose captions take the way back alone.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from t2i_utils.captioning.caption_metrics import colours_of, part_colours_of
from t2i_utils.captioning.describer import Describer
from t2i_utils.captioning.regions import IMAGE_SIZE
from t2i_utils.pictures import resize

CHUNK = 32  # pictures described together


class Survival(NamedTuple):
    """What of captions is said again; shares in [0, 1], NaN where no caption names any.

    Attributes:
        colours: of the colours that captions name, the share that the descriptions name.
        colours_by_chance: the same with the descriptions of other pictures.
        parts: of the pairs (colour, part) that captions name, the share named again.
        parts_by_chance: likewise.
        count: captions.
    """

    colours: float
    colours_by_chance: float
    parts: float
    parts_by_chance: float
    count: int


def say_again(describer: Describer, pictures: np.ndarray) -> list[str]:
    """One description of each picture, as it is: the bird is not looked for.

    Args:
        describer: the captioner.
        pictures: (n, size, size, 3) uint8, birds that fill the picture, such as generated ones.
    """
    said = []
    for start in range(0, len(pictures), CHUNK):
        squares = resize(pictures[start : start + CHUNK], IMAGE_SIZE)
        regions = describer.standardise(describer.eyes(squares).regions)
        found = describer.sentences(regions)
        said += [describer.vocabulary.decode(sentences[0].words) for sentences in found]
    return said


def survival(captions: Sequence[str], said: Sequence[str]) -> Survival:
    """What of each caption the description in the same place says again.

    Chance is taken between neighbours: give captions in random order, not class by class.
    """
    others = [*said[1:], *said[:1]]
    return Survival(
        _kept(captions, said, colours_of),
        _kept(captions, others, colours_of),
        _kept(captions, said, part_colours_of),
        _kept(captions, others, part_colours_of),
        len(captions),
    )


def _kept(captions: Sequence[str], said: Sequence[str], find: Callable[[str], set]) -> float:
    named = [find(caption) for caption in captions]
    again = sum(len(own & find(text)) for own, text in zip(named, said, strict=True))
    return again / total if (total := sum(map(len, named))) else float("nan")
