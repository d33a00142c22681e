"""For maintainers: what more steps of notebook 07 give: figures/07_longer and 07_opening.webp.

    python tools/fine_tuning_figure.py 400

It runs the notebook's own cells on paper birds, up to the training, with more steps. Then it trains
the generator that begins with trained weights, and draws what it looked like on the way.
"""

import argparse
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import nbformat
import numpy as np
from webp import WEBP

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "07_your_own_pictures.ipynb"
FIGURE = ROOT / "figures" / "07_longer.webp"
OPENING = ROOT / "figures" / "07_opening.webp"
LOOKS = 5  # besides that at step 0
UNTIL = "tuned = fine_tune(STARTER"  # the notebook's training begins with this cell
SETTINGS = "BATCH, STEPS, WARM_UP, EVERY = 16, 140, 20, 35"


def notebook_with(steps: int) -> dict[str, Any]:
    """The names that the notebook's cells define, up to its training, with so many steps."""
    os.chdir(NOTEBOOK.parent)
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = nbformat.read(NOTEBOOK, 4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    for text in (SETTINGS, UNTIL):
        if sum(text in source for source in sources) != 1:
            raise SystemExit(f"error: {NOTEBOOK} has changed: {text!r} is not in it")
    for source in sources:
        if UNTIL in source:
            return names
        longer = SETTINGS.replace("140, 20, 35", f"{steps}, 20, {-(-steps // LOOKS)}")
        exec(source.replace(SETTINGS, longer), names)
    return names


def draw(run: SimpleNamespace, names: dict[str, Any]) -> None:
    """Rows of pictures by step, above the curves of KID and of the judge's scores."""
    steps = list(run.drawn)
    places = np.linspace(0, len(steps) - 1, min(len(steps), 6)).round().astype(int)
    chosen = [steps[place] for place in places]
    rows = {f"step {step}": run.drawn[step][names["SHOWN"]] for step in chosen}
    rows["held back"] = names["small"][names["shown"]]
    figure = plt.figure(figsize=(9.5, 1.08 * len(rows) + 3))
    parts: Any = figure.subfigures(2, height_ratios=(1.08 * len(rows), 3))
    above, below = parts
    for line, (label, images) in zip(above.subplots(len(rows), 8), rows.items(), strict=True):
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=10)
        for axis, image in zip(line, images, strict=True):
            axis.imshow(image)
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
    left, right = below.subplots(1, 2)
    history = {key: np.array([row[key] for row in run.history]) for key in run.history[0]}
    left.errorbar(history["step"], history["KID"], history["error"], marker="o", capsize=3)
    left.set(title="KID x 1000, held-back pictures", xlabel="step", ylim=(0, None))
    for part, label in (("train", "training pictures"), ("test", "held-back pictures")):
        means = [run.scores[step, part].mean() for step in steps]
        right.plot(steps, means, marker="o", label=label)
    right.set(title="The judge's mean score", xlabel="step")
    right.legend(fontsize=10)
    figure.savefig(FIGURE, pil_kwargs=WEBP)
    plt.close(figure)


def draw_opening(run: SimpleNamespace, names: dict[str, Any]) -> None:
    """Three rows: before, after, and the pictures that belong to the captions."""
    last = max(run.drawn)
    rows = {
        "before": run.drawn[0][names["SHOWN"]],
        f"after\n{last} steps": run.drawn[last][names["SHOWN"]],
        "never\nshown": names["small"][names["shown"]],
    }
    figure, axes = plt.subplots(3, 8, figsize=(9.5, 3.2))
    for line, (label, images) in zip(axes, rows.items(), strict=True):
        line[0].set_ylabel(label, rotation=0, ha="right", va="center")
        for axis, image in zip(line, images, strict=True):
            axis.imshow(image)
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
    figure.savefig(OPENING, pil_kwargs=WEBP)
    plt.close(figure)


def main() -> None:
    """Train for more steps, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("steps", type=int, nargs="?", default=400)
    names = notebook_with(parser.parse_args().steps)
    whitening = names["artist"].weights.whitening
    run = names["fine_tune"](names["STARTER"], whitening, names["WARM_UP"])
    draw(run, names)
    draw_opening(run, names)


if __name__ == "__main__":
    main()
