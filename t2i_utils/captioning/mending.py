"""Mend a sentence by what a reader of parts holds of the picture, a word or a clause at a time.

A drawn sentence says what people say of most birds: it names a wrong colour, or leaves the striking
one out. Its neighbours are sentences with another colour word, with one colour more or fewer, with
a clause fewer, with a clause about a part or a colour that it leaves out, or with the colour of a
part that it mentions without. The best one is taken, and then its best neighbour, while they get
better (hill climbing).
"""

from collections.abc import Callable, Iterator, Sequence

from t2i_utils.captioning.caption_metrics import COLOURS, PART_OF_WORD
from t2i_utils.captioning.claims import Claim, claims_of
from t2i_utils.captioning.consensus import judge
from t2i_utils.captioning.facts import LEAST_SURE, Facts
from t2i_utils.captioning.paragraph import NOUNS, PLURAL
from t2i_utils.text.caption_facts import read_facts
from t2i_utils.text.languages import with_article

MOST_ROUNDS = 6
LIKELY = 0.25  # a colour of the bird that is less probable is not tried
EXPECTED = 0.5  # a colour of the bird that is as probable is missed where it is not said
LONGEST_CLAUSE = 6  # words, of a clause that is left out
MENTIONED = {**NOUNS, "beak": "beak", "wingbar": "wingbar"}  # in a clause, by part
SHADES = ("dark", "light", "bright", "pale", "deep")


def told(drawn: Sequence[str], facts: Facts, count: int = 1) -> list[str]:
    """The best sentences about a picture, mended; at most `count` different ones.

    Args:
        drawn: sentences, two or more.
        facts: what a reader of parts holds of the picture.
        count: how many.
    """
    score = judge(drawn, facts)
    found: dict[str, None] = {}
    for text in sorted(dict.fromkeys(drawn), key=score, reverse=True):
        found[mended(text, facts, score)] = None
        if len(found) == count:
            break
    return list(found)


def mended(sentence: str, facts: Facts, score: Callable[[str], float]) -> str:
    """The best sentence that steps from neighbour to neighbour reach."""
    best, reached = sentence, score(sentence)
    for _ in range(MOST_ROUNDS):
        found = {text: score(text) for text in neighbours(best, facts)}
        text = max(found, key=found.__getitem__, default=best)
        if found.get(text, reached) <= reached:
            break
        best, reached = text, found[text]
    return best


def neighbours(sentence: str, facts: Facts) -> list[str]:
    """Sentences that differ in a colour or a clause, in plain words."""
    said = sentence.split()
    of_parts = {claim.value for claim, chance in facts.true.items() if chance >= LEAST_SURE}
    likely = [c for c, chance in facts.colours.items() if chance >= LIKELY or c in of_parts]
    main = [c for c in read_facts(sentence).colours if facts.colours.get(c, 0.0) >= LEAST_SURE]
    found = [
        *_other_colours(said, likely, main),
        *_without_a_clause(said),
        *_with_a_clause(said, facts),
        *_with_a_parts_colour(said, facts),
    ]
    return [" ".join(_articles(words)) for words in found]


def _other_colours(
    said: list[str], likely: Sequence[str], main: Sequence[str]
) -> Iterator[list[str]]:
    """Another colour, a second one, or one of two; what the bird surely is, it stays."""
    for place, word in enumerate(said):
        if word not in COLOURS:
            continue
        before, after = said[:place], said[place + 1 :]
        plain = before[:-1] if before and before[-1] in SHADES else before
        stays = word in main and word not in before  # the first one is the bird's, not a part's
        if not stays:
            yield from ([*plain, colour, *after] for colour in likely if colour != word)
        if after[:1] == ["and"] and after[1:2] and after[1] in COLOURS:
            if after[1] not in main:
                yield [*before, word, *after[2:]]
            if not stays:
                yield [*plain, *after[1:]]
        elif not {*before[-2:], *after[:1]} & {*COLOURS}:
            yield from ([*before, word, "and", c, *after] for c in likely if c != word)


def _without_a_clause(said: list[str]) -> Iterator[list[str]]:
    """Without what follows an "and", as far as the next "and" or "with"."""
    for place, word in enumerate(said):
        if word == "and" and place > 3 and said[place - 1] in PART_OF_WORD:
            rest = range(place + 1, len(said))
            end = next((i for i in rest if said[i] in ("and", "with")), len(said))
            if end - place <= LONGEST_CLAUSE:
                yield said[:place] + said[end:]


def _with_a_clause(said: list[str], facts: Facts) -> Iterator[list[str]]:
    """With the colour of a part that is not mentioned, or a striking colour of no part.

    The parts are the one whose colour most people would name, and the surest one of each colour
    that the bird has rather than not, and that is not said.
    """
    sure = _sure_elsewhere(said, facts)
    surest = {claim.value: claim for claim in sorted(reversed(sure), key=facts.true.__getitem__)}
    missed = [c for c, chance in facts.colours.items() if chance >= EXPECTED and c not in said]
    for colour in missed:
        if colour not in surest and facts.rarity.get(colour, 0.0) > 1 and "some" not in said:
            yield [*said, *_joint(said), "some", colour]
    for claim in dict.fromkeys([*sure[:1], *(surest[c] for c in missed if c in surest)]):
        noun = MENTIONED[claim.part]
        phrase = f"{claim.value} {noun}"
        phrase = phrase if claim.part in PLURAL else with_article(phrase)
        yield [*said, *_joint(said), *phrase.split()]
        for place in range(1, len(said)):  # "a white belly AND BREAST"
            if said[place - 1] == claim.value and said[place] in PART_OF_WORD:
                after = said[place + 1 :]
                more = [word for word in after[:2] if word != "and"][:1]
                joint = [] if PART_OF_WORD.keys() & {*more} else ["and"]
                yield [*said[: place + 1], *joint, noun, *after]


def _sure_elsewhere(said: list[str], facts: Facts) -> list[Claim]:
    """Sure colours of parts that are not mentioned, first the one that most people would name."""
    parts = {PART_OF_WORD[word] for word in said if word in PART_OF_WORD}
    return [
        claim
        for claim in sorted(facts.named, key=facts.named.__getitem__, reverse=True)
        if claim.slot.endswith(" colour")
        and PART_OF_WORD.get(MENTIONED.get(claim.part, "")) == claim.part not in parts
        and facts.true[claim] >= LEAST_SURE
    ]


def _with_a_parts_colour(said: list[str], facts: Facts) -> Iterator[list[str]]:
    """With the sure colour of a part that is mentioned without one: "a large YELLOW beak"."""
    coloured = {claim.slot for claim in claims_of(" ".join(said))}
    for place, word in enumerate(said):
        slot = f"{PART_OF_WORD.get(word)} colour"
        sure = [c for c in facts.named if c.slot == slot and facts.true[c] >= LEAST_SURE]
        if sure and slot not in coloured:
            value = max(sure, key=facts.named.__getitem__).value
            yield [*said[:place], value, *said[place:]]


def _joint(said: list[str]) -> list[str]:
    """What joins a clause: "a bird WITH", "a white belly AND", "wings that are red AND HAS"."""
    if not {"with", "has"} & {*said}:
        return ["with"]
    return ["and", "has"] if "has" in said and {"is", "are"} & {*said[-4:]} else ["and"]


def _articles(said: list[str]) -> list[str]:
    """The same with "an" before "orange", and "a" before "red"."""
    return [
        with_article(after).split()[0] if word in ("a", "an") and after in COLOURS else word
        for word, after in zip(said, [*said[1:], ""], strict=True)
    ]
