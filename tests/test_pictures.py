"""Pictures as arrays and files."""

import numpy as np
import pytest
from PIL import Image

from t2i_utils.errors import InputError
from t2i_utils.pictures import captioned_sheet, grid, save_png, to_uint8


def flat(value: int, size: int = 4) -> np.ndarray:
    return np.full((size, size, 3), value, np.uint8)


def test_to_uint8_spans_the_range_and_clips():
    found = to_uint8(np.array([-3.0, -1.0, 0.0, 1.0, 1.5]))
    assert found.dtype == np.uint8
    assert found.tolist() == [0, 0, 128, 255, 255]


def test_to_uint8_undoes_the_reading_of_a_picture():
    pixels = np.arange(256)
    np.testing.assert_array_equal(to_uint8(pixels / 127.5 - 1), pixels)


def test_grid_places_pictures_row_by_row_on_white():
    sheet = grid(np.stack([flat(value) for value in (10, 20, 30)]), columns=2, gap=2)
    assert sheet.shape == (10, 10, 3)
    assert (sheet[:4, :4] == 10).all()
    assert (sheet[:4, 6:] == 20).all()
    assert (sheet[6:, :4] == 30).all()
    sheet[:4, :4] = sheet[:4, 6:] = sheet[6:, :4] = 255
    assert (sheet == 255).all()  # gaps, and the empty last place


def test_captioned_sheet_shows_each_picture_enlarged_above_its_words():
    groups = [[flat(100), flat(120, 8)], [flat(200), flat(220, 8)]]
    sheet = captioned_sheet(["a red bird", "a blue bird"], groups, size=64)
    margin = 12
    assert sheet.shape[1] == 2 * (64 + margin) + margin
    for column, values in enumerate(((100, 120), (200, 220))):
        left = margin + column * (64 + margin)
        bottom = 0
        for value in values:
            shown = (sheet[:, left : left + 64] == value).all(axis=(1, 2)).nonzero()[0]
            assert len(shown) == 64 and shown[-1] - shown[0] == 63  # whole, 64 lines in a row
            words = (sheet[bottom : shown[0], left : left + 64] < 200).any()  # its size
            assert words == (column == 0)
            bottom = shown[-1] + 1
        assert (sheet[bottom:, left : left + 64] < 100).any()  # the caption


@pytest.mark.parametrize(("count", "across"), [(1, 1), (4, 4), (5, 3), (12, 4)])
def test_captioned_sheet_breaks_many_captions_into_even_rows(count, across):
    sheet = captioned_sheet(["a bird"] * count, [[flat(100)]] * count, size=64)
    assert sheet.shape[1] == across * (64 + 12) + 12
    assert (sheet[:12] == 255).all() and (sheet[12] != 255).any()  # one size: no word above it
    lines = (sheet[:, 12 : 12 + 64] == 100).all(axis=(1, 2)).sum() // 64
    assert lines == -(-count // across)


def test_a_sheet_of_one_size_does_not_repeat_it_above_each_picture():
    sheet = captioned_sheet(["a bird"], [[flat(100)]], size=64)
    shown = (sheet[:, 12:76] == 100).all(axis=(1, 2)).nonzero()[0]
    assert (sheet[: shown[0]] == 255).all() and shown[0] == 12


def test_captioned_sheet_shows_samples_side_by_side():
    sheet = captioned_sheet(["a bird"], [[flat(100), flat(120), flat(140)]], size=64)
    assert sheet.shape[1] == 3 * 64 + 2 * 4 + 2 * 12
    for column, value in enumerate((100, 120, 140)):
        left = 12 + column * (64 + 4)
        assert (sheet[:, left : left + 64] == value).all(axis=(1, 2)).sum() == 64


def test_a_long_caption_stays_within_its_column():
    sheet = captioned_sheet(["a very long caption " * 40], [[flat(0)]], size=96)
    words = sheet[12 + 96 + 1 :]
    assert (words < 100).any()
    assert (words[:, :8] == 255).all() and (words[:, -2:] == 255).all()


def test_save_png_keeps_pixels_and_note(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    path = save_png(tmp_path / "new" / "bird.png", image, {"caption": "ein rötlicher Vogel"})
    with Image.open(path) as stored:
        np.testing.assert_array_equal(np.asarray(stored), image)
        assert stored.info["caption"] == "ein rötlicher Vogel"
    assert [file.name for file in path.parent.iterdir()] == ["bird.png"]


def test_save_png_says_where_it_cannot_write(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match="cannot write .*bird.png.*--out"):
        save_png(tmp_path / "file" / "bird.png", flat(0))
