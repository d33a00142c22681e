import keras
import numpy as np
import pytest

from t2i_utils import backend
from t2i_utils.stackgan import kernels
from t2i_utils.stackgan.layers import UpsampleConv2D


@pytest.mark.parametrize("shape", [(2, 4, 4, 7), (1, 5, 3, 2), (1, 1, 1, 1)])
def test_it_equals_upsampling_then_convolution(shape):
    maps = np.random.default_rng(0).standard_normal(shape).astype("float32")
    layer = UpsampleConv2D(6)
    drawn = np.asarray(layer(maps))
    convolution = keras.layers.Conv2D(6, 3, padding="same", use_bias=False)
    convolution.build((*shape[:3], shape[-1]))
    convolution.kernel.assign(layer.kernel)
    expected = np.asarray(convolution(keras.layers.UpSampling2D()(maps)))
    np.testing.assert_allclose(drawn, expected, rtol=1e-5, atol=1e-5)


def test_its_gradients_are_those_of_upsampling_then_convolution():
    rng = np.random.default_rng(0)
    maps = keras.Variable(rng.standard_normal((2, 4, 4, 3)).astype("float32"))
    kernel = keras.Variable(rng.standard_normal((3, 3, 3, 5)).astype("float32"))
    weights = rng.standard_normal((2, 8, 8, 5)).astype("float32")

    def two_steps(maps, kernel):
        enlarged = keras.ops.repeat(keras.ops.repeat(maps, 2, axis=1), 2, axis=2)
        return keras.ops.conv(enlarged, kernel, padding="same")

    def gradients_of(function):
        def losses():
            product = function(keras.ops.convert_to_tensor(maps), kernel.value) * weights
            return [keras.ops.sum(product)], None

        def step(_):
            return backend.gradients(losses, [maps, kernel])[2][0]

        return backend.to_numpy(backend.compile_step(step, [maps, kernel])(np.zeros(1)))

    expected = gradients_of(two_steps)
    for found, wanted in zip(gradients_of(kernels.upsample_convolve), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_its_kernel_stays_float32_under_mixed_precision():
    with backend.precision("mixed_bfloat16"):
        layer = UpsampleConv2D(4)
        drawn = layer(np.ones((1, 2, 2, 3), "float32"))
    assert keras.backend.standardize_dtype(layer.kernel.dtype) == "float32"
    assert keras.backend.standardize_dtype(drawn.dtype) == "bfloat16"
