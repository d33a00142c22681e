"""What one backend makes of given weights and batches, as arrays: run by test_backend_parity.py.

``python parity.py WEIGHTS.npz OUT.npz``
"""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from keras.src import backend as keras_backend
from small_gan import ALL, new_gan, small_batch, trace_quickly, values

from t2i_utils import backend, devices
from t2i_utils.stackgan.update import StageGAN

RATE = 0.01  # of the plain gradient step


@contextlib.contextmanager
def without_kinks() -> Iterator[None]:
    """Round every ReLU off, in the networks and in the losses."""

    def soft(x):
        return keras_backend.nn.softplus(4 * x) / 4

    smooth = {
        "relu": soft,
        "relu6": lambda x: soft(x) - soft(x - 6),
        "leaky_relu": lambda x, negative_slope=0.2: (
            negative_slope * x + (1 - negative_slope) * soft(x)
        ),
    }
    before = {name: getattr(keras_backend.nn, name) for name in smooth}
    for name, function in smooth.items():
        setattr(keras_backend.nn, name, function)
    try:
        yield
    finally:
        for name, function in before.items():
            setattr(keras_backend.nn, name, function)


def run_op_by_op(wanted: bool) -> None:
    """On TensorFlow, whether compiled steps run as ordinary Python instead."""
    if backend.name() == "tensorflow":
        import tensorflow as tf

        tf.config.run_functions_eagerly(wanted)


def all_variables(gan: StageGAN) -> list:
    """Everything that a step reads or writes, optimisers apart."""
    variables = [*gan.generator.variables, *gan.discriminator.state_variables]
    variables += gan.discriminator.frozen_variables
    return [*variables, *(gan.stage1.variables if gan.stage1 is not None else [])]


def measure(gan: StageGAN, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Losses and gradients of a batch, and every variable after one step of plain descent."""
    groups = (gan.discriminator.trainable_variables, gan.generator.trainable_variables)

    def step(inputs):
        losses, metrics, gradients = backend.gradients(lambda: gan.compute_losses(inputs), *groups)
        for group, group_gradients in zip(groups, gradients, strict=True):
            for variable, gradient in zip(group, group_gradients, strict=True):
                variable.assign(variable - RATE * gradient)
        return {"losses": losses, "metrics": metrics, "gradients": gradients}

    variables = all_variables(gan)
    found = backend.to_numpy(backend.compile_step(step, variables)(batch))
    arrays = {"d_loss": found["losses"][0], "g_loss": found["losses"][1]}
    arrays |= {f"metric_{name}": value for name, value in found["metrics"].items()}
    for player, group in zip(("d", "g"), found["gradients"], strict=True):
        arrays |= {f"{player}_gradient/{i:03d}": value for i, value in enumerate(group)}
    return arrays | {f"after/{i:03d}": value for i, value in enumerate(values(variables))}


def draw_weights() -> dict[str, np.ndarray]:
    """Initial weights for both backends; noise for a kernel of zeros, which lets no gradient by."""
    random = np.random.default_rng(0)
    drawn = {}
    for recipe, stage in ALL:
        for index, value in enumerate(values(all_variables(new_gan(recipe, stage)))):
            if value.ndim == 4 and not value.any():
                value = random.normal(0, 0.02, value.shape)
            drawn[f"{recipe}{stage}/{index:03d}"] = value
    return drawn


def measure_on_devices(recipe: str, stage: int, weights: dict[str, np.ndarray]) -> dict[str, Any]:
    """The same without kinks, of a stage whose batch is spread over four devices."""
    with devices.spread(4), without_kinks():
        gan = new_gan(recipe, stage)
        for index, variable in enumerate(all_variables(gan)):
            variable.assign(weights[f"{recipe}{stage}/{index:03d}"])
        arrays = measure(gan, small_batch(gan, seed=stage))
    return {f"four_{recipe}{stage}/{name}": array for name, array in arrays.items()}


def main(given: Path, target: Path) -> None:
    """Measure all stages and recipes, as they are and without kinks.

    Without kinks TensorFlow runs op by op: the same arithmetic, and nothing is traced for one step.
    """
    trace_quickly()
    weights = dict(np.load(given))
    found = {}
    for recipe, stage in ALL:
        gan = new_gan(recipe, stage)
        for kind in ("", "smooth_"):
            for index, variable in enumerate(all_variables(gan)):
                variable.assign(weights[f"{recipe}{stage}/{index:03d}"])
            run_op_by_op(bool(kind))
            with without_kinks() if kind else contextlib.nullcontext():
                arrays = measure(gan, small_batch(gan, seed=stage))
            found |= {f"{kind}{recipe}{stage}/{name}": array for name, array in arrays.items()}
        if backend.name() == "jax" and stage == 1:
            found |= measure_on_devices(recipe, stage, weights)
    np.savez(target, **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
