"""`t2i describe` and `generate.py` for pictures, as a user types them."""

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_captioner import describer_folder, toy_pictures, training
from small_reader import random_reader
from small_run import trained_run

from t2i_utils.captioning.describer import LEAST_BIRD
from t2i_utils.cli import main
from t2i_utils.commands import describe as command

ROOT = Path(__file__).parent.parent


@pytest.fixture
def loaded_once(monkeypatch):
    """The captioner of toy birds in memory stands in for its folder: it loads in no time."""
    monkeypatch.setattr("t2i_utils.captioning.describer.load_describer", lambda name: training()[0])


@pytest.fixture(scope="module")
def birds(tmp_path_factory) -> Path:
    """A folder of four toy birds as JPEG, PNG and WebP, and a file that is no picture."""
    folder = tmp_path_factory.mktemp("birds")
    names = ("b.jpg", "a.PNG", "d.webp", "c.jpeg")
    for name, picture in zip(names, toy_pictures(4), strict=True):
        picture.save(folder / name)
    (folder / "notes.txt").write_text("red birds")
    return folder


def run(capsys, *words: object, door: str | None = None) -> tuple[int, list[str], list[str]]:
    """Exit status, and the lines on standard output and standard error."""
    capsys.readouterr()
    try:
        status = main([str(word) for word in words], door=door)
    except SystemExit as stop:
        status = stop.code
    found = capsys.readouterr()
    assert "Traceback" not in found.err
    return status, found.out.splitlines(), found.err.splitlines()


def refused(capsys, *words: object, door: str = "generate") -> str:
    """The one line of a command that must do nothing."""
    status, out, err = run(capsys, *words, door=door)
    assert status == 2 and out == [] and len(err) == 1
    assert err[0].startswith(f"{door}.py: ")
    return err[0]


# -- what is printed --------------------------------------------------------------------------


def test_a_line_holds_the_path_a_tab_and_the_description(capsys, loaded_once, birds):
    paths = [birds / "b.jpg", birds / "a.PNG"]
    status, out, _ = run(capsys, "describe", *paths)
    assert status == 0 and [line.split("\t")[0] for line in out] == [str(path) for path in paths]
    pictures = toy_pictures(2)
    with Image.open(paths[0]) as picture:
        pictures[0] = picture.convert("RGB")
    expected = [found.sentences[0] for found in training()[0].describe(pictures)]
    assert [line.split("\t")[1] for line in out] == expected


def test_generate_py_prints_the_same(capsys, loaded_once, birds):
    expected = run(capsys, "describe", birds / "b.jpg", "--samples", "2", "--seed", "3")
    words = [birds / "b.jpg", "--samples", "2", "--seed", "3"]
    assert run(capsys, *words, door="generate") == expected
    assert run(capsys, "generate", *words) == expected


def test_a_folder_stands_for_its_pictures_by_name(capsys, loaded_once, birds):
    status, out, _ = run(capsys, "describe", birds)
    names = [Path(line.split("\t")[0]).name for line in out]
    assert status == 0 and names == ["a.PNG", "b.jpg", "c.jpeg", "d.webp"]
    _, both, _ = run(capsys, "describe", birds / "d.webp", birds)
    assert both == [out[3], *out]


def test_samples_are_different_lines_of_one_picture(capsys, loaded_once, birds):
    status, out, _ = run(capsys, "describe", birds / "b.jpg", birds / "a.PNG", "--samples", "3")
    assert status == 0 and len(out) == 6
    for own in (out[:3], out[3:]):
        assert len(set(own)) == 3 and len({line.split("\t")[0] for line in own}) == 1
    with Image.open(birds / "b.jpg") as picture:
        best = training()[0].describe([picture.convert("RGB")])[0].sentences[0]
    assert out[0].split("\t")[1] == best


def test_another_seed_gives_other_samples(capsys, loaded_once, birds):
    texts = [
        run(capsys, "describe", birds / "b.jpg", "--samples", "4", "--seed", seed)[1]
        for seed in ("1", "1", "2")
    ]
    assert texts[0] == texts[1] and set(texts[0]) != set(texts[2])


def test_json_is_an_object_a_line(capsys, loaded_once, birds):
    status, out, _ = run(capsys, "describe", birds, "--json", "--samples", "2")
    assert status == 0 and len(out) == 4
    for line, name in zip(
        map(json.loads, out), ("a.PNG", "b.jpg", "c.jpeg", "d.webp"), strict=True
    ):
        assert line["image"] == str(birds / name) and len(set(line["descriptions"])) == 2
        assert 0 <= line["bird"] <= 1


def test_a_picture_without_a_bird_gets_a_warning_beside_its_description(
    capsys, loaded_once, tmp_path
):
    files = []
    for number, picture in enumerate([*toy_pictures(8), Image.new("RGB", (300, 200), "white")]):
        files.append(tmp_path / f"{number}.png")
        picture.save(files[-1])
    status, out, err = run(capsys, "describe", *files, "--json")
    found = [json.loads(line) for line in out]
    assert status == 0 and all(line["descriptions"][0] for line in found)
    without = [line["image"] for line in found if line["bird"] < LEAST_BIRD]
    assert str(files[-1]) in without and len(without) < len(files)
    assert [line.split(": ")[1] for line in err] == without
    share = f"{found[-1]['bird']:.0%}"
    assert err[-1].startswith(f"warning: {files[-1]}: no bird was recognised ({share}); the")


def test_chunks_change_nothing_and_many_pictures_get_a_bar(capsys, loaded_once, birds, monkeypatch):
    whole = run(capsys, "describe", birds)
    monkeypatch.setattr("t2i_utils.captioning.describer.CHUNK", 3)
    status, out, err = run(capsys, "describe", birds)
    assert (status, out) == whole[:2]
    assert any("describing: 100%" in line for line in err)
    assert re.fullmatch("[0-9]+ pictures a second, after the first 3", err[-1])
    assert not any("describing" in line or "a second" in line for line in whole[2])


@pytest.mark.cub
def test_photographs_are_described_without_a_warning(capsys, loaded_once, cub_root):
    files = sorted((cub_root / "CUB_200_2011" / "images").rglob("*.jpg"))
    status, out, err = run(capsys, "describe", *files[:: len(files) // 10][:10])
    assert status == 0 and len(out) == 10 and len(err) <= 1, err


# -- files of every kind ----------------------------------------------------------------------


def test_pictures_of_every_kind_are_described(capsys, loaded_once, tmp_path):
    bird = toy_pictures(1)[0]
    exif = Image.Exif()
    exif[0x0112] = 6
    bird.save(tmp_path / "turned.jpg", exif=exif)
    bird.convert("RGBA").save(tmp_path / "alpha.png")
    bird.convert("L").save(tmp_path / "grey.png")
    grey = np.asarray(bird.convert("L"))
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    bird.convert("CMYK").save(tmp_path / "cmyk.jpg")
    bird.quantize(32).save(tmp_path / "palette.gif")
    bird.convert("1").save(tmp_path / "two.bmp")
    bird.save(tmp_path / "bird.tif")
    bird.resize((6000, 4000)).save(tmp_path / "huge.jpg")
    bird.resize((1, 1)).save(tmp_path / "tiny.png")
    bird.resize((2000, 2)).save(tmp_path / "strip.png")
    status, out, err = run(capsys, "describe", tmp_path)
    assert status == 0 and len(out) == 11
    assert all(line.split("\t")[1] for line in out)
    assert all(line.startswith("warning: ") for line in err)


def test_bad_files_get_a_line_each_and_the_others_are_described(
    capsys, loaded_once, birds, tmp_path
):
    bad = [tmp_path / name for name in ("empty.jpg", "half.jpg", "text.png", "gone.jpg")]
    bad[0].write_bytes(b"")
    bad[1].write_bytes((birds / "b.jpg").read_bytes()[:2000])
    bad[2].write_text("this is no picture")
    words = [bad[0], birds / "b.jpg", *bad[1:], birds / "a.PNG"]
    status, out, err = run(capsys, *words, door="generate")
    assert status == 2
    assert [Path(line.split("\t")[0]).name for line in out] == ["b.jpg", "a.PNG"]
    lines = [line for line in err if not line.startswith("warning: ")]
    reasons = ("is empty", "is truncated, or no pic", "is truncated, or no pic", "is missing")
    assert len(lines) == 4
    for line, path, reason in zip(lines, bad, reasons, strict=True):
        assert line.startswith(f"generate.py: picture {path} {reason}")
    # With no good one there is nothing but lines.
    status, out, err = run(capsys, "describe", *bad)
    assert status == 2 and out == [] and len(err) == 4
    assert all(line.startswith("t2i describe: picture ") for line in err)


def test_a_name_that_is_no_valid_text_is_printed_all_the_same(capsys, loaded_once, birds, tmp_path):
    """File names are bytes on Linux, and not all of them are letters."""
    try:
        (tmp_path / os.fsdecode(b"b\xffrd.jpg")).write_bytes((birds / "b.jpg").read_bytes())
    except OSError:
        pytest.skip("this system takes no such name")
    for option in ([], ["--json"]):
        status, out, _ = run(capsys, "describe", tmp_path, *option)
        assert status == 0 and "b\\" in out[0] and "xffrd.jpg" in out[0]


# -- picture or caption -----------------------------------------------------------------------


def test_a_picture_and_a_caption_together_are_refused(capsys, birds):
    line = refused(capsys, "a red bird", birds / "b.jpg")
    assert f"{birds / 'b.jpg'} is a path and 'a red bird' a caption: give one kind" in line
    assert "is a path and 'a bird' a caption" in refused(capsys, birds, "a bird")


@pytest.mark.parametrize(
    "option", [["--out", "o.png"], ["--stage", "1"], ["--captions", "captions.txt"]]
)
def test_options_for_drawing_are_refused_with_a_picture(capsys, birds, option):
    line = refused(capsys, birds / "b.jpg", *option)
    assert line == (
        f"generate.py: {option[0]} is for drawing, {birds / 'b.jpg'} is a picture: leave it out"
    )


@pytest.mark.parametrize("option", ["--json", "--fast", "--detailed"])
def test_options_for_describing_are_refused_with_a_caption(capsys, option):
    for words in (["a red bird", option], [option]):
        assert f"{option} is for describing pictures: name one" in refused(capsys, *words)


def test_fast_gives_one_greedy_description(capsys, loaded_once, birds):
    status, out, _ = run(capsys, "describe", birds / "b.jpg", "--fast")
    with Image.open(birds / "b.jpg") as picture:
        (found,) = training()[0].describe([picture.convert("RGB")], fast=True)
    assert status == 0 and out == [f"{birds / 'b.jpg'}\t{found.sentences[0]}"]
    line = refused(capsys, birds / "b.jpg", "--fast", "--samples", "2")
    assert "--fast gives one description of each picture: leave --samples out" in line


def test_a_captioner_that_reads_no_parts_says_so(capsys, loaded_once, birds):
    line = refused(capsys, birds / "b.jpg", "--detailed")
    assert "this captioner reads no parts: for a detailed description leave --weights out" in line
    line = refused(capsys, birds / "b.jpg", "--detailed", "--samples", "2")
    assert "--detailed gives one description of each picture: leave --samples out" in line


def test_details_are_a_paragraph_and_json_has_parts(capsys, birds, monkeypatch):
    describer = copy.copy(training()[0])
    describer.reader = random_reader()
    monkeypatch.setattr("t2i_utils.captioning.describer.load_describer", lambda name: describer)
    with Image.open(birds / "b.jpg") as picture:
        (expected,) = describer.describe([picture.convert("RGB")], fast=True)
    words = [birds / "b.jpg", "--detailed"]
    assert run(capsys, *words, door="generate")[1] == [f"{birds / 'b.jpg'}\t{expected.detailed}"]
    (line,) = run(capsys, "describe", *words, "--json")[1]
    found = json.loads(line)
    assert found["descriptions"] == [expected.detailed]
    assert found["warning"] == expected.warning
    assert expected.facts is not None
    for claim, chance in expected.facts.true.items():
        part, _, kind = claim.slot.rpartition(" ")
        assert found["parts"][part][kind][claim.value] == pytest.approx(chance, abs=1e-3)


def test_a_picture_that_is_not_there_is_said_at_once(capsys):
    """Before any network is loaded: there is no captioner of this name either."""
    line = refused(capsys, "gone.jpg", "--weights", "parrot")
    assert "picture gone.jpg is missing: give a picture's path, or a folder" in line


def test_a_folder_without_pictures_is_named(capsys, tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    assert f"{tmp_path} holds no picture: name another folder" in refused(capsys, tmp_path)


@pytest.mark.parametrize(
    "text", ["a red bird", "word " * 5000, "x" * 5000, "a\0bird", "a/bird/with/wings", "un œil 🐦"]
)
def test_a_sentence_is_no_picture(text):
    assert not command.is_picture_argument(text)


def test_files_folders_and_names_of_pictures_are(tmp_path):
    (tmp_path / "bird").write_text("x")
    for text in (tmp_path, tmp_path / "bird", "gone.JPG", "a red bird.png", "x.webp"):
        assert command.is_picture_argument(str(text))


def test_captions_that_look_odd_are_still_drawn_or_refused_as_captions(capsys, tmp_path):
    weights = ["--weights", trained_run(), "--stage", "1", "--out", tmp_path / "o.png"]
    assert "has 10,000 words, more than 200" in refused(capsys, "word " * 10_000, *weights)
    status, out, _ = run(capsys, "a red\0bird", *weights, door="generate")
    assert status == 0 and "1 bird, 64 px" in out[0] and (tmp_path / "o.png").is_file()


def test_a_captioner_that_is_not_there_is_named(capsys, birds):
    line = refused(capsys, birds / "b.jpg", "--weights", "parrot")
    assert "no captioner at 'parrot': name a folder, or a shipped one" in line


# -- a process of its own ---------------------------------------------------------------------


def test_generate_py_describes_and_says_only_what_is_ours(birds):
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    words = ["generate.py", birds / "b.jpg", birds / "gone.jpg", "--weights", describer_folder()]
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"{birds / 'b.jpg'}\t") and len(line.split("\t")[1].split()) > 1
    assert [
        text
        for text in done.stderr.splitlines()
        if not text.startswith(("warning: ", "generate.py"))
    ] == []
    assert done.stderr.endswith("gone.jpg is missing: put it back, or give another one\n")
