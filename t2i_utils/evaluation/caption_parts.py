"""Which colour a caption gives to which part of the bird, and the same caption with another.

A part counts where the caption gives it one colour. "Black and white wings" and "an orange-red
crown" have two (see `t2i_utils.text.colours`), so they name no part.
"""

import re
from collections.abc import Sequence

import numpy as np

from t2i_utils.text.caption_facts import COLOURS, read_facts
from t2i_utils.text.colours import COLOUR_WORD, split_compounds

# Words for the parts that are judged, as captions of toy birds and of photographs have them.
PART_WORDS = {
    "crown": ("crown",),
    "back": ("back",),
    "wing": ("wings", "wing"),
    "belly": ("belly",),
    "beak": ("beak", "bill"),
}
_WORDS = {word: part for part, words in PART_WORDS.items() for word in words}
_COLOURS = rf"({COLOUR_WORD}(?:(?: and| or)? {COLOUR_WORD})*)"
_PART = rf"({'|'.join(_WORDS)})"
_BEFORE = re.compile(rf"\b{_COLOURS} {_PART}\b")  # "red wings"


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
        found = _BEFORE.finditer(split_compounds(caption.lower()))
        places = [place for place in found if place[1] in COLOURS]
        if not places:
            swapped.append(None)
            continue
        place = places[random.integers(len(places))]
        first, last = place.span(1)
        other = random.choice([colour for colour in COLOURS if colour != place[1]])
        swapped.append(f"{caption[:first]}{other}{caption[last:]}")
    return swapped
