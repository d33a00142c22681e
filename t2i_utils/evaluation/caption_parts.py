"""Which colour a caption gives to which part of the bird, and the same caption with another.

What counts as naming a part is the rule of `t2i_utils.text.caption_facts`.
"""

from collections.abc import Sequence

import numpy as np

from t2i_utils.text.caption_facts import COLOUR_BEFORE_PART, COLOURS, PART_WORDS, read_facts
from t2i_utils.text.colours import split_compounds

# The parts that are judged: those that toy birds have, and captions of photographs name often.
JUDGED = ("crown", "back", "wing", "belly", "beak")
_JUDGED_WORDS = {word for part in JUDGED for word in PART_WORDS[part]}


def named_parts(caption: str) -> dict[str, str]:
    """Part to colour, as a sentence names them: "red wings" or "its wings are red"."""
    parts = read_facts(caption).parts
    return {part: colour for part, colour in parts.items() if part in JUDGED}


def swap_colours(captions: Sequence[str], seed: int = 0) -> list[str | None]:
    """Each caption with another colour for one of its parts; None where it names none.

    "a red bird with black wings" may become "a red bird with yellow wings".
    """
    random = np.random.default_rng(seed)
    swapped: list[str | None] = []
    for caption in captions:
        found = COLOUR_BEFORE_PART.finditer(split_compounds(caption.lower()))
        places = [place for place in found if place[1] in COLOURS and place[2] in _JUDGED_WORDS]
        if not places:
            swapped.append(None)
            continue
        place = places[random.integers(len(places))]
        first, last = place.span(1)
        other = random.choice([colour for colour in COLOURS if colour != place[1]])
        swapped.append(f"{caption[:first]}{other}{caption[last:]}")
    return swapped
