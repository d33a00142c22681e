"""For maintainers: what more steps of notebook 07's fine-tuning give: figures/07_longer.png.

    python tools/fine_tuning_figure.py 1000

It runs the notebook's own cells on paper birds up to the training. Then it trains the generator
that begins with trained weights for more steps, at a rate that falls along a line to a tenth. The
figure is drawn anew every hundred steps, so it may be stopped early.
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

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "07_your_own_pictures.ipynb"
FIGURE = ROOT / "figures" / "07_longer.png"
EVERY = 100  # steps between two looks
UNTIL = "tuned = new_player(STARTER)"  # the notebook's training begins with this cell
SETTINGS = "BATCH, STEPS, WARM_UP, EVERY = 16, 100, 20, 20"
UPDATE = "player.gan.update(batch_of(player, step), step, "


def changed(source: str, steps: int) -> str:
    """A cell of the notebook with more steps and a rate that falls."""
    settings = SETTINGS.replace("100, 20, 20", f"{steps}, 20, {EVERY}")
    return source.replace(SETTINGS, settings).replace(UPDATE, UPDATE + "1 - 0.9 * step / STEPS, ")


def notebook_with(steps: int) -> dict[str, Any]:
    """The names that the notebook's cells define, up to its training."""
    os.chdir(NOTEBOOK.parent)
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = nbformat.read(NOTEBOOK, 4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    for text in (SETTINGS, UPDATE, UNTIL):
        if sum(text in source for source in sources) != 1:
            raise SystemExit(f"error: {NOTEBOOK} has changed: {text!r} is not in it")
    for source in sources:
        if UNTIL in source:
            return names
        exec(changed(source, steps), names)
    return names


def train(steps: int) -> None:
    """Train for so many steps; draw the figure after each look."""
    names = notebook_with(steps)
    player, look = names["new_player"](names["STARTER"]), names["look"]

    def look_and_draw(player: SimpleNamespace, step: int) -> None:
        look(player, step)
        draw(player, names)

    names["look"] = look_and_draw
    names["train_player"](player)


def draw(player: SimpleNamespace, names: dict[str, Any]) -> None:
    """Rows of pictures by step, above the curves of KID and of the judge's scores."""
    steps = list(player.images)
    places = np.linspace(0, len(steps) - 1, min(len(steps), 6)).round().astype(int)
    chosen = [steps[place] for place in places]
    rows = {f"step {step}": player.images[step][names["SHOWN"]] for step in chosen}
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
    history = {key: np.array([row[key] for row in player.history]) for key in player.history[0]}
    left.errorbar(history["step"], history["KID"], history["error"], marker="o", capsize=3)
    left.set(title="KID x 1000, held-back pictures", xlabel="step", ylim=(0, None))
    for part, label in (("train", "training pictures"), ("test", "held-back pictures")):
        right.plot(history["step"], history[part], marker="o", label=label)
    right.set(title="The judge's mean score", xlabel="step")
    right.legend(fontsize=10)
    figure.savefig(FIGURE)
    plt.close(figure)


def main() -> None:
    """Train, and draw the figure again and again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("steps", type=int, nargs="?", default=1000)
    train(parser.parse_args().steps)


if __name__ == "__main__":
    main()
