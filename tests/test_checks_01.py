"""The checks of notebook 01: the solution passes, each usual mistake gets the hint that fits."""

import numpy as np
import pytest
from answers import said
from PIL import Image

from t2i_utils.course import checks_01
from t2i_utils.data.crops import crop_window

COLOURS = [["red"], ["red", "blue"], ["red", "blue", "white"], [], ["pink", "grey"]]


# --- exercise 1 --------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [0.6, np.float64(0.6), np.array([0.6])])
def test_the_share_of_two_colours_is_accepted(capsys, answer):
    assert checks_01.check_share_of_two_colours(answer, COLOURS) is True
    assert said(capsys).startswith("Right: 60.0%")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (..., "replace the ..."),
        (None, "replace the ..."),
        ("many", "one number"),
        ([0.6, 0.4], "one number"),
        (60.0, "per cent"),
        (3, "divide"),
        (0.2, "more than"),
        (0.4, "exactly"),
        (0.8, "at least one"),
        (0.1234, "0.1234 is not it"),
        (float("nan"), "is not it"),
    ],
)
def test_a_wrong_share_gets_its_hint(capsys, answer, hint):
    assert checks_01.check_share_of_two_colours(answer, COLOURS) is False
    line = said(capsys)
    assert line.startswith("Not yet: ") and hint in line


# --- exercise 2 --------------------------------------------------------------------------------


def window(factor=0.75, longest=max, clip=True, from_corner=False):
    """The rule with one thing changed."""

    def rule(image_size, box):
        x, y, width, height = box
        half = factor * longest(width, height)
        centre = (x, y) if from_corner else (x + width / 2, y + height / 2)
        edges = [centre[0] - half, centre[1] - half, centre[0] + half, centre[1] + half]
        if clip:
            edges = [max(edges[0], 0), max(edges[1], 0),
                     min(edges[2], image_size[0]), min(edges[3], image_size[1])]  # fmt: skip
        return edges

    return rule


def test_the_window_is_accepted(capsys):
    assert checks_01.check_window(window()) is True
    assert said(capsys).startswith("Right")
    assert checks_01.check_window(lambda size, box: crop_window(size, box, "paper")) is True


def both_sides_of_their_own(size, box):
    x, y, width, height = box
    centre_x, centre_y = x + width / 2, y + height / 2
    return (
        max(centre_x - 0.75 * width, 0), max(centre_y - 0.75 * height, 0),
        min(centre_x + 0.75 * width, size[0]), min(centre_y + 0.75 * height, size[1]),
    )  # fmt: skip


def width_and_height(size, box):
    left, top, right, bottom = window()(size, box)
    return left, top, right - left, bottom - top


def other_order(size, box):
    left, top, right, bottom = window()(size, box)
    return top, left, bottom, right


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (lambda size, box: ..., "replace the ..."),
        (lambda size, box: None, "replace the ..."),
        (..., "a function is wanted"),
        (lambda size, box: 1 / 0, "ZeroDivisionError"),
        (lambda size, box: (1, 2), "four numbers"),
        (lambda size, box: "left", "four numbers"),
        (window(clip=False), "clip it"),
        (window(longest=min), "*longer* side"),
        (both_sides_of_their_own, "longer side for both"),
        (window(factor=1.5), "half of the window's side"),
        (window(factor=0.375), "*half* of the window's side"),
        (window(from_corner=True), "centre of the box"),
        (width_and_height, "not width and height"),
        (other_order, "order is left, top"),
        (lambda size, box: np.round(window()(size, box)), "do not round"),
        (lambda size, box: window()(size[::-1], box), "expected ("),
        (lambda size, box: (0, 0, 9, 9), "expected ("),
    ],
)
def test_a_wrong_window_gets_its_hint(capsys, function, hint):
    assert checks_01.check_window(function) is False
    line = said(capsys)
    assert line.startswith("Not yet: ") and hint in line


# --- exercise 3 --------------------------------------------------------------------------------


def fair(class_ids, rng):
    return np.array([rng.choice(np.flatnonzero(class_ids != own)) for own in class_ids])


def class_first(class_ids, rng):
    rows = []
    for own in class_ids:
        other = rng.choice([name for name in np.unique(class_ids) if name != own])
        rows.append(rng.choice(np.flatnonzero(class_ids == other)))
    return np.array(rows)


def one_retry(class_ids, rng):
    rows = rng.integers(0, len(class_ids), len(class_ids))
    again = class_ids[rows] == class_ids
    rows[again] = rng.integers(0, len(class_ids), again.sum())
    return rows


def always_the_same(class_ids, rng):
    return fair(class_ids, np.random.default_rng(0))


def two_partners(class_ids, rng):
    partners = np.array([np.flatnonzero(class_ids != own)[:2] for own in class_ids])
    return partners[np.arange(len(class_ids)), rng.integers(0, 2, len(class_ids))]


def test_fair_wrong_rows_are_accepted(capsys):
    assert checks_01.check_wrong_rows(fair) is True
    assert said(capsys).startswith("Right")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (lambda class_ids, rng: ..., "replace the ..."),
        (lambda class_ids, rng: rng.nothing, "AttributeError"),
        (lambda class_ids, rng: fair(class_ids, rng)[:5], "one a picture"),
        (lambda class_ids, rng: class_ids[fair(class_ids, rng)] + 100, "row numbers are whole"),
        (lambda class_ids, rng: fair(class_ids, rng) + 0.5, "row numbers are whole"),
        (lambda class_ids, rng: np.arange(len(class_ids)), "its own caption"),
        (lambda class_ids, rng: np.roll(np.arange(len(class_ids)), 1), "not enough"),
        (lambda class_ids, rng: fair(class_ids, np.random), "another generator"),
        (lambda class_ids, rng: fair(class_ids, np.random.default_rng()), "another generator"),
        (one_retry, "own c"),
        (always_the_same, "every call gives the same"),
        (two_partners, "never gets row"),
        (class_first, "all pictures of other classes alike"),
    ],
)
def test_wrong_rows_that_are_not_fair_get_their_hint(capsys, function, hint):
    assert checks_01.check_wrong_rows(function) is False
    line = said(capsys)
    assert line.startswith("Not yet: ") and hint in line


# --- exercise 4 --------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (20, 30), "red").save(tmp_path / name)
    return tmp_path


def write(folder, *lines):
    (folder / "captions.csv").write_text("\n".join(lines) + "\n")


GOOD = ("file,caption,class", "a.png,a red bird,x", 'b.png,"red, small",y', "c.png,a bird,y")


def test_a_folder_of_ones_own_is_accepted(capsys, folder):
    write(folder, *GOOD)
    assert checks_01.check_own_folder(folder) is True
    assert said(capsys) == "Right: 3 pictures, 3 captions, 2 classes: ready to pack and to train on"
    write(folder, "file,caption", "a.png,a bird", "b.png,two", "c.png,three", "c.png,four")
    assert checks_01.check_own_folder(str(folder)) is True


@pytest.mark.parametrize("answer", [..., None])
def test_an_empty_answer_is_told_what_to_replace(capsys, answer):
    assert checks_01.check_own_folder(answer) is False
    assert "replace the ..." in said(capsys)


def test_a_wrong_folder_gets_its_hint(capsys, folder):
    def hint(answer) -> str:
        assert checks_01.check_own_folder(answer) is False
        line = said(capsys)
        assert line.startswith("Not yet: ")
        return line

    assert "path as text" in hint(3)
    assert "not a folder" in hint(folder / "nowhere")
    assert "is a file" in hint(folder / "a.png")
    assert "has no captions.csv, only a.png" in hint(folder)
    write(folder, "picture;caption", "a.png;a bird")
    assert "expected the columns file,caption" in hint(folder)
    write(folder, "file,caption", "d.png,a bird")
    assert "line 2: no picture d.png" in hint(folder)
    write(folder, "file,caption", "a.png,a red, small bird")
    assert "double quotes" in hint(folder)
    write(folder, "file,caption", "a.png,a bird", "b.png,a bird")
    assert "take three or more" in hint(folder)
    write(folder, "file,caption,class", *(f"{name}.png,a bird,x" for name in "abc"))
    assert "of one class" in hint(folder)
    write(folder, *GOOD)
    (folder / "b.png").write_text("no picture")
    assert "truncated, or no picture" in hint(folder)
