"""The parts of the panel, each with its plain functions."""

import datetime
import io
import logging
import re
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image
from small_run import trained_run
from studio_files import PATIENCE, saved

from t2i_utils.data.toy.birds import choose_birds, draw_toy_bird
from t2i_utils.drawing.loaded import LOADED
from t2i_utils.drawing.request import Request
from t2i_utils.drawing.saved_picture import from_note
from t2i_utils.errors import InputError
from t2i_utils.studio import layout
from t2i_utils.studio.blend import FRAMES, Blend, walk
from t2i_utils.studio.describe import Describe, read_upload
from t2i_utils.studio.drawn import best_seed
from t2i_utils.studio.history import LENGTH, Entry, History, with_newest
from t2i_utils.studio.html import file_name, gif, pictures_html, summary_of
from t2i_utils.studio.noise import another_seed
from t2i_utils.studio.requests import requests_of
from t2i_utils.studio.status import Status

MARKUP = "<script>alert('x')</script>\" onerror=alert(1)"
VALUES: dict[str, Any] = {"caption": "a blue bird", "weights": "toy", "shown": "64 px",
                          "way": "the words", "to_caption": "a red bird"}  # fmt: skip


def blank(*shape: int) -> np.ndarray:
    return np.zeros((*shape, 3), np.uint8)


# --- requests ---------------------------------------------------------------------------------


def test_without_a_blend_the_picture_depends_on_the_first_caption_and_seed_only():
    (plain,) = requests_of(caption="a bird", to_caption="", to_seed=7, way="both", amount=0)
    assert plain == Request("a bird")


def test_a_way_changes_the_words_the_noise_or_both():
    ways = {way: requests_of(**{**VALUES, "way": way, "to_seed": 5, "amount": 0.5})[0]
            for way in ("the words", "the bird", "both")}  # fmt: skip
    ends = {way: (request.to_caption, request.to_seed) for way, request in ways.items()}
    assert ends == {
        "the words": ("a red bird", None), "the bird": (None, 5), "both": ("a red bird", 5),
    }  # fmt: skip


def test_samples_are_rows_of_one_seeds_noise():
    requests = requests_of(caption="a bird", seed=9, samples=3, shown="64 px")
    assert [(one.seed, one.sample, one.stage) for one in requests] == [(9, n, 1) for n in range(3)]


def test_another_seed_is_never_the_same():
    assert all(another_seed(seed) != seed for seed in (0, 1, 9999, 2**32 - 1) for _ in range(50))


def test_another_bird_is_the_one_that_the_discriminator_prefers_where_there_is_one():
    weights, seeds = str(trained_run()), [3, 14, 15, 9]
    walk = requests_of(**{**VALUES, "weights": weights, "to_seed": 8}, amount=0.5)[0]
    chosen = best_seed(walk, seeds)
    assert best_seed(walk, seeds[::-1]) == chosen
    synthesizer = LOADED.get(weights)
    texts = synthesizer.embed([walk.caption] * len(seeds))
    noise = np.concatenate([synthesizer.noise(1, seed) for seed in seeds])
    pictures = synthesizer.draw(texts, noise, 1)[1]
    mirrored = [seed % 2 == 1 for seed in seeds]  # as they are shown
    pictures[mirrored] = pictures[mirrored, :, ::-1]
    scores = synthesizer.scores(pictures, texts)
    assert chosen == seeds[int(np.argmax(scores))]
    without = requests_of(**{**VALUES, "weights": "birds-paper"})[0]
    assert best_seed(without, seeds) == 3


# --- html -------------------------------------------------------------------------------------


def test_what_was_typed_is_text_wherever_it_is_shown():
    request = Request(MARKUP, to_caption=MARKUP, amount=0.5)
    shown = pictures_html([request], {1: blank(1, 64, 64), 2: blank(1, 256, 256)}, (1, 2))
    assert "<script" not in shown and '" onerror' not in shown
    assert shown.count("&lt;script&gt;") == 6  # two captions, in two alternative texts and below


def test_every_picture_has_an_alternative_text_that_says_size_sample_and_caption():
    requests = [Request("a red bird", sample=sample) for sample in range(2)]
    shown = pictures_html(requests, {2: blank(2, 256, 256)}, (2,))
    for number in (1, 2):
        assert f'alt="Drawn bird, 256 px, sample {number} of 2: a red bird"' in shown


@pytest.mark.parametrize(
    ("samples", "stages", "columns"),
    [(1, (2,), 1), (1, (1, 2), 2), (2, (2,), 2), (3, (1, 2), 4), (4, (2,), 2), (6, (1,), 3)],
)
def test_pictures_stand_in_whole_rows_of_samples(samples, stages, columns):
    requests = [Request("a bird", sample=sample) for sample in range(samples)]
    pictures = {1: blank(samples, 64, 64), 2: blank(samples, 256, 256)}
    shown = pictures_html(requests, pictures, stages)
    assert f"t2i-columns{columns}" in shown and shown.count("<img") == samples * len(stages)


@pytest.mark.parametrize(
    ("caption", "name"),
    [
        ("a Red bird!", "a-red-bird-3.png"),
        ("../../etc/passwd", "etc-passwd-3.png"),
        ("\U0001f426", "bird-3.png"),
        ("x" * 500, f"{'x' * 50}-3.png"),
    ],
)
def test_a_files_name_is_made_of_letters_of_the_caption(caption, name):
    assert file_name(Request(caption, seed=3), ".png") == name


def test_the_summary_of_a_walk_name_both_ends():
    assert summary_of(Request("a", to_caption="b", amount=0.5)) == (
        "50% of the way from \u201ca\u201d to \u201cb\u201d"
    )
    assert summary_of(Request("a", seed=1, to_seed=2, amount=0.25)) == (
        "a, 25% of the way from bird 1 to bird 2"
    )


# --- status -----------------------------------------------------------------------------------


def test_a_visitors_mistake_is_said_and_not_logged(caplog):
    status = Status()
    status.guarded(lambda: (_ for _ in ()).throw(InputError("<b>no</b>")))()
    assert "&lt;b&gt;no&lt;/b&gt;" in status.value
    assert not caplog.records


def test_a_mistake_of_ours_is_logged_again_after_something_worked(caplog):
    status = Status()
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            status.guarded(lambda: 1 / 0)()  # pyright: ignore[reportArgumentType]
        status.done("drawn")
        status.guarded(lambda: 1 / 0)()  # pyright: ignore[reportArgumentType]
    assert len(caplog.records) == 2


# --- blend ------------------------------------------------------------------------------------


def test_a_walk_goes_from_the_first_to_the_second_in_even_steps():
    requests = walk({**VALUES, "samples": 5, "amount": 0.3}, 5)
    assert [request.amount for request in requests] == [0, 0.25, 0.5, 0.75, 1]
    assert {request.sample for request in requests} == {0}
    assert requests[0] == Request("a blue bird", weights="toy", stage=1)


def test_a_strip_is_drawn_and_saved_with_what_draws_it_again():
    blend = Blend(lambda: dict(VALUES))
    blend.steps.value = 5
    blend.buttons["strip"].click()
    assert blend.settle(PATIENCE)
    assert blend.strip.value.count("<img") == 5
    blend.buttons["png"].click()
    assert blend.settle(PATIENCE)
    image = saved(blend.files.value, "-walk.png", "image/png")
    assert image.size == (5 * 64 + 4 * 2, 64)
    noted = from_note(image.text)  # pyright: ignore[reportAttributeAccessIssue]
    assert list(noted.requests) == walk(VALUES, 5)
    assert not any(button.disabled for button in blend.buttons.values())


def test_a_walk_is_saved_as_a_gif_that_goes_there_and_back():
    blend = Blend(lambda: {**VALUES, "way": "the bird", "to_seed": 3})
    blend.buttons["gif"].click()
    assert blend.settle(PATIENCE)
    image = saved(blend.files.value, "-walk.gif", "image/gif")
    assert image.info["loop"] == 0
    assert getattr(image, "n_frames", 0) == 2 * FRAMES - 2
    blend.close()


def test_a_gif_shows_the_frames_it_was_given():
    frames = np.stack([np.full((8, 8, 3), level, np.uint8) for level in (0, 120, 250)])
    image = Image.open(io.BytesIO(gif(frames)))
    levels = []
    for number in range(getattr(image, "n_frames", 0)):
        image.seek(number)
        levels.append(int(np.asarray(image.convert("RGB"))[0, 0, 0]))
    assert levels == [0, 120, 250, 120]


def test_a_walk_that_cannot_be_drawn_is_said_and_the_buttons_stay():
    blend = Blend(lambda: {**VALUES, "to_caption": " "})
    blend.buttons["strip"].click()
    assert blend.settle(PATIENCE)
    assert 't2i-problem">the second caption is empty' in blend.status.value
    assert not blend.buttons["strip"].disabled


# --- history ----------------------------------------------------------------------------------


def entry(number: int, words: str = "a bird") -> Entry:
    return Entry({"seed": number}, words, blank(64, 64))


def test_the_history_has_an_end_and_no_picture_twice():
    entries: list[Entry] = []
    for number in [*range(20), 17]:
        entries = with_newest(entries, entry(number))
    assert [one.values["seed"] for one in entries] == [17, 19, 18, 16, 15, 14, 13, 12]
    assert len(entries) == LENGTH


def test_a_click_goes_back_and_captions_are_text():
    gone_back: list[dict] = []
    history = History(gone_back.append)
    history.add(entry(1))
    history.add(entry(2, MARKUP * 10))
    assert [button.layout.display for button in history.buttons[:3]] == [None, None, "none"]
    assert "<script" not in history.pictures.value
    assert len(history.buttons[0].description) < 100
    history.buttons[1].click()
    history.buttons[5].click()  # hidden: nothing to go back to
    assert gone_back == [{"seed": 1}]


# --- describe ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bird() -> np.ndarray:
    """A toy bird, drawn."""
    return np.asarray(draw_toy_bird(choose_birds(5, 0)[0], np.random.default_rng(0))[0])


def png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG")
    return file.getvalue()


def upload(describe: Describe, content: bytes) -> None:
    """What the browser sends when a file was chosen."""
    describe.upload.value = (
        {"name": MARKUP, "type": "image/png", "size": len(content), "content": memoryview(content),
         "last_modified": datetime.datetime.now(datetime.UTC)},
    )  # fmt: skip


def test_a_drawn_and_an_uploaded_picture_are_described_alike(bird):
    describe = Describe(lambda: bird)
    describe.drawn.click()
    assert describe.settle(PATIENCE)
    drawn = describe.result.value
    assert 'class="t2i-sentence">' in drawn and 'alt="The described picture: ' in drawn
    assert re.search(r'<span class="t2i-(sure|doubt)" title="\d+% sure">', drawn)
    describe.result.value = ""
    upload(describe, png(bird))
    assert describe.settle(PATIENCE)
    assert describe.result.value == drawn
    assert describe.upload.value == (), "the upload is kept in memory"
    describe.close()


def bomb() -> bytes:
    """A PNG of 57 bytes that claims 400 million pixels."""
    header = b"IHDR" + (20_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    data = b"IDAT" + zlib.compress(b"")
    chunks = [(len(part) - 4).to_bytes(4, "big") + part + zlib.crc32(part).to_bytes(4, "big")
              for part in (header, data)]  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_a_picture_that_claims_too_many_pixels_is_not_unpacked():
    with pytest.raises(InputError, match="that can be read .too large .over 178 million pixels"):
        read_upload(bomb())


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"\x89PNG\r\n\x1a\n12345"])
def test_a_file_that_is_no_picture_gets_a_sentence(bird, content):
    with pytest.raises(InputError, match="no picture"):
        read_upload(content)
    describe = Describe(lambda: bird)
    upload(describe, content)
    assert describe.settle(PATIENCE)
    assert "no picture that can be read" in describe.status.value
    assert describe.result.value == ""


def test_a_picture_without_a_bird_is_described_with_a_warning():
    describe = Describe(lambda: np.full((64, 64, 3), 128, np.uint8))
    describe.drawn.click()
    assert describe.settle(PATIENCE)
    assert "No bird was recognised" in describe.result.value


# --- layout -----------------------------------------------------------------------------------


def test_style_and_script_are_shipped_and_the_script_comes_with_the_panel(capsys):
    assert ".t2i-studio" in layout._file("studio.css")
    layout.show_script()
    assert "Javascript" in capsys.readouterr().out
