"""Controls write captions, captions set controls."""

import itertools

import pytest

from t2i_utils.studio.caption_parser import CONTROLS, caption_of, choices_of


def test_the_controls_are_those_of_the_issue():
    assert list(CONTROLS) == ["size", "crown", "back", "wing", "belly", "beak", "beak shape"]
    assert "yellow" in CONTROLS["belly"] and "red" in CONTROLS["belly"]


def test_no_choice_is_a_bird_and_every_choice_is_said():
    assert caption_of({}) == "a bird"
    choices = {"size": "small", "belly": "red", "beak": "black", "beak shape": "cone"}
    assert caption_of(choices) == (
        "a small bird with a red belly and a short cone-shaped black beak"
    )  # fmt: skip


@pytest.mark.parametrize("names", list(itertools.combinations(CONTROLS, 2)))
def test_what_two_controls_write_is_read_back(names):
    for values in zip(*(CONTROLS[name] for name in names), strict=False):
        choices = dict(zip(names, values, strict=True))
        assert choices_of(caption_of(choices)) == choices


def test_all_controls_together_are_read_back():
    for number in range(11):
        choices = {name: values[number % len(values)] for name, values in CONTROLS.items()}
        assert choices_of(caption_of(choices)) == choices


@pytest.mark.parametrize(
    ("caption", "choices"),
    [
        ("", {}),
        ("un petit oiseau bleu au ventre blanc", {}),
        ("\u0637\u0627\u0626\u0631 \u0623\u0632\u0631\u0642", {}),
        ("a bird with teal wings", {}),
        ("A TINY Bird, its wings are Gray", {"size": "small", "wing": "grey"}),
        ("a little yellow and black bird", {"size": "small"}),
        ("this bird is large and has a red crown", {"size": "large", "crown": "red"}),
        ("a bird with a small beak", {}),
        ("a small beak on a brown bird", {}),
        ("a bird with a long orange bill", {"beak": "orange", "beak shape": "long"}),
        ("the beak is hooked", {"beak shape": "hooked"}),
        ("a long-tailed bird with a black beak", {"beak": "black"}),
    ],
)
def test_a_typed_caption_sets_what_it_says_and_nothing_else(caption, choices):
    assert choices_of(caption) == choices
