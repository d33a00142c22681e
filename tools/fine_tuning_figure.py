"""For maintainers: what the command of notebook 07, section 10, gives: figures/07_command.png.

    python tools/fine_tuning_figure.py FOLDER

It fine-tunes `toy` on the notebook's paper birds, as `train.py --data paper-birds --init toy` does,
in a new folder (some tens of minutes on two CPU cores). If FOLDER has a run already, it only draws.
The figure: what the set drew before, what the run draws, the held-back birds, and KID by step.
"""

import argparse
import csv
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from t2i_utils.cli import main as call_command
from t2i_utils.course.paper_birds import paper_birds, write_pictures
from t2i_utils.drawing.synthesizer import Synthesizer

FIGURE = Path(__file__).resolve().parent.parent / "figures" / "07_command.png"
STARTER = "toy"
SHOWN = np.linspace(0, 59, 8).astype(int)  # of the sixty held-back birds, as in the notebook


def write_birds(folder: Path) -> None:
    """Write the notebook's paper birds with their table of captions."""
    captions = write_pictures(folder)
    with open(folder / "captions.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "caption"])
        for name, sentences in captions.items():
            writer.writerows([name, sentence] for sentence in sentences)


def draw(folder: Path) -> None:
    """Rows of pictures above the curve of KID."""
    birds = [bird for place, bird in enumerate(paper_birds(60, True)) if place in SHOWN]
    captions = [bird.captions[0] for bird in birds]
    rows = {}
    for name, weights in (("before", STARTER), ("after", folder)):
        artist = Synthesizer(weights)
        rows[name] = artist.draw(artist.embed(captions), artist.noise(8, seed=1), stage=1)[1]
    rows["held back"] = np.stack([bird.picture for bird in birds])
    figure = plt.figure(figsize=(9.5, 1.12 * len(rows) + 2.6), layout="constrained")
    parts: Any = figure.subfigures(2, height_ratios=(1.12 * len(rows), 2.6))
    for line, (label, images) in zip(parts[0].subplots(len(rows), 8), rows.items(), strict=True):
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=10)
        for axis, image in zip(line, images, strict=True):
            axis.imshow(image)
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
    with open(folder / "steps.csv", encoding="utf-8") as file:
        table = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    steps, kid, error = (
        np.array([row[key] for row in table]) for key in ("step", "kid", "standard_error")
    )
    axis = parts[1].subplots()
    axis.errorbar(steps, 1000 * kid, 1000 * error, marker="o", capsize=3)
    kept = int(np.argmin(kid))
    axis.plot(steps[kept], 1000 * kid[kept], "o", markersize=11, color="#d1495b", label="kept")
    axis.set(title="KID x 1000 to the held-back pictures", xlabel="step", ylim=(0, None))
    axis.legend()
    figure.savefig(FIGURE, dpi=96)
    plt.close(figure)


def main() -> None:
    """Fine-tune if need be, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    if not (folder / "run").is_dir():
        write_birds(folder / "paper-birds")
        words = ["train", "--data", str(folder / "paper-birds"), "--init", STARTER]
        if status := call_command([*words, "--run", str(folder / "run")]):
            raise SystemExit(status)
    draw(folder / "run")


if __name__ == "__main__":
    main()
