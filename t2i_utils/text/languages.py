"""Short sentences about a bird in the encoder's 16 languages.

`languages.json` holds the words: for each language its colours in every form that a sentence needs
(gender, number, case), the parts of a bird, and the sentences. `languages.json` in short:

- "forms" names the forms of a colour; each colour lists its words in that order.
- "sizes" and "parts" are words and phrases; `{m}` in a phrase is the colour in the form "m".
- "bird" is the bird alone; "with" is the bird, `{it}`, with one part `{0}`, and with two.
- "|" and lists separate wordings that mean the same; a random generator chooses among them.
"""

import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_FILE = Path(__file__).with_name("languages.json")
_ARTICLE = re.compile(r"\ba (?=[aeiou])")


@functools.cache
def languages() -> dict[str, dict[str, Any]]:
    """The table: language code ("de", "zh-Hant") to its words."""
    return json.loads(_FILE.read_text(encoding="utf-8"))


def sentence(
    language: str,
    colour: str | None = None,
    size: str | None = None,
    parts: Mapping[str, str] | None = None,
    rng: np.random.Generator | None = None,
) -> str:
    """One sentence that says the facts, and nothing else.

    Args:
        language: a code of `languages()`.
        colour: of the bird; in English also two, as in "black and white".
        size: one of the language's "sizes".
        parts: part to colour, at most two.
        rng: chooses among wordings; None takes the first of each.

    Returns:
        The sentence, without a full stop.
    """
    words = languages()[language]
    it = _choose(words["bird"], rng)
    forms = _forms(words, colour, rng) if colour else dict.fromkeys(words["forms"].split(), "")
    it = it.format(size=_choose(words["sizes"][size].split("|"), rng) if size else "", **forms)
    phrases = [
        _choose(words["parts"][part].split("|"), rng).format(**_forms(words, shade, rng))
        for part, shade in (parts or {}).items()
    ]
    if phrases:
        it = _choose(words["with"][len(phrases) - 1], rng).format(*phrases, it=it)
    it = " ".join(it.split())
    return _ARTICLE.sub("an ", it) if language == "en" else it


def _forms(words: dict[str, Any], colour: str, rng: np.random.Generator | None) -> dict[str, str]:
    """The forms of a colour by name: {"m": "rotem", ...}."""
    shades = [_choose(words["colours"][name].split("|"), rng) for name in colour.split(" and ")]
    if len(shades) > 1:  # only where colours have one form
        shades = [" and ".join(shades).replace(" ", "\0")]
    forms = dict(zip(words["forms"].split(), shades[0].split(), strict=True))
    return {name: form.replace("\0", " ") for name, form in forms.items()}


def _choose(wordings: list[str], rng: np.random.Generator | None) -> str:
    return wordings[int(rng.integers(len(wordings))) if rng and len(wordings) > 1 else 0]


def with_article(phrase: str) -> str:
    """Return `phrase` after "a" or "an", by the sound of its first letter."""
    return f"{'an' if phrase[:1].lower() in tuple('aeiou') else 'a'} {phrase}"
