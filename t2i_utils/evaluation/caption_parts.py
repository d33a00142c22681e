"""Which colour a caption gives to which part of the bird, and the same caption with another."""

import re
from collections.abc import Sequence

import numpy as np

from t2i_utils.text.caption_facts import COLOURS, read_facts

# Words for the parts that are judged, as captions of toy birds and of photographs have them.
PART_WORDS = {
    "crown": ("crown",),
    "back": ("back",),
    "wing": ("wings", "wing"),
    "belly": ("belly",),
    "beak": ("beak", "bill"),
}
_WORDS = {word: part for part, words in PART_WORDS.items() for word in words}
_COLOUR = rf"({'|'.join(COLOURS)})"
_PART = rf"({'|'.join(_WORDS)})"
_BEFORE = re.compile(rf"\b{_COLOUR} {_PART}\b")  # "red wings"


def named_parts(caption: str) -> dict[str, str]:
    """Part to colour, as a sentence names them: "red wings" or "its wings are red"."""
    parts = read_facts(caption).parts
    return {part: colour for part, colour in parts.items() if part in PART_WORDS}


def swap_colours(captions: Sequence[str], seed: int = 0) -> list[str | None]:
    """Each caption with another colour for one of its parts; None where it names none.

    "a red bird with black wings" may become "a red bird with yellow wings".
    """
    random = np.random.default_rng(seed)
    swapped: list[str | None] = []
    for caption in captions:
        places = list(_BEFORE.finditer(caption.lower()))
        if not places:
            swapped.append(None)
            continue
        place = places[random.integers(len(places))]
        first, last = place.span(1)
        other = random.choice([colour for colour in COLOURS if colour != place[1]])
        swapped.append(f"{caption[:first]}{other}{caption[last:]}")
    return swapped
