"""The pieces of generators and discriminators, against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from t2i_utils import backend
from t2i_utils.errors import InputError
from t2i_utils.stackgan import layers as pieces

RANDOM = np.random.default_rng(0)


def array(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype("float32")


def test_condition_is_mu_plus_sigma_times_epsilon():
    embedding, epsilon = keras.Input((6,)), keras.Input((4,))
    outputs = pieces.conditioning_augmentation(embedding, epsilon, 4)
    model = keras.Model([embedding, epsilon], outputs)
    words, noise = array(5, 6), array(5, 4)
    condition, mu, log_sigma = (np.asarray(x) for x in model([words, noise]))
    np.testing.assert_allclose(condition, mu + np.exp(log_sigma) * noise, rtol=1e-5, atol=1e-6)
    assert model.count_params() == (6 + 1) * 2 * 4  # one linear map


def test_an_unusual_sentence_does_not_get_a_sigma_of_hundreds():
    embedding, epsilon = keras.Input((6,)), keras.Input((4,))
    outputs = pieces.conditioning_augmentation(embedding, epsilon, 4, initial_log_sigma=-2.0)
    model = keras.Model([embedding, epsilon], outputs)
    _, mu, log_sigma = (np.asarray(x) for x in model([1000 * array(50, 6), array(50, 4)]))
    assert abs(mu).max() > 100
    assert log_sigma.max() == 0


def test_epsilon_of_another_size_is_refused():
    with pytest.raises(InputError, match="epsilon has 3 columns, expected 4"):
        pieces.conditioning_augmentation(keras.Input((6,)), keras.Input((3,)), 4)


def test_vector_is_repeated_over_every_pixel():
    maps, vector = array(2, 3, 4, 5), array(2, 6)
    found = np.asarray(pieces.TiledConcatenate()([maps, vector]))
    assert found.shape == (2, 3, 4, 11)
    np.testing.assert_array_equal(found[..., :5], maps)
    np.testing.assert_array_equal(
        found[..., 5:], np.broadcast_to(vector[:, None, None], (2, 3, 4, 6))
    )


def normalised(kind: type, maps: np.ndarray, weights: np.ndarray) -> list[np.ndarray]:
    """What a BatchNorm layer gives in training, its statistics then, and its gradients."""
    layer = kind(momentum=0.9, epsilon=1e-5)
    layer.build(maps.shape)
    layer.gamma.assign([0.5, 1.0, 2.0])
    layer.beta.assign([-1.0, 0.0, 1.0])
    inputs = keras.Variable(maps)
    watched = [inputs, *layer.trainable_variables]

    def update(values):
        def loss():
            outputs = layer(inputs.value, training=True)
            return [ops.sum(values * outputs)], outputs

        _, outputs, gradients = backend.gradients(loss, watched)
        return [outputs, *gradients[0]]

    found = backend.compile_step(update, [inputs, *layer.variables])(weights)
    return backend.to_numpy([*found, *layer.non_trainable_variables])


@pytest.mark.parametrize("shape", [(8, 5, 5, 3), (9, 3)])
def test_batchnorm_is_kerass(shape):
    """On TensorFlow, maps pass a fused kernel."""
    maps, weights = 3 * array(*shape) + 7, array(*shape)
    found = normalised(pieces.BatchNormalization, maps, weights)
    expected = normalised(keras.layers.BatchNormalization, maps, weights)
    for own, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[-2], 0.1 * maps.reshape(-1, 3).mean(0), rtol=1e-4)


def test_modulation_scales_and_shifts_normalised_maps():
    layer = pieces.ModulatedBatchNorm()
    maps, condition = 3 * array(8, 5, 5, 2) + 7, array(8, 3)
    found = np.asarray(layer([maps, condition], training=True))
    kernel, bias = (weight.numpy() for weight in layer.modulation.weights)
    scale, shift = np.split(condition @ kernel + bias, 2, axis=-1)
    normal = (maps - maps.mean((0, 1, 2))) / np.sqrt(maps.var((0, 1, 2)) + 1e-5)
    expected = normal * (1 + scale[:, None, None]) + shift[:, None, None]
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(("strides", "padding"), [(1, "same"), (2, "same"), (1, "valid")])
def test_spectral_convolution_has_a_largest_singular_value_of_one(strides, padding):
    layer = pieces.SpectralConv2D(6, 3, strides, padding)
    maps = array(2, 8, 8, 4)
    for _ in range(500):  # power iteration is slow where two singular values lie close together
        found = layer(maps, training=True)
    kernel = layer.kernel.numpy()
    sigma = np.linalg.svd(kernel.reshape(-1, 6), compute_uv=False)[0]
    expected = ops.conv(maps, kernel / sigma, strides=strides, padding=padding)
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-3, atol=1e-4)
    assert layer.compute_output_shape(maps.shape) == tuple(found.shape)


def test_spectral_convolution_moves_its_vector_in_training_only():
    layer = pieces.SpectralConv2D(6, 3)
    maps = array(1, 4, 4, 2)
    layer(maps, training=False)
    before = layer.vector.numpy().copy()
    layer(maps, training=False)
    np.testing.assert_array_equal(layer.vector.numpy(), before)
    layer(maps, training=True)
    assert np.abs(layer.vector.numpy() - before).max() > 0.01


def test_gradient_passes_through_sigma():
    # The output does not change with the kernel's scale, so its gradient is orthogonal to it.
    layer = pieces.SpectralConv2D(6, 3)
    maps, weights = array(2, 4, 4, 2), array(2, 4, 4, 6)
    for _ in range(100):
        layer(maps, training=True)

    def step(_):
        def losses():
            return (ops.sum(layer(maps, training=False) * weights),), None

        return backend.gradients(losses, [layer.kernel])[2][0][0]

    gradient = np.asarray(backend.compile_step(step, layer.weights)(np.float32(0)))
    kernel = layer.kernel.numpy()
    cosine = (gradient * kernel).sum() / np.linalg.norm(gradient) / np.linalg.norm(kernel)
    assert np.linalg.norm(gradient) > 0.1
    assert abs(cosine) < 1e-4


def test_small_initial_values_are_those_of_a_linear_layer_in_pytorch():
    values = np.asarray(pieces.small_uniform()((400, 300)))
    bound = 1 / np.sqrt(400)
    assert np.abs(values).max() <= bound
    assert values.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)


def test_released_initial_values():
    values = np.asarray(pieces.small_normal()((400, 300)))
    assert values.std() == pytest.approx(0.02, rel=0.02)
    assert np.abs(values).max() > 0.06  # a normal, no uniform


def test_residual_pieces_keep_their_shape():
    inputs = keras.Input((8, 8, 12))
    bottleneck = keras.Model(inputs, pieces.residual_bottleneck(inputs, 3))
    block = keras.Model(inputs, pieces.residual_block(inputs))
    norms = 2  # gamma and beta; moving statistics are not trained
    trained = [
        sum(int(np.prod(v.shape)) for v in m.trainable_variables) for m in (bottleneck, block)
    ]
    assert trained[0] == 12 * 3 + 9 * 3 * 3 + 9 * 3 * 12 + norms * (3 + 3 + 12)
    assert trained[1] == 2 * 9 * 12 * 12 + norms * (12 + 12)
    maps = array(2, 8, 8, 12)
    for model in (bottleneck, block):
        assert model(maps).shape == maps.shape


def test_upsampling_doubles_by_the_nearest_pixel_and_convolves():
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, pieces.upsample_normalised(inputs, 5, activation=False))
    convolution, norm = model.layers[1:]
    maps = array(2, 4, 4, 3)
    enlarged = maps.repeat(2, axis=1).repeat(2, axis=2)
    expected = ops.conv(enlarged, convolution.kernel, padding="same")
    np.testing.assert_allclose(
        np.asarray(model(maps)), np.asarray(norm(expected)), rtol=1e-4, atol=1e-5
    )
    assert expected.shape == (2, 8, 8, 5)


def test_gated_upsampling_halves_the_convolution():
    inputs = keras.Input((2, 2, 3))
    model = keras.Model(inputs, pieces.glu_upsample(inputs, 5, keras.layers.Identity()))
    maps = array(2, 2, 2, 3)
    convolved = np.asarray(model.layers[1](maps))
    expected = convolved[..., :5] / (1 + np.exp(-convolved[..., 5:]))
    np.testing.assert_allclose(np.asarray(model(maps)), expected, atol=1e-6)
    assert expected.shape == (2, 4, 4, 5)


def test_back_projection_keeps_a_drawn_picture_near_the_small_one():
    small = RANDOM.uniform(-0.9, 0.9, (2, 8, 8, 3)).astype("float32")
    large = small.repeat(4, axis=1).repeat(4, axis=2) + 0.1 * array(2, 32, 32, 3)
    large[:, 14] = 3.0  # a bright line
    layer = pieces.BackProjection()
    np.testing.assert_array_equal(np.asarray(layer([large, small], training=True)), large)

    def enlarge(maps: np.ndarray) -> np.ndarray:
        return np.asarray(keras.layers.UpSampling2D(4, interpolation="bilinear")(maps))

    padded = np.pad(small, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    around = np.stack([padded[:, y : y + 8, x : x + 8] for y in range(3) for x in range(3)])
    highest = np.minimum(around.max(axis=0) + layer.margin, 1)
    lowest = np.maximum(around.min(axis=0) - layer.margin, -1)
    kept = np.clip(large, enlarge(lowest), enlarge(highest))
    missing = small - kept.reshape(2, 8, 4, 8, 4, 3).mean(axis=(2, 4))
    found = np.asarray(layer([large, small]))
    np.testing.assert_allclose(found, kept + layer.share * enlarge(missing), atol=1e-5)
    assert found[:, 14].max() < 1.5
