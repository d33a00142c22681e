"""The caption slider's callbacks, without a browser: a change of any widget fires them."""

import io

import numpy as np
import pytest
from PIL import Image

from t2i_utils.course.slider import CaptionSlider, draw_between
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.errors import InputError

START = "a bird with yellow wings and a yellow belly"
END = "a bird with blue wings and a blue belly"


@pytest.fixture(scope="module")
def toy() -> Synthesizer:
    return Synthesizer("toy")


@pytest.fixture
def slider(toy) -> CaptionSlider:
    return CaptionSlider(toy, START, END, stage=1)


def shown(slider: CaptionSlider) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(bytes(slider.picture.value))))


def test_the_ends_of_the_slider_are_the_captions_themselves(toy):
    alone = toy.draw(toy.embed([START, END]), np.repeat(toy.noise(1, 3), 2, axis=0), 1)[1]
    for amount, picture in zip((0, 1), alone, strict=True):
        drawn = draw_between(toy, START, END, amount, seed=3, stage=1)
        assert drawn.shape == (64, 64, 3) and drawn.dtype == np.uint8
        np.testing.assert_allclose(drawn.astype(int), picture.astype(int), atol=1)
    middle = draw_between(toy, START, END, 0.5, seed=3, stage=1).astype(int)
    assert all(np.abs(middle - picture).mean() > 2 for picture in alone.astype(int))


def test_a_new_slider_shows_its_first_picture(toy, slider):
    np.testing.assert_array_equal(shown(slider), draw_between(toy, START, END, 0, stage=1))
    assert slider.message.value == ""


def test_moving_the_slider_changes_the_picture_and_moving_back_restores_it(slider):
    first = shown(slider)
    slider.amount.value = 1
    assert np.abs(shown(slider).astype(int) - first).mean() > 5
    slider.amount.value = 0
    np.testing.assert_array_equal(shown(slider), first)


@pytest.mark.parametrize(("name", "value"), [("seed", 4), ("start", "a large red bird")])
def test_another_bird_or_caption_is_another_picture(slider, name, value):
    first = shown(slider)
    getattr(slider, name).value = value
    assert np.abs(shown(slider).astype(int) - first).mean() > 2


def test_both_stages_can_be_shown(toy):
    assert shown(CaptionSlider(toy, START, END)).shape == (256, 256, 3)


def test_a_caption_that_cannot_be_drawn_is_explained_and_the_picture_stays(slider):
    first = shown(slider)
    slider.end.value = " "
    assert "caption" in slider.message.value
    np.testing.assert_array_equal(shown(slider), first)
    slider.end.value = END
    assert slider.message.value == ""


def test_a_caption_is_shown_as_it_was_typed_never_as_markup(slider, monkeypatch):
    def refuse(*arguments):
        raise InputError("<b>no</b>")

    monkeypatch.setattr(slider._synthesizer, "embed", refuse)
    slider.amount.value = 0.5
    assert slider.message.value == "&lt;b&gt;no&lt;/b&gt;"


def test_an_error_in_a_callback_is_shown_and_raised(slider, monkeypatch):
    monkeypatch.setattr(slider._synthesizer, "noise", lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        slider.amount.value = 0.5
    assert "could not be drawn: ZeroDivisionError" in slider.message.value
