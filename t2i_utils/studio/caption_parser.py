"""Attribute controls and captions: each says what the other does.

A choice is a control's name and its value, such as `{"size": "small", "belly": "red"}`; a control
that is not named is left open.
"""

import re
from collections.abc import Mapping

from t2i_utils.data.captions import caption_from_parts
from t2i_utils.data.toy.birds import COLOURS
from t2i_utils.data.toy.drawing import BEAK_SHAPES, BODY_PARTS, SIZES
from t2i_utils.evaluation.caption_parts import named_parts

BEAK_SHAPE = "beak shape"
# What can be chosen, in the order of the panel.
CONTROLS: dict[str, tuple[str, ...]] = {
    "size": SIZES,
    **dict.fromkeys(BODY_PARTS, COLOURS),
    BEAK_SHAPE: BEAK_SHAPES,
}
_SIZES = {"small": "small", "little": "small", "tiny": "small", "medium": "medium",
          "medium-sized": "medium", "large": "large", "big": "large"}  # fmt: skip
_SIZE = rf"({'|'.join(sorted(_SIZES, key=len, reverse=True))})"
# "a small bird", "a small yellow and black bird", "this bird is small"; not "a bird, small beak".
_SIZE_OF_BIRD = re.compile(
    rf"\b{_SIZE}(?:,? (?!(?:with|has|on|in|of)\b)[\w-]+){{0,4}},? birds?\b|\bbird is {_SIZE}\b"
)
_SHAPE_OF_BEAK = re.compile(
    rf"\b({'|'.join(BEAK_SHAPES)})(?:-shaped)?(?:,? [\w-]+){{0,2}} (?:beak|bill)\b"
    rf"|\b(?:beak|bill) is ({'|'.join(BEAK_SHAPES)})\b"
)


def caption_of(choices: Mapping[str, str]) -> str:
    """Write the plainest sentence that says the choices, by the grammar of the captions."""
    parts = {part: choices[part] for part in BODY_PARTS if part in choices}
    return caption_from_parts(
        parts, size=choices.get("size"), beak_shape=choices.get(BEAK_SHAPE)
    )  # fmt: skip


def choices_of(caption: str) -> dict[str, str]:
    """Read the choices that an English caption makes.

    What is not among a control's values ("teal wings"), or is said in another language, leaves the
    control open.
    """
    text = re.sub(r"\bgray\b", "grey", " ".join(caption.lower().split()))
    said: dict[str, str] = {}
    if size := _SIZE_OF_BIRD.search(text):
        said["size"] = _SIZES[size[1] or size[2]]
    said |= named_parts(text)
    if shape := _SHAPE_OF_BEAK.search(text):
        said[BEAK_SHAPE] = shape[1] or shape[2]
    return {name: said[name] for name in CONTROLS if name in said}
