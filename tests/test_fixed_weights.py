"""Fixed weights are TensorFlow's, bit for bit: shipped discriminators were trained with them."""

import numpy as np
from keras import initializers

from t2i_utils.stackgan.fixed_weights import fixed_uniform


def test_fixed_weights_are_those_that_keras_draws_on_tensorflow():
    for shape, seed in (((1, 1, 320, 256), 4324), ((3, 3, 5, 7), 1)):
        draw = initializers.VarianceScaling(1 / 3, "fan_in", "uniform", seed=seed)
        limit = np.prod(shape[:-1]) ** -0.5
        np.testing.assert_array_equal(fixed_uniform(shape, seed, limit), np.asarray(draw(shape)))
