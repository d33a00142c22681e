"""Walks between noises and captions; which colours captions name and pictures show."""

import numpy as np
import pytest

from t2i_utils.data.captions import toy_captions
from t2i_utils.data.toy.birds import random_bird
from t2i_utils.errors import InputError
from t2i_utils.evaluation import attribute_walk, lerp, slerp
from t2i_utils.evaluation.caption_parts import named_parts, swap_colours
from t2i_utils.evaluation.colour_words import HUES, hue_amounts, one_colour, score_colours

AMOUNTS = np.linspace(0, 1, 5)

# -- walks --------------------------------------------------------------------------------------


def test_slerp_stays_on_the_sphere_where_lerp_cuts_through():
    start, end = np.random.default_rng(0).normal(size=(2, 100))
    start, end = (10 * v / np.linalg.norm(v) for v in (start, end))
    arc = slerp(start, end, AMOUNTS)
    assert arc.shape == (5, 100) and arc.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(arc, axis=1), 10, rtol=1e-5)
    np.testing.assert_allclose(arc[[0, -1]], [start, end], atol=1e-5)
    steps = np.linalg.norm(np.diff(arc, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-4)
    assert np.linalg.norm(lerp(start, end, [0.5])) < 8


def test_slerp_of_a_quarter_circle():
    np.testing.assert_allclose(slerp([2.0, 0], [0, 2.0], [0.5]), [[2**0.5, 2**0.5]], rtol=1e-6)


@pytest.mark.parametrize("end", [[2.0, 0.0], [-1.0, 0.0], [0.0, 0.0]])
def test_slerp_without_a_single_arc_is_a_straight_line(end):
    np.testing.assert_allclose(slerp([1.0, 0.0], end, AMOUNTS), lerp([1.0, 0.0], end, AMOUNTS))


def test_attribute_walk_changes_one_word():
    assert attribute_walk("a {} bird", ["red", "blue"]) == ["a red bird", "a blue bird"]
    for caption, words in (("a bird", ["red"]), ("a {} bird", [])):
        with pytest.raises(InputError, match="attribute walk"):
            attribute_walk(caption, words)


# -- parts that captions name -------------------------------------------------------------------


def test_every_part_of_every_toy_caption_is_read():
    random = np.random.default_rng(0)
    words = ("crown", "back", "wings", "belly", "beak")
    for seed in range(150):
        bird = random_bird(random)
        for caption in toy_captions(
            bird.parts,
            size=bird.size,
            beak_shape=bird.beak_shape,
            tail_shape=bird.tail_shape,
            seed=seed,
        ):
            found = named_parts(caption)
            assert len(found) == sum(word in caption for word in words), caption
            assert found.items() <= bird.parts.items(), caption


def test_swapping_changes_one_colour_of_one_part():
    caption = "This bird has a black crown and red wings, and a short orange bill"
    before = named_parts(caption)
    changed = set()
    for seed in range(40):
        (swapped,) = swap_colours([caption], seed)
        after = named_parts(swapped)
        (part,) = [name for name in before if after[name] != before[name]]
        changed.add((part, after[part]))
        assert swapped.startswith("This bird has a ")
    assert {part for part, _ in changed} == {"crown", "wing", "beak"} and len(changed) > 10
    assert swap_colours(["a red bird", ""]) == [None, None]


COMPOUNDS = ["orange-red", "orange red", "red-orange", "blue-grey", "Blue Grey", "yellow-green"]


@pytest.mark.parametrize("compound", COMPOUNDS)
def test_a_compound_is_no_single_colour_of_a_part_nor_of_a_caption(compound):
    assert named_parts(f"a bird with a {compound} crown and black wings") == {"wing": "black"}
    assert named_parts(f"its crown is {compound} and its wings are black") == {"wing": "black"}
    assert one_colour([f"a {compound} bird", f"a bird with a {compound} crown"]) == [None, None]
    assert swap_colours([f"a {compound} crown"]) == [None]


@pytest.mark.parametrize("shade", ["reddish-orange", "reddish orange"])
def test_a_shade_names_no_colour_and_leaves_the_colour_beside_it(shade):
    assert named_parts(f"a {shade} crown, reddish wings") == {"crown": "orange"}
    assert one_colour([f"a {shade} bird"]) == ["orange"]


def test_a_part_of_two_colours_has_no_colour_of_its_own():
    assert named_parts("black and white wings and a red crown") == {"crown": "red"}
    assert named_parts("its wings are black and white, its crown is red") == {"crown": "red"}
    assert named_parts("its beak is short and red") == {"beak": "red"}


# -- hues that pictures show --------------------------------------------------------------------


def test_a_caption_counts_when_it_names_exactly_one_colour():
    captions = ["a Red bird, red all over", "a red and blue bird", "a reddish bird", "blue-winged"]
    assert one_colour(captions) == ["red", None, None, "blue"]


def test_flat_colours_have_their_own_hue_and_greys_none():
    colours = {"red": (200, 30, 30), "orange": (240, 140, 30), "yellow": (240, 220, 40),
               "green": (40, 150, 50), "blue": (40, 70, 200)}  # fmt: skip
    for position, name in enumerate(HUES):
        amounts = hue_amounts(np.full((1, 64, 64, 3), colours[name], np.uint8))[0]
        assert amounts[position] == 1 and amounts.sum() == 1, name
    for grey in (0, 90, 255):
        assert not hue_amounts(np.full((1, 64, 64, 3), grey, np.uint8)).any()


def test_only_the_middle_counts():
    picture = np.full((1, 64, 64, 3), 128, np.uint8)
    picture[:, :16] = (200, 30, 30)
    assert not hue_amounts(picture).any()
    picture[:, 16:32] = (200, 30, 30)
    assert hue_amounts(picture)[0, 0] == 0.5


def test_pictures_of_their_colour_score_above_shuffled_ones():
    colours = list(HUES) * 8
    rgb = {"red": (200, 30, 30), "orange": (240, 140, 30), "yellow": (240, 220, 40),
           "green": (40, 150, 50), "blue": (40, 70, 200)}  # fmt: skip
    amounts = hue_amounts(np.stack([np.full((8, 8, 3), rgb[name], np.uint8) for name in colours]))
    right = score_colours(amounts, [f"a {name} bird" for name in colours])
    wrong = score_colours(amounts, [f"a {name} bird" for name in colours[1:] + colours[:1]])
    assert right == (1.0, 40) and wrong == (0.0, 40)
    assert score_colours(amounts, ["a bird"] * 40) is None
