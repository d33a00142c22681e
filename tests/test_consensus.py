"""Of many descriptions, the one that agrees most with the others."""

import numpy as np
import pytest

from t2i_utils.captioning.claims import Claim
from t2i_utils.captioning.consensus import (
    COLOUR_WEIGHT,
    NAMED_BY,
    PART_WEIGHT,
    agreement,
    repeats,
)
from t2i_utils.captioning.facts import Facts

NOTHING_NAMED = COLOUR_WEIGHT + PART_WEIGHT  # then all agree


def test_the_one_that_most_others_repeat_wins():
    said = ["a red bird", "a red bird with wings", "a red bird with a beak", "blue water"]
    scores = agreement(said)
    assert scores.argmax() in (0, 1, 2) and scores.argmin() == 3


def test_two_sentences_by_hand():
    """Runs a, b, ab of one and a, c, ac of the other share one: F1 is 2 / 6."""
    assert agreement(["a b", "a c"]) == pytest.approx(2 / 6 + NOTHING_NAMED)


def test_equal_sentences_agree_fully_and_strangers_not_at_all():
    assert agreement(["a red bird"] * 4) == pytest.approx(1 + NOTHING_NAMED)
    assert agreement(["one", "two", "three", "four"]) == pytest.approx(NOTHING_NAMED)


def test_colours_that_enough_sentences_name_count_and_others_cost():
    crowd = ["it is red"] * 3 + ["it is red and blue"] * 3 + ["it is"] * 2
    assert 3 / len(crowd) >= NAMED_BY > 1 / len(crowd)
    both, odd = "red blue", "red green"
    for rival in (both, odd):
        assert len(rival.split()) == 2
    scores = agreement([*crowd, both, odd])
    assert scores[-2] > scores[-1]


def test_the_order_of_sentences_does_not_matter():
    random = np.random.default_rng(0)
    vocabulary = ["red", "blue", "a", "bird", "with", "wings", "white"]
    said = [" ".join(random.choice(vocabulary, 6)) for _ in range(9)]
    order = random.permutation(9)
    shuffled = agreement([said[place] for place in order])
    np.testing.assert_allclose(shuffled, agreement(said)[order])


def test_a_parts_colour_that_others_name_counts():
    crowd = ["a bird with a red crown"] * 2 + ["its back and wing"] * 6
    agreeing, odd = agreement([*crowd, "red crown bird", "red bird crown"])[-2:]
    assert agreeing - odd > PART_WEIGHT / 2


FACTS = Facts(
    {"yellow": 0.95, "black": 0.9, "brown": 0.1},
    {Claim("crown colour", "yellow"): 0.9, Claim("crown colour", "black"): 0.05},
    {Claim("crown colour", "yellow"): 0.8, Claim("crown colour", "black"): 0.02},
)


def test_what_the_reader_holds_for_wrong_loses_however_many_say_it():
    crowd = ["a black bird with a black crown"] * 6
    scores = agreement([*crowd, "a black bird with a yellow crown"], FACTS)
    assert scores.argmax() == len(crowd)
    assert agreement([*crowd, "a black bird with a yellow crown"]).argmax() != len(crowd)


def test_a_colour_that_is_surely_seen_wins_and_a_doubtful_one_loses():
    plain, seen, doubtful = "a black bird", "a black and yellow bird", "a black and brown bird"
    scores = dict(
        zip((plain, seen, doubtful), agreement([plain, seen, doubtful], FACTS), strict=True)
    )
    assert scores[seen] > scores[plain] > scores[doubtful]


def test_no_phrase_is_said_twice():
    assert repeats("a hooked green beak and a hooked green beak")
    assert repeats("a white belly and a white breast with white belly")
    assert repeats("a red crown and throat and throat")
    assert not repeats("a bird with a white belly and a white breast with a black beak")
