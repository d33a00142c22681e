"""Two birds in a picture."""

import numpy as np
import pytest
from PIL import Image

from t2i_utils import generate
from t2i_utils.captioning import several
from t2i_utils.captioning.bird_finder import find_boxes, read_photograph
from t2i_utils.captioning.describer import SEVERAL, Description, load_describer
from t2i_utils.captioning.no_bird import LEAST_BIRD
from t2i_utils.captioning.several import LEAST_DEPTH, two_hills
from t2i_utils.data.readers import read_dataset


def looks_at(*hills: tuple[float, float, float, float]) -> np.ndarray:
    """Looks (1, 2, 14, 14) at hills of (row, column, width, share)."""
    rows, columns = np.mgrid[:14, :14]
    total = sum(
        share * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * width**2))
        for row, column, width, share in hills
    )
    return np.stack([[total / total.sum()] * 2]).astype("float32")


def test_two_hills_have_a_valley_and_one_has_none():
    one = looks_at((6, 6, 2.0, 1.0))
    two = looks_at((7, 3, 1.2, 1.0), (6, 11, 0.8, 0.8))
    depth, hills = two_hills(np.concatenate([one, two]))
    assert depth[0] == pytest.approx(0, abs=1e-6) and depth[1] > LEAST_DEPTH
    assert hills.shape == (2, 2, 14, 14) and not (hills[1, 0] * hills[1, 1]).any()
    (x, y, width, height), other = find_boxes(hills[1])
    assert abs(x + width / 2 - 3.5 / 14) < 0.07 and abs(y + height / 2 - 7.5 / 14) < 0.07
    assert abs(other[0] + other[2] / 2 - 11.5 / 14) < 0.07
    assert width * height > other[2] * other[3]  # the larger one comes first


def test_near_summits_are_one_bird():
    depth, _ = two_hills(looks_at((6, 6, 0.5, 1.0), (6, 9, 0.5, 1.0)))
    assert depth[0] < LEAST_DEPTH


def test_the_depth_is_that_of_the_best_walk():
    """A ring has two summits, and a walk around that comes down less than the straight one."""
    heights = np.full((1, 9, 9), 0.1, "float32")
    heights[0, 1:8, 1] = heights[0, 1:8, 7] = heights[0, 1, 1:8] = 0.6
    heights[0, 4, 1], heights[0, 4, 7] = 1.0, 0.9
    reached = several._reached(heights, np.array([4 * 9 + 1]))
    assert reached[0, 4, 7] == np.float32(0.6) and reached[0, 4, 4] == np.float32(0.1)
    assert reached[0, 4, 1] == 1 and (reached <= heights).all()


def test_a_warning_says_that_there_are_several():
    assert Description(["a bird"], 0.9, several=True).warning == SEVERAL
    assert Description(["a bird"], 0.9).warning is None
    assert "no bird" in (Description(["a bird"], LEAST_BIRD / 2, several=True).warning or "")


def test_of_two_drawn_birds_the_larger_is_described():
    """A yellow bird and a blue one, alone and side by side, either of them the larger."""
    yellow, blue = generate(
        ["a small yellow bird with a black crown", "this bird is blue with a white belly"], seed=0
    )
    small = [np.asarray(Image.fromarray(bird).resize((160, 160))) for bird in (yellow, blue)]
    below = np.full((96, 160, 3), 128, "uint8")
    rows = [
        [yellow],
        [blue],
        [yellow, np.concatenate([below, small[1]])],
        [blue, np.concatenate([below, small[0]])],
    ]
    scenes = [Image.fromarray(np.concatenate(row, axis=1)) for row in rows]
    found = load_describer().describe(scenes)
    assert [one.several for one in found] == [False, False, True, True]
    assert [one.warning for one in found] == [None, None, SEVERAL, SEVERAL]
    for one, colour, other in zip(
        found, ("yellow", "blue") * 2, ("blue", "yellow") * 2, strict=True
    ):
        assert colour in one.sentences[0] and other not in one.sentences[0], one.sentences


@pytest.mark.cub
def test_two_photographs_side_by_side_are_several_birds(cub_root):
    records = [
        record
        for record in read_dataset(cub_root).records
        if record.zero_shot == "test" and record.box and min(record.box[:2]) > 40
    ]
    records = [records[place] for place in np.random.default_rng(1).permutation(len(records))[:24]]
    singles = [read_photograph(record.path) for record in records]
    cells = [np.asarray(picture.resize((300, 300))) for picture in singles]
    pairs = [
        Image.fromarray(np.concatenate(pair, axis=1))
        for pair in zip(cells[::2], cells[1::2], strict=True)
    ]
    found = load_describer().describe([*singles, *pairs], fast=True)
    assert sum(one.several for one in found[:24]) <= 1
    assert sum(one.several for one in found[24:]) >= 5
    assert all(one.warning == SEVERAL for one in found if one.several)
