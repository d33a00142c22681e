"""Arrays in files: whole or not at all."""

import errno
import hashlib
import io
import json
import os
import tracemalloc
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from test_files import Killed, failing_at

from t2i_utils.arrays import (
    from_arrays,
    read_arrays,
    read_note,
    set_file,
    to_arrays,
    write_arrays,
    write_set,
)
from t2i_utils.errors import InputError

ARRAYS = {"a/kernel": np.arange(6.0).reshape(2, 3), "b": np.array([1, 2], "int32")}
SHAPES = {name: array.shape for name, array in ARRAYS.items()}


def dense(units: int = 3) -> list:
    layer = keras.layers.Dense(units)
    layer.build((None, 2))
    return layer.weights


@pytest.mark.parametrize("compress", [False, True])
def test_what_is_written_is_read(tmp_path, compress):
    path = tmp_path / "new" / "file.npz"
    write_arrays(path, ARRAYS, {"step": 3, "name": "Vögel"}, compress)
    assert read_note(path) == {"step": 3, "name": "Vögel"}
    arrays = read_arrays(path, SHAPES)
    assert set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
    assert [file.name for file in path.parent.iterdir()] == ["file.npz"]


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("damage", ["empty", "cut", "changed", "text"])
def test_damaged_files_are_refused(tmp_path, damage, compress):
    path = tmp_path / "file.npz"
    write_arrays(path, {"a": np.random.default_rng(0).random(500)}, {}, compress)
    data = path.read_bytes()
    changed = bytearray(data)
    changed[1000:1100] = bytes(100)
    path.write_bytes(
        {"empty": b"", "cut": data[:-60], "changed": bytes(changed), "text": b"hello\n"}[damage]
    )
    with pytest.raises(InputError, match="damaged or not a weights file") as caught:
        read_arrays(path, {"a": (500,)})
    assert "\n" not in str(caught.value)


def test_pickled_objects_are_refused(tmp_path):
    path = tmp_path / "file.npz"
    np.savez(path, a=np.array([{"some": "object"}], dtype=object))
    with pytest.raises(InputError, match="damaged or not a weights file"):
        read_arrays(path, {"a": (1,)})


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


HOSTILE = {
    "another shape": (npy(np.zeros((3, 2))), r"holds a of shape \(3, 2\), expected \(2, 3\)"),
    "text": (npy(np.full((2, 3), "x")), "damaged or not a weights file"),
    "complex": (npy(np.zeros((2, 3), complex)), "damaged or not a weights file"),
    "not a number": (npy(np.full((2, 3), np.nan)), "holds numbers in a that are not finite"),
    "a terabyte": (
        npy(np.zeros(1)).replace(b"(1,)", b"(2**37,)".replace(b"2**37", b"137438953472")),
        "damaged or not a weights file",
    ),
    "longer than its shape": (npy(np.zeros((2, 3))) + bytes(1000), "damaged or not a weights file"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_arrays_of_another_kind_are_refused(tmp_path, what):
    content, message = HOSTILE[what]
    with zipfile.ZipFile(tmp_path / "file.npz", "w") as archive:
        archive.writestr("a.npy", content)
    with pytest.raises(InputError, match=message) as caught:
        read_arrays(tmp_path / "file.npz", {"a": (2, 3)})
    assert "\n" not in str(caught.value)


def test_nothing_is_unpacked_before_all_shapes_are_compared(tmp_path):
    """60 kB that would be 60 MB of zeros; and an array that nobody asked for stays packed."""
    path, bomb = tmp_path / "file.npz", np.zeros(60_000_000, "u1")
    write_arrays(path, {"a": bomb, "b": np.zeros(2)}, {"step": 1}, compress=True)
    del bomb
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="holds a of shape"):
            read_arrays(path, {"b": (2,), "a": (3,)})
        assert read_arrays(path, {"b": (2,)})["b"].shape == (2,)
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("note", [b"[1]", b"{", b"[" * 100_000, b" " * 2**23, b"\xff\xfe"])
def test_a_note_that_is_no_object_is_refused(tmp_path, note):
    np.savez(tmp_path / "file.npz", **{"note.json": np.frombuffer(note, np.uint8)})
    with pytest.raises(InputError, match="damaged or not a weights file"):
        read_note(tmp_path / "file.npz")


@pytest.mark.parametrize("name", ["../a.npz", "/etc/passwd", "x/a.npz", "", ".", "..", 5, None])
def test_a_card_names_files_of_its_own_folder_alone(tmp_path, name):
    (tmp_path / "a.npz").write_text("x")
    (tmp_path / "set").mkdir()
    checksum = hashlib.sha256(b"x").hexdigest()
    with pytest.raises(InputError, match="card.json is damaged: restore it"):
        set_file(tmp_path / "set", {"file": name, "sha256": checksum})


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="none.npz is not there"):
        read_note(tmp_path / "none.npz")


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "file.npz"
    write_arrays(path, ARRAYS, {"step": 1})

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device; free some space"):
        write_arrays(path, {"a": np.zeros(3)}, {"step": 2})
    assert read_note(path) == {"step": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["file.npz"]


def test_a_folder_that_is_a_file_cannot_be_written_to(tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(InputError, match="cannot write"):
        write_arrays(tmp_path / "run" / "file.npz", ARRAYS, {})


def test_variables_take_back_their_values(tmp_path):
    first, second = dense(), dense()
    arrays = to_arrays("dense", first, "float16")
    assert {array.dtype for array in arrays.values()} == {np.dtype("float16")}
    from_arrays("dense", second, arrays, tmp_path)
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.numpy().astype("float16"), two.numpy())
        assert two.dtype == "float32"


def test_optimiser_names_do_not_depend_on_what_was_built_before():
    names = []
    for _ in range(2):
        weights = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Conv2D(2, 1)]).weights
        optimizer = keras.optimizers.Adam()
        optimizer.build(weights)
        names.append(list(to_arrays("adam", optimizer.variables)))
    assert names[0] == names[1]
    assert len(set(names[0])) == 2 + 2 * 2  # iteration, learning rate, two moments of two weights


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "lacks dense/000_kernel"),
        (to_arrays("dense", dense(4)), r"of shape \(2, 4\), expected \(2, 3\)"),
    ],
)
def test_arrays_of_another_model_are_refused_before_anything_changes(tmp_path, arrays, message):
    weights = dense()
    before = weights[0].numpy().copy()
    with pytest.raises(InputError, match=message):
        from_arrays("dense", weights, arrays, tmp_path / "file.npz")
    np.testing.assert_array_equal(weights[0].numpy(), before)


# -- sets: files and the card that names them ---------------------------------------------------


def write_numbers(folder: Path, value: int, *, names: tuple[str, ...] = ("a.npz", "b.npz")) -> None:
    """A set whose files and card all hold one number."""
    write_set(
        folder,
        {name: ({"x": np.full(50, value)}, {"value": value}) for name in names},
        lambda sums: {
            "value": value,
            "parts": {name: {"file": name, "sha256": sums[name]} for name in names},
        },
    )


def read_numbers(folder: Path) -> set[int]:
    card = json.loads((folder / "card.json").read_text())
    files = [set_file(folder, entry) for entry in card["parts"].values()]
    return {card["value"], *(read_note(file)["value"] for file in files)}


def test_a_set_is_written_and_replaced(tmp_path):
    for value in (1, 2):
        write_numbers(tmp_path, value)
        assert read_numbers(tmp_path) == {value}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.npz", "b.npz", "card.json"]


@pytest.mark.parametrize("error", [None, Killed()])
def test_wherever_the_writing_stops_a_set_is_the_old_or_the_new_one(tmp_path, monkeypatch, error):
    found = []
    for stop in range(1, 30):
        folder = tmp_path / str(stop)
        write_numbers(folder, 1)
        with monkeypatch.context() as patch:
            failing_at(stop, patch, error)
            try:
                write_numbers(folder, 2)
            except (InputError, Killed):
                finished = False
            else:
                finished = True
        (value,) = read_numbers(folder)
        found.append(value)
        write_numbers(folder, 3)  # and whatever was left behind, the next one is whole
        assert read_numbers(folder) == {3}
        assert sorted(file.name for file in folder.iterdir()) == ["a.npz", "b.npz", "card.json"]
        if finished:
            break
    assert finished and found == sorted(found) and set(found) == {1, 2}


def test_a_set_that_was_stopped_twice_is_still_whole(tmp_path, monkeypatch):
    """The second stop comes while the files of the first, which lack their names, are needed."""
    for stop in range(1, 30):
        folder = tmp_path / str(stop)
        write_numbers(folder, 1)
        with monkeypatch.context() as patch:
            failing_at(10, patch, Killed())  # after the card, before the files have their names
            with pytest.raises(Killed):
                write_numbers(folder, 2)
        assert read_numbers(folder) == {2} and (folder / "a.npz.new").is_file()
        with monkeypatch.context() as patch:
            failing_at(stop, patch, Killed())
            try:
                write_numbers(folder, 3)
            except Killed:
                assert len(read_numbers(folder)) == 1
            else:
                break
    assert read_numbers(folder) == {3}
