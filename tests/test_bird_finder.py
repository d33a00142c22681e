"""Users' photographs: any kind of file, and a bird anywhere in it."""

import functools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from t2i_utils.captioning.bird_finder import (
    LONGEST_SIDE,
    SPREADS,
    find_boxes,
    look_closer,
    read_photograph,
    square,
)
from t2i_utils.captioning.regions import Glance, RegionEncoder, RegionFeatures
from t2i_utils.data.crops import crop_window
from t2i_utils.data.readers import read_dataset
from t2i_utils.data.toy.birds import choose_birds, draw_toy_bird
from t2i_utils.errors import InputError

CORNERS = [(0, 0), (1, 0), (0, 1), (1, 1)]
RAMP = np.tile(np.arange(256, dtype=np.uint8), (64, 1))  # dark on the left, light on the right


@functools.cache
def encoder() -> RegionEncoder:
    return RegionEncoder()


# -- files ------------------------------------------------------------------------------------


def saved(path: Path, picture: Image.Image, **options) -> Image.Image:
    picture.save(path, **options)
    return read_photograph(path)


def close(picture: Image.Image, expected: np.ndarray, most: int = 3) -> bool:
    found = np.asarray(picture).astype(int)
    return found.shape == expected.shape and abs(found - expected.astype(int)).max() <= most


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [(1, 0), (3, 2), (6, 3), (8, 1)],  # quarter turns to the left
)
def test_a_photograph_is_turned_upright(tmp_path, orientation, turned):
    picture = Image.fromarray(np.stack([RAMP, RAMP // 2, RAMP // 4], axis=-1))
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = saved(tmp_path / "p.jpg", picture, exif=exif, quality=95)
    assert found.mode == "RGB"
    assert close(found, np.rot90(np.asarray(picture), turned), most=12)


def test_broken_exif_beside_an_orientation_is_no_obstacle(tmp_path):
    turned = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
    broken = b"\x01\x1a\x00\x02\x00\x00\x00\x01\xff\xff\xff\xff"  # a resolution that is a text
    header = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x02"
    exif = header + turned + broken + b"\x00\x00\x00\x00"
    found = saved(tmp_path / "p.jpg", Image.fromarray(RAMP), exif=exif)
    assert found.size == (64, 256)


def test_transparent_parts_are_white(tmp_path):
    alpha = np.full((64, 256), 255, np.uint8)
    alpha[:32] = 0
    expected = np.stack([RAMP] * 3, axis=-1).copy()
    expected[:32] = 255
    rgba = Image.fromarray(np.dstack([RAMP, RAMP, RAMP, alpha]))
    assert close(saved(tmp_path / "p.png", rgba), expected)
    assert close(saved(tmp_path / "p.webp", rgba, lossless=True), expected)
    grey = Image.merge("LA", (Image.fromarray(RAMP), Image.fromarray(alpha)))
    assert close(saved(tmp_path / "grey.png", grey), expected)


def test_grey_16_bit_black_and_white_and_cmyk_keep_their_tones(tmp_path):
    expected = np.stack([RAMP] * 3, axis=-1)
    grey = Image.fromarray(RAMP)
    assert close(saved(tmp_path / "p.png", grey), expected)
    assert close(saved(tmp_path / "p.jpg", grey, quality=95), expected, most=6)
    deep = Image.fromarray(RAMP.astype(np.uint16) * 257)
    assert close(saved(tmp_path / "deep.png", deep), expected)
    assert close(saved(tmp_path / "deep.tif", deep), expected)
    two = (RAMP > 128).astype(np.uint8) * 255
    assert close(
        saved(tmp_path / "two.png", Image.fromarray(two).convert("1", dither=Image.Dither.NONE)),
        np.stack([two] * 3, axis=-1),
    )
    red = Image.new("RGB", (40, 30), (200, 40, 30)).convert("CMYK")
    assert close(
        saved(tmp_path / "cmyk.jpg", red, quality=95),
        np.tile(np.uint8([200, 40, 30]), (30, 40, 1)),
        most=12,
    )


def test_a_palette_and_an_animation_give_their_colours(tmp_path):
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    assert close(saved(tmp_path / "p.png", frames[0].quantize(8)), np.asarray(frames[0]))
    found = saved(tmp_path / "p.gif", frames[0], save_all=True, append_images=frames[1:])
    assert close(found, np.asarray(frames[0]))
    clear = Image.new("P", (30, 20), 0)
    clear.putpalette([10, 20, 30])
    assert close(
        saved(tmp_path / "clear.png", clear, transparency=0), np.full((20, 30, 3), 255, np.uint8)
    )


@pytest.mark.parametrize(
    ("size", "expected"),
    [((6000, 4000), (1024, 683)), ((1500, 3000), (512, 1024)), ((5000, 1), (1024, 1))],
)
@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_large_photographs_become_smaller_without_another_shape(tmp_path, size, expected, kind):
    picture = Image.new("RGB", size, (10, 90, 200))
    picture.paste((250, 90, 0), (0, 0, max(1, size[0] // 2), max(1, size[1] // 2)))
    found = saved(tmp_path / f"p.{kind}", picture)
    assert found.size == expected
    assert found.getpixel((0, 0))[0] > 240
    assert found.getpixel((found.width - 1, found.height - 1))[0] < 20


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (LONGEST_SIDE, 900)])
def test_small_photographs_stay_as_they_are(tmp_path, size):
    assert saved(tmp_path / "p.png", Image.new("RGB", size, "red")).size == size


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "picture .*p.jpg is missing: put it back, or give another one"),
        (b"", "picture .*p.jpg is empty: copy it anew, or give another one"),
        (b"no picture at all", "picture .*p.jpg is truncated, or no picture: copy it anew"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "picture .*p.jpg is truncated, or no picture"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, content, expected):
    if content is not None:
        (tmp_path / "p.jpg").write_bytes(content)
    with pytest.raises(InputError, match=expected):
        read_photograph(tmp_path / "p.jpg")


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_half_a_picture_is_refused(tmp_path, kind):
    path = tmp_path / f"p.{kind}"
    random = np.random.default_rng(0)
    Image.fromarray(random.integers(0, 256, (300, 300, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="is truncated, or no picture"):
        read_photograph(path)


def test_a_folder_is_no_picture(tmp_path):
    (tmp_path / "p.jpg").mkdir()
    with pytest.raises(InputError, match="p.jpg is a folder"):
        read_photograph(tmp_path / "p.jpg")


# -- where the bird is ------------------------------------------------------------------------


def test_a_window_is_cut_out_and_stretched():
    picture = np.zeros((100, 300, 3), np.uint8)
    picture[20:60, 200:280] = (200, 100, 50)
    found = square(Image.fromarray(picture), (200, 20, 280, 60))
    assert found.shape == (224, 224, 3)
    inner = found[8:-8, 8:-8]  # bicubic: at the edges, what lies beyond shows a little
    np.testing.assert_array_equal(inner, np.broadcast_to(np.uint8([200, 100, 50]), inner.shape))


def test_boxes_are_the_mean_and_the_spread_of_what_looks_like_a_bird():
    places = np.zeros((4, 7, 7), np.float32)
    places[0, 5:7, 0:4] = 2.0  # low, on the left
    places[1, 0, 3], places[1, 0, 5] = 3.0, 1.0
    places[2, 6, 6] = 0.1  # a single place
    boxes = find_boxes(places)
    half = SPREADS * np.sqrt(1.25) / 7  # of four places side by side; the mean is at 2/7
    low = SPREADS * 0.5 / 7  # of two, the mean is at 6/7
    expected = [max(0, 2 / 7 - half), 6 / 7 - low, 2 / 7 + half, 2 * low]
    expected[2] -= expected[0]
    np.testing.assert_allclose(boxes[0], expected, atol=1e-6)
    assert boxes[0, 0] + boxes[0, 2] < 0.6 and boxes[0, 1] > 0.7

    spread = SPREADS * np.sqrt(0.75 * 0.25 * 2**2) / 7  # 3/4 at 3.5/7, 1/4 at 5.5/7
    np.testing.assert_allclose(boxes[1], [4 / 7 - spread, 0, 2 * spread, 1 / 7], atol=1e-6)
    np.testing.assert_allclose(boxes[2], [6 / 7, 6 / 7, 1 / 7, 1 / 7], atol=1e-6)
    assert boxes[3].tolist() == [0, 0, 1, 1]  # nothing looks like a bird


def test_boxes_never_leave_the_picture():
    random = np.random.default_rng(0)
    places = np.maximum(random.normal(-1, 2, (200, 7, 7)), 0)
    x, y, width, height = find_boxes(places).T
    assert min(x.min(), y.min()) >= 0 and (x + width).max() <= 1 + 1e-9
    assert (y + height).max() <= 1 + 1e-9 and min(width.min(), height.min()) >= 1 / 14 - 1e-9


PLAIN = (150, 160, 170)


class Watched:
    """The real encoder, and what it was shown."""

    def __init__(self) -> None:
        self.shown: list[np.ndarray] = []

    def __call__(self, squares: np.ndarray) -> RegionFeatures:
        self.shown.append(squares)
        return encoder()(squares)

    def glance(self, squares: np.ndarray) -> Glance:
        self.shown.append(squares)
        return encoder().glance(squares)


def assert_found(birds: list[Image.Image]) -> None:
    """Each bird of 300 px is found in each corner of a plain picture of 1,000 x 700 px."""
    canvases = []
    for bird in birds:
        for across, down in CORNERS:
            canvas = Image.new("RGB", (1000, 700), PLAIN)
            canvas.paste(bird.resize((300, 300)), (across * 700, down * 400))
            canvases.append(canvas)
    eyes = Watched()
    closer, _ = look_closer(eyes, canvases)
    whole, squares = eyes.shown
    first = encoder().glance(whole)
    boxes = find_boxes(first.places)
    for box, (across, down) in zip(boxes, CORNERS * len(birds), strict=True):
        centre = box[:2] + box[2:] / 2  # in the corner's quarter of the picture
        assert (centre[0] > 0.5) == across and (centre[1] > 0.5) == down, box
    of_birds = [
        np.mean(np.any(abs(shown.astype(int) - PLAIN) > 8, axis=-1)) for shown in eyes.shown
    ]
    assert len(squares) == len(whole) and of_birds[1] > 1.1 * of_birds[0]
    assert (closer.bird >= first.bird - 1e-6).all()


def test_a_toy_bird_in_a_corner_is_found():
    random = np.random.default_rng(2)
    assert_found([draw_toy_bird(bird, random)[0] for bird in choose_birds(10, 0)[:3]])


@pytest.mark.cub
def test_a_photographed_bird_in_a_corner_is_found(cub_root):
    records = read_dataset(cub_root).records
    birds = []
    for record in records[:: len(records) // 4][:4]:
        x, y, width, height = record.box
        birds.append(read_photograph(record.path).crop((x, y, x + width, y + height)))
    assert_found(birds)


@pytest.mark.cub
def test_the_window_holds_the_bird(cub_root):
    """Most of the box that people drew, nearly always."""
    records = read_dataset(cub_root).records
    chosen = records[:: len(records) // 20][:20]
    pictures = [read_photograph(record.path) for record in chosen]
    places = encoder()(np.stack([square(p, (0, 0, *p.size)) for p in pictures])).places
    shares = []
    for record, picture, found in zip(chosen, pictures, find_boxes(places), strict=True):
        x, y, width, height = found * np.tile(picture.size, 2)
        left, top, right, bottom = crop_window(picture.size, (x, y, width, height), "paper")
        own = record.box
        across = max(0, min(right, own[0] + own[2]) - max(left, own[0]))
        down = max(0, min(bottom, own[1] + own[3]) - max(top, own[1]))
        shares.append(across * down / (own[2] * own[3]))
    assert np.median(shares) > 0.9 and np.quantile(shares, 0.1) > 0.75, shares


def test_flat_grey_is_looked_at_as_a_whole():
    """No place of it looks more like a bird than another; 1x1 pixels have no places at all."""
    pictures = [Image.new("RGB", size, (128, 128, 128)) for size in ((300, 200), (1, 1), (900, 3))]
    whole = encoder()(np.full((1, 224, 224, 3), 128, np.uint8))
    closer, _ = look_closer(encoder(), pictures)
    for regions in closer.regions:
        np.testing.assert_allclose(regions, whole.regions[0], atol=1e-3)
    x, y, width, height = find_boxes(whole.places)[0]
    assert min(width, height) > 0.7 and max(x, y) < 0.15  # even places would give 0.8
