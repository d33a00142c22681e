"""The course's diagrams in a real browser: texts apart and inside, dark where asked for."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.ui
FOLDER = Path(__file__).resolve().parents[2] / "figures" / "diagrams"
FILES = sorted(FOLDER.glob("*.svg"))
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
WRITTEN = """() => [...document.querySelectorAll('text')].filter(e => e.textContent.trim())
    .map(e => [e.textContent, e.getBBox()]).map(([t, b]) => [t, b.x, b.y, b.width, b.height])"""
SIZE = "() => { const b = document.documentElement.viewBox.baseVal; return [b.width, b.height] }"


@each_file
def test_no_text_lies_on_another_or_outside(page, path):
    page.goto(path.as_uri())
    width, height = page.evaluate(SIZE)
    found = page.evaluate(WRITTEN)
    for number, (text, x, y, wide, high) in enumerate(found):
        assert x >= 8 and x + wide <= width - 8 and y >= 0 and y + high <= height - 4, text
        for other, x2, y2, wide2, high2 in found[:number]:
            across = min(x + wide, x2 + wide2) - max(x, x2)
            down = min(y + high, y2 + high2) - max(y, y2)
            assert across <= 0.5 or down <= 3.5, f"{text!r} lies on {other!r}"


@each_file
def test_an_embedded_diagram_follows_the_readers_choice_of_light_or_dark(page, path):
    source = base64.b64encode(path.read_bytes()).decode()
    page.set_content(f"<img src='data:image/svg+xml;base64,{source}' width='360'>")
    for scheme, light in (("light", True), ("dark", False)):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function("document.images[0].complete")
        picture = Image.open(io.BytesIO(page.locator("img").screenshot())).convert("L")
        assert (picture.getpixel((20, 4)) > 128) is light
