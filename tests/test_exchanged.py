"""Captions with two of their colours exchanged: nearly true, and wrong."""

import numpy as np
import pytest

from t2i_utils.data.captions import caption_from_parts
from t2i_utils.data.toy.birds import random_bird
from t2i_utils.text.caption_facts import read_facts
from t2i_utils.text.exchanged import exchange_colours


@pytest.mark.parametrize(
    ("caption", "changed"),
    [
        ("a bird with a red crown and an orange belly",
         "a bird with an orange crown and a red belly"),
        ("its wings are blue, its gray belly is soft",
         "its wings are grey, its blue belly is soft"),
        ("small bird, yellow, with black wings and black legs",
         "small bird, black, with yellow wings and yellow legs"),
        # One thing of two colours is the same the other way round.
        ("a black and white bird", None),
        ("wings of blue, or green", None),
        ("a black-white bird", None),
        ("a black and white bird with a red crown and a black back", {
            "a red and white bird with a black crown and a red back",
            "a black and red bird with a white crown and a black back"}),
        ("a red bird", None),
        ("a red bird with red wings", None),
        ("ein roter Vogel mit blauen Flügeln", None),
    ],
)  # fmt: skip
def test_colours_are_exchanged(caption, changed):
    found = {exchange_colours(caption, np.random.default_rng(seed)) for seed in range(20)}
    assert found == (changed if isinstance(changed, set) else {changed})


def test_an_exchanged_caption_gives_the_same_colours_to_other_parts():
    random = np.random.default_rng(5)
    for number in range(200):
        parts = dict(list(random_bird(random).parts.items())[:3])
        caption = caption_from_parts(parts, seed=number)
        changed = exchange_colours(caption, random)
        if len(set(parts.values())) < 2:
            assert changed is None, caption
            continue
        assert changed is not None, caption
        before, after = read_facts(caption).parts, read_facts(changed).parts
        assert before != after, changed
        assert before.keys() == after.keys()
        assert set(before.values()) == set(after.values())
