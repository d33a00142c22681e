"""The process of one framework: build its contenders, then time them on request.

Each line of input is the name of a contender; the answer is one line of JSON. It is started by
`benchmarks.training_step`.
"""

import json
import math
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

EMBEDDING_WIDTH = 512
Contenders = dict[str, tuple[Callable[[], tuple[float, float]], dict[str, int]]]


def make_batch(batch_size: int) -> dict[str, np.ndarray]:
    """Random pictures, sentences and noise: what one Stage-I step takes."""
    rng = np.random.default_rng(0)
    batch = {
        "images": rng.uniform(-1, 1, (batch_size, 64, 64, 3)),
        "embeddings": rng.standard_normal((batch_size, EMBEDDING_WIDTH)),
        "wrong_embeddings": rng.standard_normal((batch_size, EMBEDDING_WIDTH)),
        "noise": rng.standard_normal((batch_size, 100)),
        "epsilon": rng.standard_normal((batch_size, 128)),
    }
    return {name: values.astype("float32") for name, values in batch.items()}


def keras_contenders(framework: str, size: dict[str, int]) -> Contenders:
    """This project's step, in both precisions, on the backend that KERAS_BACKEND names."""
    from t2i_utils import backend
    from t2i_utils.stackgan.recipes import make_config
    from t2i_utils.stackgan.update import StageGAN

    if backend.name() != framework:
        raise RuntimeError(f"the backend is {backend.name()}, expected {framework}")

    def contender(precision: str) -> Any:
        config = make_config("paper", "gpu", 1, precision=precision, **size)
        gan = StageGAN(config, EMBEDDING_WIDTH)
        batch = gan.draw_noise(np.random.default_rng(0), config.batch_size)
        batch |= make_batch(config.batch_size)

        def step() -> tuple[float, float]:
            metrics = backend.to_numpy(gan.update(batch, 0))
            return float(metrics["d_loss"]), float(metrics["g_loss"])

        def count(variables: list[Any]) -> int:
            return sum(math.prod(variable.shape) for variable in variables)

        return step, {
            "generator": count(gan.generator.trainable_variables),
            "discriminator": count(gan.discriminator.trainable_variables),
        }

    return {
        f"{framework} {precision}": contender(precision)
        for precision in ("float32", "mixed_bfloat16")
    }


def pytorch_contenders(size: dict[str, int]) -> Contenders:
    """The plain PyTorch step, as in the public code and in PyTorch's faster settings."""
    from benchmarks.pytorch_stackgan import SeparateStep, SharedStep, num_parameters

    def contender(kind: Any, precision: str, channels_last: bool) -> Any:
        step = kind(
            size["generator_width"],
            size["discriminator_width"],
            make_batch(size["batch_size"]),
            precision,
            channels_last,
        )
        return step, {
            "generator": num_parameters(step.generator),
            "discriminator": num_parameters(step.discriminator),
        }

    return {
        "public float32": contender(SeparateStep, "float32", False),
        "pytorch float32": contender(SharedStep, "float32", False),
        "pytorch float32 channels_last": contender(SharedStep, "float32", True),
        "pytorch mixed_bfloat16 channels_last": contender(SharedStep, "mixed_bfloat16", True),
    }


def main() -> None:
    """Serve `benchmarks.training_step`: arguments are a framework and a size in JSON."""
    framework, size = sys.argv[1], json.loads(sys.argv[2])
    steps = size.pop("steps")
    if framework == "pytorch":
        contenders = pytorch_contenders(size)
    else:
        contenders = keras_contenders(framework, size)
    for step, _ in contenders.values():
        step()  # compiles
    print(
        json.dumps({name: parameters for name, (_, parameters) in contenders.items()}), flush=True
    )
    for line in sys.stdin:
        step, _ = contenders[line.strip()]
        start = time.perf_counter()
        for _ in range(steps):
            step_losses = step()
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "losses": step_losses}), flush=True)


if __name__ == "__main__":
    main()
