"""Precision follows the device; float16 survives overflows (test_backend.py: on JAX as well)."""

import os

import keras
import numpy as np
import pytest
from keras import ops

from t2i_utils import backend
from t2i_utils.config import POLICIES
from t2i_utils.precision import FIRST_SCALE, GOOD_STEPS, Device, LossScale, best_precision
from t2i_utils.precision import this_device as this

nested = pytest.mark.skipif("T2I_NESTED" in os.environ, reason="the backend does not matter")


@nested
@pytest.mark.parametrize(
    ("device", "expected"),
    [
        (Device("GPU", (7, 5)), "float16"),  # a T4, as Colab lends it
        (Device("GPU", (6, 1)), "float32"),
        (Device("GPU", (8, 0)), "bfloat16"),
        (Device("GPU", (12, 0)), "bfloat16"),
        (Device("GPU"), "float32"),
        (Device("TPU"), "bfloat16"),
        (Device("CPU", features=frozenset({"avx2", "avx512f"})), "float32"),
        (Device("CPU", features=frozenset({"avx2", "avx512_bf16"})), "bfloat16"),
    ],
)
def test_a_device_trains_in_what_it_computes_fast(device, expected):
    assert best_precision(device)[0] == expected


@nested
@pytest.mark.parametrize("preset", ["cpu", "gpu"])
def test_presets_take_what_fits_this_machine(preset):
    from t2i_utils.stackgan.recipes import make_config

    assert make_config("modern", preset).precision == POLICIES[best_precision(this())[0]]
    assert make_config("modern", preset, precision="mixed_float16").precision == "mixed_float16"


def small_step():
    """A compiled update of a small network in float16, its loss scale and all its variables."""
    keras.utils.set_random_seed(0)
    with backend.precision("mixed_float16"):
        model = keras.Sequential(
            [keras.Input((3,)), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
        )
    optimizer, scale = keras.optimizers.Adam(0.1), LossScale()
    optimizer.build(model.trainable_variables)
    variables = [*model.variables, *optimizer.variables, *scale.variables]

    def update(factor, batch):
        def losses():
            outputs = ops.cast(model(batch["x"], training=True), "float32")
            loss = ops.mean((outputs - batch["y"]) ** 2)
            return [loss * factor], loss

        _, loss, (gradients,) = backend.gradients(losses, model.trainable_variables)
        gradients = [gradient / factor for gradient in gradients]
        optimizer.apply(gradients, model.trainable_variables)
        return loss, gradients

    step = backend.compile_step(
        lambda batch: scale.guard(lambda factor: update(factor, batch), variables), variables
    )
    x = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
    return step, {"x": x, "y": x[:, :1]}, scale, variables


def test_an_overflow_changes_nothing_and_halves_the_scale():
    step, batch, scale, variables = small_step()
    step(batch)
    scale.scale.assign(1e30)
    before = [np.array(variable.numpy()) for variable in variables[:-2]]
    assert np.isfinite(float(step(batch)))
    for variable, value in zip(variables[:-2], before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value, variable.path)
    assert float(scale.scale.numpy()) == pytest.approx(5e29) and scale.good_steps.numpy() == 0


def test_many_good_steps_double_the_scale_and_learn():
    step, batch, scale, _ = small_step()
    scale.scale.assign(1024.0)
    losses = [float(step(batch)) for _ in range(30)]
    assert losses[-1] < 0.1 * losses[0] and scale.scale.numpy() == 1024
    scale.good_steps.assign(GOOD_STEPS - 1.0)
    step(batch)
    assert scale.scale.numpy() == 2048 and scale.good_steps.numpy() == 0


@nested
def test_a_gan_trains_in_float16_and_its_state_holds_the_scale():
    from small_gan import new_gan, small_batch, values

    gan = new_gan("paper", 1, precision="mixed_float16")
    assert gan.loss_scale is not None
    for step in range(5):
        metrics = backend.to_numpy(gan.update(small_batch(gan, step), step))
        assert np.isfinite(list(metrics.values())).all()
    assert all(np.isfinite(value).all() for value in values(gan.state_variables))
    assert "loss_scale" in [variable.name for variable in gan.state_variables]
    assert 1 < gan.loss_scale.scale.numpy() <= FIRST_SCALE


@nested
def test_a_run_is_not_resumed_in_another_precision(tmp_path, capsys):
    from small_run import copy_of_run

    from t2i_utils.cli import main

    folder = str(copy_of_run(tmp_path / "run"))
    words = ["train", "--resume", "--run", folder, "--steps", "2", "--precision"]
    assert main([*words, "float16"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "precision 'float32', not 'mixed_float16'" in error
