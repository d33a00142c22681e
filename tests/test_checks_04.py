"""The checks of notebook 04: the solution passes, each usual mistake gets the hint that fits."""

import numpy as np
import pytest
from answers import refused, said
from keras import layers, ops

from t2i_utils.course import checks_04, checks_04_hold

# --- exercise 1 --------------------------------------------------------------------------------


def block(
    maps, *, size=3, norms=2, branch_relu=False, add=1, last_relu=True, filters=None, bias=False,
    norm_first=False,
):  # fmt: skip
    """The solution, with one thing changed."""
    x = maps
    for index in range(2):
        channels = filters or maps.shape[-1]
        x = layers.BatchNormalization()(x) if norm_first else x
        x = layers.Conv2D(channels, size, padding="same", use_bias=bias)(x)
        x = layers.BatchNormalization()(x) if index < norms and not norm_first else x
        x = layers.ReLU()(x) if index == 0 or branch_relu else x
    for _ in range(add):
        x = layers.add([maps, x])
    return layers.ReLU()(x) if last_relu else x


def relu_first(maps):
    """ReLU before BatchNorm, in the first half."""
    x = layers.Conv2D(maps.shape[-1], 3, padding="same", use_bias=False)(maps)
    x = layers.BatchNormalization()(layers.ReLU()(x))
    x = layers.Conv2D(maps.shape[-1], 3, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.add([maps, layers.BatchNormalization()(x)]))


def test_the_block_is_accepted_and_is_the_librarys(capsys):
    from t2i_utils.stackgan.layers import residual_block

    for function in (block, residual_block):
        assert checks_04.check_residual_block(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda maps: ..., "replace the ..."),
        (lambda maps: None, "replace the ..."),
        (lambda maps: np.zeros(3), "the last layer"),
        (lambda maps: block(maps, filters=4, add=0), "the shape must stay"),
        (lambda maps: block(maps, add=0), "add it at the end"),
        (lambda maps: block(maps, add=2), "once"),
        (lambda maps: block(maps, last_relu=False), "after the addition"),
        (lambda maps: block(maps, branch_relu=True), "no ReLU before"),
        (lambda maps: block(maps, norms=1), "you have 1"),
        (lambda maps: block(maps, bias=True), "use_bias=False"),
        (lambda maps: block(maps, norm_first=True), "another order"),
        (relu_first, "another order"),
        (lambda maps: block(maps, size=1), "two 3x3"),
        (lambda maps: layers.ReLU()(maps), "two 3x3"),
        (lambda maps: block(block(maps)), "two 3x3"),
    ],
)
def test_a_wrong_block_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_04.check_residual_block, function, hint)


# --- exercise 2 --------------------------------------------------------------------------------


def last_layer(
    maps, sketch, *, start="zeros", way="bilinear", size=3, out=None, sign=1, add=True
):  # fmt: skip
    """The solution, with one thing changed."""
    x = layers.Conv2D(12, size, padding="same", kernel_initializer=start)(maps)
    x = sign * ops.depth_to_space(x, 2)
    x = layers.Activation(out)(x) if out else x
    enlarged = layers.UpSampling2D(4, interpolation=way)(sketch)
    return layers.add([enlarged, x]) if add else x


def in_squares(maps, sketch):
    x = layers.Conv2D(12, 3, padding="same", kernel_initializer="zeros")(maps)
    x = layers.UpSampling2D(2)(x[..., :3])
    return x + layers.UpSampling2D(4, interpolation="bilinear")(sketch)


def too_many_channels(maps, sketch):
    x = layers.Conv2D(24, 3, padding="same", kernel_initializer="zeros")(maps)
    enlarged = layers.UpSampling2D(4, interpolation="bilinear")(sketch)
    return enlarged + ops.depth_to_space(x, 2)[..., :3]


def with_tanh(maps, sketch):
    return ops.tanh(last_layer(maps, sketch))


def test_the_last_layer_is_accepted(capsys):
    def by_hand(maps, sketch):
        change = layers.Conv2D(12, (3, 3), padding="same", kernel_initializer="zeros")(maps)
        change = layers.Reshape((8, 8, 2, 2, 3))(change)
        change = layers.Reshape((16, 16, 3))(layers.Permute((1, 3, 2, 4, 5))(change))
        return layers.UpSampling2D(4, interpolation="bilinear")(sketch) + change

    for function in (last_layer, by_hand, checks_04.ready_last_layer):
        assert checks_04.check_last_layer(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda maps, sketch: ..., "replace the ..."),
        (lambda maps, sketch: np.zeros(3), "the last layer"),
        (lambda maps, sketch: maps, "should give (16, 16, 3)"),
        (lambda maps, sketch: last_layer(maps, maps), "stopped with"),
        (lambda maps, sketch: layers.UpSampling2D(4)(sketch), "must read the change"),
        (too_many_channels, "12 channels, got [24]"),
        (lambda *a: last_layer(*a, size=1), "3x3"),
        (lambda *a: last_layer(*a, start="ones"), "kernel_initializer='zeros'"),
        (lambda *a: last_layer(*a, add=False), "add the enlarged sketch"),
        (lambda *a: last_layer(*a, way="nearest"), "bilinear"),
        (lambda *a: last_layer(*a, sign=-1), "taken away"),
        (lambda *a: last_layer(*a, out="relu"), "no ReLU"),
        (lambda *a: 2 * last_layer(*a), "added once"),
        (with_tanh, "no tanh"),
        (in_squares, "depth_to_space"),
    ],
)  # fmt: skip
def test_a_wrong_last_layer_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_04.check_last_layer, function, hint)


# --- exercise 3 --------------------------------------------------------------------------------


def sketches(*, training=False, output=0, stop=True, order=(0, 1, 2)):
    """The solution, with one thing changed."""

    def function(stage1, *inputs):
        found = stage1([inputs[place] for place in order], training=training)
        found = found if output is None else found[output]
        return ops.stop_gradient(found) if stop else found

    return function


def test_sketches_that_move_nothing_are_accepted(capsys):
    def without_naming_the_mode(stage1, *inputs):
        return ops.stop_gradient(stage1(list(inputs))[0])

    for function in (sketches(), without_naming_the_mode, checks_04.ready_sketches):
        assert checks_04.check_sketches(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda *a: ..., "replace the ..."),
        (lambda *a: "sketches", "got 'sketches'"),
        (lambda stage1, *a: 1 / 0, "ZeroDivisionError"),
        (sketches(training=True), "running statistics moved"),
        (sketches(training=True, stop=False), "running statistics moved"),
        (sketches(stop=False), "a gradient reaches"),
        (sketches(output=None, stop=False), "you return 3 things"),
        (sketches(output=1), "not the first"),
        (sketches(output=2), "not the first"),
        (lambda stage1, text, noise, epsilon: ops.stop_gradient(
            stage1([text, noise, 0 * epsilon], training=False)[0]), "other pictures"),
        (lambda stage1, *inputs: stage1.predict_on_batch(list(inputs))[0], "*called*"),
    ],
)  # fmt: skip
def test_wrong_sketches_get_their_hint(capsys, function, hint):
    refused(capsys, checks_04.check_sketches, function, hint)


# --- exercise 4 --------------------------------------------------------------------------------


def lesson(
    *, loss=lambda x: ops.mean(ops.abs(x)), training=True, output=0, sign=1, times=1, only=None,
    returns=lambda x: x,
):  # fmt: skip
    """The solution, with one thing changed."""
    import tensorflow as tf

    def step(generator, optimizer, inputs, originals):
        variables = generator.trainable_variables
        with tf.GradientTape() as tape:
            value = loss(generator(inputs, training=training)[output] - originals)
        gradients = tape.gradient(value, variables)
        chosen = [
            (sign * gradient, variable)
            for gradient, variable in zip(gradients, variables, strict=True)
        ]
        for _ in range(times):
            for gradient, variable in chosen[:only]:
                variable.assign_sub(0.1 * gradient)
        return returns(value)

    return step


def test_the_lesson_is_accepted_and_is_the_ready_one(capsys):
    for function in (lesson(), checks_04.ready_lesson):
        assert checks_04.check_lesson(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda generator, optimizer, inputs, originals: ..., "replace the ..."),
        (lambda generator, optimizer, inputs, originals: originals, "one number"),
        (lambda generator, optimizer, inputs, originals: 1 / 0, "ZeroDivisionError"),
        (lesson(loss=lambda x: ops.mean(ops.square(x))), "*squared*"),
        (lesson(loss=ops.mean), "ops.abs"),
        (lesson(loss=lambda x: ops.sum(ops.abs(x))), "the mean"),
        (lesson(loss=lambda x: -ops.mean(ops.abs(x))), "sign"),
        (lesson(loss=lambda x: 3 * ops.mean(ops.abs(x))), "first output"),
        (lesson(training=False), "training=True"),
        (lesson(times=0), "no weight has moved"),
        (lesson(sign=-1), "uphill"),
        (lesson(only=2), "some weights"),
        (lesson(times=2), "another step"),
    ],
)
def test_a_wrong_lesson_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_04.check_lesson, function, hint)


# --- exercise 5 --------------------------------------------------------------------------------


def hold(
    pictures, sketches, *, margin=0.3, share=0.5, limit=1.0, steps="clamp, project", nine=None,
    keeps="both", way="bilinear",
):  # fmt: skip
    """The solution, with one thing changed."""

    def enlarge(maps):
        return ops.image.resize(maps, pictures.shape[1:3], interpolation=way)

    def highest(maps):
        return ops.max_pool(maps, 3, strides=1, padding="same")

    def clamp(maps):
        least = -highest(-sketches) if nine is None else nine(highest(sketches))
        low = ops.maximum(least - margin, -limit)
        high = ops.minimum(highest(sketches) + margin, limit)
        maps = ops.minimum(maps, enlarge(high)) if keeps in ("both", "above") else maps
        return ops.maximum(maps, enlarge(low)) if keeps in ("both", "below") else maps

    def project(maps):
        return maps + share * enlarge(sketches - ops.average_pool(maps, 4, strides=4))

    for step in steps.split(", "):
        pictures = {"clamp": clamp, "project": project}[step](pictures)
    return pictures


def from_the_first(pictures, sketches):
    missing = sketches - ops.average_pool(pictures, 4, strides=4)
    return hold(pictures, sketches, steps="clamp") + 0.5 * ops.image.resize(missing, (24, 24))


def test_the_hold_is_accepted_and_is_the_librarys(capsys):
    for function in (hold, checks_04_hold.ready_hold):
        assert checks_04_hold.check_hold(function) is True
        assert said(capsys).startswith("Right: ")


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (..., "a function is wanted"),
        (lambda p, s: ..., "replace the ..."),
        (lambda p, s: s, "of the shape"),
        (lambda p, s: "held", "of the shape"),
        (lambda p, s: p[7], "IndexError"),
        (lambda p, s: p + 0.5 * (s - ops.average_pool(p, 4, strides=4)), "stopped with"),
        (lambda *a: hold(*a, steps="clamp"), "step 1 is right"),
        (lambda *a: hold(*a, steps="project"), "step 2 is right"),
        (lambda *a: hold(*a, keeps="above"), "lower one too"),
        (lambda *a: hold(*a, keeps="below"), "upper one too"),
        (lambda *a: hold(*a, nine=lambda high: high), "*least* of nine"),
        (lambda *a: hold(*a, margin=0), "0.3 beyond"),
        (lambda *a: hold(*a, margin=-0.3), "wider"),
        (lambda *a: hold(*a, limit=9.0), "above 1"),
        (lambda *a: hold(*a, share=1), "*half*"),
        (lambda *a: hold(*a, share=-0.5), "minus the picture"),
        (lambda *a: hold(*a, steps="project, clamp"), "then step 2"),
        (from_the_first, "step 1 has made"),
        (lambda *a: hold(*a, way="nearest"), "off by"),
        (lambda p, s: p, "off by"),
    ],
)
def test_a_wrong_hold_gets_its_hint(capsys, function, hint):
    refused(capsys, checks_04_hold.check_hold, function, hint)
