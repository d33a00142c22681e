"""Names of birds are told in colours where the weights ask for it, and it is said."""

import dataclasses

import numpy as np
import pytest

from t2i_utils.drawing.request import requests_for
from t2i_utils.drawing.synthesizer import Synthesizer, draw
from t2i_utils.text.bird_names import bird_names, told_in_colours
from t2i_utils.text.caption_facts import read_facts
from t2i_utils.text.colours import COLOUR_WORDS
from t2i_utils.text.plain import plain


@pytest.mark.parametrize(
    ("caption", "told"),
    [
        ("An owl.", "a brown bird with a striped brown and white breast"),
        ("a small crow", "a small black bird"),
        ("a crow on a white branch", "a bird on a white branch"),
        ("a brown owl", "a brown bird"),
        ("a duck with a green head", "a bird with a green head"),
        ("a blue jay", "a blue bird with a white belly and black stripes on its wings"),
        ("a barn owl", "a white bird with brown wings"),
        ("two crows", "two crows"),
        ("a crow's nest, a crow-like bird", "a crow's nest, a crow-like bird"),
        ("A small bird, red.", "a small bird, red"),
        ("un pájaro azul", "un pájaro azul"),
    ],
)
def test_a_name_becomes_what_can_be_seen(caption, told):
    assert told_in_colours(caption) == told


def test_the_table_is_in_plain_form_and_every_bird_has_a_colour():
    for name, phrase in bird_names().items():
        assert plain(name) == name and plain(phrase) == phrase
        assert "bird" in phrase.split() and set(phrase.split()) & set(COLOUR_WORDS), name
        assert told_in_colours(phrase) == phrase  # no name stands in what tells one
        facts = read_facts(f"a {phrase}")
        assert facts.colours or facts.parts, name


def test_names_are_told_where_the_card_says_so_and_a_note_says_what_is_drawn():
    synthesizer = Synthesizer("birds")
    captions = ["a crow", "a black bird"]
    crow, black = draw(synthesizer, requests_for(captions))[1]
    notes = synthesizer.notes(captions)
    assert "'a crow' is drawn as 'a black bird'" in str(notes[0]) and notes[1] is None
    first = draw(synthesizer, requests_for([captions[1]]))[1][0]
    assert np.abs(crow.astype(int) - first).max() <= 1  # the same noise, encoded in another company
    assert np.abs(black.astype(int) - first).max() > 1  # noise of its own

    card = {**synthesizer.weights.card, "names_in_colours": False}
    knowing = Synthesizer(dataclasses.replace(synthesizer.weights, card=card))
    assert "is drawn as" not in str(knowing.notes(captions)[0])
    named = draw(knowing, requests_for([captions[0]]))[1][0]
    assert np.abs(named.astype(int) - first).mean() > 5
