"""The two crops and what Pillow must be told about strange pictures."""

import numpy as np
import pytest
from PIL import Image

from t2i_utils.data.crops import crop_window, read_squares
from t2i_utils.errors import InputError


def test_the_papers_half_side_is_three_quarters_of_the_longer_box_side():
    window = crop_window((400, 300), (100, 100, 80, 40), "paper")  # centre (140, 120), R = 60
    assert window == (80, 60, 200, 180)


def test_the_papers_window_is_clipped_to_the_picture():
    assert crop_window((400, 300), (0, 0, 100, 40), "paper") == (0, 0, 125, 95)
    assert crop_window((400, 300), (300, 200, 100, 100), "paper") == (275, 175, 400, 300)


def test_the_box_crop_is_the_box_and_whole_is_the_picture():
    assert crop_window((400, 300), (10.5, 20, 30, 40), "box") == (10.5, 20, 40.5, 60)
    assert crop_window((400, 300), (10, 20, 30, 40), "whole") == (0, 0, 400, 300)
    assert crop_window((400, 300), None, "paper") == (0, 0, 400, 300)


@pytest.mark.parametrize("box", [(500, 10, 20, 20), (10, 10, 0, 20), (10, 10, float("nan"), 20)])
@pytest.mark.parametrize("crop", ["paper", "box"])
def test_a_box_that_covers_nothing_is_refused(box, crop):
    with pytest.raises(InputError, match="covers nothing"):
        crop_window((400, 300), box, crop)


def test_an_unknown_crop_is_refused():
    with pytest.raises(InputError, match="choose one of paper, box, whole"):
        crop_window((400, 300), None, "square")


def test_each_crop_shows_its_own_part_of_the_picture(tmp_path):
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[40:60, 90:122] = (0, 0, 255)  # the bird
    Image.fromarray(pixels).save(tmp_path / "bird.png")
    box = (90, 40, 32, 20)  # R = 24 around (106, 50)
    (tight,) = read_squares(tmp_path / "bird.png", box, "box", (32,))
    (wide,) = read_squares(tmp_path / "bird.png", box, "paper", (48,))
    assert (tight[1:-1, 1:-1] == (0, 0, 255)).all()  # the filter looks past the box's edge
    blue = wide[..., 2] > 127
    assert blue.any(axis=0).sum() == 32 and blue.any(axis=1).sum() == 20
    assert blue[14:34, 8:40].all()


def test_every_size_is_cut_from_the_photograph_with_antialiasing(tmp_path):
    checks = (np.indices((200, 200)).sum(0) % 2 * 255).astype(np.uint8)
    Image.fromarray(checks).save(tmp_path / "checks.png")
    small, large = read_squares(tmp_path / "checks.png", None, "whole", (10, 200))
    assert small.shape == (10, 10, 3) and large.shape == (200, 200, 3)
    assert np.abs(small.astype(int) - 127).max() < 20  # without it: only 0 and 255
    assert set(np.unique(large)) == {0, 255}


def test_a_picture_held_sideways_is_turned_and_its_box_counts_stored_pixels(tmp_path):
    stored = np.zeros((40, 80, 3), np.uint8)
    stored[:, :40] = (255, 0, 0)  # left half red; orientation 6 turns it to the top
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(stored).save(tmp_path / "turned.png", exif=exif)
    (whole,) = read_squares(tmp_path / "turned.png", None, "whole", (20,))
    assert (whole[:9, :, 0] == 255).all() and (whole[11:, :, 0] == 0).all()
    (boxed,) = read_squares(tmp_path / "turned.png", (0, 0, 40, 40), "box", (20,))
    assert (boxed[:-1, :, 0] == 255).all()


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1"])
def test_every_colour_mode_becomes_rgb(tmp_path, mode):
    grey = Image.fromarray(np.full((8, 8), 255, np.uint8))
    picture = grey.convert(mode)
    picture.save(tmp_path / "picture.tiff")
    (square,) = read_squares(tmp_path / "picture.tiff", None, "whole", (4,))
    assert square.shape == (4, 4, 3) and (square == 255).all()


def test_grey_with_sixteen_bits_keeps_its_tones(tmp_path):
    Image.fromarray(np.full((8, 8), 32896, np.uint16)).save(tmp_path / "grey.png")
    (square,) = read_squares(tmp_path / "grey.png", None, "whole", (4,))
    assert (square == 128).all()


def test_transparent_parts_lie_over_white(tmp_path):
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    (square,) = read_squares(tmp_path / "clear.png", None, "whole", (4,))
    assert (square == 255).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "missing"), (b"", "empty"), (b"not a picture", "truncated, or no picture")],
)
def test_an_unreadable_picture_is_named(tmp_path, content, message):
    path = tmp_path / "bird.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"bird.jpg is {message}"):
        read_squares(path, None, "whole", (4,))


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_truncated_picture_is_named(tmp_path, suffix):
    path = tmp_path / f"bird.{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=f"bird.{suffix} is truncated"):
        read_squares(path, None, "whole", (4,))


def test_a_box_outside_names_the_picture(tmp_path):
    Image.new("RGB", (20, 20)).save(tmp_path / "bird.png")
    with pytest.raises(InputError, match=r"bird.png: box .* bounding_boxes.txt"):
        read_squares(tmp_path / "bird.png", (30, 30, 5, 5), "box", (4,))
