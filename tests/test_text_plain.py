"""Captions in plain form: what punctuation and case did to pictures, and no longer do."""

import numpy as np
import pytest

from t2i_utils.data import read_dataset
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.errors import InputError
from t2i_utils.text import load_encoder, plain, whitening_of
from t2i_utils.text.encoders.package import load_network
from t2i_utils.text.plain import plain_captions

SPELLINGS = (
    "a medium-sized yellow bird, with its black wings open",
    "A medium-sized yellow bird, with its black wings open.",
    "  - a medium-sized YELLOW_bird ,\t(with its 'black' wings) open!,\n",
)


@pytest.mark.parametrize("caption", SPELLINGS)
def test_one_sentence_has_one_form(caption):
    assert plain(caption) == SPELLINGS[0]


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("Un petit oiseau bleu, au ventre blanc…", "un petit oiseau bleu, au ventre blanc"),
        ("¿Un pájaro rojo?", "un pájaro rojo"),
        ("it's wings are grey/brown", "it's wings are grey brown"),
        ("L’aile -- noire- d'un merle", "l'aile noire d'un merle"),
        ("„Ein gelber Vogel“ – groß", "ein gelber vogel groß"),
        ("腹が白い、小さな青い鳥。", "腹が白い 小さな青い鳥"),
        ("นกสีฟ้าตัวเล็กท้องขาว", "นกสีฟ้าตัวเล็กท้องขาว"),  # vowel signs and tone marks stay
        ("طَائِرٌ أَحْمَر؟", "طَائِرٌ أَحْمَر"),
        ("a red bird 🙂", "a red bird 🙂"),
        ("black wings,,grey crown ,. and a beak", "black wings, grey crown, and a beak"),
        ("...", ""),
        (" , ", ""),
    ],
)
def test_punctuation_goes_in_any_script_and_letters_stay(caption, expected):
    assert plain(caption) == expected
    assert plain(expected) == expected


def test_a_full_stop_changed_the_embedding_and_no_longer_does():
    raw = load_network().encode(list(SPELLINGS))
    assert raw[0] @ raw[1] < 0.99  # the network hears it
    vectors = load_encoder("package").encode(SPELLINGS)
    np.testing.assert_array_equal(vectors, vectors[[0, 0, 0]])


def test_a_picture_does_not_depend_on_punctuation():
    synthesizer = Synthesizer("birds")
    embeddings = synthesizer.embed(SPELLINGS)
    noise = synthesizer.noise(1, seed=4)[[0, 0, 0]]
    pictures = synthesizer.draw(embeddings, noise)
    for images in pictures.values():
        np.testing.assert_array_equal(images, images[[0, 0, 0]])


def test_what_is_no_list_of_captions_is_refused():
    with pytest.raises(InputError, match="takes a list of captions"):
        plain_captions("a red bird")
    with pytest.raises(InputError, match="caption 2 is of type int"):
        plain_captions(["a red bird", 7])  # type: ignore[list-item]


@pytest.mark.cub
def test_unseen_classes_are_described_as_training_classes_are(cub_root):
    """Punctuation moves the middle of their whitened embeddings by 9.6, of 22; commas by 4.5."""
    records = read_dataset(cub_root / "CUB_200_2011", captions=cub_root / "text_c10").records
    parts = [
        [record.captions[0] for record in records if record.zero_shot == part][::4]
        for part in ("train", "test")
    ]
    shifts = {}
    for name, encode in (("raw", load_network().encode), ("plain", load_encoder().encode)):
        training, unseen = (np.asarray(encode(captions)) for captions in parts)
        whitening = whitening_of(training.mean(axis=0), np.cov(training.T))
        shifts[name] = float(np.linalg.norm(whitening(unseen).mean(axis=0)))
    assert shifts["plain"] < 0.6 * shifts["raw"], shifts
