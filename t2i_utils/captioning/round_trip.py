"""Caption -> picture -> caption: how much of a caption is found in a description of its picture.

A generator draws the caption, and the captioner describes the picture. If the generator ignores the
caption, its colours are missing from the description. So this measures how well pictures follow
captions, as R-precision does by distances. What is missing from descriptions of photographs is the
captioner's own loss, for no generator took part.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from t2i_utils.captioning.caption_metrics import colours_of, part_colours_of
from t2i_utils.captioning.describer import CHUNK, Describer
from t2i_utils.captioning.regions import IMAGE_SIZE
from t2i_utils.pictures import resize


class Survival(NamedTuple):
    """How much of captions their descriptions repeat: shares in [0, 1], NaN if there is nothing.

    Attributes:
        colours: of the colours that captions name, the share that the descriptions name.
        colours_by_chance: the same with the descriptions of other pictures.
        parts: of the pairs (colour, part) that captions name, the share that is repeated.
        parts_by_chance: the same with the descriptions of other pictures.
        count: number of captions.
    """

    colours: float
    colours_by_chance: float
    parts: float
    parts_by_chance: float
    count: int


def say_again(describer: Describer, pictures: np.ndarray) -> list[str]:
    """Describe each whole picture, without looking for the bird in it.

    Args:
        describer: the captioner.
        pictures: (n, size, size, 3) uint8, birds that fill the picture, such as generated ones.
    """
    said = []
    for start in range(0, len(pictures), CHUNK):
        squares = resize(pictures[start : start + CHUNK], IMAGE_SIZE)
        found = describer.describe_seen(describer.eyes(squares))
        said += [description.sentences[0] for description in found]
    return said


def survival(captions: Sequence[str], said: Sequence[str]) -> Survival:
    """Compare each caption with the description in the same place.

    For the value by chance, each caption is compared with the description next to its own: give
    captions in random order, not sorted by class.
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
