"""Captions as people type them, made of the captions that a picture has.

Training captions are long sentences of people who were paid to look closely. Visitors type "a red
bird", and such sentences lie outside of what a generator has met: whitened, they are twice as long.
So it is trained on them as well. They say of a picture what its own captions agree on.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from t2i_utils.text.caption_facts import CaptionFacts, read_facts
from t2i_utils.text.languages import languages, sentence, with_article

LEAST_VOICES = 2  # captions of a picture that must say a thing, before it counts as seen
CLEARLY = 2  # times as often as the next: the word has the picture to itself
_REGIONS = {"head": "head", "crown": "head", "back": "back", "wing": "wing", "belly": "underside",
            "breast": "underside"}  # fmt: skip
_KINDS = ("short", "language", "name", "shortened", "short", "language")
_BEAK_WORDS = {"cone": "short cone-shaped"}
# Where the first clause of a caption ends.
_CLAUSE = re.compile(
    r",| with | and (?:has|is|an?|its?|the)\b| (?:that|which) (?!is|are)| while | but "
)
_OPENING = re.compile(r"^(?:this is|there is|it is|this|the) ")
_NUMBER = re.compile(r"^\d+\.")  # CUB's "017.Cardinal"
_SMALL_WORDS = re.compile(r"\b(?:an?|the|this is|with|that has|and) ")


class AgreedFacts(NamedTuple):
    """What a picture's captions agree on; what they do not is empty.

    Attributes:
        colour: of the bird: "red", or two as in "black and white".
        size: "small", "medium" or "large".
        parts: part to colour.
        beak_shape: one of `caption_facts.BEAK_SHAPES`.
    """

    colour: str | None
    size: str | None
    parts: dict[str, str]
    beak_shape: str | None


def agreed_facts(captions: Sequence[str]) -> AgreedFacts:
    """What at least two captions of a picture say, and no two say otherwise nearly as often.

    A word counts when at least `LEAST_VOICES` captions say it, and `CLEARLY` times as many as say
    the next. Where the bird has two colours that nobody puts in order, both count. Where captions
    tell only the colours of parts, the bird has the colour that most of head, back, wings and
    underside have, if these are at least two.
    """
    said = [read_facts(caption) for caption in captions]
    parts = {
        part: colour
        for part in _every_part(said)
        if (colour := _agreed(facts.parts.get(part) for facts in said))
    }
    sizes = _agreed(facts.size for facts in said)
    shapes = _agreed(shape for facts in said for shape in set(facts.beak_shapes))
    return AgreedFacts(_bird_colour(said, parts), sizes, parts, shapes)


def _every_part(said: Sequence[CaptionFacts]) -> list[str]:
    return list(dict.fromkeys(part for facts in said for part in facts.parts))


def _agreed(words: Iterable[str | None]) -> str | None:
    """The word that has the picture to itself, or None."""
    ranked = Counter(word for word in words if word).most_common(2)
    if not ranked or ranked[0][1] < LEAST_VOICES:
        return None
    second = ranked[1][1] if len(ranked) > 1 else 0
    return ranked[0][0] if ranked[0][1] >= CLEARLY * second else None


def _bird_colour(said: Sequence[CaptionFacts], parts: dict[str, str]) -> str | None:
    ranked = Counter(colour for facts in said for colour in facts.colours).most_common(3)
    often = [colour for colour, count in ranked if count >= LEAST_VOICES]
    if often:
        if one := _agreed(colour for facts in said for colour in facts.colours):
            return one
        return " and ".join(often) if len(often) == 2 else None
    shown = {(_REGIONS[part], colour) for part, colour in parts.items() if part in _REGIONS}
    return _agreed_region(Counter(colour for _, colour in shown))


def _agreed_region(regions: Counter[str]) -> str | None:
    ranked = regions.most_common(2)
    if not ranked or ranked[0][1] < 2:
        return None
    return None if len(ranked) > 1 and ranked[1][1] == ranked[0][1] else ranked[0][0]


def typed_captions(
    captions: Sequence[str],
    count: int = 6,
    seed: int | Sequence[int] = 0,
    class_name: str = "",
) -> list[str]:
    """Captions of one picture as people would type them.

    They go round in the order of `_KINDS`: a third are short English sentences, a third are in one
    of the 15 other languages, a sixth tell the bird's name, and a sixth are the picture's own
    captions, shortened. A class that has no name in words gets short sentences instead.

    Args:
        captions: the picture's own, in English; at least one.
        count: how many; some may be alike where the captions say little.
        seed: the same captions, count and seed give the same sentences.
        class_name: of the picture's class, "017.Cardinal" or "barn swallow".

    Returns:
        `count` sentences, in plain form but for the case of letters.
    """
    rng = np.random.default_rng(seed)
    facts = agreed_facts(captions)
    name = bird_name(class_name)
    others = [code for code in languages() if code != "en"]
    typed = []
    for place in range(count):
        kind = _KINDS[place % len(_KINDS)]
        if kind == "shortened":
            typed.append(shortened(captions[int(rng.integers(len(captions)))], rng))
        elif kind == "name" and name:
            typed.append(_named(name, facts, rng))
        else:
            language = others[int(rng.integers(len(others)))] if kind == "language" else "en"
            typed.append(short_sentence(facts, language, rng))
    return typed


def bird_name(class_name: str) -> str:
    """A class's name in lower-case words, "red winged blackbird"; empty where it is none."""
    name = _NUMBER.sub("", class_name).replace("_", " ").strip().lower()
    return name if all(letter.isalpha() or letter in " -'" for letter in name) else ""


def _named(name: str, facts: AgreedFacts, rng: np.random.Generator) -> str:
    """A sentence that tells a bird's name, or that of its kind, the last word of the name."""
    kind, lot = name.split()[-1], rng.random()
    if lot < 0.4:
        return with_article(name)
    if lot < 0.55:
        return name
    colour = f"{facts.colour} " if facts.colour and lot < 0.75 else ""
    return with_article(colour + kind)


def short_sentence(facts: AgreedFacts, language: str, rng: np.random.Generator) -> str:
    """One short sentence that says some of the facts, as many as people type at once."""
    words = languages()[language]
    parts = [part for part in facts.parts if part in words["parts"]]
    colour = facts.colour if language == "en" or " and " not in (facts.colour or "") else None
    size = facts.size if facts.size in words["sizes"] else None
    if colour and rng.random() < 0.35:  # "a red bird", "a small red bird": typed most often
        parts, size = [], size if rng.random() < 0.3 else None
    else:
        number = min(len(parts), 1 if rng.random() < 0.6 else 2)
        parts = [parts[index] for index in rng.permutation(len(parts))[:number]]
        colour = colour if not parts or rng.random() < 0.5 else None
        size = size if not (parts or colour) or rng.random() < 0.4 else None
    if language == "en" and facts.beak_shape and len(parts) < 2 and rng.random() < 0.2:
        return _with_beak(facts.beak_shape, colour, size, rng)
    text = sentence(language, colour, size, {part: facts.parts[part] for part in parts}, rng)
    if language == "en" and rng.random() < 0.2:  # "red bird black wings"
        return _SMALL_WORDS.sub("", text) if " and " not in (colour or "") else text
    return text


def _with_beak(shape: str, colour: str | None, size: str | None, rng: np.random.Generator) -> str:
    """A short sentence that tells the shape of the beak."""
    bird = sentence("en", colour, size, rng=rng)
    beak = "beak" if rng.random() < 0.5 else "bill"
    article = "a " if rng.random() < 0.7 else ""
    return f"{bird} with {article}{_BEAK_WORDS.get(shape, shape)} {beak}"


def shortened(caption: str, rng: np.random.Generator) -> str:
    """The first clause of a caption, or its first words as a name: "brown bird"."""
    text = " ".join(caption.split()).rstrip(" .")
    ends = [end.start() for end in _CLAUSE.finditer(text)]
    clause = text[: next((end for end in ends if text[:end].count(" ") > 1), len(text))].strip()
    if rng.random() < 0.5:
        clause = _OPENING.sub("", clause)
    return clause
