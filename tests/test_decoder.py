"""The network that reads regions and says words."""

import keras
import numpy as np
import pytest
from small_captioner import (
    MAX_WORDS,
    NUM_WORDS,
    new_captioner,
    random_regions,
    randomise,
    shared_captioner,
)

from t2i_utils.captioning.decoder import Attention, CaptionerConfig
from t2i_utils.captioning.stepping import NEVER, Steps, log_probabilities
from t2i_utils.captioning.vocabulary import END
from t2i_utils.errors import InputError


@pytest.fixture
def captioner():
    return randomise(shared_captioner(), 0)


def logits_of(captioner, regions, words) -> np.ndarray:
    memory = captioner.encoder.predict_on_batch(regions)
    return captioner.decoder.predict_on_batch([memory, words])


def random_words(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, NUM_WORDS, (count, MAX_WORDS), "int32")


def test_no_place_sees_later_words_and_all_see_earlier_ones(captioner):
    regions, words = random_regions(1, 0), random_words(1)
    before = logits_of(captioner, regions, words)
    assert before.shape == (1, MAX_WORDS, NUM_WORDS) and before.dtype == np.float32
    for place in range(MAX_WORDS):
        changed = words.copy()
        changed[0, place] = (changed[0, place] + 1) % NUM_WORDS
        moved = abs(logits_of(captioner, regions, changed) - before).max(axis=-1)[0]
        assert moved[:place].max(initial=0) < 1e-5
        assert moved[place:].min() > 1e-3


def test_every_region_and_its_place_matter(captioner):
    regions, words = random_regions(1, 0), random_words(1)
    before = logits_of(captioner, regions, words)
    for region in (0, 30, 48):
        changed = regions.copy()
        changed[0, region] += 3
        assert abs(logits_of(captioner, changed, words) - before).max() > 1e-3
    turned = regions.reshape(1, 7, 7, -1).transpose(0, 2, 1, 3).reshape(regions.shape)
    assert abs(logits_of(captioner, turned, words) - before).max() > 1e-2


def test_pictures_of_a_batch_do_not_mix(captioner):
    regions, words = random_regions(3, 0), random_words(3)
    together = logits_of(captioner, regions, words)
    for row in range(3):
        alone = logits_of(captioner, regions[row : row + 1], words[row : row + 1])
        np.testing.assert_allclose(together[row], alone[0], atol=1e-4)


def test_a_word_at_a_time_gives_the_logits_of_a_sentence_at_once(captioner):
    regions, words = random_regions(3, 4), random_words(3, 4)
    expected = log_probabilities(logits_of(captioner, regions, words))
    steps = Steps(captioner, regions)
    for place in range(MAX_WORDS):
        found, looks = steps.say(words[:, place])
        allowed = np.ones(NUM_WORDS, bool)
        if place == 0:  # where a sentence cannot end
            allowed[END] = False
            expected[:, 0] = log_probabilities(np.where(allowed, expected[:, 0], NEVER))
        np.testing.assert_allclose(found[:, allowed], expected[:, place, allowed], atol=1e-4)
        assert looks.shape == (3, 49)
        np.testing.assert_allclose(looks.sum(axis=1), 1, atol=1e-5)


def test_attention_is_the_papers():
    keras.utils.set_random_seed(0)
    look = Attention(CaptionerConfig(5, 3, width=8, num_heads=2))
    random = np.random.default_rng(0)
    x, y = random.standard_normal((2, 4, 8)), random.standard_normal((2, 6, 8))
    mask = np.where(random.random((4, 6)) < 0.3, -1e9, 0).astype("float32")
    found, looks = look(x.astype("float32"), *look.keys_and_values(y.astype("float32")), mask)

    kernels = [np.asarray(layer.kernel) for layer in look.layers]
    heads = []
    for head in (slice(0, 4), slice(4, 8)):
        queries, keys, values = x @ kernels[0], y @ kernels[1], y @ kernels[2]
        scores = queries[..., head] @ keys[..., head].transpose(0, 2, 1) / np.sqrt(4) + mask
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        heads.append((weights / weights.sum(-1, keepdims=True)) @ values[..., head])
    np.testing.assert_allclose(found, np.concatenate(heads, -1) @ kernels[3], atol=1e-5)
    assert looks.shape == (2, 2, 4, 6) and np.asarray(looks)[..., mask < 0].max() == 0


def test_weights_are_listed_once_and_hold_no_state_of_random_numbers(captioner):
    weights = captioner.weights
    assert len({id(weight) for weight in weights}) == len(weights)
    assert {weight.name for weight in weights} <= {"kernel", "bias", "gamma", "beta", "embeddings"}
    own = {id(weight) for weight in weights}
    for model in (captioner.encoder, captioner.decoder):
        assert {id(weight) for weight in model.weights} <= own


def test_dropout_acts_in_training_alone():
    captioner = new_captioner()
    regions = random_regions(2, 0)
    plain = np.asarray(captioner.encoder(regions, training=False))
    np.testing.assert_array_equal(plain, captioner.encoder(regions, training=False))
    assert abs(np.asarray(captioner.encoder(regions, training=True)) - plain).max() > 0.01


def test_a_configuration_comes_back_and_another_is_refused():
    config = CaptionerConfig(30, 20, width=64, max_words=9)
    assert CaptionerConfig.from_json(config.to_json()) == config
    with pytest.raises(InputError, match="configuration does not fit: .*'colour'"):
        CaptionerConfig.from_json({**config.to_json(), "colour": 3})
    with pytest.raises(InputError, match="configuration does not fit"):
        CaptionerConfig.from_json({"width": 64})
