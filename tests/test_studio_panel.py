"""The panel without a browser: setting a widget's value fires what a visitor's hand would."""

import base64
import io
import logging
import re
import resource
import shutil
import sys
import threading

import numpy as np
import pytest
from PIL import Image
from studio_files import PATIENCE, saved

from t2i_utils.drawing.loaded import CAPACITY, LOADED, LoadedSets
from t2i_utils.drawing.saved_picture import check_weights, from_note
from t2i_utils.drawing.synthesizer import draw
from t2i_utils.errors import InputError
from t2i_utils.stackgan.weights import find_weights
from t2i_utils.studio import Studio, describe, panel
from t2i_utils.studio.caption_controls import EXAMPLES
from t2i_utils.studio.html import jpeg
from t2i_utils.studio.requests import requests_of

MB = 2**20 if sys.platform == "darwin" else 2**10  # in ru_maxrss's unit
ODD = {
    "empty": "   ",
    "10,000 words": "bird " * 10_000,
    "HTML": "<img src=x onerror=alert(1)><script>alert(2)</script> a red bird",
    "right to left": "\u0637\u0627\u0626\u0631 \u0623\u062d\u0645\u0631 \u0635\u063a\u064a\u0631",
    "digits": "1234567890 42",
    "emoji": "\U0001f426\U0001f426\U0001f426",
    "surrogate": "a bird \ud800",
    "controls": "a\x00b\x1b[31m bird",
}


@pytest.fixture(scope="module")
def shared() -> Studio:
    return Studio("toy")


@pytest.fixture
def studio(shared) -> Studio:
    """A panel at 64 px as it was at the start, at rest."""
    start = {
        "caption": EXAMPLES["toy"][0], "weights": "toy", "shown": "64 px", "seed": 10, "samples": 1,
        "truncation": 1.0, "way": "the words", "to_caption": "a red bird", "to_seed": 4,
        "amount": 0.0,
    }  # fmt: skip
    shared.noise.lock.value = True
    shared.return_to(start)
    assert shared.settle(PATIENCE)
    return shared


def sources(studio: Studio) -> list[str]:
    return re.findall(r'src="data:image/jpeg;base64,([^"]+)"', studio.picture.value)


def shown(studio: Studio) -> list[np.ndarray]:
    """The pictures that the panel shows."""
    files = [io.BytesIO(base64.b64decode(source)) for source in sources(studio)]
    return [np.asarray(Image.open(file)).astype(int) for file in files]


def reds(picture: np.ndarray) -> int:
    """How many pixels are vividly red."""
    red, green, blue = np.moveaxis(picture, -1, 0)
    return int(((red > 150) & (green < 100) & (blue < 130)).sum())


def expected(studio: Studio) -> str:
    """What the panel must show for what the controls say now, drawn apart."""
    requests = requests_of(**studio.values())
    pictures = draw(LOADED.get(requests[0].weights), requests)
    return base64.b64encode(jpeg(pictures[max(pictures)][0])).decode()


def test_a_new_panel_draws_both_sizes_at_once_and_remembers_them():
    studio = Studio("toy")
    assert studio.settle(PATIENCE)
    assert [picture.shape for picture in shown(studio)] == [(64, 64, 3), (256, 256, 3)]
    assert "drawn in" in studio.status.value
    assert [entry.summary for entry in studio.history.entries] == [
        studio.caption_controls.caption.value
    ]
    studio.close()


def test_without_a_captioner_there_is_no_describing(monkeypatch):
    monkeypatch.setattr(describe, "available_captioners", lambda: [])
    studio = Studio("toy")
    assert studio.describe is None
    assert studio.settle(PATIENCE)
    assert "drawn in" in studio.status.value
    studio.close()


def test_unknown_weights_are_said_at_once():
    with pytest.raises(InputError, match="no weights at 'robins'"):
        Studio("robins")


def test_moving_a_control_writes_the_caption_and_draws_it(studio):
    first = shown(studio)[0]
    studio.caption_controls.controls["belly"].value = "red"
    assert (
        studio.caption_controls.caption.value
        == "a small bird with a blue crown, blue wings and a red belly"
    )
    assert studio.settle(PATIENCE)
    assert reds(shown(studio)[0]) > reds(first) + 100, "the belly did not become red"
    assert sources(studio) == [expected(studio)]
    studio.caption_controls.controls["belly"].value = "yellow"
    assert studio.settle(PATIENCE)
    np.testing.assert_array_equal(shown(studio)[0], first)


def test_typing_a_caption_moves_the_controls_and_keeps_what_was_typed(studio):
    typed = "This LARGE bird has a white belly, teal wings and a hooked beak"
    studio.caption_controls.caption.value = typed
    said = {name: control.value for name, control in studio.caption_controls.controls.items()}
    assert said == {
        "size": "any", "crown": "any", "back": "any", "wing": "any", "belly": "white",
        "beak": "any", "beak shape": "hooked",
    } | {"size": "large"}  # fmt: skip
    assert studio.caption_controls.caption.value == typed
    assert studio.settle(PATIENCE)
    assert typed in studio.picture.value


def test_an_example_is_taken_by_a_click_and_other_weights_have_their_own(studio):
    button = studio.caption_controls.examples[1]
    button.click()
    assert studio.caption_controls.caption.value == EXAMPLES["toy"][1]
    studio.noise.weights.value = "birds"
    assert button.description == EXAMPLES["birds"][1]


@pytest.mark.parametrize(
    ("name", "value"), [("seed", 11), ("truncation", 0.0), ("weights", "birds")]
)
def test_each_choice_changes_the_picture(studio, name, value):
    first = shown(studio)[0]
    studio.inputs[name].value = value
    assert studio.settle(PATIENCE)
    assert np.abs(shown(studio)[0] - first).mean() > 0.5
    assert sources(studio) == [expected(studio)]


def test_samples_are_different_birds(studio):
    studio.noise.samples.value = 3
    assert studio.settle(PATIENCE)
    birds = shown(studio)
    assert len(birds) == 3
    assert all(np.abs(birds[0] - other).mean() > 0.5 for other in birds[1:])


def test_locked_noise_stays_when_the_words_change_and_unlocked_noise_does_not(studio):
    studio.caption_controls.caption.value = "a red bird"
    assert studio.noise.seed.value == 10
    studio.noise.lock.value = False
    studio.caption_controls.controls["belly"].value = "blue"
    assert studio.noise.seed.value != 10
    seed = studio.noise.seed.value
    studio.noise.another.click()
    assert studio.settle(PATIENCE)
    assert studio.noise.seed.value != seed


def test_the_blend_slider_leads_to_the_second_caption_and_new_words_start_it_anew(studio):
    first = shown(studio)[0]
    studio.blend.amount.value = 1
    assert studio.settle(PATIENCE)
    assert np.abs(shown(studio)[0] - first).mean() > 2
    assert "100% of the way" in studio.picture.value
    studio.caption_controls.caption.value = studio.blend.to_caption.value
    assert studio.blend.amount.value == 0
    last = sources(studio)
    assert studio.settle(PATIENCE)
    assert sources(studio) == last, "the end of the walk is the second caption itself"


def test_noise_is_walked_likewise(studio):
    studio.blend.way.value = "the bird"
    assert studio.blend.to_caption.disabled and not studio.blend.to_seed.disabled
    studio.blend.amount.value = 1
    assert studio.settle(PATIENCE)
    walked = sources(studio)
    studio.return_to({**studio.values(), "amount": 0.0, "seed": studio.blend.to_seed.value})
    assert studio.settle(PATIENCE)
    assert sources(studio) == walked


def test_200_rapid_moves_end_at_the_last_position_and_leave_nothing_behind(studio):
    seen: list[str] = []
    studio.picture.observe(lambda change: seen.append(change["new"]), "value")
    belly = studio.caption_controls.controls["belly"]
    peaks, threads = [], threading.active_count()
    for _ in range(3):
        seen.clear()
        for move in range(200):
            belly.value = belly.options[1 + move % 11]
            studio.blend.amount.value = move % 50 / 50
        assert studio.settle(PATIENCE)
        assert len(seen) < 200, "every position was drawn: they were queued"
        assert sources(studio) == [expected(studio)]
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB)
    studio.picture.unobserve_all("value")
    assert peaks[2] - peaks[1] < 20, f"memory grew: {peaks} MB"
    assert threading.active_count() <= threads + 1
    assert len(studio.history.entries) <= len(studio.history.buttons)


@pytest.mark.parametrize("caption", ODD.values(), ids=ODD.keys())
def test_odd_captions_get_a_picture_or_a_sentence_and_are_never_markup(studio, caption, caplog):
    studio.caption_controls.caption.value = caption
    assert studio.settle(PATIENCE)
    place = "t2i-problem" if "t2i-problem" in studio.status.value else "t2i-done"
    assert re.search(rf'class="{place}">[^<]*\w', studio.status.value)
    for value in (studio.picture.value, studio.status.value, studio.history.pictures.value):
        assert "<script" not in value and "<img src=x" not in value
    assert not caplog.records
    assert len(studio.status.value) < 2000
    studio.caption_controls.caption.value = EXAMPLES["toy"][0]
    assert studio.settle(PATIENCE)
    assert "drawn in" in studio.status.value


def test_a_caption_that_means_nothing_to_the_encoder_gets_a_note(studio):
    studio.caption_controls.caption.value = ODD["emoji"]
    assert studio.settle(PATIENCE)
    assert "knows no word" in studio.status.value


def test_an_exception_becomes_a_sentence_and_is_logged_once(studio, monkeypatch, caplog):
    def broken(requests):
        raise ZeroDivisionError("<b>broken</b>")

    with caplog.at_level(logging.ERROR), monkeypatch.context() as patched:
        patched.setattr(panel, "draw_requests", broken)
        for seed in (20, 21, 22):
            studio.noise.seed.value = seed
            assert studio.settle(PATIENCE)
    assert "that did not work: ZeroDivisionError: &lt;b&gt;broken" in studio.status.value
    assert len(caplog.records) == 1
    studio.noise.seed.value = 23
    assert studio.settle(PATIENCE)
    assert "drawn in" in studio.status.value


def test_an_error_of_the_newest_words_is_not_covered_by_an_older_picture(studio):
    studio.caption_controls.caption.value = "a green bird"
    studio.caption_controls.caption.value = ""
    assert studio.settle(PATIENCE)
    assert "the caption is empty" in studio.status.value


def test_a_click_in_the_history_returns_to_a_picture_and_all_that_made_it(studio):
    studio.noise.seed.value = 3
    studio.blend.amount.value = 0.5
    assert studio.settle(PATIENCE)
    picture, values = studio.picture.value, studio.values()
    studio.caption_controls.caption.value = "a large white bird"
    studio.noise.lock.value = False  # going back is not a change of words
    assert studio.settle(PATIENCE)
    assert studio.picture.value != picture
    assert studio.history.entries[1].values == values
    studio.history.buttons[1].click()
    assert studio.settle(PATIENCE)
    assert studio.picture.value == picture and studio.values() == values
    assert studio.history.entries[0].values == values


@pytest.mark.parametrize("samples", [1, 2])
def test_what_is_saved_says_how_to_draw_it_again(studio, samples):
    studio.noise.samples.value = samples
    studio.blend.amount.value = 0.3
    assert studio.settle(PATIENCE)
    studio.save.click()
    assert studio.settle(PATIENCE)
    image = saved(studio.files.value, ".png", "image/png")
    noted = from_note(image.text)  # pyright: ignore[reportAttributeAccessIssue]
    assert list(noted.requests) == requests_of(**studio.values())
    check_weights(noted, find_weights("toy"))
    again = draw(LOADED.get("toy"), noted.requests)[1]
    pixels = np.asarray(image)
    assert pixels.shape == (64, 64 * samples + 2 * (samples - 1), 3)
    np.testing.assert_array_equal(pixels[:, :64], again[0])
    assert "saved" in studio.status.value


def test_a_closed_panel_draws_nothing_more():
    studio = Studio("toy")
    assert studio.settle(PATIENCE)
    before = studio.picture.value
    studio.close()
    studio.noise.seed.value = 99
    assert studio.settle(PATIENCE)
    assert studio.picture.value == before


def test_weights_without_a_second_stage_are_drawn_at_64_px_with_a_note(studio, monkeypatch):
    weights = LOADED.get("toy").weights
    monkeypatch.delitem(weights.generators, 2)
    studio.noise.shown.value = "256 px"
    assert studio.settle(PATIENCE)
    assert [picture.shape for picture in shown(studio)] == [(64, 64, 3)]
    assert "no Stage II" in studio.status.value


def test_weights_of_a_run_that_trains_on_are_loaded_anew(tmp_path):
    folder = tmp_path / "weights"
    shutil.copytree(find_weights("toy"), folder)
    sets = LoadedSets()
    first = sets.get(folder)
    assert sets.get(str(folder)) is first and sets.has(folder)
    card = folder / "card.json"
    card.write_text(card.read_text() + "\n")
    assert sets.get(folder) is not first
    for _ in range(CAPACITY + 2):
        card.write_text(card.read_text() + "\n")
        sets.get(folder)
    assert len(sets._sets) == CAPACITY
