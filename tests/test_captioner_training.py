"""Learning to say people's captions, on toy birds."""

import json
import shutil

import numpy as np
import pytest
from small_captioner import SIZES, caption_pack, training

from t2i_utils.captioning.training import (
    NUM_CAPTIONS,
    NUM_IMAGES,
    _captions,
    next_word_loss,
    train_captioner,
)
from t2i_utils.captioning.views import NUM_VIEWS, regions_of, training_rows
from t2i_utils.captioning.vocabulary import PADDING, Vocabulary
from t2i_utils.data import Pack, load_pack
from t2i_utils.errors import InputError


def changed_pack(folder, **arrays: np.ndarray) -> Pack:
    shutil.copytree(caption_pack().folder, folder)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return load_pack(folder)


# -- the loss ---------------------------------------------------------------------------------


def plain_loss(logits: np.ndarray, words: np.ndarray) -> float:
    """Cross-entropy with a target of 0.9 for the word and 0.1 spread over all, word by word."""
    losses = []
    for row, sentence in zip(logits.astype("float64"), words, strict=True):
        for scores, word in zip(row, sentence, strict=True):
            if word == PADDING:
                continue
            chances = np.exp(scores) / np.exp(scores).sum()
            target = np.full(len(scores), 0.1 / len(scores))
            target[word] += 0.9
            losses.append(-(target * np.log(chances)).sum())
    return float(np.mean(losses))


def batch(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    words = random.integers(1, 11, (4, 6)).astype("int32")
    words[0, 3:], words[1, 5:] = PADDING, PADDING
    return random.normal(0, 3, (4, 6, 11)).astype("float32"), words


def test_the_loss_is_a_smoothed_cross_entropy_of_the_words_that_are_there():
    logits, words = batch()
    assert float(next_word_loss(logits, words)) == pytest.approx(plain_loss(logits, words), 1e-5)


def test_padding_does_not_count():
    logits, words = batch()
    changed = logits.copy()
    changed[words == PADDING] += np.random.default_rng(1).normal(0, 5, (4, 11))
    assert float(next_word_loss(changed, words)) == float(next_word_loss(logits, words))


def test_certainty_about_a_right_word_is_not_rewarded_without_end():
    words = np.array([[3]], "int32")
    losses = []
    for certainty in (2.0, 5.0, 50.0):
        logits = np.zeros((1, 1, 11), "float32")
        logits[..., 3] = certainty
        losses.append(float(next_word_loss(logits, words)))
    assert losses[1] < losses[0] < losses[2]


# -- the training -----------------------------------------------------------------------------


def test_the_loss_falls_and_what_was_learnt_is_about_toy_birds():
    describer, losses = training()
    assert len(losses) == 150 and np.isfinite(losses).all()
    uniform = np.log(len(describer.vocabulary))
    assert abs(losses[0] - uniform) < 0.5
    assert np.mean(losses[-10:]) < 0.65 * losses[0]
    pack = caption_pack()
    own = [text for row in training_rows(pack) for text in pack.captions[row]]
    assert describer.vocabulary.words == Vocabulary.of(own).words


def test_a_captioner_goes_on_from_another_and_learns_new_words(monkeypatch):
    given, losses = training()
    pack = load_pack(caption_pack().folder)
    new = [[f"zebra {text}" for text in captions] for captions in pack.captions]
    monkeypatch.setattr(pack, "captions", new)
    before = [np.array(weight.numpy()) for weight in given.captioner.weights]
    begun: list[float] = []
    describer = train_captioner(
        pack, 1, progress=False, watch=lambda step, loss: begun.append(loss), init=given
    )
    assert begun[0] < 0.85 * losses[0]  # all but one word are known
    known = given.vocabulary.words
    assert describer.vocabulary.words == (*known, "zebra")
    assert describer.captioner.config.width == SIZES["width"]
    for weight, array in zip(given.captioner.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), array)
    np.testing.assert_array_equal(describer.mean, given.mean)


def test_regions_are_standardised_by_the_training_pictures():
    describer, _ = training()
    pack = caption_pack()
    regions = regions_of(pack, training_rows(pack), "train", NUM_VIEWS, progress=False)[:, 0]
    standard = describer.standardise(regions).reshape(-1, regions.shape[-1])
    np.testing.assert_allclose(standard.mean(axis=0), 0, atol=0.01)
    lively = regions.reshape(-1, regions.shape[-1]).astype("float32").std(axis=0) > 0.1
    assert lively.mean() > 0.3
    np.testing.assert_allclose(standard.std(axis=0)[lively], 1, atol=0.02)


def test_the_card_says_how_it_was_made():
    card = training()[0].card
    manifest = caption_pack().manifest
    assert card["data"] == manifest["name"] and card["crop"] == manifest["crop"]
    assert card["num_images"] == len(training_rows(caption_pack()))
    assert card["steps"] == 150 and card["images_seen"] == 150 * NUM_IMAGES and card["seed"] == 0
    assert card["split"] == "zero-shot train and official train"
    json.dumps(card)


def test_pictures_matter_to_what_was_learnt():
    """Of two captions of two pictures, each is likelier of its own picture."""
    describer, _ = training()
    pack, captioner = caption_pack(), describer.captioner
    regions = regions_of(pack, training_rows(pack), "train", NUM_VIEWS, progress=False)
    regions = describer.standardise(regions[:, 0])
    length = captioner.config.max_words
    captions = [pack.captions[row][:4] for row in training_rows(pack)]
    words = np.stack([describer.vocabulary.encode(own, length + 1) for own in captions])

    def loss(places: np.ndarray) -> float:
        memory = captioner.encoder.predict_on_batch(np.repeat(regions[places], 4, axis=0))
        flat = words.reshape(-1, length + 1)
        logits = captioner.decoder.predict_on_batch([memory, flat[:, :-1]])
        return float(next_word_loss(logits, flat[:, 1:]))

    own = np.arange(len(regions))
    assert loss(own) < loss(np.roll(own, 5)) - 0.02


def test_the_same_seed_trains_the_same_and_a_stop_by_hand_keeps_what_was_learnt():
    whole, losses = training()
    early = []

    def watch(step: int, loss: float) -> None:
        early.append(loss)
        if step == 3:
            raise KeyboardInterrupt

    stopped = train_captioner(caption_pack(), steps=150, progress=False, watch=watch, **SIZES)
    assert stopped.card["steps"] == len(early) == 3 and stopped.card["images_seen"] == 96
    np.testing.assert_allclose(early, losses[:3], rtol=1e-4)
    assert len(set(early)) == 3
    regions = np.random.default_rng(0).standard_normal((2, 49, len(whole.mean)))
    sentences = stopped.sentences(regions.astype("float32"), samples=2)
    assert [len(own) for own in sentences] == [2, 2]


def test_captions_of_a_picture_are_different_ones_while_there_are_enough():
    random = np.random.default_rng(0)
    ten = [tuple(sorted(_captions(np.zeros((10, 5)), random))) for _ in range(200)]
    assert all(len(set(chosen)) == NUM_CAPTIONS for chosen in ten)
    assert len(set(ten)) > 100 and {number for chosen in ten for number in chosen} == {*range(10)}
    assert set(_captions(np.zeros((2, 5)), random)) <= {0, 1}
    assert len(_captions(np.zeros((2, 5)), random)) == NUM_CAPTIONS


def test_a_pack_without_pictures_to_learn_from_is_named(tmp_path):
    nothing = np.zeros(len(caption_pack()), bool)
    pack = changed_pack(tmp_path / "pack", official_train=nothing)
    with pytest.raises(InputError, match="no picture of .*pack is in the training part of both"):
        train_captioner(pack, steps=1, progress=False)


def test_captions_that_share_no_word_are_named(tmp_path):
    pack = changed_pack(tmp_path / "pack")
    texts = [[f"w{i}x{k}" for k in range(len(own))] for i, own in enumerate(pack.captions)]
    (tmp_path / "pack" / "captions.json").write_text(json.dumps(texts))
    with pytest.raises(InputError, match="no word is in 5 captions of .*pack"):
        train_captioner(load_pack(tmp_path / "pack"), steps=1, progress=False)
