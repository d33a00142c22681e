"""What notebooks display: pictures that are whole, described, and replaced in their place."""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from t2i_utils.course.show import LiveFigure, LiveSheet, label_dots, show_rows, show_sheet

CAPTIONS = ["a red bird", 'a "blue" bird']
PICTURES = np.full((2, 64, 64, 3), (200, 30, 90), np.uint8)


def displayed(action) -> list:
    """The outputs that an action puts under a cell, those that replace others included."""
    InteractiveShell.instance()
    with capture_output() as captured:
        action()
    return captured.outputs


def picture_in(output) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))


def test_a_sheet_holds_every_picture_and_says_what_it_shows():
    (output,) = displayed(lambda: show_sheet(CAPTIONS, [[image] for image in PICTURES], 100))
    assert all(caption in output.metadata["image/png"]["alt"] for caption in CAPTIONS)
    pixels = np.asarray(picture_in(output).convert("RGB"))
    assert (pixels == (200, 30, 90)).all(axis=-1).sum() == 2 * 100 * 100


def test_a_live_sheet_replaces_its_line_and_its_picture():
    def watch():
        sheet = LiveSheet(CAPTIONS, size=80)
        sheet.show(PICTURES, "step 1")
        sheet.show(255 - PICTURES, "step 2")

    places, updates = [], []
    for output in displayed(watch):
        (updates if output.update else places).append(output)
    names = [output.transient["display_id"] for output in places]
    assert [output.transient["display_id"] for output in updates] == names * 2
    line, picture = updates[-2:]
    assert line.data["text/markdown"] == "step 2"
    pixels = np.asarray(picture_in(picture).convert("RGB"))
    assert (pixels == 255 - PICTURES[0, 0, 0]).all(axis=-1).sum() == 2 * 80 * 80


def test_rows_have_their_labels_and_columns(monkeypatch):
    close = plt.close
    monkeypatch.setattr(plt, "close", lambda figure: None)  # or there would be nothing to look at
    rows = {"drawn": PICTURES, "real": PICTURES[:1]}
    (output,) = displayed(lambda: show_rows(rows, columns=["left", "right"]))
    alt = "rows of pictures: drawn; real; columns: left; right"
    assert output.metadata["image/png"]["alt"] == alt
    axes = np.array(plt.gcf().axes).reshape(2, 2)
    assert [axis.get_ylabel() for axis in axes[:, 0]] == ["drawn", "real"]
    assert [axis.get_title(loc="center") for axis in axes[0]] == ["left", "right"]
    assert [len(axis.images) for axis in axes.flat] == [1, 1, 1, 0]
    close("all")


def test_the_words_for_pictures_name_what_there_is():
    for columns, alt in (((), "rows of pictures: drawn"), (["left"], "left")):
        rows = {" " if columns else "drawn": PICTURES[:1]}
        (output,) = displayed(lambda rows=rows, columns=columns: show_rows(rows, columns))
        assert output.metadata["image/png"]["alt"].endswith(alt)


def test_a_live_figure_is_drawn_anew_in_its_place():
    figure, axis = plt.subplots()

    def watch():
        live = LiveFigure(figure)
        for level in (0.0, 1.0):
            axis.set(facecolor=(level, 0, 0))
            live.show(f"level {level}")

    place, *updates = displayed(watch)
    assert [output.update for output in updates] == [True, True]
    assert {output.transient["display_id"] for output in updates} == {place.transient["display_id"]}
    assert [output.metadata["image/png"]["alt"] for output in updates] == ["level 0.0", "level 1.0"]
    black, red = (np.asarray(picture_in(output).convert("RGB")) for output in updates)
    middle = tuple(side // 2 for side in red.shape[:2])
    assert tuple(black[middle]) == (0, 0, 0) and tuple(red[middle]) == (255, 0, 0)
    assert not plt.fignum_exists(figure.number), "Jupyter would show it a second time"


def test_the_names_of_near_dots_touch_neither_each_other_nor_a_dot():
    figure, axis = plt.subplots(figsize=(8, 4))
    xs, ys = [10, 10.4, 10.8, 11.2, 30], [40, 40.2, 39.9, 41, 50]
    axis.plot(xs, ys, "o", markersize=9)
    axis.margins(x=0.2, y=0.3)
    names = [f"name {number}" for number in range(5)]
    label_dots(axis, xs, ys, names)
    assert [text.get_text() for text in axis.texts] == names
    boxes = [text.get_window_extent() for text in axis.texts]
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])
        assert not any(box.contains(*dot) for dot in axis.transData.transform(np.c_[xs, ys]))
    plt.close(figure)


def test_names_without_any_room_are_written_all_the_same():
    figure, axis = plt.subplots(figsize=(2, 2))
    axis.plot([1] * 9, [1] * 9, "o")
    label_dots(axis, [1] * 9, [1] * 9, list("abcdefghi"))
    assert [text.get_text() for text in axis.texts] == list("abcdefghi")
    plt.close(figure)
