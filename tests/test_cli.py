"""The command line, as a user types it."""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_run import toy_pack, trained_run

from t2i_utils.cli import build_parser, main
from t2i_utils.commands import data as data_command
from t2i_utils.commands import train as train_command
from t2i_utils.drawing import synthesizer
from t2i_utils.training.run_folder import RunFolder

ROOT = Path(__file__).parent.parent


def run_script(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = (sys.executable, str(ROOT / words[0]), *words[1:])
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)


def draw(*words: str) -> int:
    return main(["generate", "--weights", str(trained_run()), *words])


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


# -- help and start ---------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["generate.py", "--help"], ["train.py", "--steps", "-3"]])
def test_help_and_wrong_use_load_nothing_heavy(words):
    script = (
        "import sys, runpy; sys.argv = sys.argv[1:]\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "finally: print([m for m in ('numpy', 'keras', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.endswith("[]\n"), done.stdout
    assert f"{words[0]}: argument --steps: '-3' is" in done.stderr or "usage: generate.py" in (
        done.stdout
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["generate", "a red bird", "--weights", "nope"], "no weights at 'nope'"),
        (["generate", "a red bird", "--weights", "birds-paper", "--stage", "2"], "has no Stage 2"),
        (["describe", "figures/gallery.webp", "--weights", "nope"], "no captioner at 'nope'"),
        (["evaluate", "--weights", "nope", "--data", "."], "no weights at 'nope'"),
        (["evaluate", "--data", "nope"], "--data nope is no folder"),
        (["studio", "--weights", "nope"], "no weights at 'nope'"),
    ],
)
def test_what_is_not_there_is_said_before_keras_is_loaded(words, said):
    script = (
        "import sys; from t2i_utils.cli import main; main(sys.argv[1:])\n"
        "print([m for m in ('keras', 'tensorflow', 'jax') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=ROOT, capture_output=True, text=True
    )
    assert said in done.stderr and done.stderr.count("\n") == 1
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(("door", "name"), [("train", "train.py"), ("generate", "generate.py")])
def test_a_door_shows_its_own_name_and_options(door, name, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"], door=door)
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: {name} ") and "--seed N" in text and "t2i" not in text


def test_t2i_lists_its_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    names = ["data", "train", "generate", "describe", "captioner", "evaluate",
             "export", "push", "studio", "check"]  # fmt: skip
    assert re.findall(r"^    (\w+)", text, re.MULTILINE) == names


def test_settings_are_printed_read_and_remembered(tmp_path, capsys):
    """What --show-config prints is a file for --config, and gives the same configuration."""
    small = ["train", "--data", str(toy_pack().folder), "--recipe", "paper", "--preset", "smoke"]
    file, folder = tmp_path / "run.toml", tmp_path / "run"
    file.write_text("batch_size = 4\n[stage1]\nkl_weight = 0.5\n[stage2]\nbatch_size = 2\n")
    assert main([*small, "--config", str(file), "--show-config"]) == 0
    shown = capsys.readouterr().out
    assert not folder.exists()
    found = tomllib.loads(shown)
    assert found["stage1"]["kl_weight"] == 0.5 and found["stage2"]["kl_weight"] == 2.0
    assert [found[name]["batch_size"] for name in ("stage1", "stage2")] == [4, 2]
    (tmp_path / "shown.toml").write_text(shown)
    words = [*small, "--stage", "1", "--run", str(folder)]
    assert main([*words, "--config", str(tmp_path / "shown.toml"), "--steps", "1"]) == 0
    (note,) = [RunFolder(folder).read_checkpoint_note(1)]
    assert note is not None and note["config"]["kl_weight"] == 0.5
    assert main([*words, "--resume", "--steps", "2"]) == 0  # the checkpoint remembers
    note = RunFolder(folder).read_checkpoint_note(1)
    assert note is not None and (note["step"], note["config"]["batch_size"]) == (2, 4)
    file.write_text("kl_weight = 0.25\n")
    assert main([*words, "--resume", "--config", str(file)]) == 2
    assert "kl_weight 0.5, not 0.25" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("kl_weight = ", "no TOML file"),
        ("[stage3]\nsteps = 4\n", "under [stage1] or [stage2]"),
        ("stage1 = 3\n", "under [stage1] or [stage2]"),
        ("recipe = 'paper'\n", "set recipe by --recipe"),
        ("kl_wait = 1.0\n", "no setting kl_wait"),
        ("batch_size = 'many'\n", "batch_size 'many' is not a whole number"),
    ],
)
def test_a_file_of_settings_that_does_not_fit_is_said_in_a_line(content, said, tmp_path, capsys):
    file = tmp_path / "run.toml"
    file.write_text(content)
    assert main(["train", "--preset", "smoke", "--config", str(file), "--show-config"]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


# -- train ------------------------------------------------------------------------------------


def test_train_py_trains_a_users_own_folder_and_says_only_what_is_ours(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    with open(own / "captions.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "caption", "class"])
        for index in range(12):
            colour = ("red", "green", "blue")[index % 3]
            Image.new("RGB", (90, 70), colour).save(own / f"{index}.png")
            writer.writerow([f"{index}.png", f"a {colour} bird, number {index}", f"{colour} bird"])
    words = ["--data", "own", "--preset", "smoke", "--recipe", "paper", "--stage", "1"]
    done = run_script("train.py", *words, "--steps", "2", "--run", "R", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "data: own, 8 pictures to train on (zero-shot split, crop whole" in done.stdout
    assert "stage 1: 64 px, recipe paper, preset smoke, steps 1 to 2 of 8 pictures" in done.stdout
    assert "done: python generate.py" in done.stdout and "--weights ./R" in done.stdout
    lines = [line for line in done.stderr.replace("\r", "\n").splitlines() if line.strip()]
    ours = (
        "own: packing 12 pictures",
        "own has no boxes",
        "pictures:",
        "captions:",
        "training stage",
    )
    assert [line for line in lines if not line.startswith(ours)] == []

    # --resume takes all that is left out from the run.
    done = run_script("train.py", "--steps", "3", "--resume", "--run", "R", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "stage 1: 64 px, recipe paper, preset smoke, steps 3 to 3 of 8" in done.stdout
    assert "stage 2" not in done.stdout
    with open(tmp_path / "R" / "log.csv", newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["1", "2", "3"]


@pytest.mark.cub
def test_real_photographs_train_both_stages_of_the_modern_recipe(cub_root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["data", "pack", str(cub_root), "--out", "pack", "--crop", "paper", "--limit", "200"]
    assert main(words) == 0
    words = ["--data", "pack", "--preset", "smoke", "--recipe", "modern", "--split", "official"]
    assert main(["train", *words, "--steps", "1", "--run", "R"]) == 0
    assert main(["generate", "a red bird", "--weights", "R", "--out", "bird.png"]) == 0
    assert pixels(tmp_path / "bird.png").std() > 0
    card = (tmp_path / "R" / "weights" / "card.json").read_text()
    assert '"crop": "paper"' in card and '"split": "official train"' in card


def test_without_a_name_cub_is_taken_where_it_lies(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "CUB_200_2011").mkdir(parents=True)
    (tmp_path / "data" / "CUB_200_2011" / "images.txt").write_text("")
    assert train_command._choose_data(None) == Path("data")
    assert "training on it" in capsys.readouterr().out


def test_without_cub_toy_birds_are_drawn_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data_command, "TOY_CLASSES", 6)
    monkeypatch.setattr(data_command, "TOY_IMAGES", 1)
    folder = train_command._choose_data(None)
    text = capsys.readouterr().out
    assert "no CUB_200_2011 here: training on toy birds" in text and "drawing" in text
    drawn = sorted(folder.rglob("*.jpg"))
    assert len(drawn) == 6
    times = [path.stat().st_mtime_ns for path in drawn]
    assert train_command._choose_data("toy") == folder
    assert capsys.readouterr().out == ""
    assert [path.stat().st_mtime_ns for path in drawn] == times


def test_data_pack_and_toy_say_what_they_made(tmp_path, capsys):
    assert (
        main(["data", "toy", "--out", str(tmp_path / "t"), "--classes", "5", "--images", "1"]) == 0
    )
    assert "5 toy birds are in" in capsys.readouterr().out
    out = tmp_path / "pack"
    assert main(["data", "pack", str(tmp_path / "t"), "--out", str(out), "--limit", "4"]) == 0
    assert "4 pictures are packed in" in capsys.readouterr().out
    assert (out / "manifest.json").is_file()


# -- generate ---------------------------------------------------------------------------------


def test_one_caption_gives_a_sheet_with_both_sizes(tmp_path, capsys):
    out = tmp_path / "one.png"
    trained_run()
    capsys.readouterr()
    assert draw("a small red bird", "--out", str(out)) == 0
    found = capsys.readouterr()
    assert found.out == f"{out}: 1 bird, 64 px and 256 px\n" and found.err == ""
    assert pixels(out).shape[1] == 256 + 2 * 12 and pixels(out).shape[0] > 2 * 256
    with Image.open(out) as picture:
        assert picture.info["caption"] == "a small red bird" and picture.info["seed"] == "0"


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    for name, number in (("a", "7"), ("b", "7"), ("c", "8")):
        words = ["a blue bird", "--stage", "1", "--seed", number]
        assert draw(*words, "--out", str(tmp_path / f"{name}.png")) == 0
    content = {name: (tmp_path / f"{name}.png").read_bytes() for name in "abc"}
    assert content["a"] == content["b"]
    assert (pixels(tmp_path / "a.png") != pixels(tmp_path / "c.png")).any()


def test_a_file_of_captions_gives_one_plain_picture_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(synthesizer, "CHUNK", 2)
    lines = ["a red bird", "a blue bird", "un oiseau jaune", "a green bird", "a grey bird"]
    (tmp_path / "c.txt").write_bytes("\r\n".join(lines).encode() + b"\r\n\r\n")
    words = ["--captions", str(tmp_path / "c.txt"), "--stage", "1"]
    assert draw(*words, "--out", str(tmp_path / "chunks")) == 0
    assert "5 pictures of 64 px are in" in capsys.readouterr().out
    names = sorted(path.name for path in (tmp_path / "chunks").iterdir())
    assert names == [f"{number:06d}.png" for number in range(1, 6)]
    monkeypatch.setattr(synthesizer, "CHUNK", 256)
    assert draw(*words, "--out", str(tmp_path / "whole")) == 0
    for name in names:
        found, expected = pixels(tmp_path / "chunks" / name), pixels(tmp_path / "whole" / name)
        assert found.shape == (64, 64, 3)
        assert abs(found.astype(int) - expected).max() <= 1
    first, second = (pixels(tmp_path / "whole" / name) for name in names[:2])
    assert (first != second).any()


def test_blank_lines_are_skipped_with_a_note_and_files_keep_their_line(tmp_path, capsys):
    (tmp_path / "c.txt").write_text("a red bird\n\n  \na blue bird\n")
    words = ["--captions", str(tmp_path / "c.txt"), "--stage", "1", "--out", str(tmp_path / "o")]
    assert draw(*words) == 0
    assert "line 2 and 1 more of" in capsys.readouterr().err
    names = sorted(path.name for path in (tmp_path / "o").iterdir())
    assert names == ["000001.png", "000004.png"]
    (tmp_path / "c.txt").write_text("a red bird\n\n" + "bird " * 1000)
    assert draw(*words) == 2
    assert "c.txt line 3 ('bird bird" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["generate", "a bird", "--sample", "3"], "did you mean --samples?"),
        (["train", "--step", "3"], "did you mean --steps?"),
        (["generate", "a bird", "--qwertyuiop"], "unrecognized arguments: --qwertyuiop; see"),
    ],
)
def test_a_misspelt_option_is_answered_with_the_nearest(words, said, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


def test_every_option_says_what_it_does_and_what_it_takes():
    def walk(parser):
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for command in action.choices.values():
                    yield from walk(command)
            else:
                yield parser.prog, action

    found = list(walk(build_parser()))
    assert len(found) > 60
    assert not [(name, action.option_strings) for name, action in found if not action.help]
    takes = [
        (name, action) for name, action in found if action.option_strings and action.nargs != 0
    ]
    bare = [(n, a.option_strings) for n, a in takes if a.metavar is None and a.choices is None]
    assert not bare


def test_verbose_says_what_is_read_and_only_when_asked(tmp_path, capsys):
    words = ["generate", "a red bird", "--weights", "toy", "--stage", "1", "--best-of", "1"]
    words += ["--out", str(tmp_path / "bird.png")]
    for extra in ([], ["--verbose"], []):
        assert main([*words, *extra]) == 0
        lines = [line for line in capsys.readouterr().err.splitlines() if " ms  t2i_utils" in line]
        assert bool(lines) == bool(extra)
        assert not extra or [line for line in lines if line.endswith("toy/stage1.npz")]


def test_samples_differ_and_stage_2_is_256_px(tmp_path):
    (tmp_path / "c.txt").write_text("a red bird\n")
    words = ["--captions", str(tmp_path / "c.txt"), "--samples", "2", "--out", str(tmp_path / "o")]
    assert draw(*words) == 0
    first, second = (pixels(tmp_path / "o" / f"00000{number}.png") for number in (1, 2))
    assert first.shape == (256, 256, 3) and (first != second).any()


def test_samples_stand_side_by_side_on_the_sheet(tmp_path):
    out = tmp_path / "s.png"
    assert draw("a red bird", "--samples", "3", "--stage", "1", "--out", str(out)) == 0
    assert pixels(out).shape[1] == 3 * 256 + 2 * 4 + 2 * 12


def test_emoji_are_drawn_with_a_note(tmp_path, capsys):
    assert draw("🐦🐦", "--stage", "1", "--out", str(tmp_path / "e.png")) == 0
    notes = capsys.readouterr().err.splitlines()
    assert notes[0].startswith("note: the encoder knows no word of '🐦🐦'")
    assert all(line.startswith("note: ") for line in notes)
    assert (tmp_path / "e.png").is_file()


def test_letters_without_a_font_are_said_once(tmp_path, monkeypatch, capsys):
    from t2i_utils import fonts

    monkeypatch.setattr(fonts, "_files", lambda: [])
    fonts._choose.cache_clear()
    assert draw("小さな鳥", "鳥", "--stage", "1", "--out", str(tmp_path / "j.png")) == 0
    fonts._choose.cache_clear()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("note: no font") and "鳥" in line and line.count("鳥") == 1
    assert (tmp_path / "j.png").is_file()


def test_weights_of_stage_1_alone_draw_64_px(tmp_path, capsys):
    folder = tmp_path / "set"
    folder.mkdir()
    card = (trained_run() / "weights" / "card.json").read_text()
    fields = json.loads(card)
    del fields["stages"]["2"]
    (folder / "card.json").write_text(json.dumps(fields))
    for name in ("stage1.npz", "discriminator1.npz"):
        (folder / name).write_bytes((trained_run() / "weights" / name).read_bytes())
    words = ["generate", "a bird", "--weights", str(folder), "--out", str(tmp_path / "o.png")]
    assert main(words) == 0
    assert capsys.readouterr().out.endswith("1 bird, 64 px\n")


def test_check_prints_a_report(capsys):
    assert main(["check", "--json"]) == 0
    assert '"keras"' in capsys.readouterr().out.lower()
