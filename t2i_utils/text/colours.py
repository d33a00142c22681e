"""Colour words in captions, and one rule for compounds such as "orange-red".

A compound is two or more colour words in a row, with a hyphen or a space: "orange-red", "blue
grey". It names each of its colours, but it is no single colour: who asks for the one colour of a
part or of a caption gets none. A word in "-ish" is a shade. It names no colour, and "reddish-brown"
names brown.
"""

import re

COLOUR_WORDS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "grey",
                "black", "white", "tan", "rufous", "olive", "buff", "gray")  # fmt: skip
COLOUR_WORD = rf"(?:{'|'.join(COLOUR_WORDS)})"  # as part of a regular expression
_HYPHEN = re.compile(rf"\b({COLOUR_WORD}|[a-z]+ish)-(?={COLOUR_WORD}\b)")
_COMPOUND = re.compile(rf"\b{COLOUR_WORD}(?: {COLOUR_WORD})+\b")


def split_compounds(text: str) -> str:
    """A lower-case text with spaces for the hyphens of compounds; of the same length.

    "an orange-red, blue-winged bird" becomes "an orange red, blue-winged bird".
    """
    return _HYPHEN.sub(r"\1 ", text)


def without_compounds(text: str) -> str:
    """A lower-case text without its compound colours: only single ones are left."""
    return _COMPOUND.sub("", split_compounds(text))
