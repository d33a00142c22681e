"""The files of a run: written whole or not at all, both stages together."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from t2i_utils.errors import InputError
from t2i_utils.files import replace_text
from t2i_utils.training.run_folder import RunFolder


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    """A run whose stages were saved at step 1."""
    files = RunFolder(tmp_path / "run")
    files.write_about({"seed": 0})
    for stage in (1, 2):
        files.checkpoint(stage).write_text("step 1")
    return files


def content(files: RunFolder) -> list[str]:
    return [files.checkpoint(stage).read_text() for stage in (1, 2)]


def names(files: RunFolder) -> list[str]:
    return sorted(path.name for path in (files.path / "checkpoints").iterdir())


def test_checkpoints_of_both_stages_are_replaced_together(folder):
    with folder.replacing_checkpoints([2, 1]) as paths:
        for path in paths.values():
            path.write_text("step 2")
        assert content(folder) == ["step 1", "step 1"]
    assert content(folder) == ["step 2", "step 2"]
    assert names(folder) == ["stage1.npz", "stage2.npz"]


def test_a_failure_at_the_second_stage_keeps_both_old_checkpoints(folder):
    with pytest.raises(InputError), folder.replacing_checkpoints([1, 2]) as paths:
        paths[1].write_text("step 2")
        raise InputError("no space")
    assert content(folder) == ["step 1", "step 1"]
    assert names(folder) == ["stage1.npz", "stage2.npz"]


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ([1], ["step 1", "step 1"]),  # killed while the second was written
        ([1, 2], ["step 1", "step 1"]),  # killed before either was put in place
        ([2], ["step 1", "step 2"]),  # killed between the two: Stage I is in place already
    ],
)
def test_a_replacement_that_was_killed_is_undone_or_finished(folder, left, expected):
    for stage in left:
        folder.checkpoint(stage).with_suffix(".new").write_text("step 2")
    folder.finish_replacing()
    assert content(folder) == expected
    assert names(folder) == ["stage1.npz", "stage2.npz"]


def test_about_is_read_back_and_empty_where_there_is_none(folder, tmp_path):
    assert folder.read_about() == {"seed": 0}
    assert RunFolder(tmp_path / "other").read_about() == {}


@pytest.mark.parametrize("text", ["{", "[1]", "\x00"])
def test_a_damaged_run_json_is_named(folder, text):
    (folder.path / "run.json").write_text(text)
    with pytest.raises(InputError, match="run.json is damaged: restore it, or start another"):
        folder.read_about()


def test_replace_text_keeps_the_old_file_where_the_new_one_cannot_be_written(folder):
    target = folder.path / "run.json"
    (folder.path / "run.json.partial").mkdir()  # blocks the way, even for root
    with pytest.raises(InputError, match="cannot write .*run.json"):
        replace_text(target, "{}")
    assert json.loads(target.read_text()) == {"seed": 0}


HOLDS_THE_LOCK = """
import sys, time
from t2i_utils.training.run_folder import RunFolder
with RunFolder(sys.argv[1]).locked():
    print("locked", flush=True)
    time.sleep(600)
"""


def test_two_processes_do_not_train_in_one_folder_and_a_killed_one_gives_it_back(folder):
    with folder.locked(), folder.locked():  # the same process may enter again
        assert (folder.path / "lock").read_text() == str(os.getpid())
    assert (folder.path / "lock").read_text() == ""
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_LOCK, folder.path],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert other.stdout is not None and other.stdout.readline() == "locked\n"
    message = f"process {other.pid} is training in .*: wait for it or stop it, or name another"
    with pytest.raises(InputError, match=message), folder.locked():
        pass
    other.send_signal(signal.SIGKILL)
    other.wait()
    other.stdout.close()
    with folder.locked():
        pass
