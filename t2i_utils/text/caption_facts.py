"""What an English caption says of a bird: its colours, its size, the colours of its parts.

A part counts where the caption gives it one colour. "Black and white wings" and "an orange-red
crown" have two (see `t2i_utils.text.colours`), so they name no part.
"""

import re
from typing import NamedTuple

from t2i_utils.text.colours import COLOUR_WORD, split_compounds

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "brown", "black", "white", "grey",
           "pink")  # fmt: skip
BEAK_SHAPES = ("cone", "long", "hooked", "short", "pointed", "curved")
PART_WORDS = {
    "crown": ("crown",),
    "back": ("back",),
    "wing": ("wings", "wing"),
    "belly": ("belly", "stomach", "abdomen"),
    "beak": ("beak", "bill"),
    "breast": ("breast", "chest"),
    "head": ("head",),
    "tail": ("tail",),
    "throat": ("throat",),
    "legs": ("legs", "feet", "tarsus"),
}
_PART_OF = {word: part for part, words in PART_WORDS.items() for word in words}
_SIZES = {"small": "small", "little": "small", "tiny": "small", "medium": "medium",
          "medium-sized": "medium", "large": "large", "big": "large"}  # fmt: skip
_SHAPES = {shape: shape for shape in BEAK_SHAPES} | {"pointy": "pointed"}


def _one_of(words: object) -> str:
    """A pattern of one of the words, the longest first."""
    return rf"({'|'.join(sorted(words, key=len, reverse=True))})"  # type: ignore[call-overload]


_COLOUR, _PART, _SIZE, _SHAPE = (_one_of(w) for w in (COLOURS, _PART_OF, _SIZES, _SHAPES))
_PART_COLOURS = rf"({COLOUR_WORD}(?:(?: and| or)? {COLOUR_WORD})*)"
_OTHER = rf"(?!{COLOUR_WORD}\b)[\w-]+"
COLOUR_BEFORE_PART = re.compile(rf"\b{_PART_COLOURS} {_PART}\b")  # "red wings"
# "wings that are red", "its wings are long and red"
_AFTER = re.compile(
    rf"\b{_PART} (?:that )?(?:is|are) (?:{_OTHER}(?: {_OTHER})? and )?{_PART_COLOURS}\b"
)
# "a small bird", "a small yellow and black bird", "this bird is small"; not "a bird, small beak".
_SIZE_OF_BIRD = re.compile(
    rf"\b{_SIZE}(?:,? (?!(?:with|has|on|in|of)\b)[\w-]+){{0,4}},? birds?\b|\bbird is {_SIZE}\b"
)
_SHAPE_OF_BEAK = re.compile(
    rf"\b{_SHAPE}(?:-shaped)?(?=(?:,? [\w-]+){{0,2}} (?:beak|bill)\b)|"
    rf"\b(?:beak|bill) (?:that )?is {_SHAPE}\b"
)
_PAIR = rf"{_COLOUR}(?:(?:,| and|, and) {_COLOUR})?"
# "a red bird", "a red and black small bird", "black feathers"; not "a red-bellied bird".
_COLOUR_OF_BIRD = re.compile(
    rf"\b{_PAIR}(?: colou?red| {_SIZE})? (?:birds?|body|feathers|plumage)\b|"
    rf"\b(?:bird|body|feathers|plumage) (?:that )?(?:is|are) "
    rf"(?:(?:a|all|almost|bright|completely|dark|deep|entirely|light|mainly|mostly|nearly|pale|"
    rf"predominantly|primarily|shiny|solid|very|vivid) )*{_PAIR}\b"
)


class CaptionFacts(NamedTuple):
    """What one caption says; what it leaves open is empty.

    Attributes:
        colours: of the whole bird, at most two, of `COLOURS`.
        size: "small", "medium", "large" or None.
        parts: part to colour.
        beak_shapes: of `BEAK_SHAPES`, in the order of the caption.
    """

    colours: tuple[str, ...]
    size: str | None
    parts: dict[str, str]
    beak_shapes: tuple[str, ...]


def read_facts(caption: str) -> CaptionFacts:
    """Read an English caption. Other words ("teal wings") and other languages say nothing."""
    text = re.sub(r"\bgray\b", "grey", " ".join(caption.lower().split()))
    split = split_compounds(text)
    pairs = [*COLOUR_BEFORE_PART.findall(split), *(pair[::-1] for pair in _AFTER.findall(split))]
    parts = {_PART_OF[part]: colour for colour, part in pairs if colour in COLOURS}
    size = _SIZE_OF_BIRD.search(text)
    bird = _COLOUR_OF_BIRD.search(text)
    named = (word for word in (bird.groups() if bird else ()) if word in COLOURS)
    return CaptionFacts(
        tuple(dict.fromkeys(named)),
        _SIZES[size[1] or size[2]] if size else None,
        parts,
        tuple(_SHAPES[before or after] for before, after in _SHAPE_OF_BEAK.findall(text)),
    )
