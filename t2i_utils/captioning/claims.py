"""What a caption claims of a bird: the colour and the pattern of each part, the beak, the size.

A claim is a slot and a value, such as ("belly colour", "yellow") or ("beak length", "short"). Ten
people's captions of a picture are ten sets of claims. A claim is *true* where at least one of
them makes it. It is *false* where nobody makes it and somebody gives its slot another value. Where
nobody speaks of the slot, nobody knows.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from t2i_utils.captioning.caption_metrics import PART_OF_WORD, part_colours_of
from t2i_utils.captioning.vocabulary import words
from t2i_utils.text.caption_facts import read_facts

PATTERNS = {
    **dict.fromkeys(("striped", "stripes", "stripe", "streaked", "streaks"), "striped"),
    **dict.fromkeys(("spotted", "spots", "speckled", "speckles", "mottled", "dots"), "spotted"),
    **dict.fromkeys(("bars", "barred", "wingbars", "wingbar"), "barred"),
}
# Slots of the beak, each with its values by the words that people use.
BEAK = {
    "length": {"long": "long", "short": "short", "stubby": "short", "tiny": "short"},
    "thickness": {"thick": "thick", "thin": "thin", "skinny": "thin", "narrow": "thin",
                  "stout": "thick", "slender": "thin"},
    "shape": {"curved": "curved", "hooked": "hooked", "pointed": "pointed", "pointy": "pointed",
              "sharp": "pointed", "needle": "pointed", "flat": "flat", "cone": "cone-shaped",
              "triangular": "cone-shaped", "conical": "cone-shaped"},
}  # fmt: skip
PATTERNED = ("crown", "head", "throat", "breast", "belly", "back", "wing", "tail")
LENGTHS = {"long": "long", "short": "short"}  # of tails and legs
SIZES = ("small", "medium", "large")

_PART = rf"(?:{'|'.join(PART_OF_WORD)})"
_PART_LIST = rf"\b({_PART}(?: (?:and )?(?:a |the |its )?{_PART})*)\b"
_STOP = r"birds?|with|has|that|this|it|its|on|in|of|but|the|a|an|to"


class Claim(NamedTuple):
    """One statement about a bird."""

    slot: str  # "belly colour"
    value: str  # "yellow"

    @property
    def part(self) -> str:
        """The part of the bird, or "bird"."""
        return self.slot.rpartition(" ")[0]

    @property
    def silence_speaks(self) -> bool:
        """Whether people name the value only where they see it: spots, a long tail."""
        return self.slot.endswith(" pattern") or self.slot in ("tail length", "leg length")


def _patterns(values: Iterable[str]) -> tuple[re.Pattern, re.Pattern, re.Pattern]:
    """Patterns of "spotted white belly", "belly is spotted" and "spots on its belly"."""
    value = rf"(?:{'|'.join(values)})"
    between = rf"(?:(?!{_PART}\b|(?:{_STOP}) )[\w'-]+ ){{0,4}}"
    return (
        re.compile(rf"\b((?:{value}) {between}){_PART_LIST}"),
        re.compile(rf"{_PART_LIST} (?:that )?(?:is|are) ({between}{value})\b"),
        re.compile(
            rf"\b({value}) (?:on|along|across|over|in|down) (?:(?:its|the|his) )?"
            rf"(?:[\w'-]+ )?{_PART_LIST}"
        ),
    )


def _attached(text: str, values: Mapping[str, str], patterns: tuple) -> set[tuple[str, str]]:
    """Pairs (part, value) in a text of plain words."""
    before, after, along = patterns
    found = [match.groups() for match in [*before.finditer(text), *along.finditer(text)]]
    found += [match.groups()[::-1] for match in after.finditer(text)]
    return {
        (PART_OF_WORD[part], values[word])
        for said, parts in found
        for word in said.split()
        if word in values
        for part in re.findall(rf"\b{_PART}\b", parts)
    }


_PATTERNS = _patterns(PATTERNS)
_SHAPES = {kind: (values, _patterns(values)) for kind, values in BEAK.items()}
_LENGTHS = _patterns(LENGTHS)


def claims_of(caption: str) -> set[Claim]:
    """Every claim that a caption makes."""
    text = " ".join(words(caption))
    found = {Claim(f"{part} colour", colour) for colour, part in part_colours_of(caption)}
    for part, pattern in _attached(text, PATTERNS, _PATTERNS):
        if part == "wingbar" or part in PATTERNED:
            found.add(Claim(f"{part.removesuffix('bar')} pattern", pattern))
    if "wingbar" in text:
        found.add(Claim("wing pattern", "barred"))
    for kind, (values, patterns) in _SHAPES.items():
        said = _attached(text, values, patterns)
        found |= {Claim(f"beak {kind}", value) for part, value in said if part == "beak"}
    for part, length in _attached(text, LENGTHS, _LENGTHS):
        if part in ("tail", "leg"):
            found.add(Claim(f"{part} length", length))
    if size := read_facts(caption).size:
        found.add(Claim("bird size", size))
    return found
