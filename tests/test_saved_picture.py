"""Saved pictures: their note, and `--like`, which draws them again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from small_run import copy_of_run, trained_run

from t2i_utils.cli import main
from t2i_utils.drawing.request import Request
from t2i_utils.drawing.saved_picture import KEY, compose, from_note, to_note
from t2i_utils.drawing.synthesizer import Synthesizer, draw
from t2i_utils.errors import InputError
from t2i_utils.pictures import png_bytes, read_note, save_png
from t2i_utils.stackgan.recipes import config_from_json
from t2i_utils.stackgan.weights import StageToSave, load_weights, save_weights

RED, BLUE = "a small red bird", "ein blauer Vogel 🐦 <b>&amp;</b>"


@pytest.fixture(scope="module")
def synthesizer() -> Synthesizer:
    return Synthesizer(trained_run())


def save(synthesizer: Synthesizer, path: Path, *requests: Request, samples: int = 0) -> np.ndarray:
    """Draw requests and save them as the studio does; the pixels."""
    image = compose(requests, draw(synthesizer, requests), samples)
    save_png(path, image, to_note(requests, synthesizer.weights, samples))
    return image


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def like(picture: Path, out: Path, *words: str) -> int:
    return main(["generate", "--like", str(picture), "--out", str(out), *words])


def requests(**fields) -> list[Request]:
    run = str(trained_run())
    ends = Request(RED, run, seed=4, sample=3, truncation=0.7)
    walk = [
        Request(RED, run, 1, 4, to_caption=BLUE, to_seed=2, amount=step / 4) for step in range(5)
    ]
    return {"one": [ends], "walk": walk}[fields["which"]]


@pytest.mark.parametrize(("which", "shape"), [("one", (256, 256, 3)), ("walk", (64, 328, 3))])
def test_like_draws_the_same_pixels_again(synthesizer, tmp_path, capsys, which, shape):
    original = save(synthesizer, tmp_path / "a.png", *requests(which=which))
    assert original.shape == shape
    capsys.readouterr()
    assert like(tmp_path / "a.png", tmp_path / "b.png") == 0
    assert "the same picture as" in capsys.readouterr().out
    np.testing.assert_array_equal(pixels(tmp_path / "b.png"), original)
    assert read_note(tmp_path / "b.png") == read_note(tmp_path / "a.png")


def test_like_draws_a_sheet_of_generate_py_again(tmp_path, capsys):
    words = [RED, RED, BLUE, "--samples", "2", "--seed", "5", "--stage", "1"]
    sheet, again = tmp_path / "sheet.png", tmp_path / "again.png"
    assert main(["generate", *words, "--weights", str(trained_run()), "--out", str(sheet)]) == 0
    assert like(sheet, again) == 0
    assert "the same picture as" in capsys.readouterr().out
    assert sheet.read_bytes() == again.read_bytes()


def test_another_process_draws_the_same_pixels(synthesizer, tmp_path):
    original = save(synthesizer, tmp_path / "a.png", *requests(which="one"))
    command = [sys.executable, "-m", "t2i_utils.cli", "generate", "--like", str(tmp_path / "a.png")]
    same = os.environ | {"KERAS_BACKEND": keras.backend.backend()}  # few pictures: else NumPy
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "b.png")], capture_output=True, env=same
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(pixels(tmp_path / "b.png"), original)


AFTER_TRAINING = """
import numpy as np
from t2i_utils import backend
from t2i_utils.drawing.synthesizer import Synthesizer

def pictures():
    fresh = Synthesizer("birds")
    embeddings = fresh.embed(["a bright yellow bird with a black crown", "a red bird"])
    return np.stack([fresh.draw(embeddings, fresh.noise(2, seed))[2] for seed in range(6)])

before = pictures()
backend.compile_step(lambda x: x, [])
print(np.count_nonzero(pictures() != before), "differ")
"""


def test_a_process_that_compiled_a_training_step_draws_the_same_pixels():
    done = subprocess.run([sys.executable, "-c", AFTER_TRAINING], capture_output=True, text=True)
    assert done.stdout == "0 differ\n", done.stderr


@pytest.mark.parametrize(
    ("change", "words"), [(255, "pixels differ by up to "), (1, "within 1 of 255")]
)
def test_a_changed_picture_is_drawn_and_the_difference_said(
    synthesizer, tmp_path, capsys, change, words
):
    (request,) = requests(which="one")
    image = save(synthesizer, tmp_path / "a.png", request).copy()
    image[0, 0] ^= change
    save_png(tmp_path / "a.png", image, to_note([request], synthesizer.weights))
    assert like(tmp_path / "a.png", tmp_path / "b.png") == 0
    assert words in capsys.readouterr().out


def test_people_read_caption_seed_and_weights_in_the_file(synthesizer, tmp_path):
    save(synthesizer, tmp_path / "a.png", *requests(which="walk"))
    note = read_note(tmp_path / "a.png")
    assert note["caption"] == f"{RED}\n{BLUE}"
    assert note["seed"] == "4, 2" and note["weights"] == str(trained_run())
    assert list(from_note(note).requests) == requests(which="walk")


def test_other_weights_are_refused_and_moved_ones_found(synthesizer, tmp_path, capsys):
    folder = copy_of_run(tmp_path / "moved") / "weights"
    (request,) = requests(which="one")
    gone = Request(request.caption, str(tmp_path / "gone"), seed=request.seed)
    save(synthesizer, tmp_path / "a.png", gone)
    capsys.readouterr()
    assert like(tmp_path / "a.png", tmp_path / "b.png") == 2
    assert "no weights at" in capsys.readouterr().err
    assert like(tmp_path / "a.png", tmp_path / "b.png", "--weights", str(folder)) == 0
    assert "the same picture as" in capsys.readouterr().out
    _halve(folder)
    (tmp_path / "b.png").unlink()
    assert like(tmp_path / "a.png", tmp_path / "b.png", "--weights", str(folder)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "drawn with other weights" in line and "--weights" in line
    assert not (tmp_path / "b.png").exists()


def _halve(folder: Path) -> None:
    """Another Stage I in the same folder."""
    weights = load_weights(folder, (1,))
    generator = weights.generators[1]
    generator.set_weights([array * 0.5 for array in generator.get_weights()])
    config = config_from_json(weights.card["stages"]["1"]["config"])
    card = {"encoder": weights.card["encoder"]}
    stages = [StageToSave(generator, config, {})]
    save_weights(folder, stages, weights.whitening, card)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a red bird"], "leave a caption or picture out"),
        (["--seed", "0"], "leave --seed out"),
        (["--samples", "1"], "leave --samples out"),
        (["--stage", "1"], "leave --stage out"),
        (["--fast"], "leave --fast out"),
    ],
)
def test_like_takes_nothing_beside(tmp_path, capsys, words, said):
    assert like(tmp_path / "a.png", tmp_path / "b.png", *words) == 2
    assert said in capsys.readouterr().err


def test_like_does_not_write_over_its_picture(synthesizer, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(synthesizer, tmp_path / "generated.png", *requests(which="one"))
    before = (tmp_path / "generated.png").read_bytes()
    assert main(["generate", "--like", "generated.png"]) == 2
    assert "name another --out" in capsys.readouterr().err
    assert like(tmp_path / "generated.png", tmp_path / "b.jpg") == 2
    assert "does not end in .png" in capsys.readouterr().err
    assert (tmp_path / "generated.png").read_bytes() == before


def test_pictures_without_a_note_are_refused_in_a_line(tmp_path, capsys):
    square = np.zeros((4, 4, 3), np.uint8)
    old = {"captions": "a bird", "weights": "birds", "seed": "0", "samples": "1"}
    files = {
        "plain.png": (png_bytes(square), "has no note"),
        "old.png": (png_bytes(square, old), "of an older kind"),
        "text.png": (b"no picture", "is no PNG, or it is damaged"),
        "cut.png": (png_bytes(np.tile(square, (50, 50, 1)))[:60], "is no PNG, or it is damaged"),
    }
    for name, (content, said) in files.items():
        (tmp_path / name).write_bytes(content)
        assert like(tmp_path / name, tmp_path / "b.png") == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line and name in line
    assert like(tmp_path / "gone.png", tmp_path / "b.png") == 2
    assert "is missing" in capsys.readouterr().err


GOOD = {"caption": RED, "weights": "birds", "stage": 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"requests": [{**GOOD, "seed": "7"}]}, "seed '7' is not a whole number"),
        ({"requests": [{**GOOD, "caption": "x " * 300}]}, "300 words"),
        ({"requests": [{**GOOD, "run": "rm"}]}, "damaged"),
        ({"requests": [{**GOOD, "stage": [1]}]}, "damaged"),
        ({"requests": ["a red bird"]}, "damaged"),
        ({"requests": []}, "holds no request"),
        ({"requests": [GOOD, {**GOOD, "weights": "toy"}]}, "mixes"),
        ({"samples": 2}, "counts 2 samples of 1"),
        ({"samples": True}, "counts True samples"),
        ({"checksums": {}}, "damaged"),
        ({"version": 2}, "version 2, expected 1"),
    ],
)
def test_a_note_from_anybody_is_checked(change, said):
    whole = {"version": 1, "samples": 0, "checksums": {"1": "0"}, "requests": [GOOD]}
    assert from_note({KEY: json.dumps(whole)}).requests == (Request(RED, stage=1),)
    with pytest.raises(InputError, match=said):
        from_note({KEY: json.dumps({**whole, **change})})


@pytest.mark.parametrize("text", ["", "[]", "7", "{", "[" * 100_000])
def test_a_note_that_is_no_note_is_damaged(text):
    with pytest.raises(InputError, match="damaged"):
        from_note({KEY: text})
