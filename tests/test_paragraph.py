"""Detailed descriptions: what is sure, in plain English."""

from t2i_utils.captioning.claims import Claim, claims_of
from t2i_utils.captioning.facts import LEAST_SURE, Facts
from t2i_utils.captioning.paragraph import stated, write_paragraph

SURE = {
    "bird size": ["small"], "bird colour": ["yellow", "black"], "beak length": ["short"],
    "beak shape": ["pointed"], "beak colour": ["black"], "crown colour": ["black"],
    "nape colour": ["black"], "throat colour": ["yellow"], "belly colour": ["yellow"],
    "breast colour": ["yellow"], "breast pattern": ["striped"], "wing colour": ["black", "grey"],
    "wing pattern": ["barred"], "wingbar colour": ["white"], "leg colour": ["orange"],
    "tail length": ["long"],
}  # fmt: skip


def test_a_paragraph_goes_from_the_whole_to_the_parts():
    assert write_paragraph(SURE) == (
        "This is a small yellow and black bird with a short, pointed black beak. Its crown and "
        "nape are black. Its throat and belly are yellow, and its breast is yellow with stripes. "
        "Its wings are black and grey with white bars, its tail is long, and its legs are orange."
    )


def test_one_part_alone_is_one_clause():
    assert write_paragraph({"eye colour": ["red"]}) == "This is a bird. Its eyes are red."
    assert write_paragraph({"wing pattern": ["spotted"]}) == (
        "This is a bird. Its wings are marked with spots."
    )
    assert write_paragraph({"bird colour": ["orange"]}) == "This is an orange bird."
    assert write_paragraph({}) == "This is a bird."


def test_what_is_counted_is_what_is_written():
    """The grammar that reads people's captions finds each colour, shape and size again."""
    said, read = stated(SURE), claims_of(write_paragraph(SURE))
    assert read <= said
    by_words = {claim for claim in said if "pattern" not in claim.slot and claim.part != "wingbar"}
    assert by_words <= read
    assert Claim("wingbar colour", "white") in said
    assert not stated({"wingbar colour": ["white"], "bird colour": ["red"], "rump colour": ["red"]})


def test_only_what_is_sure_is_said():
    true = {
        Claim("belly colour", "white"): 0.9, Claim("belly colour", "grey"): 0.8,
        Claim("belly colour", "tan"): 0.78, Claim("crown colour", "red"): LEAST_SURE - 0.01,
        Claim("beak length", "long"): 0.8, Claim("beak length", "short"): 0.76,
    }  # fmt: skip
    facts = Facts({"white": 0.99, "red": 0.5}, true, true)
    assert facts.sure() == {
        "belly colour": ["white", "grey"], "beak length": ["long"], "bird colour": ["white"],
    }  # fmt: skip
    parts = facts.to_json()
    assert parts["bird"]["colour"] == {"white": 0.99, "red": 0.5}
    assert parts["crown"] == {"colour": {"red": 0.74}}
    assert parts["beak"]["length"] == {"long": 0.8, "short": 0.76}
