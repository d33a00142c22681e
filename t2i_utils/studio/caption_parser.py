"""Attribute controls and captions: each says what the other does.

A choice is a control's name and its value, such as `{"size": "small", "belly": "red"}`; a control
that is not named is left open.
"""

from collections.abc import Mapping

from t2i_utils.data.captions import caption_from_parts
from t2i_utils.data.toy.birds import COLOURS
from t2i_utils.data.toy.drawing import BEAK_SHAPES, BODY_PARTS, SIZES
from t2i_utils.text.caption_facts import read_facts

BEAK_SHAPE = "beak shape"
# What can be chosen, in the order of the panel.
CONTROLS: dict[str, tuple[str, ...]] = {
    "size": SIZES,
    **dict.fromkeys(BODY_PARTS, COLOURS),
    BEAK_SHAPE: BEAK_SHAPES,
}


def caption_of(choices: Mapping[str, str]) -> str:
    """Write the plainest sentence that says the choices, by the grammar of the captions."""
    parts = {part: choices[part] for part in BODY_PARTS if part in choices}
    return caption_from_parts(parts, size=choices.get("size"), beak_shape=choices.get(BEAK_SHAPE))


def choices_of(caption: str) -> dict[str, str]:
    """Read the choices that an English caption makes.

    What is not among a control's values ("teal wings"), or is said in another language, leaves the
    control open.
    """
    facts = read_facts(caption)
    said = {"size": facts.size, **facts.parts}
    said[BEAK_SHAPE] = next((shape for shape in facts.beak_shapes if shape in BEAK_SHAPES), None)
    return {name: choice for name in CONTROLS if (choice := said.get(name))}
