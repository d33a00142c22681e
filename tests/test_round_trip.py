"""Caption -> picture -> caption."""

import math

import numpy as np
from small_captioner import caption_pack, training

from t2i_utils.captioning import round_trip
from t2i_utils.captioning.round_trip import say_again, survival

CAPTIONS = ["a red bird with black wings", "a blue bird", "a bird with a white crown"]


def test_what_survives_is_counted_over_all_captions():
    said = ["a red bird with brown wings", "a blue and red bird", "its crown is white"]
    found = survival(CAPTIONS, said)
    assert found.count == 3
    assert found.colours == 3 / 4  # red, blue and white of red, black, blue, white
    assert found.parts == 1 / 2  # a white crown, no black wings
    # Against the next picture's description: red of the first is said in the second.
    assert found.colours_by_chance == 1 / 4 and found.parts_by_chance == 0


def test_all_and_nothing_survive():
    assert survival(CAPTIONS, CAPTIONS)[::2] == (1, 1, 3)
    assert survival(CAPTIONS, ["a bird"] * 3)[:4] == (0, 0, 0, 0)


def test_where_no_caption_names_any_there_is_no_share():
    found = survival(["a bird", "a red bird"], ["a red bird", "a red bird"])
    assert found.colours == 1 and math.isnan(found.parts) and math.isnan(found.parts_by_chance)


def test_generated_pictures_are_described_as_they_are(monkeypatch):
    describer, _ = training()
    pictures = caption_pack().images(64)[:5]
    said = say_again(describer, pictures)
    assert len(said) == 5 and all(said)
    monkeypatch.setattr(round_trip, "CHUNK", 2)
    assert say_again(describer, pictures) == said
    assert say_again(describer, pictures[:0]) == []
    # Shown larger, a picture is the same; the bird is not looked for.
    whole = np.repeat(np.repeat(pictures[:1], 4, axis=1), 4, axis=2)
    assert set(say_again(describer, whole)[0].split()) & set(said[0].split())
