"""What captions claim of a bird."""

import pytest

from t2i_utils.captioning.claims import Claim, claims_of


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        (
            "this bird has black and white wings and a red crown",
            {"wing colour: black, white", "crown colour: red"},
        ),
        ("its belly and breast are grey", {"belly colour: grey", "breast colour: grey"}),
        ("a small bird with a long thin black bill",
         {"bird size: small", "beak length: long", "beak thickness: thin", "beak colour: black"}),
        ("the beak is short and pointy", {"beak length: short", "beak shape: pointed"}),
        ("it has a spotted white breast", {"breast pattern: spotted", "breast colour: white"}),
        ("brown streaks along its belly", {"belly pattern: striped"}),
        ("its back is speckled", {"back pattern: spotted"}),
        ("white wingbars", {"wing pattern: barred", "wingbar colour: white"}),
        ("a long tail and short legs", {"tail length: long", "leg length: short"}),
        ("a bird in a tree", set()),
    ],
)  # fmt: skip
def test_claims_are_found_in_the_words_that_people_use(caption, expected):
    claims = {
        Claim(slot, value)
        for text in expected
        for slot, _, values in [text.partition(": ")]
        for value in values.split(", ")
    }
    assert claims_of(caption) == claims


def test_a_claim_knows_its_part_and_what_silence_means():
    assert Claim("belly colour", "red").part == "belly"
    assert not Claim("belly colour", "red").silence_speaks
    assert Claim("wing pattern", "barred").silence_speaks
    assert Claim("tail length", "long").silence_speaks
    assert not Claim("beak length", "long").silence_speaks
