"""How fast `train.py` trains the modern recipe, beside an earlier commit: pictures a second.

Run with `python -m benchmarks.modern_step DATA --before FOLDER`. DATA holds photographs with
captions; FOLDER is a checkout of an earlier commit: `git worktree add FOLDER COMMIT`. Each run is a
whole process, once of few steps and once of more: the difference is what the steps cost, feed
included, without the start. The trees take turns, so that a noisy machine touches both alike. Read
the ratios.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent.parent
PICTURES = {1: 64, 2: 16}  # of a step, by stage: the preset `cpu`
# Saving settles the average over as many batches as there were steps, 24 at most: so both runs have
# more. Stage II begins on given weights, with 50 steps of its discriminator alone.
FEW = {1: 30, 2: 55}  # steps
MORE = {1: 70, 2: 95}


def seconds(tree: Path, data: Path, stage: int, steps: int) -> float:
    """Seconds on the clock of one training: of Stage I from nothing, of Stage II from `birds`."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["--recipe", "modern", "--preset", "cpu"]
        words += ["--init", "birds"] if stage == 2 else []
        words += ["--stage", str(stage), "--steps", str(steps), "--run", f"{folder}/run"]
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, tree / "train.py", "--data", data, *words],
            cwd=tree,  # packs are kept there
            env={**os.environ, "PYTHONPATH": str(tree)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return time.perf_counter() - began


def pictures_a_second(tree: Path, data: Path, stage: int) -> float:
    """Of the steps between FEW and MORE."""
    few, more = (seconds(tree, data, stage, steps[stage]) for steps in (FEW, MORE))
    return (MORE[stage] - FEW[stage]) * PICTURES[stage] / (more - few)


def main() -> None:
    """Print a row of a table for each stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder of captioned photographs")
    parser.add_argument("--before", type=Path, required=True, help="a checkout to compare with")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    trees = options.before.resolve(), HERE
    data = options.data.resolve()
    print("| stage | before: pictures/s | now: pictures/s | ratio |\n| --- | ---: | ---: | ---: |")
    for stage in PICTURES:
        for tree in trees:
            seconds(tree, data, stage, 1)  # packs the data
        rounds = [
            [pictures_a_second(tree, data, stage) for tree in trees] for _ in range(options.rounds)
        ]
        before, now = (median(pair[place] for pair in rounds) for place in (0, 1))
        ratio = median(pair[1] / pair[0] for pair in rounds)
        print(f"| {stage} | {before:.1f} | {now:.1f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
