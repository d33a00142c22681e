"""The four shapes that notebook 07 writes are read as what they are."""

import sys

import pytest
from PIL import Image

from t2i_utils.course.folders import SHAPES, with_notes, write_shape
from t2i_utils.data import read_dataset

CAPTIONS = {
    "train/red_blue_00.png": ["a red bird, and small", 'a "red" bird'],
    "test/blue_red_01.png": ["a blue bird", "this bird is blue"],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_read_with_its_captions(shape, tmp_path):
    for name in CAPTIONS:
        (tmp_path / name).parent.mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    place = tmp_path / "place"
    place.mkdir()
    (place / "old.txt").write_text("of another shape")
    assert write_shape(place, shape, tmp_path, CAPTIONS) == place
    dataset, notes = with_notes(read_dataset, place)
    found = {record.path.name: list(record.captions) for record in dataset.records}
    if shape == "folders":
        assert found == {"red_blue_00.png": ["red bird"], "blue_red_01.png": ["blue bird"]}
        assert "has no captions" in notes[0]
    else:
        assert found == {name.split("/")[1]: own for name, own in CAPTIONS.items()}
        assert "no classes" in notes[0]


def test_an_unknown_shape_is_refused(tmp_path):
    with pytest.raises(ValueError, match="'zip' is no shape"):
        write_shape(tmp_path / "place", "zip", tmp_path, CAPTIONS)


def test_notes_are_caught_without_progress_bars():
    def speak(number, *, more):
        print("a note\n 50%|##   |\n", file=sys.stderr)
        return number + more

    assert with_notes(speak, 1, more=2) == (3, ["a note"])
