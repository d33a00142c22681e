"""A captioner with all that it needs: pictures in, sentences out; saved and loaded."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from small_captioner import (
    REGION_WIDTH,
    describer_folder,
    new_captioner,
    random_regions,
    randomise,
    toy_pictures,
    training,
)

import t2i_utils
from t2i_utils.captioning.bird_finder import look_closer
from t2i_utils.captioning.captioners import ARRAYS, available_captioners
from t2i_utils.captioning.consensus import NUM_DRAWN, TEMPERATURE, agreement
from t2i_utils.captioning.decoding import greedy, sample
from t2i_utils.captioning.describer import CARD, GROUP, Describer, load_describer
from t2i_utils.captioning.vocabulary import SPECIAL, Vocabulary
from t2i_utils.errors import InputError


@pytest.fixture(scope="module")
def describer() -> Describer:
    return load_describer(describer_folder())


@pytest.fixture(scope="module")
def regions(describer) -> np.ndarray:
    """Six toy birds as the network takes them."""
    return describer.standardise(look_closer(describer.eyes, toy_pictures(6))[0].regions)


def copied(target):
    return shutil.copytree(describer_folder(), target)


def words_of(sentences) -> list[list[tuple[int, ...]]]:
    return [[sentence.words for sentence in own] for own in sentences]


# -- sentences --------------------------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 5, 12])
def test_sentences_are_those_that_agree_most_with_all_that_were_drawn(describer, regions, samples):
    copies = max(NUM_DRAWN, 2 * samples)
    drawn = sample(describer.captioner, regions, np.random.default_rng(4), 0.9, TEMPERATURE, copies)
    for row, own in enumerate(describer.sentences(regions, samples, seed=4)):
        all_drawn = drawn[row * copies : (row + 1) * copies]
        texts = [describer.vocabulary.decode(sentence.words) for sentence in all_drawn]
        scores = dict(zip(texts, agreement(texts), strict=True))
        expected = sorted(scores, key=lambda text: -scores[text])[:samples]
        found = [describer.vocabulary.decode(sentence.words) for sentence in own]
        assert len(set(found)) == len(found) == min(samples, len(scores))
        assert [scores[text] for text in found] == [scores[text] for text in expected]


def test_the_first_of_many_is_the_only_one_of_few(describer, regions):
    one, four = (words_of(describer.sentences(regions, samples=k, seed=2)) for k in (1, 4))
    assert [row[:1] for row in four] == one


def test_the_same_seed_says_the_same_and_another_something_else(describer, regions):
    first, again, other = (
        words_of(describer.sentences(regions, samples=4, seed=seed)) for seed in (7, 7, 8)
    )
    assert first == again
    assert all(set(a) != set(b) for a, b in zip(first, other, strict=True))


def test_where_there_are_not_enough_sentences_all_are_given():
    """A captioner of one word and three places can say two things."""
    vocabulary = Vocabulary([*SPECIAL, "bird"])
    captioner = randomise(new_captioner(len(vocabulary), max_words=3), 0)
    own = Describer(captioner, vocabulary, np.zeros(REGION_WIDTH), np.ones(REGION_WIDTH), {})
    found = own.sentences(random_regions(3, 0), samples=6)
    assert {words for row in words_of(found) for words in row} <= {(4,), (4, 4)}
    assert all(1 <= len(row) <= 2 for row in found)


def test_fast_is_greedy(describer, regions):
    found = describer.describe(toy_pictures(6), fast=True)
    expected = [describer.vocabulary.decode(s.words) for s in greedy(describer.captioner, regions)]
    assert [description.sentences for description in found] == [[text] for text in expected]


def test_pictures_of_any_size_are_described_with_the_chance_of_a_bird(describer):
    pictures = [*toy_pictures(2), Image.new("RGB", (1, 1)), Image.new("RGB", (900, 40), "green")]
    found = describer.describe(pictures, samples=2)
    assert len(found) == 4
    for description in found:
        assert len(description.sentences) == 2 and all(description.sentences)
        assert 0 <= description.bird <= 1
        for sentence in description.sentences:
            assert set(sentence.split()) <= set(describer.vocabulary.words[4:])
    assert max(found[0].bird, found[1].bird) > found[2].bird
    assert describer.describe([]) == []


@pytest.mark.parametrize("how", [{"samples": 3}, {"fast": True}])
def test_a_picture_is_described_alike_in_any_company(describer, how):
    pictures = toy_pictures(GROUP + 2)
    together = describer.describe(pictures, **how)
    for place in (0, GROUP - 1, GROUP):
        assert describer.describe([pictures[place]], **how)[0].sentences == (
            together[place].sentences
        )


# -- files ------------------------------------------------------------------------------------


def test_a_saved_captioner_says_the_same(describer, regions, tmp_path):
    """Float16 rounds the weights once; after that, files hold exactly what is used."""
    trained, _ = training()
    rounded = [sentence.words for sentence in greedy(describer.captioner, regions)]
    whole = [sentence.words for sentence in greedy(trained.captioner, regions)]
    assert np.mean([a == b for a, b in zip(rounded, whole, strict=True)]) > 0.8
    describer.save(tmp_path / "again")
    again = load_describer(tmp_path / "again")
    assert words_of(again.sentences(regions, 3)) == words_of(describer.sentences(regions, 3))
    for own, other in zip(again.captioner.weights, describer.captioner.weights, strict=True):
        np.testing.assert_array_equal(own, other)
    assert again.vocabulary.words == trained.vocabulary.words
    np.testing.assert_array_equal(again.mean, trained.mean)
    np.testing.assert_array_equal(again.scale, trained.scale)
    assert again.card["steps"] == trained.card["steps"] and again.card["version"] == 1


def test_files_are_open_and_free_of_code(tmp_path):
    card = json.loads((describer_folder() / CARD).read_text())
    assert card["file"] == ARRAYS and len(card["sha256"]) == 64
    with np.load(describer_folder() / ARRAYS, allow_pickle=False) as archive:
        note = json.loads(archive["note.json"].tobytes())
    assert note["vocabulary"][4:] == list(training()[0].vocabulary.words[4:])
    assert {file.name for file in describer_folder().iterdir()} == {CARD, ARRAYS}


def cut(path):
    path.write_bytes(path.read_bytes()[:-10])


def with_card(**fields):
    def spoil(folder):
        card = json.loads((folder / CARD).read_text())
        (folder / CARD).write_text(json.dumps({**card, **fields}))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda folder: cut(folder / ARRAYS), "captioner.npz has a wrong checksum: it is damaged"),
        (lambda folder: (folder / ARRAYS).unlink(), "captioner.npz is missing: restore it"),
        (lambda folder: (folder / CARD).unlink(), "card.json is missing: restore it, or name"),
        (lambda folder: (folder / CARD).write_text("{"), "card.json is damaged"),
        (lambda folder: (folder / CARD).write_text("[1]"), "card.json is damaged"),
        (lambda folder: (folder / CARD).write_bytes(b"\xff"), "card.json is damaged"),
        (with_card(reader=None), "card.json is damaged"),
        (with_card(version=9), "has version 9, expected 1: train or fetch anew"),
        (with_card(sha256="0" * 64), "captioner.npz has a wrong checksum"),
        (lambda folder: shutil.rmtree(folder), "no captioner at .*nowhere.*: name a folder"),
    ],
)
def test_a_folder_that_is_no_captioner_is_named(tmp_path, spoil, expected):
    folder = copied(tmp_path / "nowhere")
    spoil(folder)
    with pytest.raises(InputError, match=expected) as error:
        load_describer(folder)
    assert "\n" not in str(error.value)


def test_shipped_captioners_are_found_by_name():
    names = available_captioners()
    for name in names:
        assert load_describer(name).vocabulary.words[4:]
    with pytest.raises(InputError, match="no captioner at 'parrot'"):
        load_describer("parrot")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot write"):
        training()[0].save(tmp_path / "file" / "captioner")


# -- one call ---------------------------------------------------------------------------------


def test_describe_is_one_call_for_files_and_arrays(describer, tmp_path):
    pictures = toy_pictures(3)
    expected = [found.sentences[0] for found in describer.describe(pictures)]
    arrays = np.stack([np.asarray(picture) for picture in pictures])
    assert t2i_utils.describe(arrays, describer_folder()) == expected
    assert t2i_utils.describe(list(arrays), str(describer_folder())) == expected
    pictures[1].save(tmp_path / "p.png")
    assert t2i_utils.describe(tmp_path / "p.png", describer_folder()) == [expected[1]]
    assert t2i_utils.describe([str(tmp_path / "p.png")], describer_folder()) == [expected[1]]
    assert t2i_utils.describe([], describer_folder()) == []


@pytest.mark.parametrize(
    "image",
    [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32), np.zeros((0, 8, 3), np.uint8)],
)
def test_arrays_that_are_no_pictures_are_named(image):
    with pytest.raises(InputError, match=r"expected uint8 \(height, width, 3\)"):
        t2i_utils.describe([image], describer_folder())


def test_describe_notices_a_new_captioner_in_the_same_folder(tmp_path):
    folder = copied(tmp_path / "captioner")
    picture = np.asarray(toy_pictures(1)[0])
    before = t2i_utils.describe([picture], folder)
    changed = load_describer(folder)
    words = list(changed.vocabulary.words)
    changed.vocabulary = Vocabulary([*words[:4], *(f"{word}x" for word in words[4:])])
    changed.save(folder)
    after = t2i_utils.describe([picture], folder)
    assert after != before and all(word.endswith("x") for word in after[0].split())


EIGHT_THREADS = """
from concurrent.futures import ThreadPoolExecutor
import keras, numpy as np
from PIL import Image
from t2i_utils.captioning.describer import load_describer

describer = load_describer(FOLDER)
noise = np.random.default_rng(0).integers(256, size=(8, 64, 64, 3), dtype=np.uint8)
pictures = [Image.fromarray(picture) for picture in noise]
alone = [describer.describe([picture]) for picture in pictures]
with ThreadPoolExecutor(8) as pool:
    together = list(pool.map(lambda picture: describer.describe([picture]), 4 * pictures))
print(keras.backend.backend(), together == 4 * alone)
"""


@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_eight_threads_may_describe_at_once(backend):
    if backend == "jax":
        pytest.importorskip("jax")
    done = subprocess.run(
        [sys.executable, "-c", EIGHT_THREADS.replace("FOLDER", repr(str(describer_folder())))],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": backend},
    )
    assert done.stdout == f"{backend} True\n", done.stderr[-2000:]
