"""Bad input gets one line that says what, where and how to mend; nothing already there is lost."""

import contextlib
import csv
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from small_run import copy_of_run, toy_data, toy_pack, trained_run

from t2i_utils.cli import main
from t2i_utils.training.run import Run

TRAIN = ["--preset", "smoke", "--recipe", "paper", "--stage", "1", "--steps", "3"]


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(capsys, *words: object) -> str:
    """Run a command that must exit with status 2; return its one line."""
    capsys.readouterr()
    try:
        status = main([str(word) for word in words])
    except SystemExit as stop:
        status = stop.code
    assert status == 2
    error = capsys.readouterr().err
    # what the packing says before, and progress bars, are no errors
    lines = [line for line in re.split(r"[\r\n]+", error) if line.startswith("t2i")]
    assert len(lines) == 1 and "Traceback" not in error, error
    assert error.rstrip().endswith(lines[0])
    return lines[0]


def train(capsys, *words: object, data: object = None) -> str:
    return refused(capsys, "train", *TRAIN, "--data", data or toy_pack().folder, *words)


def draw(capsys, *words: object) -> str:
    return refused(capsys, "generate", "--weights", trained_run(), *words)


# -- numbers and names ------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["-3", "0", "abc", "2.5", "", "²"])
def test_steps_must_be_a_whole_number_above_0(capsys, value):
    line = refused(capsys, "train", "--steps", value)
    assert line.startswith(f"t2i train: argument --steps: {value!r} is not a whole number above 0")
    assert line.endswith("see t2i train --help")


@pytest.mark.parametrize("value", ["-1", "x", str(2**32)])
def test_a_seed_must_be_a_whole_number_in_range(capsys, value):
    assert f"--seed: {value!r} is not a whole number from 0" in draw(capsys, "x", "--seed", value)


def test_a_door_names_itself(capsys):
    with pytest.raises(SystemExit):
        main(["--steps", "abc"], door="train")
    assert capsys.readouterr().err.startswith("train.py: argument --steps: 'abc' is not")
    assert main(["x.png", "a bird"], door="generate") == 2
    assert capsys.readouterr().err.startswith("generate.py: x.png is a path and 'a bird' a")


# -- captions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([""], "caption 1 is empty: describe a bird"),
        (["a bird", " \t"], "caption 2 is empty"),
        (["word " * 10_000], "has 10,000 words, more than 200: use one or two sentences"),
        ([], "give captions, or --captions FILE"),
        (["a bird", "x.PNG"], "x.PNG is a path and 'a bird' a caption: give one kind"),
        (["a bird", "--out", "sheet.jpg"], "--out sheet.jpg does not end in .png"),
        (["a bird", "--weights", "nowhere"], "no weights at 'nowhere': name a training run"),
    ],
)
def test_captions_that_cannot_be_drawn(capsys, words, expected):
    assert expected in draw(capsys, *words)


def test_any_argument_that_is_a_file_is_no_caption(capsys, tmp_path):
    (tmp_path / "bird").write_text("x")
    assert "bird is a path and 'a bird' a" in draw(capsys, tmp_path / "bird", "a bird")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "c.txt: No such file"),
        (b"", "c.txt holds no caption: write one a line"),
        (b"\n \n", "c.txt holds no caption"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "c.txt is no text file: give one with a caption a line"),
        (b"a bird\n" + b"word " * 500, "c.txt line 2 ('word"),
    ],
)
def test_files_of_captions_that_cannot_be_drawn(capsys, tmp_path, text, expected):
    if text is not None:
        (tmp_path / "c.txt").write_bytes(text)
    line = draw(capsys, "--captions", tmp_path / "c.txt", "--out", tmp_path / "out")
    assert expected in line
    assert not (tmp_path / "out").exists()


def test_a_file_of_captions_needs_a_folder_and_no_other_captions(capsys, tmp_path):
    (tmp_path / "c.txt").write_text("a bird")
    assert "needs --out DIR" in draw(capsys, "--captions", tmp_path / "c.txt")
    assert "not both" in draw(capsys, "a bird", "--captions", tmp_path / "c.txt")


# -- data -------------------------------------------------------------------------------------


def own_folder(root: Path, classes: int = 2) -> Path:
    root.mkdir()
    with open(root / "captions.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "caption", "class"])
        for index in range(6):
            Image.new("RGB", (80, 80), (index * 40, 0, 90)).save(root / f"{index}.png")
            writer.writerow([f"{index}.png", f"bird number {index}", f"class {index % classes}"])
    return root


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda file: file.unlink(), "no picture 3.png in"),
        (lambda file: file.write_bytes(b""), "3.png is empty: copy it anew"),
        (
            lambda file: file.write_bytes(file.read_bytes()[:60]),
            "3.png is truncated, or no picture",
        ),
    ],
)
def test_a_bad_picture_is_named_and_no_pack_is_left(capsys, tmp_path, monkeypatch, spoil, expected):
    monkeypatch.chdir(tmp_path)
    spoil(own_folder(tmp_path / "own") / "3.png")
    assert expected in train(capsys, "--run", "R", data="own")
    assert not (tmp_path / "R").exists()
    packs = tmp_path / "data" / "packs"
    assert not packs.exists() or list(packs.iterdir()) == []


def test_a_missing_picture_in_cubs_layout_is_named(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(toy_data(), tmp_path / "toy")
    picture = min((tmp_path / "toy").rglob("*.jpg"))
    picture.unlink()
    assert f"{picture.name} is missing: put it back" in train(capsys, data="toy/CUB_200_2011")


def test_a_set_with_a_single_caption_is_refused(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = own_folder(tmp_path / "own")
    names = [f"{index}.png,a bird" for index in range(6)]
    (root / "captions.csv").write_text("\n".join(names) + "\n")
    assert "a wrong text must come from another" in train(capsys, "--run", "R", data="own")
    assert not (tmp_path / "R").exists()


def test_a_folder_that_is_no_data_set_is_refused(capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "no data set in" in train(capsys, data=tmp_path / "empty")
    assert "no data set at" in train(capsys, data=tmp_path / "nowhere")


def test_a_pack_of_another_version_is_refused_and_stays(capsys, tmp_path):
    pack = Path(shutil.copytree(toy_pack().folder, tmp_path / "pack"))
    manifest = json.loads((pack / "manifest.json").read_text())
    (pack / "manifest.json").write_text(json.dumps({**manifest, "version": 7}))
    before = content(pack)
    assert "has version 7, this program reads 3; pack the data again" in train(capsys, data=pack)
    assert content(pack) == before


# -- runs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "holds a run already: add --resume to continue it, or name another --run"),
        (["--resume", "--recipe", "modern"], "with recipe 'paper', not 'modern': resume with the"),
        (["--resume", "--preset", "cpu"], "with preset 'smoke', not 'cpu': resume with the same"),
        (["--resume", "--seed", "4"], "with seed 0, not 4: resume with the same settings"),
        (["--resume", "--split", "official"], "with split 'zero-shot', not 'official'"),
        (["--resume", "--init", "birds"], "--init starts a run and --resume continues one"),
    ],
)
def test_a_run_is_neither_overwritten_nor_mixed(capsys, tmp_path, words, expected):
    run = copy_of_run(tmp_path / "R")
    before = content(run)
    assert expected in train(capsys, "--run", run, *words)
    assert content(run) == before


CHECKED_FIRST = """
import sys
from t2i_utils.cli import main
for words in (
    ["--resume", "--run", "missing"],
    ["--init", "nope"],
    ["--run", "file/R"],
    ["--stage", "2"],
    ["--resume", "--run", "R", "--seed", "9"],
):
    assert main(["train", *words]) == 2, words
assert not {"keras", "tensorflow", "jax"} & set(sys.modules)
"""


def test_what_needs_no_network_is_checked_before_one_is_loaded_or_data_is_drawn(tmp_path):
    copy_of_run(tmp_path / "R")
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [sys.executable, "-c", CHECKED_FIRST],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    expected = [
        "missing holds no run to resume: leave --resume out",
        "no weights at 'nope': name a training run's folder",
        "cannot write file/R: Not a directory; choose another folder",
        "Stage II needs a trained Stage I",
        "R was trained with seed 0, not 9",
    ]
    lines = done.stderr.splitlines()
    assert len(lines) == len(expected)
    assert all(words in line for words, line in zip(expected, lines, strict=True)), lines
    assert sorted(file.name for file in tmp_path.iterdir()) == ["R", "file"]


def test_resume_needs_a_run_and_stage_2_needs_stage_1(capsys, tmp_path):
    run = tmp_path / "R"
    assert "holds no run to resume: leave --resume out" in train(capsys, "--run", run, "--resume")
    line = train(capsys, "--run", run, "--stage", "2")
    assert "Stage II needs a trained Stage I: train --stage 1 in" in line
    assert not run.exists()


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("run.json", "{", "run.json is damaged: restore it"),
        ("log.csv", "stage,step\n1,x\n", "log.csv, line 2 is damaged: mend it"),
        ("checkpoints/stage1.npz", "no archive", "stage1.npz is damaged"),
    ],
)
def test_a_damaged_file_of_a_run_is_named(capsys, tmp_path, file, text, expected):
    run = copy_of_run(tmp_path / "R")
    (run / file).write_text(text)
    before = content(run)
    assert expected in train(capsys, "--run", run, "--resume")
    after = content(run)
    assert {path: after[path] for path in before if path.name != "run.json"} == {
        path: before[path] for path in before if path.name != "run.json"
    }


def test_weights_with_a_wrong_checksum_draw_nothing(capsys, tmp_path):
    run = copy_of_run(tmp_path / "R")
    file = run / "weights" / "stage2.npz"
    file.write_bytes(file.read_bytes() + b"x")
    out = tmp_path / "o.png"
    line = refused(capsys, "generate", "a bird", "--weights", run, "--out", out)
    assert "stage2.npz has a wrong checksum" in line and not out.exists()
    file.unlink()
    line = refused(capsys, "generate", "a bird", "--weights", run, "--out", out)
    assert "stage2.npz is missing: restore it" in line


# -- places that cannot be written ------------------------------------------------------------


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: the system refuses, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_during_a_checkpoint_keeps_the_one_before(capsys, tmp_path):
    run = copy_of_run(tmp_path / "R")
    before = content(run / "checkpoints") | content(run / "weights")
    limit = (run / "checkpoints" / "stage1.npz").stat().st_size // 2
    with largest_file(limit):
        line = train(capsys, "--run", run, "--resume", "--stage", "1")
    assert "cannot write" in line and "free some space" in line
    assert content(run / "checkpoints") | content(run / "weights") == before
    # and the run goes on from there
    assert main(["train", *TRAIN, "--run", str(run), "--resume"]) == 0
    with open(run / "log.csv", newline="") as file:
        assert [row["step"] for row in csv.DictReader(file) if row["stage"] == "1"] == list("123")


def test_a_full_disk_between_the_stages_keeps_both_checkpoints(tmp_path):
    from small_run import configs

    run = Run(tmp_path / "R", toy_pack(), configs(1, 2))
    run.files.write_about({})
    run.save()
    before = content(tmp_path / "R")
    for stage in run.stages.values():
        stage.step = 1
    sizes = [run.files.checkpoint(stage).stat().st_size for stage in (1, 2)]
    assert sizes[0] != sizes[1]
    with largest_file(min(sizes) + 10_000), pytest.raises(ValueError, match="cannot write"):
        run.save()
    assert content(tmp_path / "R") == before


def test_a_run_that_cannot_be_written_is_refused_before_it_trains(capsys, tmp_path):
    (tmp_path / "file").write_text("x")
    line = train(capsys, "--run", tmp_path / "file" / "R")
    assert "cannot write" in line and "choose another folder" in line
    assert (tmp_path / "file").read_text() == "x"


LONG, ROUND = "x" * 5000, "loop/x"  # a name is too long, or leads round in a circle


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["generate", "--like", "NAME"], LONG),
        (["generate", "--like", "NAME"], ROUND),
        (["generate", "a bird", "--weights", "NAME"], LONG),
        (["generate", "a bird", "--weights", "NAME"], ROUND),
        (["generate", "--captions", "NAME", "--out", "out"], LONG),
        (["describe", "NAME.jpg"], LONG),
        (["describe", "bird.png", "--weights", "NAME"], LONG),
        (["train", "--data", "NAME"], LONG),
        (["train", "--run", "NAME"], LONG),
        (["train", "--init", "NAME"], LONG),
        (["data", "pack", "NAME", "--out", "out"], LONG),
        (["data", "pack", "NAME", "--out", "out"], ROUND),
        (["data", "toy", "--out", "NAME", "--classes", "1", "--images", "1"], LONG),
        (["evaluate", "--weights", "NAME", "--data", "own"], LONG),
        (["export", "--weights", "NAME", "--out", "out"], LONG),
        (["studio", "--weights", "NAME"], LONG),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value[:6],
)
def test_names_that_cannot_be_opened_are_answered_in_a_line(
    capsys, tmp_path, monkeypatch, words, name
):
    monkeypatch.chdir(tmp_path)
    own_folder(tmp_path / "own")
    shutil.copy("own/0.png", "bird.png")
    (tmp_path / "loop").symlink_to("loop")
    line = refused(capsys, *[word.replace("NAME", name) for word in words])
    assert len(line) < 10_500


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("own", ["data", "pack", "own", "--out", "out"]),
        ("own/captions.csv", ["data", "pack", "own", "--out", "out"]),
        ("bird.png", ["describe", "bird.png"]),
        ("bird.png", ["generate", "--like", "bird.png"]),
        ("run/weights", ["generate", "a bird", "--weights", "run"]),
        ("run/weights/card.json", ["generate", "a bird", "--weights", "run"]),
        ("run/weights/stage1.npz", ["generate", "a bird", "--weights", "run"]),
        ("run/run.json", ["train", "--run", "run", "--resume"]),
        ("run/checkpoints/stage1.npz", ["train", "--run", "run", "--resume"]),
    ],
)
def test_what_may_not_be_read_is_not_called_damaged(capsys, tmp_path, monkeypatch, path, words):
    monkeypatch.chdir(tmp_path)
    copy_of_run(tmp_path / "run")
    own_folder(tmp_path / "own")
    shutil.copy("own/0.png", "bird.png")
    (tmp_path / path).chmod(0)
    if os.access(tmp_path / path, os.R_OK):
        pytest.skip("root may read everything")
    try:
        line = refused(capsys, *words)
    finally:
        (tmp_path / path).chmod(0o700)
    assert re.search("may not be read|not readable|Permission denied", line), line
    assert "damaged" not in line


def test_a_picture_that_cannot_be_written_is_named_and_the_old_one_stays(capsys, tmp_path):
    out = tmp_path / "o.png"
    out.write_bytes(b"old")
    with largest_file(100):
        line = draw(capsys, "a bird", "--stage", "1", "--out", out)
    assert "cannot write" in line and "o.png" in line
    assert out.read_bytes() == b"old" and sorted(tmp_path.iterdir()) == [out]
