"""What the notebooks share: their start, their data and the form of a check."""

import os
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from t2i_utils.course import checks, data
from t2i_utils.course.start import explain
from t2i_utils.errors import InputError
from t2i_utils.evaluation.caption_parts import named_parts
from t2i_utils.evaluation.part_colours import part_colours, share_in_colour

# --- start -------------------------------------------------------------------------------------

CELLS = [
    "from t2i_utils.course.start import start\nstart()",
    "pack",
    "from t2i_utils.errors import InputError\nraise InputError('no birds in nest: look higher')",
    "raise MemoryError",
    "1 / 0",
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What a fresh kernel shows under each of the cells; all are run, whatever fails before."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
        client = NotebookClient(
            notebook, allow_errors=True, resources={"metadata": {"path": folder}}
        )
        client.execute()
    return [cell.outputs for cell in notebook.cells]


def test_the_start_prints_the_environment_and_no_log_line(outputs):
    assert {output.name for output in outputs[0]} == {"stdout"}
    text = "".join(output.text for output in outputs[0])
    assert text.startswith("t2i_utils ") and "Keras" in text and "Python" in text


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        (1, "NameError: 'pack' is not known yet: run the cells above this one first"),
        (2, "InputError: no birds in nest: look higher"),
        (3, "MemoryError: there is too little memory"),
    ],
)
def test_a_mistake_that_can_be_mended_gives_a_sentence(outputs, cell, sentence):
    (error,) = outputs[cell]
    assert error.output_type == "error", "a notebook that fails must still fail in tests"
    (line,) = error.traceback
    assert line.startswith(sentence)


def test_any_other_error_keeps_its_stack_trace(outputs):
    (error,) = outputs[4]
    assert error.ename == "ZeroDivisionError"
    assert len(error.traceback) > 1 and "line 1" in "".join(error.traceback)
    assert explain(ValueError("x")) is None


# --- data --------------------------------------------------------------------------------------


@pytest.fixture
def small_course(tmp_path, monkeypatch):
    """An empty folder to work in, and a course of twelve toy birds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("T2I_CUB_DIR", raising=False)
    monkeypatch.setattr(data, "TOY_CLASSES", 6)
    monkeypatch.setattr(data, "TOY_IMAGES", 2)
    return tmp_path


def test_the_toy_pack_is_made_once_and_says_so_in_a_line(small_course, capsys):
    pack = data.course_pack("toy")
    first = capsys.readouterr()
    assert len(pack) == 12 and pack.captions[0]
    assert pack.folder.is_relative_to(small_course / "data")
    assert first.out.startswith("Drawing 12 toy birds") and first.err == ""
    written = pack.folder.stat().st_mtime_ns
    again = data.course_pack("toy")
    assert (again.folder, again.folder.stat().st_mtime_ns) == (pack.folder, written)
    (line,) = capsys.readouterr().out.splitlines()
    assert "12 pictures" in line and "120 captions" in line


def test_new_toy_pictures_show_the_same_birds_in_other_places(small_course):
    pack = data.course_pack("toy")
    old, new = pack.images(64), data.new_toy_pictures(pack, np.arange(12))
    assert new.shape == (12, 64, 64, 3) and new.dtype == np.uint8
    assert not (new == old[:, :64, :64]).all(axis=(1, 2, 3)).any()
    named = [named_parts(texts[0]) for texts in pack.captions]
    share, _ = share_in_colour(part_colours(new), named)
    assert share > 0.9


DRAW = """
from t2i_utils.course import data
data.TOY_CLASSES, data.TOY_IMAGES = 12, 2
data.course_root("toy")
"""


def test_notebooks_that_start_at_the_same_time_share_one_set_of_toy_birds(tmp_path):
    command = [sys.executable, "-c", DRAW]
    options = {"cwd": tmp_path, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, **options) for _ in range(3)]
    ended = [(*process.communicate(), process.returncode) for process in started]
    assert [code for _, _, code in ended] == [0, 0, 0], ended
    assert sorted(out.partition(" ")[0] for out, _, _ in ended) == ["", "", "Drawing"]


def test_the_data_set_is_the_one_that_was_packed(small_course, capsys):
    dataset = data.course_dataset("toy")
    assert len(dataset.records) == 12
    assert "12 pictures of 6 classes" in capsys.readouterr().out


def test_notebooks_in_a_folder_of_the_project_share_its_data(monkeypatch, tmp_path):
    (tmp_path / "t2i_utils").mkdir()
    (tmp_path / "pyproject.toml").touch()
    inner = tmp_path / "notebooks" / "solutions"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert data.course_folder() == tmp_path / "data"


def test_missing_birds_are_explained(small_course, monkeypatch):
    with pytest.raises(InputError, match='write "toy" .* or "cub"'):
        data.course_pack("birds")
    assert not data.has_cub()
    with pytest.raises(InputError, match="t2i data download"):
        data.course_root("cub")
    monkeypatch.setenv("T2I_CUB_DIR", os.fspath(small_course))
    with pytest.raises(InputError, match="T2I_CUB_DIR="):
        data.course_root("cub")


@pytest.mark.cub
def test_real_birds_are_found_where_the_variable_says(cub_root, monkeypatch):
    monkeypatch.setenv("T2I_CUB_DIR", os.fspath(cub_root))
    assert data.has_cub() and data.course_root("cub") == cub_root
    assert data.course_dataset("cub").name == cub_root.name


# --- checks ------------------------------------------------------------------------------------


def test_a_verdict_prints_one_line_and_returns_the_answer(capsys):
    assert checks.verdict(np.bool_(True), "yes") is True
    assert checks.verdict(False, "no") is False
    assert capsys.readouterr().out == "Right: yes\nNot yet: no\n"


@pytest.mark.parametrize("answer", [..., None, [..., 1], (1, None), [[1, ...]]])
def test_a_placeholder_is_blank(answer):
    assert checks.is_blank(answer)


@pytest.mark.parametrize("answer", [0, 0.0, "", [], [0], np.zeros(2), False])
def test_an_answer_is_not_blank(answer):
    assert not checks.is_blank(answer)


def test_only_numbers_become_an_array():
    assert checks.as_array([1, 2.5]).tolist() == [1.0, 2.5]
    for answer in ("2", [[1], [2, 3]], object(), {"a": 1}):
        assert checks.as_array(answer) is None


def test_an_answer_is_shortened_to_a_line():
    assert checks.short(3) == "3"
    long = checks.short(np.arange(200).reshape(20, 10))
    assert "\n" not in long and len(long) == 60 and long.endswith("...")
