"""Crops, shifts and resizes as matrix products."""

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

from t2i_utils import backend
from t2i_utils.stackgan.augment import (
    BRIGHTNESS,
    CONTRAST,
    TRANSLATION,
    UNCHANGED,
    UNIFORMS,
    augment,
    augment_window,
    resample,
    sampling_matrix,
)

RANDOM = np.random.default_rng(0)
NEUTRAL = np.tile(np.float32(UNCHANGED), (2, 1))


def pictures(size: int, batch: int = 2) -> np.ndarray:
    return RANDOM.uniform(-1, 1, (batch, size, size, 3)).astype("float32")


def with_uniforms(**columns: float) -> np.ndarray:
    names = ("brightness", "contrast", "down", "right", "window_down", "window_right",
             "hidden_down", "hidden_right")  # fmt: skip
    uniforms = NEUTRAL.copy()
    for name, value in columns.items():
        uniforms[:, names.index(name)] = value
    return uniforms


def test_rows_of_the_matrix_are_triangles_around_their_centres():
    offsets = np.array([0.0, 0.25, -3.0], "float32")
    found = np.asarray(sampling_matrix(4, 12, 2.5, offsets, 2.5))
    assert found.shape == (3, 4, 12)
    for batch, offset in enumerate(offsets):
        for row in range(4):
            centre = offset + (row + 0.5) * 2.5 - 0.5
            expected = np.maximum(0, 1 - np.abs(centre - np.arange(12)) / 2.5) / 2.5
            np.testing.assert_allclose(found[batch, row], expected, atol=1e-6)


# Whole ratios, which the stages use. (Elsewhere Pillow scales each row of weights to add up to 1.)
@pytest.mark.parametrize(("size", "output"), [(32, 8), (32, 16), (16, 32), (16, 16)])
def test_resizing_agrees_with_pillow_away_from_the_edges(size, output):
    image = pictures(size, 1)
    found = np.asarray(resample(image, output, size / output, np.zeros((1, 2), "float32")))[0]
    inner = slice(2, -2)
    for channel in range(3):
        reference = Image.fromarray(image[0, ..., channel]).resize(
            (output, output), Image.Resampling.BILINEAR
        )
        np.testing.assert_allclose(
            found[inner, inner, channel], np.asarray(reference)[inner, inner], atol=1e-5
        )


def test_neutral_numbers_change_nothing():
    images = pictures(8)
    np.testing.assert_allclose(np.asarray(augment(images, 8, NEUTRAL)), images, atol=1e-6)


def test_shifts_move_by_an_eighth_at_most_and_fill_with_grey():
    images = np.ones((2, 16, 16, 3), "float32")
    reach = int(16 * TRANSLATION)
    for value, side in ((0.0, slice(0, reach)), (1.0, slice(16 - reach, 16))):
        moved = np.asarray(augment(images, 16, with_uniforms(down=value)))
        inside = np.ones(16, bool)
        inside[side] = False
        assert (moved[:, side] == 0).all() and (moved[:, inside] == 1).all()
        moved = np.asarray(augment(images, 16, with_uniforms(right=value)))
        assert (moved[:, :, side] == 0).all() and (moved[:, :, inside] == 1).all()


def test_each_picture_has_its_own_shift():
    images = np.repeat(pictures(16, 1), 2, 0)
    uniforms = NEUTRAL.copy()
    uniforms[1, 2] = 1.0
    first, second = np.asarray(augment(images, 16, uniforms))
    np.testing.assert_allclose(first, images[0], atol=1e-6)
    np.testing.assert_allclose(second[:14], images[0][2:], atol=1e-6)


def test_light_changes_within_its_range():
    images = pictures(8)
    brighter = np.asarray(augment(images, 8, with_uniforms(brightness=1.0)))
    np.testing.assert_allclose(brighter, images + BRIGHTNESS, atol=1e-5)
    flatter = np.asarray(augment(images, 8, with_uniforms(contrast=0.0)))
    mean = images.mean((1, 2, 3), keepdims=True)
    np.testing.assert_allclose(flatter, mean + (images - mean) * (1 - CONTRAST), atol=1e-5)


def test_window_is_a_cut_at_full_resolution():
    images = pictures(16)
    for value, start in ((0.0, 0), (1.0, 12)):
        uniforms = with_uniforms(window_down=value, window_right=1 - value)
        found = np.asarray(augment_window(images, 4, uniforms))
        expected = images[:, start : start + 4, 12 - start : 16 - start]
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("function", [augment, augment_window])
def test_a_square_is_hidden_in_grey_and_the_rest_stays(function):
    images = pictures(16)
    uniforms = with_uniforms(hidden_down=0.25, hidden_right=0.5)
    expected = images.copy()
    expected[:, :8, 4:12] = 0
    found = np.asarray(function(images, 16, uniforms, hidden=0.5))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(np.asarray(function(images, 16, uniforms)), images, atol=1e-6)


@pytest.mark.parametrize("function", [augment, augment_window])
def test_gradients_reach_the_pictures(function):
    images = keras.Variable(pictures(16))
    weights = RANDOM.standard_normal((2, 8, 8, 3)).astype("float32")
    uniforms = RANDOM.random((2, UNIFORMS)).astype("float32")

    def loss(values):
        return ops.sum(function(values, 8, uniforms) * weights)

    def step(_):
        return backend.gradients(lambda: ((loss(images.value),), None), [images])[2][0][0]

    gradient = np.asarray(backend.compile_step(step, [images])(np.float32(0)))
    direction = RANDOM.standard_normal(gradient.shape).astype("float32")
    # Linear in the pictures, so a finite difference is exact but for rounding.
    difference = float(loss(images.numpy() + direction) - loss(images.numpy()))
    assert difference == pytest.approx(float((gradient * direction).sum()), rel=1e-3, abs=1e-3)
    assert np.abs(gradient).max() > 0.01


def test_blur_spreads_a_dot_and_keeps_its_light():
    images = np.zeros((2, 33, 33, 3), "float32")
    images[:, 16, 16] = 1
    sharp = np.asarray(augment(images, 33, NEUTRAL))
    blurred = np.asarray(augment(images, 33, NEUTRAL, blur=4.0))
    change = 1 / 33**2  # contrast at its neutral value keeps the mean
    np.testing.assert_allclose(blurred.sum(axis=(1, 2)), sharp.sum(axis=(1, 2)), atol=10 * change)
    np.testing.assert_allclose(blurred[0, 16, 16], 1 / 16, atol=1e-5)
    assert (blurred[0, 16, 13:20] > 0).all() and (blurred[0, 16, :12] == 0).all()
