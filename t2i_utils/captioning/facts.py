"""What a reader of parts holds of one picture, and what it is sure enough of to say."""

from collections.abc import Mapping
from typing import NamedTuple

from t2i_utils.captioning.claims import Claim, claims_of

LEAST_SURE = 0.75  # a claim that is less probable is not said in a detailed description, or added
MOST_COLOURS = {"bird": 3, "wing": 3}  # of a part that are said; 2 of the others


class Facts(NamedTuple):
    """Probabilities of one picture.

    Attributes:
        colours: of each colour, that three of ten people name it.
        true: of each claim, that one of ten people makes it, if any speaks of its slot.
        named: of each claim, that two of ten people make it.
        evidence: of each colour, by how much the picture raises its log odds above those of all
            training pictures.
        rarity: how much each colour counts in a sentence: 1 in the mean, a rare one more.
    """

    colours: Mapping[str, float]
    true: Mapping[Claim, float]
    named: Mapping[Claim, float]
    evidence: Mapping[str, float] = {}
    rarity: Mapping[str, float] = {}

    def sure(self) -> dict[str, list[str]]:
        """The values of each slot that are probable enough to be said, the most probable first.

        A slot has one value; colours and patterns of a part may be several. The slot "bird colour"
        holds the colours of the whole.
        """
        found: dict[str, list[str]] = {}
        for claim, chance in sorted(self.true.items(), key=lambda item: -item[1]):
            if chance >= LEAST_SURE:
                found.setdefault(claim.slot, []).append(claim.value)
        whole = sorted(self.colours.items(), key=lambda item: -item[1])
        found["bird colour"] = [colour for colour, chance in whole if chance >= LEAST_SURE]
        return {
            slot: values[: MOST_COLOURS.get(slot.split()[0], 2) if "colour" in slot else 1]
            for slot, values in found.items()
            if values
        }

    def chances(self, sentence: str) -> list[tuple[str, float | None]]:
        """The words of a sentence; of those that name a colour, how probable it is there.

        A colour of several parts is as probable as the least probable of them.
        """
        said = [claim for claim in claims_of(sentence) if claim.slot.endswith(" colour")]
        return [
            (word, min(
                (self.true.get(claim, 0.0) for claim in said if claim.value == word),
                default=self.colours.get(word),
            ))
            for word in sentence.split()
        ]  # fmt: skip

    def to_json(self) -> dict[str, dict[str, dict[str, float]]]:
        """Every part's values with their probabilities: {"belly": {"colour": {"yellow": 0.93}}}."""
        found: dict[str, dict[str, dict[str, float]]] = {
            "bird": {"colour": {c: round(float(p), 3) for c, p in self.colours.items()}}
        }
        for claim, chance in self.true.items():
            part, _, kind = claim.slot.rpartition(" ")
            values = found.setdefault(part, {}).setdefault(kind, {})
            values[claim.value] = round(float(chance), 3)
        return found
