"""What a network computes in: the numbers that the device is fast with, and a loss scale."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
from keras import ops

from t2i_utils import backend
from t2i_utils.config import POLICIES

FIRST_SCALE = 2.0**15  # of losses; it falls within a few steps where it is too large
GOOD_STEPS = 1000  # without an overflow, until the scale is doubled


class Device(NamedTuple):
    """What decides which numbers a device computes fast.

    Attributes:
        kind: "CPU", "GPU" or "TPU".
        capability: NVIDIA's compute capability of a GPU, such as (7, 5); empty if it is unknown.
        features: of a processor, as Linux names them.
    """

    kind: str
    capability: tuple[int, ...] = ()
    features: frozenset[str] = frozenset()


def this_device() -> Device:
    """The device that the backend computes on."""
    kind, capability = backend.accelerator()
    info = Path("/proc/cpuinfo")  # other systems have none: float32
    words = info.read_text().split() if kind == "CPU" and info.is_file() else ()
    return Device(kind, capability, frozenset(words))


def best_precision(device: Device) -> tuple[str, str]:
    """The precision to train in on a device, a key of `POLICIES`, and why."""
    if device.kind == "TPU":
        return "bfloat16", "a TPU computes in it"
    if device.kind == "GPU" and not device.capability:
        return "float32", "it is not known what else this GPU computes fast"
    if device.kind == "GPU":
        has = f"a GPU of compute capability {'.'.join(map(str, device.capability))} has"
        if device.capability >= (8, 0):
            return "bfloat16", f"{has} it"
        if device.capability >= (7, 0):
            return "float16", f"{has} no bfloat16"
        return "float32", f"{has} neither bfloat16 nor fast float16"
    if device.features & {"avx512_bf16", "amx_bf16"}:
        return "bfloat16", "this processor has instructions for it"
    return "float32", "this processor has no instructions for bfloat16"


def explain(policy: str) -> str:
    """Say in one sentence in what a network computes, of a Keras policy, and why."""
    name, why = best_precision(this_device())
    if policy == POLICIES[name]:
        return f"computing in {name}: {why}"
    chosen = next(key for key, value in POLICIES.items() if value == policy)
    return f"computing in {chosen}, as it was set; this device would take {name}: {why}"


class LossScale:
    """Keeps small gradients from vanishing in float16, and undoes updates in which one overflows.

    Losses are multiplied by the scale, gradients divided by it. An overflow halves it, a long time
    without one doubles it (Micikevicius et al., ICLR 2018, arXiv 1710.03740). Keras's
    `LossScaleOptimizer` chooses between two branches that assign, which fails under JAX; here the
    update is always done, and every variable gets its old value back where it was a bad one.
    """

    def __init__(self) -> None:
        """Begin with a large scale."""
        self.scale = keras.Variable(FIRST_SCALE, trainable=False, name="loss_scale")
        self.good_steps = keras.Variable(0.0, trainable=False, name="good_steps")

    @property
    def variables(self) -> list[Any]:
        """What a checkpoint holds of it."""
        return [self.scale, self.good_steps]

    def guard(
        self, update: Callable[[Any], tuple[Any, list[Any]]], variables: Sequence[Any]
    ) -> Any:
        """Do an update, inside a compiled step.

        Args:
            update: takes the scale; assigns to variables; returns what `guard` shall return, and
                the gradients.
            variables: all that it assigns to; those of the scale may be among them.
        """
        before = [ops.copy(variable) for variable in variables]
        outputs, gradients = update(self.scale)
        is_good = ops.all(ops.stack([ops.all(ops.isfinite(one)) for one in gradients]))
        for variable, value in zip(variables, before, strict=True):
            variable.assign(ops.where(is_good, ops.convert_to_tensor(variable), value))
        steps = ops.where(is_good, self.good_steps + 1, 0.0)
        factor = ops.where(is_good, ops.where(steps >= GOOD_STEPS, 2.0, 1.0), 0.5)
        self.scale.assign(ops.maximum(self.scale * factor, 1.0))
        self.good_steps.assign(ops.where(steps >= GOOD_STEPS, 0.0, steps))
        return outputs
