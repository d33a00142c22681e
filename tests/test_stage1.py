"""The Stage-I generators: the paper's layer by layer, the modern one by what it does."""

import keras
import numpy as np
import pytest
from small_gan import BATCH, WIDTH, shared_gan, small_batch

from t2i_utils.stackgan.recipes import build_generator, make_config


def inputs(gan):
    batch = small_batch(gan)
    return [batch["embeddings"], batch["noise"], batch["epsilon"]]


def trained(model: keras.Model) -> int:
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def convolutions(model: keras.Model) -> list[tuple]:
    """(kernel, stride, output channels, output height, bias?) of each convolution, in order."""
    return [
        (x.kernel_size[0], x.strides[0], x.filters, x.output.shape[1], x.use_bias)
        for x in model.layers
        if isinstance(x, keras.layers.Conv2D)
    ]


@pytest.mark.parametrize("recipe", ["paper", "modern"])
def test_pictures_are_64_px_float32_within_the_range(recipe):
    gan = shared_gan(recipe, 1)
    images, mu, log_sigma = (np.asarray(x) for x in gan.generator(inputs(gan), training=True))
    assert images.shape == (BATCH, 64, 64, 3)
    assert mu.shape == log_sigma.shape == (BATCH, 128)
    assert {x.dtype for x in (images, mu, log_sigma)} == {np.dtype("float32")}
    assert np.abs(images).max() <= 1
    assert images.std() > 0.01
    assert np.abs(images).mean() < 0.7  # a fresh generator is not saturated


@pytest.mark.parametrize("recipe", ["paper", "modern"])
@pytest.mark.parametrize("changed", [0, 1, 2])
def test_words_noise_and_epsilon_each_change_the_picture(recipe, changed):
    gan = shared_gan(recipe, 1)
    given = inputs(gan)
    before = gan.generator.predict_on_batch(given)[0]
    given[changed] = given[changed].copy()
    given[changed][1] += 1
    after = gan.generator.predict_on_batch(given)[0]
    difference = np.abs(after - before).max((1, 2, 3))
    assert difference[1] > 1e-3
    assert np.delete(difference, 1).max() < 1e-5  # and nobody else's


def test_paper_generator_is_the_released_one():
    model = build_generator(make_config("paper", "gpu", 1), 1024)
    gf = 128
    assert convolutions(model) == [
        (1, 1, 2 * gf, 4, False),  # bottleneck at 4 px
        (3, 1, 2 * gf, 4, False),
        (3, 1, 8 * gf, 4, False),
        (3, 1, 4 * gf, 8, False),
        (1, 1, gf, 8, False),  # bottleneck at 8 px
        (3, 1, gf, 8, False),
        (3, 1, 4 * gf, 8, False),
        (3, 1, 2 * gf, 16, False),
        (3, 1, gf, 32, False),
        (3, 1, 3, 64, False),
    ]
    # By hand: (input x output + bias) of the linear maps, kernel of the convolutions, and two
    # numbers a channel for BatchNorm, which follows all but the conditioning and the last one.
    conditioning = 1024 * 256 + 256
    first = (128 + 100) * 16 * 1024 + 2 * 16 * 1024
    four = 1024 * 256 + 9 * 256 * 256 + 9 * 256 * 1024 + 2 * (256 + 256 + 1024)
    up_eight = 9 * 1024 * 512 + 2 * 512
    eight = 512 * 128 + 9 * 128 * 128 + 9 * 128 * 512 + 2 * (128 + 128 + 512)
    up = 9 * 512 * 256 + 2 * 256 + 9 * 256 * 128 + 2 * 128
    assert trained(model) == conditioning + first + four + up_eight + eight + up + 9 * 128 * 3


def test_every_batch_normalisation_of_the_paper_has_its_epsilon_and_decay():
    model = build_generator(make_config("paper", "smoke", 1), WIDTH)
    norms = [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert len(norms) == 10
    assert {(norm.epsilon, norm.momentum) for norm in norms} == {(1e-5, 0.9)}


def test_modern_generator_is_modulated_in_every_block():
    model = shared_gan("modern", 1).generator
    blocks = [x for x in model.layers if type(x).__name__ == "ModulatedBatchNorm"]
    assert [x.output.shape[1] for x in blocks] == [8, 16, 32, 64]
    assert all(x.modulation.kernel.shape[0] == 128 + 100 for x in blocks)


def test_each_further_convolution_of_a_block_changes_the_picture():
    gan = shared_gan("modern", 1)
    model = build_generator(make_config("modern", "smoke", 1, convolutions=2), WIDTH)
    blocks = [x for x in model.layers if type(x).__name__ == "ModulatedBatchNorm"]
    assert [x.output.shape[1] for x in blocks] == [8, 8, 16, 16, 32, 32, 64, 64]
    further = [x for x in model.layers if type(x) is keras.layers.Conv2D][:-1]  # without RGB's
    assert [x.output.shape[1] for x in further] == [8, 16, 32, 64]
    before = np.asarray(model(inputs(gan))[0])
    for layer in further:
        kernel = np.asarray(layer.kernel)
        layer.kernel.assign(2 * kernel)
        assert np.abs(np.asarray(model(inputs(gan))[0]) - before).max() > 1e-3
        layer.kernel.assign(kernel)
    np.testing.assert_array_equal(np.asarray(model(inputs(gan))[0]), before)


@pytest.mark.parametrize("recipe", ["paper", "modern"])
def test_mixed_precision_ends_in_float32(recipe):
    config = make_config(recipe, "smoke", 1, precision="mixed_bfloat16", generator_width=8)
    model = build_generator(config, WIDTH)
    assert [output.dtype for output in model.outputs] == ["float32"] * 3
    assert {variable.dtype for variable in model.variables} == {"float32"}
    dtypes = {x.compute_dtype for x in model.layers if isinstance(x, keras.layers.Conv2D)}
    assert "bfloat16" in dtypes
    assert keras.config.dtype_policy().name == "float32"
