"""What a training's log says of its speed: `python tools/gpu/table.py RUN/log.csv`."""

import csv
import json
import statistics
import sys
from pathlib import Path

PIECE = 100  # steps over which the time of one is averaged: a GPU's steps are queued, not timed


def main(log: Path) -> None:
    """Print one row a stage, as Markdown."""
    about = json.loads((log.parent / "run.json").read_text())
    with open(log, newline="") as file:
        rows = list(csv.DictReader(file))
    print("| stage | steps | pictures | first step, s | pictures a second (median) |")
    print("| --- " * 5 + "|")
    for stage in sorted({row["stage"] for row in rows}):
        seconds = [float(row["seconds"]) for row in rows if row["stage"] == stage]
        batch = about["stages"][stage]["batch_size"]
        pieces = [seconds[i : i + PIECE] for i in range(1, len(seconds), PIECE)]
        speed = statistics.median(batch * len(piece) / sum(piece) for piece in pieces if piece)
        count = len(seconds)
        print(f"| {stage} | {count} | {count * batch:,} | {seconds[0]:.1f} | {speed:.0f} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
