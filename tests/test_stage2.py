"""The Stage-II generators."""

import keras
import numpy as np
import pytest
from small_gan import BATCH, WIDTH, shared_gan, small_batch
from test_stage1 import convolutions, trained

from t2i_utils.stackgan.recipes import build_generator, make_config


def inputs(gan):
    batch = small_batch(gan)
    small = batch["images"][:, ::4, ::4]
    return [small, batch["embeddings"], batch["epsilon"]]


@pytest.mark.parametrize("recipe", ["paper", "modern"])
def test_pictures_are_256_px_float32(recipe):
    gan = shared_gan(recipe, 2)
    images, mu, log_sigma = (np.asarray(x) for x in gan.generator(inputs(gan), training=True))
    assert images.shape == (BATCH, 256, 256, 3)
    assert mu.shape == log_sigma.shape == (BATCH, 128)
    assert {x.dtype for x in (images, mu, log_sigma)} == {np.dtype("float32")}
    assert np.abs(images).max() <= 1  # the paper's by tanh, a fresh modern one like Stage I
    assert images.std() > 0.001


def test_a_fresh_modern_stage_2_shows_stage_1_enlarged():
    gan = shared_gan("modern", 2)
    given = inputs(gan)
    images = np.asarray(gan.generator(given, training=True)[0])
    expected = keras.layers.UpSampling2D(4, interpolation="bilinear")(given[0])
    np.testing.assert_allclose(images, np.asarray(expected), atol=1e-6)


@pytest.mark.parametrize("changed", [0, 1, 2])
def test_small_picture_words_and_epsilon_each_change_the_picture(changed):
    gan = shared_gan("paper", 2)
    given = inputs(gan)
    before = gan.generator.predict_on_batch(given)[0]
    given[changed] = given[changed].copy()
    given[changed][1] = np.roll(given[changed][1], 1) + 0.5
    after = gan.generator.predict_on_batch(given)[0]
    difference = np.abs(after - before).max((1, 2, 3))
    assert difference[1] > 1e-4
    assert np.delete(difference, 1).max() < 1e-6  # and nobody else's


def test_stage_2_draws_no_noise_of_its_own():
    names = [x.name for x in build_generator(make_config("paper", "smoke", 2), WIDTH).inputs]
    assert names == ["stage1_images", "embedding", "epsilon"]


def test_paper_generator_is_the_released_one():
    model = build_generator(make_config("paper", "gpu", 2), 1024)
    gf = 128
    assert convolutions(model) == [
        (3, 1, gf, 64, False),
        (4, 2, 2 * gf, 32, False),
        (4, 2, 4 * gf, 16, False),
        (3, 1, 4 * gf, 16, False),  # after the condition is joined
        *[(3, 1, 4 * gf, 16, False)] * 8,  # four residual blocks
        (3, 1, 2 * gf, 32, False),
        (3, 1, gf, 64, False),
        (3, 1, gf // 2, 128, False),
        (3, 1, gf // 4, 256, False),
        (3, 1, 3, 256, False),
    ]
    conditioning = 1024 * 256 + 256
    encoder = 9 * 3 * 128 + 16 * 128 * 256 + 2 * 256 + 16 * 256 * 512 + 2 * 512
    joint = 9 * (512 + 128) * 512 + 2 * 512
    residual = 4 * 2 * (9 * 512 * 512 + 2 * 512)
    up = 9 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 32) + 2 * (256 + 128 + 64 + 32)
    assert trained(model) == conditioning + encoder + joint + residual + up + 9 * 32 * 3


def test_batch_normalisation_stands_after_all_but_the_first_and_last_convolution():
    model = build_generator(make_config("paper", "smoke", 2), WIDTH)
    followed = [
        type(x._outbound_nodes[0].operation).__name__ == "BatchNormalization"
        for x in model.layers
        if isinstance(x, keras.layers.Conv2D)
    ]
    assert followed == [False, *[True] * 15, False]
