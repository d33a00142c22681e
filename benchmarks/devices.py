"""What the devices of a data-parallel step exchange and compute, from the compiled program.

    KERAS_BACKEND=jax JAX_NUM_CPU_DEVICES=8 python -m benchmarks.devices

Nothing is trained: XLA compiles the step of the `gpu` preset for that many devices, and its text
names each collective operation with its shape. The device that is meant need not be there.
"""

import argparse
import collections
import math
import re
import sys
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from t2i_utils import devices
from t2i_utils.stackgan.recipes import build_generator, make_config
from t2i_utils.stackgan.update import StageGAN

WIDTH = 512  # of the sentence embeddings
BYTES = {"f32": 4, "s32": 4, "u32": 4, "bf16": 2, "f16": 2, "pred": 1, "u8": 1}
COLLECTIVES = "all-reduce|all-gather|reduce-scatter|all-to-all|collective-permute"
OPERATION = re.compile(rf"= (.*?) ({COLLECTIVES})(?:-start)?\(")
SHAPE = re.compile(r"(\w+)\[([\d,]*)\]")


class _CompiledError(Exception):
    """Carries the compiled step out of the update that would run it."""


def compile_update(config: Any, count: int) -> Any:
    """Compile one update of a stage for devices; it is not run."""
    original = jax.jit

    def jit(function: Callable, **options: Any) -> Callable:
        jitted = original(function, **options)

        def compile_only(*arguments: Any) -> Any:
            raise _CompiledError(jitted.lower(*arguments).compile())

        return compile_only if function.__name__ == "pure" else jitted

    with devices.spread(count):
        stage1 = None
        if config.stage == 2:
            stage1 = build_generator(make_config(config.recipe, "gpu", 1), WIDTH)
        gan = StageGAN(config, WIDTH, stage1)
        jax.jit = jit
        try:
            gan.update(_batch(gan), 0)
        except _CompiledError as compiled:
            return compiled.args[0]
        finally:
            jax.jit = original
    raise AssertionError("the update compiled nothing")


def _batch(gan: StageGAN) -> dict[str, np.ndarray]:
    config, random = gan.config, np.random.default_rng(0)
    count, more = config.part_size, config.num_distractors
    shapes = {"embeddings": count, "wrong_embeddings": count, "distractors": more}
    return {
        "images": np.zeros((count, config.image_size, config.image_size, 3), np.uint8),
        "class_ids": np.arange(count, dtype=np.int32),
        "distractor_class_ids": np.arange(more, dtype=np.int32),
        **{name: np.zeros((rows, WIDTH), np.float32) for name, rows in shapes.items()},
        **gan.draw_noise(random, count),
    }


def exchanged(text: str) -> dict[str, tuple[int, int]]:
    """Number and bytes, of results, of each kind of collective operation in a compiled program."""
    counts, sizes = collections.Counter[str](), collections.Counter[str]()
    for shapes, kind in OPERATION.findall(text):
        counts[kind] += 1
        for dtype, sides in SHAPE.findall(shapes):
            sizes[kind] += BYTES[dtype] * math.prod(map(int, filter(None, sides.split(","))))
    return {kind: (counts[kind], sizes[kind]) for kind in sorted(counts)}


def main(arguments: list[str] | None = None) -> int:
    """Print a row for each recipe and stage."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--devices", type=int, default=8)
    parser.add_argument("--batch-size", type=int, help="default: the preset's")
    parser.add_argument("--accumulate", type=int, help="default: 1")
    parser.add_argument("--stage", type=int, action="append", choices=(1, 2))
    options = parser.parse_args(arguments)
    for recipe in ("paper", "modern"):
        for stage in options.stage or (1, 2):
            config = make_config(
                recipe,
                "gpu",
                stage,
                precision="float32",
                batch_size=options.batch_size,
                accumulate=options.accumulate,
            )
            step = compile_update(config, options.devices)
            found = exchanged(step.as_text()).items()
            said = [f"{count} {kind} of {size / 1e6:.1f} MB" for kind, (count, size) in found]
            print(
                f"{recipe} stage {stage}, {config.part_size} pictures at once, {options.devices} "
                f"devices: {', '.join(said)}; "
                f"{step.cost_analysis()['flops'] / 1e9:.0f} Gflop and "
                f"{step.memory_analysis().temp_size_in_bytes / 1e6:.0f} MB for a while a device",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
