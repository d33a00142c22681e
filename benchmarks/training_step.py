"""Throughput of a Stage-I training step against plain PyTorch.

Run with `python -m benchmarks.training_step`.

The `paper` recipe at its full widths (gf 128, df 64), batch 64, 512-d embeddings, on TensorFlow and
on JAX, and the same layers, losses and update in PyTorch. Each framework runs in its own
process. They take turns, so that other load on the machine affects all of them. Compare ratios, not
absolute numbers: see benchmarks/README.md.
"""

import argparse
import dataclasses
import importlib.metadata
import importlib.util
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

FRAMEWORKS = ("tensorflow", "jax", "pytorch")
PUBLIC = "public float32"
# The peers for the ratio at equal precision: of PyTorch's two memory layouts the faster.
PEERS = {
    "float32": ("pytorch float32", "pytorch float32 channels_last"),
    "mixed_bfloat16": ("pytorch mixed_bfloat16 channels_last",),
}
LABELS = {
    "tensorflow float32": "t2i_utils, TensorFlow, float32",
    "tensorflow mixed_bfloat16": "t2i_utils, TensorFlow, mixed_bfloat16",
    "jax float32": "t2i_utils, JAX, float32",
    "jax mixed_bfloat16": "t2i_utils, JAX, mixed_bfloat16",
    "public float32": "PyTorch as the public code ships (separate passes, NCHW), float32",
    "pytorch float32": "PyTorch, float32",
    "pytorch float32 channels_last": "PyTorch, float32, channels_last",
    "pytorch mixed_bfloat16 channels_last": "PyTorch, bfloat16 autocast, channels_last",
}


@dataclass(frozen=True)
class Size:
    """Widths and batch size of the step that is measured, and the steps per turn."""

    generator_width: int = 128
    discriminator_width: int = 64
    batch_size: int = 64
    steps: int = 3


class Worker:
    """The process of one framework."""

    def __init__(self, framework: str, size: Size) -> None:
        environment = {"TF_CPP_MIN_LOG_LEVEL": "2", **os.environ}
        if framework != "pytorch":
            environment["KERAS_BACKEND"] = framework
        self.framework = framework
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", framework, json.dumps(vars(size))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.parameters: dict[str, dict[str, int]] = self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        if line := self.process.stdout.readline():
            return json.loads(line)
        raise RuntimeError(f"the {self.framework} process ended: see its message above")

    def seconds(self, contender: str) -> float:
        """Run one turn of a contender; return the seconds it took."""
        assert self.process.stdin is not None
        self.process.stdin.write(contender + "\n")
        self.process.stdin.flush()
        return self._answer()["seconds"]

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def measure(
    rounds: int, size: Size, frameworks: tuple[str, ...] = FRAMEWORKS
) -> list[dict[str, Any]]:
    """Measure all contenders in turns; return one row for each.

    Args:
        rounds: how many turns each contender takes.
        size: of the step.
        frameworks: which of `FRAMEWORKS` to measure; ratios need "pytorch".

    Returns:
        Rows with "name", "label", "images_per_second" (median over rounds), "rounds" (all of
        them), "parameters" of both players, and the ratios "to_public" and "to_pytorch" (of the
        same precision), each the median over rounds of the ratio within a round, or None.
    """
    workers: list[Worker] = []
    speeds: dict[str, list[float]] = {}
    parameters: dict[str, dict[str, int]] = {}
    try:
        for framework in frameworks:
            workers.append(Worker(framework, size))
            parameters |= workers[-1].parameters
        for _ in range(rounds):
            for worker in workers:
                for name in worker.parameters:
                    images = size.batch_size * size.steps
                    speeds.setdefault(name, []).append(images / worker.seconds(name))
    finally:
        for worker in workers:
            worker.close()
    return [
        {
            "name": name,
            "label": LABELS[name],
            "images_per_second": statistics.median(values),
            "to_public": _ratio(values, [speeds[PUBLIC]] if PUBLIC in speeds else []),
            "to_pytorch": _ratio(
                values, [speeds[peer] for peer in PEERS[name.split()[1]] if peer in speeds]
            ),
            "rounds": values,
            "parameters": parameters[name],
        }
        for name, values in speeds.items()
    ]


def _ratio(values: list[float], peers: list[list[float]]) -> float | None:
    """Median over rounds of the ratio to the peer whose median is the highest."""
    if not peers:
        return None
    peer = max(peers, key=statistics.median)
    return statistics.median(value / other for value, other in zip(values, peer, strict=True))


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as a Markdown table."""
    lines = [
        "| training step | images/s | to public, as it ships | to PyTorch, same precision |",
        "| --- | ---: | ---: | ---: |",
    ]
    for row in rows:
        public, pytorch = (
            "" if row[key] is None else f"{row[key]:.2f}" for key in ("to_public", "to_pytorch")
        )
        lines.append(f"| {row['label']} | {row['images_per_second']:.1f} | {public} | {pytorch} |")
    return "\n".join(lines)


def versions() -> dict[str, str]:
    """The versions of the packages that are compared."""
    packages = ("keras", "tensorflow", "jax", "torch")
    return {package: importlib.metadata.version(package) for package in packages}


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training_step", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender (5)")
    parser.add_argument("--steps", type=int, default=3, help="training steps a turn (3)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    if min(options.rounds, options.steps) < 1:
        parser.error("--rounds and --steps must be positive")
    if importlib.util.find_spec("torch") is None:
        print('PyTorch is missing: pip install -e ".[bench]"', file=sys.stderr)
        return 2
    size = Size(steps=options.steps)
    rows = measure(options.rounds, size)
    if options.json:
        report = {"size": dataclasses.asdict(size), "versions": versions(), "rows": rows}
        print(json.dumps(report, indent=2))
    else:
        print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
