"""Gradients and compiled steps: the same promises on TensorFlow and on JAX."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from t2i_utils import backend


def variable(*values: float) -> keras.Variable:
    return keras.Variable(np.array(values, "float32"))


def numbers(tensors: list) -> list[list[float]]:
    return [np.asarray(tensor).tolist() for tensor in backend.to_numpy(tensors)]


def test_each_loss_is_differentiated_for_its_own_group():
    a, b = variable(2.0), variable(3.0, 5.0)

    def step(x):
        def losses():
            product = ops.sum(a * b) * x
            return (product, ops.sum(a * b**2)), {"product": product}

        return backend.gradients(losses, [a], [b])

    losses, extra, gradients = backend.compile_step(step, [a, b])(np.float32(10))
    assert [float(loss) for loss in losses] == [160.0, 68.0]
    assert float(extra["product"]) == 160.0
    assert numbers(gradients[0]) == [[80.0]]  # of the first loss, for a
    assert numbers(gradients[1]) == [[12.0, 20.0]]  # of the second loss, for b


def test_a_compiled_step_keeps_what_it_assigns():
    total, count = variable(0.0), variable(0.0)

    def step(x):
        count.assign(count + 1)
        total.assign(total + x)
        return total / count

    compiled = backend.compile_step(step, [total, count])
    means = [float(compiled(np.array([x], "float32"))[0]) for x in (2.0, 4.0, 9.0)]
    assert means == [2.0, 3.0, 5.0]
    assert total.numpy().tolist() == [15.0] and count.numpy().tolist() == [3.0]


@pytest.mark.skipif(backend.name() != "jax", reason="several steps are one call on JAX alone")
def test_several_steps_of_one_call_follow_each_other():
    total, count = variable(0.0), variable(0.0)

    def step(shared, own):
        count.assign(count + 1)
        total.assign(total * shared["kept"] + own["x"])
        return {"total": total.value, "mean": total / count}

    compiled = backend.compile_steps(step, [total, count])
    shared, own = {"kept": np.float32(0.5)}, {"x": np.array([[2], [4], [6]], "float32")}
    assert np.ravel(compiled(shared, own)["total"]).tolist() == [2.0, 5.0, 8.5]
    assert np.ravel(compiled(shared, own)["mean"]).tolist() == pytest.approx(
        [6.25 / 4, 7.125 / 5, 9.5625 / 6]
    )
    assert total.numpy().tolist() == [9.5625] and count.numpy().tolist() == [6.0]


def test_a_compiled_function_reads_what_variables_hold_when_it_is_called():
    weight = variable(2.0, 3.0)
    compiled = backend.compile_function(lambda x: x * weight, [weight])
    held = weight.value
    assert numbers([compiled(np.float32(10))]) == [[20.0, 30.0]]
    assert np.asarray(held).tolist() == [2.0, 3.0]  # its memory was not given away
    weight.assign(np.array([4.0, 5.0], "float32"))
    assert numbers([compiled(np.float32(10))]) == [[40.0, 50.0]]


def test_assignments_inside_the_losses_are_kept_and_watched_variables_are_not_moved():
    weight, seen = variable(2.0), variable(0.0)

    def step(x):
        def losses():
            seen.assign(seen + x)  # like BatchNorm's statistics
            return (ops.sum(weight * seen),), None

        return backend.gradients(losses, [weight])[2][0]

    compiled = backend.compile_step(step, [weight, seen])
    assert numbers(compiled(np.array([3.0], "float32"))) == [[3.0]]
    assert numbers(compiled(np.array([4.0], "float32"))) == [[7.0]]
    assert seen.numpy().tolist() == [7.0] and weight.numpy().tolist() == [2.0]


def test_descent_with_batch_normalisation_and_adam():
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.BatchNormalization(momentum=0.5), keras.layers.Dense(1)]
    )
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build(model.trainable_variables)

    def step(batch):
        def losses():
            error = model(batch["x"], training=True) - batch["y"]
            return (ops.mean(error**2),), None

        (loss,), _, (gradients,) = backend.gradients(losses, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    random = np.random.default_rng(0)
    x = random.normal(4, 2, (64, 3)).astype("float32")
    compiled = backend.compile_step(step, [*model.variables, *optimizer.variables])
    history = [float(compiled({"x": x, "y": x[:, :1] * 2 - x[:, 1:2]})) for _ in range(120)]
    assert history[-1] < 0.01 * history[0]
    assert int(optimizer.iterations.numpy()) == 120
    np.testing.assert_allclose(model.layers[0].moving_mean.numpy(), x.mean(0), rtol=1e-3)


def test_a_variable_in_two_groups_is_refused():
    a = variable(1.0)
    with pytest.raises(ValueError, match="a variable is in two groups"):
        backend.gradients(lambda: ((a, a), None), [a], [a])


def test_precision_is_put_back_even_after_an_error():
    before = keras.config.dtype_policy().name
    with pytest.raises(RuntimeError), backend.precision("mixed_bfloat16"):
        layer = keras.layers.Dense(1)
        raise RuntimeError
    assert layer.compute_dtype == "bfloat16" and layer.variable_dtype == "float32"
    assert keras.config.dtype_policy().name == before == "float32"


def test_devices_name_the_machine():
    assert backend.name() in ("tensorflow", "jax")
    assert any("cpu" in device.lower() for device in backend.devices()) or backend.has_accelerator()
    assert isinstance(backend.has_accelerator(), bool)


@pytest.mark.skipif("T2I_NESTED" in os.environ, reason="runs inside itself")
def test_all_of_this_and_the_loss_scale_hold_on_jax_too():
    files = [__file__, Path(__file__).with_name("test_precision.py")]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "T2I_NESTED": "1"},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout[-3000:]
    assert "11 passed, 14 skipped" in result.stdout


@pytest.mark.skipif("T2I_NESTED" in os.environ, reason="it is about TensorFlow alone")
def test_importing_a_module_changes_no_option_of_tensorflow_and_building_a_network_does():
    """The option belongs to the process: it is set when it is needed, before anything is traced."""
    code = """
import importlib, pkgutil
import tensorflow as tf
before = tf.config.optimizer.get_experimental_options()
import t2i_utils
for module in pkgutil.walk_packages(t2i_utils.__path__, "t2i_utils."):
    importlib.import_module(module.name)
assert tf.config.optimizer.get_experimental_options() == before
from t2i_utils.stackgan.weights import load_weights
load_weights("toy", (1,))
assert tf.config.optimizer.get_experimental_options() == before | {"arithmetic_optimization": False}
"""
    subprocess.run([sys.executable, "-c", code], check=True)
