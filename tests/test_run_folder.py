"""The files of a run: written whole or not at all, both stages together."""

import json

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
