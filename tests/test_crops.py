"""The two crops and what Pillow must be told about strange pictures."""

import contextlib
import os
import stat

import numpy as np
import pytest
from PIL import Image

from t2i_utils.data.crops import MOST_PIXELS, crop_window, read_picture, read_squares
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


# --- strange files ----------------------------------------------------------------------------


def exif_with_a_broken_entry(orientation):
    """EXIF data that hold an orientation, and a resolution that is a text."""
    header = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08"
    turned = b"\x01\x12\x00\x03\x00\x00\x00\x01" + bytes([0, orientation, 0, 0])
    broken = b"\x01\x1a\x00\x02\x00\x00\x00\x01\xff\xff\xff\xff"
    return header + b"\x00\x02" + turned + broken + b"\x00\x00\x00\x00"


def test_broken_exif_beside_a_valid_orientation_is_no_obstacle(tmp_path):
    stored = np.zeros((40, 80, 3), np.uint8)
    stored[:, :40] = (255, 0, 0)
    path = tmp_path / "turned.jpg"
    Image.fromarray(stored).save(path, exif=exif_with_a_broken_entry(6), quality=95)
    (square,) = read_squares(path, None, "whole", (20,))
    assert (square[:8, :, 0] > 200).all() and (square[12:, :, 0] < 50).all()


def test_exif_that_is_noise_leaves_the_picture_as_it_is(tmp_path):
    random = np.random.default_rng(0)
    for number in range(60):
        exif = bytearray(exif_with_a_broken_entry(1) + b"\x00" * 8)
        for place in random.integers(6, len(exif), 4):
            exif[place] = random.integers(256)
        path = tmp_path / f"{number}.jpg"
        Image.new("RGB", (8, 8), "red").save(path, exif=bytes(exif))
        assert read_squares(path, None, "whole", (4,))[0].shape == (4, 4, 3)


def test_a_huge_jpeg_is_decoded_smaller_and_its_box_still_counts_stored_pixels(tmp_path):
    picture = Image.new("RGB", (12_000, 8_000), (10, 90, 200))
    picture.paste((250, 90, 0), (6_000, 2_000, 8_000, 4_000))
    path = tmp_path / "huge.jpg"
    picture.save(path, quality=90)
    (square,) = read_squares(path, (6_000, 2_000, 2_000, 2_000), "box", (20,))
    assert np.abs(square[1:-1, 1:-1].astype(int) - (250, 90, 0)).max() < 12
    found = read_picture(path)
    assert found.stored_size == (12_000, 8_000) and found.image.size == (6_000, 4_000)


def test_a_huge_picture_of_another_format_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "huge.png"
    for side in (13_000, 15_000):  # Pillow refuses the second by itself
        Image.new("1", (side, side)).save(path)
        with pytest.raises(InputError, match="huge.png is too large .*: make it smaller") as caught:
            read_squares(path, None, "whole", (4,))
        assert "\n" not in str(caught.value)
    side = int(MOST_PIXELS**0.5)
    Image.new("1", (side, side)).save(path)
    assert not read_squares(path, None, "whole", (4,))[0].any()


@contextlib.contextmanager
def locked(path):
    """A file that may not be read; where root runs the tests, they are nobody meanwhile."""
    before, user = stat.S_IMODE(path.stat().st_mode), os.geteuid()
    path.chmod(0)
    try:
        if user == 0:
            os.seteuid(65534)
        yield
    finally:
        os.seteuid(user)
        path.chmod(before)


def test_a_picture_that_may_not_be_read_is_not_called_damaged(tmp_path):
    path = tmp_path / "bird.png"
    Image.new("RGB", (8, 8)).save(path)
    with locked(path), pytest.raises(InputError, match="is not readable for you: change its"):
        read_squares(path, None, "whole", (4,))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".", "is a folder: name the files in it"),
        ("long" * 100 + ".png", r"is not readable \(File name too long\)"),
        ("nul\0.png", "truncated, or no picture"),
    ],
)
def test_what_is_no_file_is_said_in_one_line(tmp_path, name, message):
    with pytest.raises(InputError, match=message) as caught:
        read_squares(tmp_path / name, None, "whole", (4,))
    assert "\n" not in str(caught.value)
