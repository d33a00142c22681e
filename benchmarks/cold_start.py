"""How long `generate.py` takes from nothing to a picture, or to a description.

Run with `python -m benchmarks.cold_start PICTURE.jpg --before FOLDER`. FOLDER is a checkout of an
earlier commit: `git worktree add FOLDER COMMIT`. The two take turns, so that a noisy machine
touches both alike. Read the ratios.
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


def measure(tree: Path, word: str) -> tuple[float, float]:
    """Seconds on the clock, and seconds of processor time, of one call of a tree's generate.py."""
    before, began = os.times(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, tree / "generate.py", word],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(tree)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
    seconds, after = time.perf_counter() - began, os.times()
    return seconds, sum(after[2:4]) - sum(before[2:4])


def main() -> None:
    """Print a row of a table for a caption, and one for the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path, help="a photograph to describe")
    parser.add_argument("--before", type=Path, required=True, help="a checkout to compare with")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("| | before: s, processor s | now: s, processor s | ratio of processor time |")
    print("| --- | ---: | ---: | ---: |")
    for word in ("a red bird", str(options.picture.resolve())):
        rounds = [
            [measure(tree.resolve(), word) for tree in (options.before, HERE)]
            for _ in range(options.rounds)
        ]
        cells = [
            ", ".join(f"{median(pair[place][kind] for pair in rounds):.1f}" for kind in (0, 1))
            for place in (0, 1)
        ]
        ratio = median(now[1] / before[1] for before, now in rounds)
        print(f"| {Path(word).name} | {cells[0]} | {cells[1]} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
