"""Captions in any script find a font, or are known to lack one."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from t2i_utils import fonts


@pytest.fixture
def no_system_fonts(monkeypatch):
    """Only what comes with Pillow and Matplotlib."""
    dejavu = fonts._files()[0]
    monkeypatch.setattr(fonts, "_files", lambda: [dejavu])
    fonts._choose.cache_clear()
    yield
    fonts._choose.cache_clear()


def drawn(text: str) -> np.ndarray:
    picture = Image.new("L", (60, 40))
    ImageDraw.Draw(picture).text((4, 4), text, fill=255, font=fonts.font_for(text, 24))
    return np.asarray(picture)


@pytest.mark.parametrize("text", ["a red bird", "petit oiseau à l'aile bleue", "маленькая", "طائر"])
def test_western_cyrillic_and_arabic_letters_need_no_system_font(no_system_fonts, text):
    assert fonts.missing_letters([text]) == ""


def test_letters_without_a_font_are_found_each_once(no_system_fonts):
    assert fonts.missing_letters(["小さな鳥", "a bird", "鳥"]) == "".join(sorted("小さな鳥"))
    assert fonts.font_for("小さな鳥", 20) is not None


def test_marks_and_joiners_are_no_letters(no_system_fonts):
    assert fonts.missing_letters(["bird\u200d\ufe0f"]) == ""


@pytest.mark.parametrize("letters", ["жшб", "äöü", "abc"])
def test_letters_of_one_script_do_not_look_alike(no_system_fonts, letters):
    """Boxes in place of letters would."""
    pictures = [drawn(letter) for letter in letters]
    assert all(picture.any() for picture in pictures)
    assert (pictures[0] != pictures[1]).any() and (pictures[1] != pictures[2]).any()


def test_a_system_font_is_used_where_it_has_the_letters(tmp_path, monkeypatch):
    dejavu = fonts._files()[0]
    monkeypatch.setattr(fonts, "_files", lambda: [tmp_path / "no font.ttf", dejavu])
    fonts._choose.cache_clear()
    assert fonts.missing_letters(["ж"]) == ""
    assert fonts.font_for("ж", 12).path == str(dejavu)
    fonts._choose.cache_clear()
