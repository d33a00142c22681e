"""Checks of the exercises in notebook 01 (data exploration)."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.course.checks import as_array, call, draws_from, is_blank, one_number, short, verdict
from t2i_utils.data import read_dataset
from t2i_utils.data.crops import crop_window, read_squares
from t2i_utils.errors import InputError

_PICTURE = (400, 300)
# The boxes on which an answer is tried: what kind of box it is, and (x, y, width, height).
_BOXES = (
    ("a box in the middle", (150.0, 100.0, 80.0, 80.0)),
    ("a box that is wider than high", (120.0, 110.0, 120.0, 60.0)),
    ("a box that is higher than wide", (170.0, 90.0, 50.0, 110.0)),
    ("a box at the left and upper edge", (5.0, 3.0, 90.0, 60.0)),
    ("a box at the right and lower edge", (300.5, 220.25, 95.0, 75.0)),
)


def check_share_of_two_colours(answer: Any, colours: Iterable[Sequence[str]]) -> bool:
    """Exercise 1: the share of captions that name at least two colours."""
    if is_blank(answer):
        return verdict(False, "replace the ... by the share of captions with two colours or more")
    value = one_number(answer)
    if value is None:
        return verdict(False, f"one number is wanted, got {short(answer)}")
    counts = np.array([len(named) for named in colours])
    right = float((counts >= 2).mean())
    if np.isclose(value, right, atol=5e-4):
        return verdict(True, f"{right:.1%} of the captions demand two colours or more")
    for wrong, hint in (
        (100 * right, "you have per cent: a share lies between 0 and 1"),
        ((counts >= 2).sum(), "you have the number of captions: divide by how many there are"),
        ((counts > 2).mean(), "that is *more than* two; at least two includes two"),
        ((counts == 2).mean(), "that is *exactly* two; at least two includes three and more"),
        ((counts >= 1).mean(), "that is at least one colour"),
        (1 - right, "that is the other captions: those with fewer than two colours"),
    ):
        if np.isclose(value, float(wrong), atol=5e-4):
            return verdict(False, hint)
    return verdict(
        False, f"{value:.4g} is not it: count the rows whose list has length 2 or more, then divide"
    )


def check_window(function: Callable[..., Any]) -> bool:
    """Exercise 2: the paper's window around a box, clipped to the picture."""
    for what, box in _BOXES:
        answer, problem = call(function, _PICTURE, box)
        if problem:
            return verdict(False, problem)
        window = as_array(answer)
        if window is None or window.shape != (4,):
            return verdict(
                False, f"return the four numbers left, top, right, bottom; got {short(answer)}"
            )
        if not np.allclose(window, crop_window(_PICTURE, box, "paper"), atol=1e-6):
            return verdict(False, f"{what}, {box}: {_window_hint(window, box)}")
    return verdict(True, f"the paper's window on all {len(_BOXES)} boxes")


def _window_hint(window: np.ndarray, box: tuple[float, float, float, float]) -> str:
    """Name the usual mistake that gives this window, or else the right numbers."""
    x, y, width, height = box
    picture = np.array([0, 0, *_PICTURE], float)

    def square(half_x: float, half_y: float, clip: bool = True) -> np.ndarray:
        centre_x, centre_y = x + width / 2, y + height / 2
        found = np.array(
            [centre_x - half_x, centre_y - half_y, centre_x + half_x, centre_y + half_y]
        )
        if clip:
            found[:2], found[2:] = np.maximum(found[:2], 0), np.minimum(found[2:], picture[2:])
        return found

    half = 0.75 * max(width, height)
    right = square(half, half)
    corner = np.array([x - half, y - half, x + half, y + half])
    clipped_corner = np.concatenate(
        [np.maximum(corner[:2], 0), np.minimum(corner[2:], picture[2:])]
    )
    for wrong, hint in (
        (square(half, half, clip=False), "it leaves the picture: clip it to 0 and to its size"),
        (square(0.75 * width, 0.75 * height), "use the longer side for both directions"),
        (square(0.75 * min(width, height), 0.75 * min(width, height)), "use the *longer* side"),
        (square(2 * half, 2 * half), "0.75 times the longer side is half of the window's side"),
        (square(half / 2, half / 2), "0.75 times the longer side is *half* of the window's side"),
        (corner, "start from the centre of the box, x + width / 2, not from its corner"),
        (clipped_corner, "start from the centre of the box, x + width / 2, not from its corner"),
        (np.round(right), "do not round: the resize can cut between pixels"),
        (np.floor(right), "do not round: the resize can cut between pixels"),
        (right[[1, 0, 3, 2]], "the order is left, top, right, bottom"),
        (np.concatenate([right[:2], right[2:] - right[:2]]),
         "return right and bottom, not width and height"),
        (np.clip(square(half, half, clip=False), 0, _PICTURE[0]),
         "clip x to the picture's width, and y to its height"),
    ):  # fmt: skip
        if np.allclose(window, wrong, atol=1e-6):
            return hint
    numbers = ", ".join(f"{value:g}" for value in right)
    return f"expected ({numbers}), got ({', '.join(f'{value:g}' for value in window)})"


def check_wrong_rows(function: Callable[..., Any]) -> bool:
    """Exercise 3: for each picture, a random picture of another class."""
    class_ids = np.repeat([7, 2, 9, 4, 11, 5], [5, 1, 3, 2, 4, 3])
    count = len(class_ids)
    rng = np.random.default_rng(0)
    met = np.zeros((count, count), int)
    for _ in range(600):
        answer, problem = call(function, class_ids.copy(), rng)
        if problem:
            return verdict(False, problem)
        rows = as_array(answer)
        if rows is None or rows.shape != (count,):
            return verdict(False, f"return {count} row numbers, one a picture; got {short(answer)}")
        if rows.dtype.kind not in "iu" or rows.min() < 0 or rows.max() >= count:
            return verdict(False, f"row numbers are whole, from 0 to n - 1; got {short(rows)}")
        same = np.flatnonzero(class_ids[rows] == class_ids)
        if len(same):
            return verdict(False, _same_class_hint(class_ids, rows, int(same[0])))
        met[np.arange(count), rows] += 1
    possible = class_ids[:, None] != class_ids[None, :]
    if (met > 0).sum() == count:
        return verdict(False, "every call gives the same rows: draw them anew, with rng")
    if (met[possible] == 0).any():
        picture, row = np.argwhere(possible & (met == 0))[0]
        return verdict(
            False,
            f"picture {picture} never gets row {row}, though its class differs: a shift or a fixed "
            "partner is no random choice",
        )
    expected = 600 / possible.sum(axis=1, keepdims=True)
    if (np.abs(met - expected)[possible] > 6 * np.sqrt(expected).max()).any():
        return verdict(
            False,
            "some rows come much more often than others: draw among all pictures of other classes "
            "alike (not first a class, then a picture of it)",
        )
    if not draws_from(function, class_ids.copy(), 3):
        return verdict(
            False, "the rows are right, but draw with `rng`: np.random is another generator"
        )
    return verdict(True, "always another class, every picture of one has its chance")


def _same_class_hint(class_ids: np.ndarray, rows: np.ndarray, first: int) -> str:
    name = class_ids[first]
    if rows[first] == first:
        return f"picture {first} got its own caption: that pair is right, not wrong"
    if len(np.unique(rows)) == len(rows):
        return (
            f"picture {first} got row {rows[first]}, of its own class {name}: shuffling or "
            "shifting is not enough, compare the classes"
        )
    return (
        f"picture {first} got row {rows[first]}, of its own class {name}: choose among "
        "np.flatnonzero(class_ids != class_ids[i]); drawing a second time may fail again"
    )


def check_own_folder(folder: str | Path) -> bool:
    """Exercise 4: a folder of your own with pictures and a captions.csv."""
    if is_blank(folder):
        return verdict(False, "replace the ... by the path of your folder, in quotes")
    if not isinstance(folder, (str, Path)):
        return verdict(False, f"give the folder's path as text, got {short(folder)}")
    path = Path(folder).expanduser()
    if path.is_file():
        return verdict(False, f"{path} is a file: name the folder it lies in")
    if path.is_dir() and not (path / "captions.csv").is_file():
        found = sorted(file.name for file in path.iterdir())[:5]
        return verdict(False, f"{path} has no captions.csv, only {', '.join(found) or 'nothing'}")
    try:
        dataset = read_dataset(path)
    except InputError as error:
        return verdict(False, str(error))
    if len(dataset.records) < 3:
        return verdict(False, f"{len(dataset.records)} picture(s): take three or more")
    classes = {record.class_id for record in dataset.records if record.zero_shot == "train"}
    if len(classes) < 2:
        return verdict(
            False, "all pictures to train on are of one class, so no caption is wrong for any of "
            "them: name two classes or more, or leave the column class out"
        )  # fmt: skip
    for record in dataset.records:
        try:
            read_squares(record.path, None, "whole", (8,))
        except InputError as error:
            return verdict(False, str(error))
    captions = sum(len(record.captions) for record in dataset.records)
    return verdict(
        True, f"{len(dataset.records)} pictures, {captions} captions, "
        f"{len(dataset.class_names)} classes: ready to pack and to train on"
    )  # fmt: skip
