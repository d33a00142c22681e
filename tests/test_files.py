"""Files and folders that are replaced whole or not at all, and arrays that lie in a file."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from test_bad_input import largest_file

from t2i_utils.errors import InputError
from t2i_utils.files import (
    make_folder,
    mapped_zeros,
    replace_file,
    replace_text,
    replacing_folder,
    unwritable,
)


class Killed(BaseException):
    """A process that ends, whatever it would have cleaned up."""


def failing_at(number: int, monkeypatch, error: BaseException | None = None) -> None:
    """Let the `number`-th flush or rename fail, and all that would happen to files after it."""
    calls = [0]
    error = error or OSError(errno.EIO, "the power is gone")

    def counted(function, step=1):
        def call(*arguments, **options):
            calls[0] += step
            if calls[0] >= number:
                raise error
            return function(*arguments, **options)

        return call

    monkeypatch.setattr(os, "fsync", counted(os.fsync))
    monkeypatch.setattr(os, "replace", counted(os.replace))
    if isinstance(error, Killed):
        monkeypatch.setattr(os, "unlink", counted(os.unlink, step=0))


@pytest.mark.parametrize(("stop", "expected"), [(1, "old"), (2, "old"), (3, "new"), (4, "new")])
def test_a_file_is_the_old_or_the_new_one_wherever_the_writing_stops(
    tmp_path, monkeypatch, stop, expected
):
    path = tmp_path / "file.txt"
    replace_text(path, "old")
    with monkeypatch.context() as patch:
        failing_at(stop, patch)
        if stop < 4:  # flush the content, rename, flush the names
            with pytest.raises(InputError, match=r"cannot write .*file\.txt: the power is gone"):
                replace_text(path, "new")
        else:
            replace_text(path, "new")
    assert path.read_text() == expected
    assert [file.name for file in tmp_path.iterdir()] == ["file.txt"]


def test_an_error_while_writing_is_passed_on_and_leaves_nothing(tmp_path):
    def write(file):
        file.write(b"half")
        raise KeyError("no such array")

    with pytest.raises(KeyError):
        replace_file(tmp_path / "file", write)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_takes_the_place_of_another_or_leaves_it(tmp_path):
    path = tmp_path / "pack"
    for name in ("first", "second"):
        with replacing_folder(path) as new:
            (new / "inner").mkdir()
            (new / "inner" / name).write_text(name)
    assert [file.name for file in (path / "inner").iterdir()] == ["second"]
    with pytest.raises(KeyboardInterrupt), replacing_folder(path) as new:
        (new / "third").write_text("")
        raise KeyboardInterrupt
    assert [file.name for file in path.iterdir()] == ["inner"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("stop", range(1, 7))
def test_a_folder_stays_where_its_successor_cannot_be_put_in_place(tmp_path, monkeypatch, stop):
    path = tmp_path / "pack"
    path.mkdir()
    (path / "old").write_text("")
    with monkeypatch.context() as patch:
        failing_at(stop, patch)
        # two files and the folder are flushed, it is renamed, the names are flushed
        try:
            with replacing_folder(path) as new:
                (new / "a").write_text("")
                (new / "b").write_text("")
        except OSError:
            assert stop < 6
    names = {file.name for file in path.iterdir()}
    assert names in ({"old"}, {"a", "b"}) and (names == {"old"}) == (stop < 5)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_only_a_full_disk_is_answered_with_free_some_space(number):
    full = unwritable(Path("x"), OSError(number, "full"))
    assert str(full) == "cannot write x: full; free some space"
    other = unwritable(Path("x"), OSError(errno.ENOENT, "No such file or directory"))
    assert "space" not in str(other) and str(other).endswith("; choose another folder")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no folder that nobody can write in")
def test_a_folder_that_is_there_but_cannot_be_written_is_refused():
    with pytest.raises(InputError, match=r"cannot write /proc: .*; choose another folder$"):
        make_folder(Path("/proc"))


def test_what_is_written_into_the_map_is_in_the_file(tmp_path):
    path = tmp_path / "a.npy"
    store = mapped_zeros(path, np.float32, (1000, 3))
    assert path.stat().st_blocks * 512 >= 12_000  # not sparse
    store[7] = 1, 2, 3
    store.flush()
    found = np.load(path)
    assert found.dtype == np.float32 and found.sum() == 6
    np.testing.assert_array_equal(found[7], [1, 2, 3])


def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path):
    with largest_file(4096), pytest.raises(InputError, match="a.npy: .*; free some space"):
        mapped_zeros(tmp_path / "a.npy", np.float32, (1000, 3))
    assert list(tmp_path.iterdir()) == []
