"""One grammar that turns what is known about a bird into English sentences.

It captions the toy birds (parts with one colour each), a CUB data set that comes without Reed's
captions (312 attributes, in per cent of the people asked), and the studio's sliders.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from t2i_utils.errors import InputError
from t2i_utils.text.languages import with_article

# How a part is called, and whether the word is a plural.
_NOUNS: dict[str, tuple[str, bool]] = {
    "crown": ("crown", False),
    "forehead": ("forehead", False),
    "nape": ("nape", False),
    "throat": ("throat", False),
    "breast": ("breast", False),
    "belly": ("belly", False),
    "back": ("back", False),
    "wing": ("wings", True),
    "wings": ("wings", True),
    "tail": ("tail", False),
    "beak": ("beak", False),
    "bill": ("beak", False),
    "leg": ("legs", True),
    "legs": ("legs", True),
    "eye": ("eyes", True),
    "eyes": ("eyes", True),
    "head": ("head", False),
}
_BEAK_WORDS = {"cone": "short cone-shaped", "long": "long", "hooked": "hooked"}
_TAIL_WORDS = {"forked": "forked", "rounded": "rounded", "long": "long"}
_SIZE_WORDS = {"small": ("small", "little", "tiny"), "medium": ("medium-sized",),
               "large": ("large", "big")}  # fmt: skip


def _joined(phrases: Sequence[str]) -> str:
    """Return "x", "x and y" or "x, y and z"."""
    if len(phrases) < 2:
        return "".join(phrases)
    return f"{', '.join(phrases[:-1])} and {phrases[-1]}"


def _noun(part: str) -> tuple[str, bool]:
    if part not in _NOUNS:
        raise InputError(f"captions: unknown part {part!r}; use one of {', '.join(_NOUNS)}")
    return _NOUNS[part]


def _phrase(part: str, adjectives: Sequence[str]) -> str:
    """Return "a long orange beak" or "blue wings"."""
    noun, plural = _noun(part)
    words = " ".join([*[word for word in adjectives if word], noun])
    return words if plural else with_article(words)


def caption_from_parts(
    parts: Mapping[str, str],
    *,
    size: str | None = None,
    beak_shape: str | None = None,
    tail_shape: str | None = None,
    seed: int | None = None,
) -> str:
    """Return one sentence that names the given parts, and nothing else.

    Args:
        parts: Part to colour, such as `{"crown": "red", "wing": "blue"}`; any subset of a
            bird's parts. A colour may be two words joined by "and".
        size: "small", "medium" or "large", or None to leave it out.
        beak_shape: "cone", "long", "hooked" or another adjective.
        tail_shape: "forked", "rounded", "long" or another adjective.
        seed: None writes the plainest sentence, in the order given; a number draws one of
            many wordings.

    Raises:
        InputError: For a part that the grammar has no word for.
    """
    rng = None if seed is None else np.random.default_rng(seed)
    return _sentence(parts, size, beak_shape, tail_shape, rng, plain=False)


def _sentence(
    parts: Mapping[str, str],
    size: str | None,
    beak_shape: str | None,
    tail_shape: str | None,
    rng: np.random.Generator | None,
    plain: bool,
) -> str:
    """Write a sentence; `plain` keeps every colour in front of its part's name."""
    adjectives = {part: [colour] for part, colour in parts.items()}
    shapes = (("beak", _BEAK_WORDS, beak_shape), ("tail", _TAIL_WORDS, tail_shape))
    for part, words, value in shapes:
        if value:
            key = "bill" if part == "beak" and "bill" in adjectives else part
            adjectives[key] = [words.get(value, value), *adjectives.get(key, [])]
    order = list(adjectives)
    sizes = _SIZE_WORDS.get(size, (size,)) if size else ("",)
    if rng is None:
        bird = f"{sizes[0]} bird".strip()
        things = [_phrase(part, adjectives[part]) for part in order]
        return f"{with_article(bird)} with {_joined(things)}" if things else with_article(bird)

    order = [order[index] for index in rng.permutation(len(order))]
    bird = f"{sizes[int(rng.integers(len(sizes)))]} bird".strip()
    if not order:
        return str(rng.choice([f"this is {with_article(bird)}", f"{with_article(bird)}"]))
    things = [_phrase(part, adjectives[part]) for part in order]
    last = order[-1]
    noun, plural = _noun(last)
    linked = f"its {noun} {'are' if plural else 'is'} {_joined(adjectives[last])}"
    everything, rest = _joined(things), _joined(things[:-1])
    wordings = [
        f"{with_article(bird)} with {everything}",
        f"this {bird} has {everything}",
        f"the {bird} has {everything}",
        f"this is {with_article(bird)} with {everything}",
        f"{with_article(bird)} that has {everything}",
        f"there is {with_article(bird)} with {everything}",
        f"a picture of {with_article(bird)} with {everything}",
    ]
    if len(things) >= 2:
        wordings += [
            f"{with_article(bird)} with {rest}, and {things[-1]} too",
            f"this bird is {_size_word(bird)} and has {everything}" if size else
            f"a bird which has {rest} and also {things[-1]}",
        ]  # fmt: skip
    if len(things) >= 3:
        wordings.append(f"with {things[0]} and {things[1]}, this {bird} also has "
                        f"{_joined(things[2:])}")  # fmt: skip
    if not plain and len(things) >= 2:
        wordings += [
            f"this {bird} has {rest}, and {linked}",
            f"{linked}, and the {bird} also has {rest}",
            f"{with_article(bird)} with {rest}, whose {linked[4:]}",
        ]
    return str(wordings[int(rng.integers(len(wordings)))])


def _size_word(bird: str) -> str:
    return bird.removesuffix(" bird")


def toy_captions(
    colours: Mapping[str, str],
    *,
    size: str,
    beak_shape: str,
    tail_shape: str,
    count: int = 10,
    seed: int | Sequence[int] = 0,
) -> list[str]:
    """Return `count` captions of one toy bird, all different as far as its parts allow.

    At least half of them put every colour in front of its part's name and name three parts or
    more; the others name two to five in freer wordings, some with size and shapes.
    """
    rng = np.random.default_rng(seed)
    captions: list[str] = []
    names = list(colours)
    attempts = 0
    while len(captions) < count:
        attempts += 1
        plain = len(captions) < (count + 1) // 2 + 1
        least = 3 if plain else 2
        number = int(rng.integers(min(least, len(names)), len(names) + 1))
        chosen = [names[index] for index in rng.permutation(len(names))[:number]]
        beak = beak_shape if "beak" in chosen and rng.random() < 0.45 else None
        sentence = _sentence(
            {part: colours[part] for part in chosen},
            size if rng.random() < 0.5 else None,
            beak,
            tail_shape if rng.random() < (0.15 if plain else 0.4) else None,
            rng,
            plain,
        )
        if sentence not in captions or attempts > 20 * count:
            captions.append(sentence)
    return captions


# --- CUB's attributes -------------------------------------------------------------------------

_PART_KEYS = {
    "bill": "bill", "wing": "wing", "back": "back", "breast": "breast", "throat": "throat",
    "eye": "eye", "forehead": "forehead", "nape": "nape", "belly": "belly", "leg": "leg",
    "crown": "crown", "upper_tail": "tail", "tail": "tail",
}  # fmt: skip
_SHAPE_WORDS = {
    "bill": {"curved_(up_or_down)": "curved", "dagger": "dagger-like", "hooked": "hooked",
             "needle": "thin needle-like", "hooked_seabird": "hooked", "spatulate": "flat",
             "cone": "short cone-shaped", "long": "long"},
    "tail": {"forked_tail": "forked", "rounded_tail": "rounded", "notched_tail": "notched",
             "fan-shaped_tail": "fan-shaped", "pointed_tail": "pointed", "squared_tail": "squared",
             "long_tail": "long"},
    "wing": {"pointed-wings": "pointed", "broad-wings": "broad", "long-wings": "long"},
}  # fmt: skip
_LENGTH_WORDS = {"longer_than_head": "long", "shorter_than_head": "short"}
_PATTERN_WORDS = {"spotted": "spotted", "striped": "striped"}
_KIND_WORDS = {
    "duck-like": "duck-like bird", "owl-like": "owl", "gull-like": "gull-like bird",
    "hummingbird-like": "hummingbird", "pigeon-like": "pigeon-like bird",
    "hawk-like": "hawk-like bird", "sandpiper-like": "sandpiper-like bird",
    "swallow-like": "swallow-like bird", "long-legged-like": "long-legged bird",
}  # fmt: skip
_IMPORTANT = {  # how often people name a part, roughly
    "wing": 3.0, "belly": 2.5, "crown": 2.5, "breast": 2.0, "back": 2.0, "bill": 2.0,
    "throat": 1.2, "tail": 1.0, "nape": 0.7, "forehead": 0.6, "leg": 0.5, "eye": 0.3,
}  # fmt: skip


def _by_question(values: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Sort "has_wing_color::blue" -> per cent into {"wing_color": {"blue": per cent}}."""
    questions: dict[str, dict[str, float]] = {}
    for name, value in values.items():
        question, _, answer = name.partition("::")
        if not question.startswith("has_") or not answer:
            raise InputError(
                f"captions: {name!r} is no attribute name; expected one like has_wing_color::blue"
            )
        questions.setdefault(question.removeprefix("has_"), {})[answer] = float(value)
    return questions


def _most_said(answers: Mapping[str, float], words: Mapping[str, str], least: float) -> str | None:
    """The word for the answer most people gave, when at least `least` per cent did."""
    if not answers:
        return None
    best = max(answers, key=lambda answer: answers[answer])
    return words.get(best) if answers[best] >= least else None


def _colour(answers: Mapping[str, float]) -> str | None:
    """One colour, or two when people saw both about as often; None when they did not agree."""
    ranked = sorted(answers, key=lambda answer: -answers[answer])
    if not ranked or answers[ranked[0]] < 25:
        return None
    second = ranked[1] if len(ranked) > 1 else None
    if second and answers[second] >= max(25.0, 0.7 * answers[ranked[0]]):
        return f"{ranked[0]} and {second}"
    return ranked[0]


def describe_attributes(
    values: Mapping[str, float], count: int = 10, seed: int | Sequence[int] = 0
) -> list[str]:
    """Return `count` sentences about a bird of which CUB's attributes are known.

    Args:
        values: Attribute name, as in CUB's `attributes.txt` ("has_wing_color::blue"), to per
            cent of the people who saw it (0 to 100). Questions may be missing.
        count: How many sentences; all different as far as the attributes allow.
        seed: The same seed gives the same sentences.

    Raises:
        InputError: For a name that is no attribute name.
    """
    rng = np.random.default_rng(seed)
    questions = _by_question(values)
    adjectives: dict[str, list[str]] = {}
    for key, part in _PART_KEYS.items():
        length = _most_said(questions.get(f"{key}_length", {}), _LENGTH_WORDS, 60)
        shape = _most_said(questions.get(f"{key}_shape", {}), _SHAPE_WORDS.get(key, {}), 40)
        pattern = _most_said(questions.get(f"{key}_pattern", {}), _PATTERN_WORDS, 50)
        if length and shape and length in shape:  # no "short short cone-shaped beak"
            length = None
        found = [length, shape, pattern, _colour(questions.get(f"{key}_color", {}))]
        words = [word for word in found if word]
        if words:
            adjectives.setdefault(part, words)
    size = _most_said(
        questions.get("size", {}),
        {"large_(16_-_32_in)": "large", "small_(5_-_9_in)": "small",
         "very_large_(32_-_72_in)": "very large", "medium_(9_-_16_in)": "medium",
         "very_small_(3_-_5_in)": "tiny"},
        40,
    )  # fmt: skip
    kind = _most_said(questions.get("shape", {}), _KIND_WORDS, 50) or "bird"
    main = _colour(questions.get("primary_color", {}))
    names = list(adjectives)
    weights = np.array([_IMPORTANT[name] for name in names], dtype=float)

    captions: list[str] = []
    attempts = 0
    while len(captions) < count:
        attempts += 1
        number = min(int(rng.integers(2, 5)), len(names))
        chosen = (
            rng.choice(len(names), number, replace=False, p=weights / weights.sum())
            if number
            else []
        )
        parts = {names[i]: " ".join(adjectives[names[i]]) for i in chosen}
        wanted_size = size if rng.random() < 0.5 else None
        sentence = _sentence(parts, wanted_size, None, None, rng, plain=rng.random() < 0.7)
        described = f"{main} {kind}" if main and rng.random() < 0.4 else kind
        sentence = _with_kind(sentence, described)
        if sentence not in captions or attempts > 20 * count:
            captions.append(sentence)
    return captions


def _with_kind(sentence: str, kind: str) -> str:
    """Put a fuller name ("brown bird", "owl") in the place of the first "bird"."""
    before, _, after = sentence.partition("bird")
    for article in ("a ", "an "):
        if before == article or before.endswith(f" {article}"):
            return f"{before[: -len(article)]}{with_article(kind)}{after}"
    return f"{before}{kind}{after}"
