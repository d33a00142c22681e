"""The grammar: parts, sizes and CUB's attributes become natural English."""

import re

import numpy as np
import pytest

from t2i_utils.data.captions import caption_from_parts, describe_attributes, toy_captions
from t2i_utils.errors import InputError

COLOURS = {"crown": "orange", "back": "blue", "wing": "black", "belly": "white", "beak": "red"}
LOCAL = {
    "crown": "an orange crown",
    "back": "a blue back",
    "wing": "black wings",
    "belly": "a white belly",
    "beak": r"a (?:long )?red beak",
}


def test_the_plain_sentence_has_articles_plurals_and_order():
    parts = {"crown": "red", "wings": "black", "beak": "orange"}
    expected = "a small bird with a red crown, black wings and an orange beak"
    assert caption_from_parts(parts, size="small") == expected


def test_a_subset_names_nothing_else():
    for seed in range(30):
        caption = caption_from_parts({"wing": "blue", "beak": "yellow"}, seed=seed)
        assert "blue" in caption and "yellow" in caption and "wings" in caption
        assert not re.search("crown|belly|back|tail|small|large", caption), caption


def test_shapes_stand_before_colours():
    assert caption_from_parts({"beak": "orange"}, beak_shape="cone", tail_shape="forked") == (
        "a bird with a short cone-shaped orange beak and a forked tail"
    )


def test_nothing_known_is_still_a_bird():
    assert caption_from_parts({}) == "a bird"
    assert "bird" in caption_from_parts({}, size="large", seed=3)


def test_an_unknown_part_is_one_plain_line():
    with pytest.raises(InputError, match="unknown part 'antenna'") as error:
        caption_from_parts({"antenna": "red"})
    assert "\n" not in str(error.value)


def test_a_seed_repeats_its_sentence_and_seeds_differ():
    sentences = {caption_from_parts(COLOURS, seed=seed) for seed in range(20)}
    assert caption_from_parts(COLOURS, seed=4) == caption_from_parts(COLOURS, seed=4)
    assert len(sentences) >= 15


@pytest.mark.parametrize("seed", range(8))
def test_ten_captions_of_a_toy_bird_differ_and_half_use_local_phrases(seed):
    captions = toy_captions(
        COLOURS, size="small", beak_shape="long", tail_shape="rounded", seed=seed
    )
    assert len(set(captions)) == 10
    local = [
        sum(bool(re.search(phrase, caption)) for phrase in LOCAL.values()) for caption in captions
    ]
    assert sum(count >= 3 for count in local) >= 5, captions


def test_toy_captions_say_only_what_is_true_in_good_english():
    for seed in range(60):
        for caption in toy_captions(COLOURS, size="large", beak_shape="hooked", tail_shape="long",
                                    seed=seed):  # fmt: skip
            assert not re.search(r"\ba [aeiou]|\ban [^aeiou]|  |\ba \w+ wings", caption), caption
            assert not re.search("small|tiny|forked|cone|green|yellow", caption), caption
            wings_are = re.search(r"wings (is|are) (\w+)", caption)
            assert wings_are is None or wings_are.groups() == ("are", "black")


def test_more_captions_than_wordings_still_ends():
    captions = toy_captions({"wing": "red"}, size="small", beak_shape="long", tail_shape="long",
                            count=400)  # fmt: skip
    assert len(captions) == 400


def test_attributes_become_sentences():
    values = {
        "has_wing_color::blue": 70.0,
        "has_wing_color::black": 10.0,
        "has_belly_color::white": 50.0,
        "has_belly_color::grey": 45.0,
        "has_bill_shape::cone": 90.0,
        "has_bill_length::shorter_than_head": 90.0,
        "has_bill_color::orange": 80.0,
        "has_crown_color::red": 8.0,  # too few people saw it
        "has_size::small_(5_-_9_in)": 75.0,
        "has_primary_color::blue": 60.0,
    }
    text = " | ".join(describe_attributes(values, count=30, seed=1))
    for phrase in ("blue wings", "white and grey belly", "a short cone-shaped orange beak",
                   "small", "blue bird"):  # fmt: skip
        assert phrase in text
    for word in ("crown", "red", "black", "short short"):
        assert word not in text


def test_a_name_that_is_no_attribute_is_refused():
    with pytest.raises(InputError, match="wing colour"):
        describe_attributes({"wing colour": 3.0})


def test_no_agreement_still_gives_the_number_asked():
    captions = describe_attributes({"has_wing_color::blue": 3.0}, count=4)
    assert len(captions) == 4 and all("bird" in caption for caption in captions)


@pytest.mark.cub
def test_every_real_class_gets_ten_captions(cub_root):
    folder = cub_root / "CUB_200_2011" / "attributes"
    names = [line.split()[1] for line in (folder / "attributes.txt").read_text().splitlines()]
    rows = np.loadtxt(folder / "class_attribute_labels_continuous.txt")
    assert rows.shape == (200, 312)
    for row in rows:
        captions = describe_attributes(dict(zip(names, row, strict=True)), seed=2)
        assert len(set(captions)) == 10
        for caption in captions:
            assert not re.search(r"\ba [aeiou]|\ban [^aeiou]|  |_|\(", caption), caption
    cardinal = " ".join(describe_attributes(dict(zip(names, rows[16], strict=True)), seed=2))
    assert "red" in cardinal and "black throat" in cardinal and "blue" not in cardinal
