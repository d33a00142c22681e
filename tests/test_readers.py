"""Readers by registry: a data set of another kind is one file."""

import pytest
from PIL import Image
from small_cub import write_small_cub

from t2i_utils.data import Dataset, Record, read_dataset, readers, write_pack
from t2i_utils.data.readers import Reader, register
from t2i_utils.errors import InputError
from t2i_utils.text import load_encoder


def read_names(root, captions):
    """A data set of another kind: a picture's name is its caption."""
    records = [
        Record(number, path, number, None, (path.stem.replace("_", " "),), "train", "train")
        for number, path in enumerate(sorted(root.glob("*.png")), start=1)
    ]
    names = {record.class_id: record.path.stem for record in records}
    return Dataset(root.name, root, names, tuple(records), "file names")


@pytest.fixture
def named_pictures(tmp_path):
    root = tmp_path / "named"
    root.mkdir()
    for name in ("a_red_bird", "a_blue_bird"):
        Image.new("RGB", (9, 9), name.split("_")[1]).save(root / f"{name}.png")
    return root


def test_a_reader_from_outside_is_one_call(named_pictures, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no data set in .*: expected .*captions.csv, .* a class"):
        read_dataset(named_pictures)
    monkeypatch.setattr(readers, "_registered", dict(readers._registered))
    register(Reader("names", "*.png", lambda root: any(root.glob("*.png")), read_names))
    dataset = read_dataset(named_pictures)
    pack = write_pack(
        dataset, tmp_path / "p", encoder=load_encoder(), image_sizes=(8,), progress=False
    )
    assert pack.captions == [["a blue bird"], ["a red bird"]]
    assert pack.manifest["caption_source"] == "file names"
    assert pack.images(8)[1, 0, 0].tolist() == [255, 0, 0]
    assert len(read_dataset(write_small_cub(tmp_path / "cub")).records) == 12  # not disturbed


@pytest.mark.parametrize("name", ["missing", "long" * 100])
def test_a_folder_that_is_none_is_said_in_one_line(tmp_path, name):
    with pytest.raises(InputError, match="no data set at|cannot read") as caught:
        read_dataset(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", ["../../stolen.png", "/etc/passwd"])
def test_a_list_of_pictures_does_not_lead_out_of_its_folder(tmp_path, file):
    root = write_small_cub(tmp_path)
    listing = root / "CUB_200_2011" / "images.txt"
    listing.write_text(f"99 {file}\n{listing.read_text()}")
    with pytest.raises(InputError, match="images.txt, line 1: cannot read"):
        read_dataset(root)
