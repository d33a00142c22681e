"""A short paragraph from what is surely read, from the whole bird to its parts."""

from collections.abc import Mapping, Sequence

from t2i_utils.captioning.claims import Claim
from t2i_utils.text.languages import with_article

NOUNS = {
    "crown": "crown", "head": "head", "cheek": "face", "eyebrow": "eyebrow", "eye": "eyes",
    "throat": "throat", "nape": "nape", "breast": "breast", "belly": "belly", "back": "back",
    "wing": "wings", "tail": "tail", "leg": "legs",
}  # fmt: skip
PLURAL = ("eye", "wing", "leg")
SENTENCES = (
    ("head", "crown", "nape", "cheek", "eyebrow", "eye"),
    ("throat", "breast", "belly"),
    ("back", "wing", "tail", "leg"),
)
_WITH = {"spotted": "spots", "striped": "stripes", "barred": "bars"}


def write_paragraph(sure: Mapping[str, Sequence[str]]) -> str:
    """Write what is sure as one to four sentences.

    Args:
        sure: of `Facts.sure`.
    """
    said = [_whole(sure)]
    for parts in SENTENCES:
        by_predicate: dict[str, list[str]] = {}
        for part in parts:
            if predicate := _predicate(part, sure):
                by_predicate.setdefault(predicate, []).append(part)
        if by_predicate:
            clauses = [_clause(same, predicate) for predicate, same in by_predicate.items()]
            text = _joined(clauses, ", and " if len(clauses) > 1 else "")
            said.append(f"{text[0].upper()}{text[1:]}.")
    return " ".join(said)


def stated(sure: Mapping[str, Sequence[str]]) -> set[Claim]:
    """The claims that `write_paragraph` makes of the parts."""
    said = {"bird", "beak", "wingbar", *(part for parts in SENTENCES for part in parts)}
    return {
        claim
        for slot, values in sure.items()
        for claim in (Claim(slot, value) for value in values)
        if claim.part in said
        and slot != "bird colour"
        and (claim.part != "wingbar" or "barred" in sure.get("wing pattern", ()))
    }


def _whole(sure: Mapping[str, Sequence[str]]) -> str:
    """Write such as "This is a small black and yellow bird with a short, pointed black beak."."""
    size = [word.replace("medium", "medium-sized") for word in sure.get("bird size", ())]
    bird = " ".join([*size, *_words(sure.get("bird colour", ())), "bird"])
    shapes = [
        sure[slot][0] for slot in ("beak length", "beak thickness", "beak shape") if slot in sure
    ]
    colours = _words(sure.get("beak colour", ()))
    if not shapes and not colours:
        return f"This is {with_article(bird)}."
    beak = " ".join([", ".join(shapes), *colours, "beak"]).strip()
    return f"This is {with_article(bird)} with {with_article(beak)}."


def _predicate(part: str, sure: Mapping[str, Sequence[str]]) -> str:
    """Write such as "long and white with black bars", or nothing."""
    words = _joined([*sure.get(f"{part} length", ()), *sure.get(f"{part} colour", ())], " and ")
    patterns = [_WITH[pattern] for pattern in sure.get(f"{part} pattern", ())]
    if part == "wing" and patterns == ["bars"]:
        patterns = [" ".join([*_words(sure.get("wingbar colour", ())), "bars"])]
    if not patterns:
        return words
    return f"{words} with {patterns[0]}" if words else f"marked with {patterns[0]}"


def _clause(parts: Sequence[str], predicate: str) -> str:
    """Write such as "its breast and belly are white"."""
    verb = "are" if len(parts) > 1 or parts[0] in PLURAL else "is"
    return f"its {_joined([NOUNS[part] for part in parts], ' and ')} {verb} {predicate}"


def _words(colours: Sequence[str]) -> list[str]:
    """No word, or one phrase."""
    return [_joined(colours, " and ")] if colours else []


def _joined(phrases: Sequence[str], last: str) -> str:
    """Phrases with commas, and `last` before the last one."""
    return (
        last.join([", ".join(phrases[:-1]), phrases[-1]]) if len(phrases) > 1 else "".join(phrases)
    )
