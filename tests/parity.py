"""What one backend makes of given weights and batches, as arrays: run by test_backend_parity.py.

``python parity.py WEIGHTS.npz OUT.npz``
"""

import contextlib
import functools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from keras.src import backend as keras_backend
from small_gan import ALL, new_gan, small_batch, start_quickly, values

from t2i_utils import backend, devices
from t2i_utils.stackgan.update import StageGAN

RATE = 0.01  # of the plain gradient step


@contextlib.contextmanager
def without_kinks(wanted: Any) -> Iterator[None]:
    """Round every ReLU off, in the networks and in the losses, if `wanted` is 1.

    On JAX it is a tensor, 0 or 1, while a step is compiled: the step can do both.
    """

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

    def choose(name, x, **options):
        if isinstance(wanted, float):
            return (smooth if wanted else before)[name](x, **options)
        kinked, rounded = before[name](x, **options), smooth[name](x, **options)
        return ops.where(wanted > 0, ops.cast(rounded, kinked.dtype), kinked)

    for name in smooth:
        setattr(keras_backend.nn, name, functools.partial(choose, name))
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


def measured_gan(recipe: str, stage: int) -> StageGAN:
    """A stage without the averaged generator, which no gradient sees."""
    return new_gan(recipe, stage, average_decay=0.0)


def all_variables(gan: StageGAN) -> list:
    """Everything that a step reads or writes, optimisers apart."""
    variables = [*gan.generator.variables, *gan.discriminator.state_variables]
    variables += gan.discriminator.frozen_variables
    return [*variables, *(gan.stage1.variables if gan.stage1 is not None else [])]


def measure(
    gan: StageGAN, weights: dict[str, np.ndarray], stage: str, *kinds: str
) -> dict[str, np.ndarray]:
    """Losses and gradients of a batch, and every variable after one step of plain descent.

    Args:
        gan: a stage.
        weights: see `draw_weights`; each measurement begins with those of the stage.
        stage: the name of the stage.
        *kinds: "" and "smooth_", without kinks. JAX compiles the step once for both. TensorFlow
            runs it op by op without: the same arithmetic, and nothing is traced for one step.
    """
    groups = (gan.discriminator.trainable_variables, gan.generator.trainable_variables)

    def step(inputs):
        with without_kinks(inputs["smooth"]):
            losses, metrics, gradients = backend.gradients(
                lambda: gan.compute_losses(inputs["batch"]), *groups
            )
        for group, group_gradients in zip(groups, gradients, strict=True):
            for variable, gradient in zip(group, group_gradients, strict=True):
                variable.assign(variable - RATE * gradient)
        return {"losses": losses, "metrics": metrics, "gradients": gradients}

    variables = all_variables(gan)
    compiled = backend.compile_step(step, variables)
    batch, arrays = small_batch(gan, seed=gan.config.stage), {}
    for kind in kinds:
        for index, variable in enumerate(variables):
            variable.assign(weights[f"{stage}/{index:03d}"])
        run_op_by_op(bool(kind))
        found = backend.to_numpy(compiled({"batch": batch, "smooth": float(bool(kind))}))
        measured = {"d_loss": found["losses"][0], "g_loss": found["losses"][1]}
        measured |= {f"metric_{name}": value for name, value in found["metrics"].items()}
        for player, group in zip(("d", "g"), found["gradients"], strict=True):
            measured |= {f"{player}_gradient/{i:03d}": value for i, value in enumerate(group)}
        measured |= {f"after/{i:03d}": value for i, value in enumerate(values(variables))}
        arrays |= {f"{kind}{stage}/{name}": array for name, array in measured.items()}
    return arrays


def draw_weights() -> dict[str, np.ndarray]:
    """Initial weights for both backends; noise for a kernel of zeros, which lets no gradient by."""
    random = np.random.default_rng(0)
    drawn = {}
    for recipe, stage in ALL:
        for index, value in enumerate(values(all_variables(measured_gan(recipe, stage)))):
            if value.ndim == 4 and not value.any():
                value = random.normal(0, 0.02, value.shape)
            drawn[f"{recipe}{stage}/{index:03d}"] = value
    return drawn


def main(given: Path, target: Path) -> None:
    """Measure all stages and recipes, as they are and without kinks.

    On JAX, Stage I also without kinks as a batch that is spread over four devices.
    """
    start_quickly()
    weights = dict(np.load(given))
    found = {}
    for recipe, stage in ALL:
        name = f"{recipe}{stage}"
        found |= measure(measured_gan(recipe, stage), weights, name, "", "smooth_")
        if backend.name() == "jax" and stage == 1:
            with devices.spread(4):
                four = measure(measured_gan(recipe, stage), weights, name, "smooth_")
            found |= {name.replace("smooth_", "four_"): array for name, array in four.items()}
    np.savez(target, **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
