"""For maintainers: a figure of a training run, with its samples over time and its curves.

    python tools/training_figure.py RUN figures/training.webp

For runs of the modern recipe with at least fifty steps.

It reads `samples/stage1_*.png` and `log.csv` of the run. A place on the sample sheets has the same
caption and noise at every step. The captions belong to the data set and are not shown.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from webp import WEBP

from t2i_utils.config import IMAGE_SIZES
from t2i_utils.course.style import INK, PALETTE

NUM_STEPS, ACROSS, GAP = 9, 8, 2  # sheets shown; pictures in a row of a sheet; pixels between them
CURVES = (
    ("d_real", "photographs with their caption"),
    ("d_wrong", "photographs with a wrong caption"),
    ("d_fake", "drawn pictures"),
)
MATCHES = (("match_real", "photographs"), ("match_fake", "drawn pictures"))
SMOOTHED = 50  # steps of the running mean


def main() -> None:
    """Draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=(0, 3, 5, 9, 11), help="of a sheet")
    options = parser.parse_args()
    sheets = sorted((options.run / "samples").glob("stage1_*.png"))
    if not sheets:
        raise SystemExit(f"error: {options.run} holds no sample sheets")
    chosen = [sheets[place] for place in spread(len(sheets))]
    steps = [int(sheet.stem.split("_")[1]) for sheet in chosen]
    strip = np.stack([[cut(sheet, row) for sheet in chosen] for row in options.rows])
    log = read_log(options.run / "log.csv")
    draw(strip, steps, log, options.out)


def spread(count: int) -> list[int]:
    """Choose at most nine of `count` sheets, more of the early ones."""
    wanted = np.round(np.geomspace(1, count, NUM_STEPS)).astype(int) - 1
    return sorted({max(place, index) for index, place in enumerate(wanted) if index < count})


def cut(sheet: Path, place: int) -> np.ndarray:
    """One picture (64, 64, 3) of a sheet."""
    pixels, size = np.asarray(Image.open(sheet).convert("RGB")), IMAGE_SIZES[1]
    top, left = (number * (size + GAP) for number in divmod(place, ACROSS))
    return pixels[top : top + size, left : left + size]


def read_log(path: Path) -> dict[str, np.ndarray]:
    """The columns of Stage I, running means of fifty steps."""
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["stage"] == "1"]
    kernel = np.ones(SMOOTHED) / SMOOTHED
    names = ("step", *(name for name, _ in CURVES + MATCHES))
    columns = {name: np.array([float(row[name]) for row in rows]) for name in names}
    return {name: np.convolve(values, kernel, "valid") for name, values in columns.items()}


def draw(strip: np.ndarray, steps: list[int], log: dict[str, np.ndarray], out: Path) -> None:
    """Write the figure: samples above, curves below."""
    figure = Figure(figsize=(10, 8.6), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subfigures(2, 1, height_ratios=(5.6, 3))
    rows, columns = strip.shape[:2]
    for row, axes_row in enumerate(above.subplots(rows, columns, squeeze=False)):
        for column, axes in enumerate(axes_row):
            axes.imshow(strip[row, column], interpolation="nearest")
            axes.set_axis_off()
            if row == 0:
                axes.set_title(f"step {steps[column]:,}", fontsize=10, color=INK)
    left, right = below.subplots(1, 2)
    for axes, curves, title in (
        (left, CURVES, "The discriminator's answer (hinge: 1 yes, -1 no)"),
        (right, MATCHES, "How hard a picture's caption is to find (nats)"),
    ):
        for (name, label), colour in zip(curves, PALETTE, strict=False):
            axes.plot(log["step"], log[name], color=colour, label=label)
        axes.set_title(title, loc="left", fontsize=10, color=INK)
        axes.set_xlabel("step of 64 pictures")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=9)
    bottom, top = left.get_ylim()
    left.set_ylim(bottom - 0.4 * (top - bottom), top)  # room for the legend
    left.legend(frameon=False, fontsize=9, loc="lower right")
    figure.savefig(out, dpi=100, pil_kwargs=WEBP)


if __name__ == "__main__":
    main()
