"""For maintainers: the trainings that notebook 07 shows and does not run itself.

    python tools/fine_tuning_figure.py                  figures/07_longer.webp and 07_opening.webp
    python tools/fine_tuning_figure.py --from-nothing   figures/07_nothing.webp

It runs the notebook's own cells on paper birds, up to the training. Then it trains the generator
that begins with trained weights, with more steps; or one that begins from nothing, with the
notebook's own. It draws what these drew on the way, and prints the numbers that the notebook tells.
"""

import argparse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from notebook_cells import names_before
from webp import WEBP

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "07_your_own_pictures.ipynb"
FIGURES = ROOT / "figures"
UNTIL = "tuned = fine_tune(STARTER"  # the notebook's training begins with this cell
SETTINGS = "BATCH, STEPS, WARM_UP, EVERY = 16, 280, 20, 40"
LINES = {"train": "training pictures", "more": "new birds, known colours", "test": "held back"}


def notebook_with(steps: int) -> dict[str, Any]:
    """The names that the notebook's cells define, up to its training, with so many steps."""
    return names_before(NOTEBOOK, UNTIL, {SETTINGS: SETTINGS.replace("280", str(steps))})


def pictures(figure: Any, run: SimpleNamespace, names: dict[str, Any]) -> None:
    """A row for each of four captions: what was drawn at every second look."""
    columns = {f"step {step}": run.drawn[step] for step in list(run.drawn)[::-2][::-1]}
    columns["held back"] = names["small"][names["test"]]
    axes = figure.subplots(len(names["FOUR"]), len(columns), squeeze=False)
    for (title, images), column in zip(columns.items(), axes.T, strict=True):
        column[0].set_title(title, fontsize=10, fontweight="normal", loc="center", pad=4)
        for axis, place in zip(column, names["FOUR"], strict=True):
            axis.imshow(images[place])
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
    for axis, caption in zip(axes[:, 0], names["ASKED"], strict=True):
        words = caption.replace("\n", " ").replace(", ", ",\n").replace(" and ", "\nand ")
        axis.set_ylabel(words, rotation=0, ha="right", va="center", fontsize=9)


def draw_longer(run: SimpleNamespace, names: dict[str, Any]) -> None:
    """Pictures by step, above KID, the colours, and the scores of the discriminator."""
    figure = plt.figure(figsize=(9.5, 7.9))
    above, below = figure.subfigures(2, height_ratios=(5, 2.9))
    pictures(above, run, names)
    left, middle, right = below.subplots(1, 3)
    history = {key: np.array([row[key] for row in run.history]) for key in run.history[0]}
    left.errorbar(history["step"], history["KID"], history["error"], marker="o", capsize=3)
    left.set(title="KID x 1000", xlabel="step", ylim=(0, None))
    for key, label in (("named", "named"), ("others", "not named")):
        middle.plot(history["step"], 100 * history[key], marker="o", label=label)
    middle.set(title="Colours there, %", xlabel="step", ylim=(0, 105))
    for part, label in LINES.items():
        own = [run.scores[step, part] for step in run.drawn]
        errors = [scores.std(ddof=1) / len(scores) ** 0.5 for scores in own]
        means = [scores.mean() for scores in own]
        right.errorbar(history["step"], means, errors, marker="o", capsize=3, label=label)
    right.set(title="Discriminator's score", xlabel="step")
    middle.legend(fontsize=8)
    right.legend(fontsize=8)
    figure.savefig(FIGURES / "07_longer.webp", pil_kwargs=WEBP)
    plt.close(figure)


def draw_nothing(run: SimpleNamespace, names: dict[str, Any]) -> None:
    """Pictures by step."""
    figure = plt.figure(figsize=(9.5, 6.2))
    pictures(figure, run, names)
    figure.savefig(FIGURES / "07_nothing.webp", pil_kwargs=WEBP)
    plt.close(figure)


def draw_opening(run: SimpleNamespace, names: dict[str, Any]) -> None:
    """Four captions: before, after, and the held-back pictures that belong to them."""
    last = max(run.drawn)
    real = names["small"][names["test"]]
    rows = {"before": run.drawn[0], f"after\n{last} steps": run.drawn[last], "held\nback": real}
    figure, axes = plt.subplots(3, 4, figsize=(9.5, 7.2))
    for line, (label, images) in zip(axes, rows.items(), strict=True):
        line[0].set_ylabel(label, rotation=0, ha="right", va="center")
        for axis, place in zip(line, names["FOUR"], strict=True):
            axis.imshow(images[place])
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
    for axis, caption in zip(axes[0], names["ASKED"], strict=True):
        axis.set_title(caption, fontsize=10, fontweight="normal", loc="center", pad=4)
    figure.savefig(FIGURES / "07_opening.webp", pil_kwargs=WEBP)
    plt.close(figure)


def tell(run: SimpleNamespace) -> None:
    """Print a line for each look; a gap is how much higher training pictures score than others."""
    for row in run.history:
        scores = {part: run.scores[row["step"], part] for part in LINES}
        errors = {part: own.std(ddof=1) / len(own) ** 0.5 for part, own in scores.items()}
        gaps = [
            f"{scores['train'].mean() - scores[part].mean():.2f} ± "
            f"{np.hypot(errors['train'], errors[part]):.2f} to {LINES[part]}"
            for part in ("more", "test")
        ]
        print(
            f"step {row['step']}: KID x 1000 {row['KID']:.0f} ± {row['error']:.0f}, gap of light "
            f"{row['light']:.0f}, colours {row['named']:.0%} of the named, {row['others']:.0%} of "
            f"the others; discriminator's gap {'; '.join(gaps)}"
        )


def main() -> None:
    """Train, draw and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from-nothing", action="store_true", help="as many steps as the notebook")
    if parser.parse_args().from_nothing:
        names = notebook_with(280)
        run = names["fine_tune"](None, names["ours"], 0)
        draw_nothing(run, names)
    else:
        names = notebook_with(400)
        run = names["fine_tune"](names["STARTER"], names["artist"].weights.whitening,
                                 names["WARM_UP"])  # fmt: skip
        draw_longer(run, names)
        draw_opening(run, names)
    tell(run)


if __name__ == "__main__":
    main()
