"""The film of a training: what a reader can do with it, in a browser and without a network."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from t2i_utils.course.film import film_page

pytestmark = pytest.mark.ui
CAPTIONS = ["a red & blue bird", "a <b>green</b> bird"]
STEPS = [0, 50, 100, 1000]


@pytest.fixture(scope="module")
def film() -> str:
    levels = np.arange(8, dtype=np.uint8).reshape(4, 2) * 32  # one grey for each picture
    frames = {
        step: row[:, None, None, None] * np.ones((1, 32, 32, 3), np.uint8)
        for step, row in zip(STEPS, levels, strict=True)
    }
    losses = {"generator": {step: step / 7 for step in range(1, 1001)}}
    return film_page(CAPTIONS, frames, {"losses": losses, "colours": {"share": {0: 0.1, 1000: 1}}})


def test_every_picture_lies_in_the_film(film):
    (packed,) = re.findall(r"data:image/webp;base64,([^\"]+)", film)
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(packed))).convert("L"))
    means = sheet.reshape(4, 32, 2, 32).mean(axis=(1, 3))
    np.testing.assert_allclose(means, np.arange(8).reshape(4, 2) * 32, atol=2)


def test_the_slider_moves_pictures_and_curves(film, page):
    page.set_content(film)
    output, line = page.locator("output"), page.locator("line").first
    assert output.inner_text() == "step 1,000" and line.get_attribute("x1") == "100"
    assert page.locator("figcaption").all_inner_texts() == CAPTIONS
    page.locator("input").focus()
    page.keyboard.press("Home")
    assert output.inner_text() == "step 0" and line.get_attribute("x1") == "0"
    page.keyboard.press("ArrowRight")
    assert page.locator("input").get_attribute("aria-valuetext") == "step 50"
    shown = page.locator("figure div").last.screenshot()
    middle = np.asarray(Image.open(io.BytesIO(shown)).convert("L"))[20:-20, 20:-20]
    np.testing.assert_allclose(middle, 3 * 32, atol=3)
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Play").wait_for()  # it stops at the end
    assert output.inner_text() == "step 1,000"
