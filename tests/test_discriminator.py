"""The discriminators: the paper's layer by layer, the projected one by what it does."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from small_gan import ALL, BATCH, WIDTH, shared_gan, small_batch, values
from test_stage1 import convolutions, trained

from t2i_utils.stackgan.augment import UNIFORMS
from t2i_utils.stackgan.recipes import build_discriminator, make_config


def features_of(gan, batch):
    augmentation = [batch["augment_real"]] if "augment_real" in batch else []  # modern only
    return gan.discriminator.features(batch["images"], *augmentation)


def judge(gan, batch, embeddings=None):
    features = features_of(gan, batch)
    words = batch["embeddings"] if embeddings is None else embeddings
    return np.asarray(gan.discriminator.judge(features, keras.ops.convert_to_tensor(words)))


@pytest.mark.parametrize(("recipe", "stage"), ALL)
def test_logits_are_float32_and_depend_on_picture_and_words(recipe, stage):
    gan = shared_gan(recipe, stage)
    batch = small_batch(gan)
    logits = judge(gan, batch)
    places = 1 if recipe == "paper" else 4 * stage * (gan.config.feature_size // 32) ** 2
    assert logits.shape == (BATCH, places)
    assert logits.dtype == np.float32
    assert np.abs(judge(gan, batch, batch["wrong_embeddings"]) - logits).max() > 1e-5
    assert np.abs(judge(gan, {**batch, "images": batch["images"][::-1]}) - logits).max() > 1e-5


@pytest.mark.parametrize(("recipe", "stage"), ALL)
def test_pictures_are_judged_with_several_sentences_at_once(recipe, stage):
    gan = shared_gan(recipe, stage)
    batch = small_batch(gan)
    state = gan.discriminator.state_variables
    before = values(state)

    def put_back():  # each judgement is a step of the spectral norms' power iteration
        for variable, value in zip(state, before, strict=True):
            variable.assign(value)

    both = batch["embeddings"], batch["wrong_embeddings"]
    alone = []
    for words in both:
        alone.append(judge(gan, batch, words))
        put_back()
    features = features_of(gan, batch)
    put_back()
    together = gan.discriminator.judge_each(features, both)
    put_back()
    for found, expected in zip(together, alone, strict=True):
        np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stage", [1, 2])
def test_pictures_and_sentences_become_vectors_of_unit_length(stage):
    gan = shared_gan("modern", stage)
    batch = small_batch(gan)
    features = gan.discriminator.features(batch["images"], batch["augment_real"])
    pictures = np.asarray(gan.discriminator.image_vectors(features))
    sentences = np.asarray(gan.discriminator.text_vectors(batch["embeddings"]))
    for vectors in (pictures, sentences):
        assert vectors.shape == (BATCH, 256) and vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=-1), 1, rtol=1e-5)
        assert np.abs(vectors[0] - vectors[1]).max() > 1e-3


@pytest.mark.parametrize("stage", [1, 2])
def test_paper_discriminator_is_the_released_one(stage):
    found = build_discriminator(make_config("paper", "gpu", stage), 1024)
    df = 64
    if stage == 1:
        down = [(4, 2, df * 2**k, 32 // 2**k, False) for k in range(4)]
    else:
        down = [(4, 2, df * 2**k, 128 // 2**k, False) for k in range(6)]
        down += [(1, 1, 16 * df, 4, False), (1, 1, 8 * df, 4, False)]
    block = [(1, 1, 2 * df, 4, False), (3, 1, 2 * df, 4, False), (3, 1, 8 * df, 4, False)]
    assert convolutions(found.trunk) == [*down, *block]
    assert convolutions(found.head) == [(1, 1, 8 * df, 4, False), (4, 1, 1, 1, False)]
    # By hand, as in the generators; the first convolution has no BatchNorm.
    channels = [3, 64, 128, 256, 512, 1024, 2048][: 5 if stage == 1 else 7]
    trunk = 16 * sum(a * b for a, b in zip(channels, channels[1:], strict=False))
    trunk += 2 * sum(channels[2:])
    if stage == 2:
        trunk += 2048 * 1024 + 2 * 1024 + 1024 * 512 + 2 * 512
    trunk += 512 * 128 + 9 * 128 * 128 + 9 * 128 * 512 + 2 * (128 + 128 + 512)
    assert trained(found.trunk) == trunk
    head = 1024 * 128 + 128 + (512 + 128) * 512 + 2 * 512 + 16 * 512
    assert trained(found.head) == head


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        # after each convolution: norm?, LeakyReLU?; the last two of Stage I's way down are linear
        (1, ["leaky", "norm leaky", "norm", "norm", "norm leaky", "norm leaky", "norm"]),
        (2, ["leaky", *["norm leaky"] * 6, "norm", "norm leaky", "norm leaky", "norm"]),
    ],
)
def test_where_the_paper_normalises_and_bends(stage, expected):
    trunk = build_discriminator(make_config("paper", "smoke", stage), WIDTH).trunk
    found = []
    for layer in trunk.layers:
        if isinstance(layer, keras.layers.Conv2D):
            found.append("")
        if isinstance(layer, keras.layers.BatchNormalization):
            found[-1] = "norm"
            assert (layer.epsilon, layer.momentum) == (1e-5, 0.9)
        # The trunk's last layer bends the sum of the residual block.
        if isinstance(layer, keras.layers.LeakyReLU) and layer is not trunk.layers[-1]:
            found[-1] = f"{found[-1]} leaky".strip()
            assert layer.negative_slope == pytest.approx(0.2)
    assert found == expected


def test_projected_trunk_is_frozen_and_always_the_same():
    gan = shared_gan("modern", 1)
    assert gan.discriminator.trunk.trainable_variables == []
    keras.utils.set_random_seed(99)
    again = build_discriminator(gan.config, WIDTH)
    for one, two in zip(gan.discriminator.trunk.variables, again.trunk.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
    kept = {id(variable) for variable in gan.state_variables}
    assert not kept & {id(variable) for variable in gan.discriminator.frozen_variables}


def test_projected_trunk_mixes_four_scales():
    gan = shared_gan("modern", 1)
    batch = small_batch(gan)
    features = gan.discriminator.features(batch["images"], batch["augment_real"])
    assert [tuple(x.shape) for x in features] == [
        (BATCH, 16, 16, 64),
        (BATCH, 8, 8, 64),
        (BATCH, 4, 4, 128),
        (BATCH, 2, 2, 256),
    ]


def test_stage_2_also_looks_at_a_window():
    gan = shared_gan("modern", 2)
    batch = small_batch(gan)
    before = gan.discriminator.features(batch["images"], batch["augment_real"])
    moved = batch["augment_real"].copy()
    moved[:, 4:6] = 1 - moved[:, 4:6]  # another window, the same whole picture
    after = gan.discriminator.features(batch["images"], moved)
    changes = [
        np.abs(np.asarray(a) - np.asarray(b)).max() for a, b in zip(after, before, strict=True)
    ]
    assert len(changes) == 8
    assert max(changes[:4]) == 0
    assert min(changes[4:]) > 1e-3


@pytest.mark.parametrize("stage", [1, 2])
def test_what_the_hidden_square_covers_does_not_count(stage):
    gan = shared_gan("modern", stage)
    batch = small_batch(gan)
    uniforms = np.full((BATCH, UNIFORMS), 0.5, "float32")  # the square in the middle
    side = gan.config.image_size
    changed = batch["images"].copy()
    middle = slice(round(0.46 * side), round(0.54 * side))
    changed[:, middle, middle] *= -1
    for hidden, least, most in ((0.5, 0, 1e-3), (0.0, 0.1, np.inf)):
        found = replace(gan.discriminator, hidden_square=hidden)
        pairs = zip(
            found.features(batch["images"], uniforms), found.features(changed, uniforms),
            strict=True,
        )  # fmt: skip
        difference = max(np.abs(np.asarray(a) - np.asarray(b)).max() for a, b in pairs)
        assert least <= difference <= most


def test_judging_changes_no_weight_of_the_paper_s_trunk():
    gan = shared_gan("paper", 1)
    before = values(gan.discriminator.trunk.trainable_variables)
    judge(gan, small_batch(gan))
    for a, b in zip(before, values(gan.discriminator.trunk.trainable_variables), strict=True):
        np.testing.assert_array_equal(a, b)
