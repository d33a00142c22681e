"""Train a stage on a GPU that is lent for minutes: as many steps as fit into some seconds.

    KERAS_BACKEND=jax python tools/gpu/sprint.py PACK WORK OUT --stage 1 --seconds 290 --limit 215
    KERAS_BACKEND=jax python tools/gpu/sprint.py PACK WORK OUT --stage 2 --limit 300

Many steps are one call, so that the GPU never waits for Python. In the second half of the time the
learning rates fall to a tenth. The program stops `--limit` seconds after it began; the same command
goes on from what it left in WORK, until `--seconds` of training are over (without them: what the
limit leaves). OUT gets the weight set, float16, and a log. Stage II takes its Stage I from OUT.
`--init SET` begins with the stage's two players in a weight set, instead of from nothing.

`--moments N` also keeps the averaged generator at N moments, evenly spaced, as weight sets in
OUT/moments. The mean of two of them drew better than each (`tools/average_weights.py`).
"""

import argparse
import contextlib
import csv
import dataclasses
import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jax
import keras
import numpy as np

from t2i_utils import backend
from t2i_utils.arrays import read_note, read_variables, to_arrays, write_arrays
from t2i_utils.data.pack import load_pack
from t2i_utils.stackgan.recipes import make_config
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.stackgan.weights import StageToSave, load_weights, save_weights
from t2i_utils.training.device_feed import DeviceFeed
from t2i_utils.training.run_data import RunData, choice_of_sentences
from t2i_utils.training.setup import begin_with
from t2i_utils.training.stage import SETTLING, noise_of

BEGAN = time.monotonic()
TOGETHER = 20  # steps of a call
AHEAD = 4  # calls whose batches are planned ahead
SPEAK = 5  # seconds between two lines of the log
FALL_FROM = 0.5  # of the time: from then on, the learning rates fall


@dataclasses.dataclass
class Progress:
    """How far a stage is: its updates, and the seconds that they took, without compiling."""

    step: int = 0
    seconds: float = 0.0


def main() -> None:
    """Train, save, and write the weights."""
    options = parse()
    pack = load_pack(options.pack)
    config = make_config("modern", "gpu", options.stage, **dict(options.set))
    with jax.default_device(jax.devices("cpu")[0]):  # a GPU compiles a program for each shape
        init = load_weights(options.init, (options.stage,)) if options.init else None
        below = load_weights(options.out, (1,)) if options.stage == 2 else None
        gan = StageGAN(config, pack.width, below and below.generators[1], options.seed)
        if init and not begin_with(init, gan):
            say(f"{init.folder} has no discriminator: a new one begins")
    known = below or init  # a generator reads sentences that were whitened as in its training
    whitening = known and known.whitening
    sentences = choice_of_sentences([config])
    data = RunData(pack, "zero-shot", options.seed, *sentences, whitening=whitening)
    say(f"{config}")
    file = options.work / f"stage{options.stage}.npz"
    progress = Progress()
    if file.exists():
        progress = Progress(**read_note(file))
        read_variables(file, "state", gan.state_variables)
        say(f"{file}: on from step {progress.step}")
    with log(options.out / f"log{options.stage}.csv") as write:
        for moment in train(gan, data, progress, options, write):
            save(options.out / "moments" / f"stage{options.stage}-{moment}", gan, data, progress)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_arrays(file, to_arrays("state", gan.state_variables), dataclasses.asdict(progress))
    settle(gan, data)
    about = save(options.out, gan, data, progress, gan.discriminator)
    pace = about["images_seen"] / max(progress.seconds, 1)
    say(f"stage {options.stage}: {pace:.0f} pictures a second: {about}")


def save(
    folder: Path, gan: StageGAN, data: RunData, progress: Progress, discriminator: Any = None
) -> dict[str, Any]:
    """Write the averaged generator as a weight set; give what its card says."""
    about = {
        "recipe": gan.config.recipe,
        "steps": progress.step,
        "images_seen": progress.step * gan.config.batch_size,
        "seconds": round(progress.seconds),
        "backend": backend.name(),
        "device": jax.devices()[0].device_kind,
        "date": time.strftime("%Y-%m-%d"),
    }
    entry = StageToSave(gan.drawing_generator, gan.config, about, discriminator)
    save_weights(folder, [entry], data.whitening, data.card)
    return about


def train(
    gan: StageGAN, data: RunData, progress: Progress, options: argparse.Namespace, write: Callable
) -> Iterator[int]:
    """Take steps until the seconds are over, or the limit is reached; say when a moment is due."""
    batches = data.batches(gan.config)
    feed = DeviceFeed(batches)

    def learn(shared: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
        return gan.learn({**feed.carry_out({**shared, **own["plan"]}), **own["batch"]})

    def make(step: int) -> dict[str, Any]:
        plan, classes = feed.inputs(batches.plan(step))
        return {"plan": plan, "batch": {**classes, **noise_of(gan, data.seed, step)}}

    compiled = backend.compile_steps(learn, gan.variables)
    clock, spoken, last = None, time.monotonic(), None
    reached = int(share_of(progress, options) * options.moments)
    begun = options.init is not None
    with ThreadPoolExecutor(AHEAD) as pool:
        for calls in ahead(lambda start: stacked(make, start), progress.step, pool):
            share = share_of(progress, options)
            if reached < (reached := int(share * options.moments)):
                yield reached
                clock = time.monotonic()  # saving is no training
            if share >= 1 or seconds_left(options) <= 0:
                return
            factor = 0.1 ** max(0.0, (share - FALL_FROM) / (1 - FALL_FROM))
            scalars = stacked(
                lambda step, by=factor: gan.scalars(step, by, trained_before=begun), progress.step
            )
            own = {**calls, "batch": {**calls["batch"], **scalars}}
            metrics = compiled(feed.data, own)
            if clock is None:  # it was compiled
                jax.block_until_ready(metrics)
                say("compiled")
                clock = time.monotonic()
            else:  # one call is always under way
                jax.block_until_ready(last)
                clock, before = time.monotonic(), clock
                progress.seconds += clock - before
            last = metrics
            progress.step += TOGETHER
            if clock - spoken > SPEAK:
                spoken = clock
                means = {name: float(np.mean(values)) for name, values in metrics.items()}
                if not np.isfinite(list(means.values())).all():
                    sys.exit(f"step {progress.step}: not finite: {means}")
                write({**dataclasses.asdict(progress), "factor": factor, **means})


def seconds_left(options: argparse.Namespace) -> float:
    """Of this call."""
    return BEGAN + options.limit - time.monotonic()


def share_of(progress: Progress, options: argparse.Namespace) -> float:
    """How much of the training is over, 0 to 1."""
    whole = options.seconds or progress.seconds + max(0.0, seconds_left(options))
    return min(1.0, progress.seconds / whole) if whole else 1.0


def ahead(make: Callable[[int], Any], step: int, pool: ThreadPoolExecutor) -> Iterator[Any]:
    """What `make` gives for the first step of each call, made ahead by threads."""
    waiting = deque()
    while True:
        while len(waiting) < AHEAD:
            waiting.append(pool.submit(make, step))
            step += TOGETHER
        yield waiting.popleft().result()


def stacked(make: Callable[[int], Any], start: int) -> Any:
    """What `make` gives for each step of a call, as arrays with one more axis in front."""
    trees = [make(step) for step in range(start, start + TOGETHER)]
    return keras.tree.map_structure(lambda *leaves: np.stack(leaves), *trees)


def settle(gan: StageGAN, data: RunData) -> None:
    """Give the averaged generator BatchNorm statistics of its own: `StageGAN.settle_average`."""
    batches = data.batches(gan.config)
    drawn = [*gan.averaged.variables, *(gan.stage1.variables if gan.stage1 is not None else [])]
    see = backend.compile_step(lambda batch: gan.settle_average([batch]), drawn)
    for step in range(SETTLING):
        plan, noise = batches.plan(step), noise_of(gan, data.seed, step)
        see({"embeddings": batches.embeddings(plan.rows, plan.columns), **noise})


@contextlib.contextmanager
def log(file: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Rows that are written to a file, and said."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "a", newline="") as out:
        rows = csv.writer(out)

        def write(row: dict[str, Any]) -> None:
            if out.tell() == 0:
                rows.writerow(row)
            rows.writerow(f"{value:.6g}" for value in row.values())
            say("  ".join(f"{name} {value:.4g}" for name, value in row.items()))

        yield write


def say(text: str) -> None:
    """Print, with the seconds since the beginning."""
    print(f"[{time.monotonic() - BEGAN:6.1f}] {text}", flush=True)


def parse() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--stage", type=int, choices=(1, 2), required=True)
    parser.add_argument("--seconds", type=float, help="of training, all calls together")
    parser.add_argument("--limit", type=float, required=True, help="seconds of this call")
    parser.add_argument("--moments", type=int, default=0, metavar="N", help="weight sets to keep")
    parser.add_argument("--init", type=Path, metavar="SET", help="weights to begin with")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", type=setting, action="append", default=[], metavar="FIELD=VALUE")
    return parser.parse_args()


def setting(text: str) -> tuple[str, Any]:
    """A field of the configuration and its value, as JSON."""
    name, _, value = text.partition("=")
    return name, json.loads(value)


if __name__ == "__main__":
    main()
