"""Of many descriptions, the one that agrees most with the others."""

import numpy as np
import pytest

from t2i_utils.captioning.claims import Claim
from t2i_utils.captioning.consensus import (
    COLOUR_WEIGHT,
    NAMED_BY,
    PART_WEIGHT,
    agreement,
    judge,
    repeats,
)
from t2i_utils.captioning.facts import Facts
from t2i_utils.captioning.mending import neighbours, told

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
    seen = "a black bird with a yellow crown"
    score = judge([*crowd, seen], FACTS)
    assert score(seen) > score(crowd[0])
    assert agreement([*crowd, seen]).argmax() != len(crowd)


def test_a_colour_that_is_surely_seen_wins_and_a_doubtful_one_loses():
    plain, seen, doubtful = "a black bird", "a black and yellow bird", "a black and brown bird"
    score = judge([plain, seen, doubtful], FACTS)
    assert score(seen) > score(plain) > score(doubtful)


def test_of_two_colours_that_are_as_sure_the_rare_one_is_said():
    facts = Facts({"brown": 0.8, "orange": 0.8}, {}, {})
    common, rare = "a brown bird", "an orange bird"
    assert judge([common] * 2, facts)(common) > judge([common] * 2, facts)(rare)
    rarity = {"brown": 0.8, "orange": 1.6}
    score = judge([common] * 2, facts._replace(rarity=rarity))
    assert score(rare) > score(common)


def test_a_sentences_colours_are_as_sure_as_their_parts():
    sentence = "a brown bird with a yellow crown and a black crown"
    chances = dict(FACTS.chances(sentence))
    assert (chances["yellow"], chances["black"], chances["brown"]) == (0.9, 0.05, 0.1)
    assert chances["bird"] is None
    assert [word for word, _ in FACTS.chances(sentence)] == sentence.split()


def test_no_phrase_is_said_twice_and_no_part_is_called_two_things():
    assert repeats("a hooked green beak and a hooked green beak")
    assert repeats("a white belly and a white breast with white belly")
    assert repeats("a red crown and throat and throat")
    assert repeats("a bird with a white belly and a yellow belly")
    assert repeats("this bird is black with black and has a long beak")
    assert repeats("this bird is black white and black in color")
    assert not repeats("a bird with a white belly and white wings, and black and white spots")
    assert not repeats("a bird with a white belly and a white breast with a black beak")


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("a black bird with a black crown", "a black bird with a yellow crown"),
        ("a black bird with a dark brown crown", "a black bird with a yellow crown"),
        ("a bird with a yellow and black crown", "a bird with a yellow crown"),
        ("a black and brown bird with a beak", "a black and yellow bird with a beak"),
    ],
)
def test_a_wrong_colour_of_a_sentence_is_mended(drawn, expected):
    assert expected in neighbours(drawn, FACTS)
    score = judge([drawn] * 2, FACTS)
    assert score(told([drawn] * 2, FACTS)[0]) >= score(expected) > score(drawn)


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("a black bird", "a black bird with a yellow crown"),
        ("a bird with black wings", "a bird with black wings and a yellow crown"),
        ("this bird has wings that are red", "this bird has wings that are red and has a yellow "
         "crown"),
        ("a bird with a yellow belly", "a bird with a yellow belly and crown"),
    ],
)  # fmt: skip
def test_what_is_surely_seen_is_said_in_a_clause_that_fits(drawn, expected):
    assert expected in neighbours(drawn, FACTS)
    assert "yellow" in told([drawn, "a bird"], FACTS)[0]
    mentioned = neighbours(f"{drawn} and a red crown", FACTS)
    assert max(text.count("crown") for text in mentioned) == 1


def test_a_colour_of_the_bird_that_is_left_out_is_said_of_the_part_that_surely_has_it():
    throat, wings = Claim("throat colour", "orange"), Claim("wing colour", "black")
    facts = Facts(
        {"black": 0.9, "orange": 0.6}, {throat: 0.8, wings: 0.9}, {throat: 0.1, wings: 0.8}
    )
    found = neighbours("a small bird", facts)
    assert {"a small bird with black wings", "a small bird with an orange throat"} <= {*found}


def test_a_striking_colour_of_which_nobody_knows_where_is_said_all_the_same():
    facts = Facts({"black": 0.9, "orange": 0.6}, {}, {}, rarity={"black": 0.4, "orange": 1.6})
    drawn = "this bird has black wings"
    assert [t for t in neighbours(drawn, facts) if "some" in t] == [f"{drawn} and some orange"]
    assert told([drawn] * 2, facts) == [f"{drawn} and some orange"]
    doubtful = facts._replace(colours={"black": 0.9, "orange": 0.3})
    assert not any("some" in text for text in neighbours(drawn, doubtful))


def test_a_part_that_is_mentioned_gets_the_colour_that_is_surely_seen():
    drawn = "a black bird with a large crown"
    assert told([drawn] * 2, FACTS)[0] == "a black bird with a large yellow crown"
    doubtful = FACTS._replace(true=dict.fromkeys(FACTS.true, 0.5))
    assert "a black bird with a large yellow crown" not in neighbours(drawn, doubtful)


def test_a_parts_colour_is_mended_though_people_do_not_call_the_bird_so():
    facts = FACTS._replace(colours={**FACTS.colours, "yellow": 0.1})
    assert "a black bird with a yellow crown" in neighbours("a black bird with a red crown", facts)


def test_articles_follow_the_colour():
    facts = Facts({"orange": 0.9}, {}, {})
    assert "an orange bird" in neighbours("a red bird", facts)
    facts = Facts({"red": 0.9}, {}, {})
    assert "a red bird" in neighbours("an orange bird", facts)


def test_a_clause_that_is_wrong_is_left_out():
    facts = FACTS._replace(true={**FACTS.true, Claim("tail colour", "red"): 0.01})
    drawn = "a yellow and black bird with a yellow crown and a red tail"
    assert told([drawn] * 3, facts)[0] == "a yellow and black bird with a yellow crown"


def test_several_sentences_are_different_and_the_first_is_the_same_alone():
    drawn = ["a black bird with a black crown", "a black bird", "this bird is black"] * 2
    several = told(drawn, FACTS, 3)
    assert len(set(several)) == len(several) <= 3
    assert several[:1] == told(drawn, FACTS)


def test_what_a_bird_surely_is_is_not_mended_away():
    sure = FACTS._replace(colours={"black": 0.95, "blue": 0.9})
    for text in neighbours("this bird is black and blue with a black beak", sure):
        assert text.startswith("this bird is black and blue")
