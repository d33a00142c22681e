"""For maintainers: what longer lessons and a longer game give in notebook 04.

    python tools/second_stage_figure.py

It runs the notebook's own cells up to the game of section 5, on toy birds. From the end of the
page's first lesson it then trains twice: the first lesson goes on alone, and the game is played. It
writes figures/04_longer.webp, and prints the table of section 6.
"""

import argparse
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from notebook_cells import names_before
from PIL import Image
from webp import WEBP

from t2i_utils.data import Batches
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.evaluation.features import FeatureExtractor
from t2i_utils.evaluation.kernel import kernel_distance
from t2i_utils.pictures import to_uint8

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "04_stage2_gan.ipynb"
FIGURE = ROOT / "figures" / "04_longer.webp"
UNTIL = "history.append(gan.update("  # the notebook's game is in this cell
BATCH = 16
LOOKS = (0, 1 / 2, 1)  # as shares of the game
COUNT = 96  # captions of unseen classes
DECAY = 0.99  # of the averaged generator: it looks back over about a hundred steps
SMOOTH = 20  # steps over which a curve is averaged


def batches_of(names: dict[str, Any]) -> Batches:
    """The notebook's training pictures, in larger batches."""
    return Batches(
        names["pack"],
        names["train"],
        batch_size=BATCH,
        image_size=256,
        num_distractors=names["config"].num_distractors,
        whitening=names["shipped"].whitening,
    )


def report(kids: dict[str, tuple[float, float]]) -> None:
    """Print KID x 1000 by name."""
    for name, (value, error) in kids.items():
        print(f"{name}: KID {value:.0f} ± {error:.0f}", flush=True)


class Judge:
    """KID of what a Stage II makes of the sketches for unseen captions."""

    def __init__(self, names: dict[str, Any]) -> None:
        pack, rows = names["pack"], names["test"]
        rows = np.random.default_rng(0).permutation(rows)
        self.artist: Synthesizer = names["draw"]
        texts = [pack.captions[row][0] for row in rows[:COUNT]]
        self.texts = self.artist.embed(texts)
        self.noise = self.artist.noise(COUNT, seed=0)
        self.sketches = self.artist.draw(self.texts, self.noise, stage=1)[1]
        self.extract = FeatureExtractor("lite2")
        self.pictures = pack.images(256)[rows]
        self.real = self.extract(self.pictures)
        self.refine = names["refine"]

    def __call__(self, pictures: np.ndarray, real: np.ndarray | None = None) -> tuple[float, float]:
        """KID x 1000 of pictures (n, 256, 256, 3), and its standard error."""
        found = kernel_distance(self.real if real is None else real, self.extract(pictures))
        return 1000 * found.value, 1000 * found.standard_error

    def drawn_by(self, generator: Any) -> tuple[float, float]:
        """KID x 1000 of a Stage II, and its standard error."""
        sketches = (self.sketches / 127.5 - 1).astype("float32")
        parts = np.arange(COUNT).reshape(-1, 8)
        return self(np.concatenate(
            [self.refine(generator, sketches[part], self.texts[part]) for part in parts]
        ))  # fmt: skip

    def controls(self, names: dict[str, Any]) -> dict[str, tuple[float, float]]:
        """What no network of the page has refined, and what the shipped weights draw."""
        small = [Image.fromarray(picture) for picture in self.sketches]
        lanczos = [np.asarray(x.resize((256, 256), Image.Resampling.LANCZOS)) for x in small]
        sharp = [names["sharpen"](np.stack(lanczos), power) for power in (50, 150)]
        plain = np.asarray(ops.image.resize(self.sketches.astype("float32"), (256, 256)))
        half = len(self.real) // 2
        blurred = to_uint8(names["layout"](self.pictures[:half] / 127.5 - 1))
        shipped = self.artist.draw(self.texts, self.noise, stage=2)[2]
        return {
            "real pictures against others": self(self.pictures[:half], self.real[half:]),
            "the same, shrunk and enlarged": self(blurred, self.real[half:]),
            "sketch, enlarged": self(plain.round().astype("uint8")),
            "sketch, sharpened by the filter": min(map(self, sharp)),
            "shipped": self(shipped),
        }


def longer_lesson(names: dict[str, Any], steps: int) -> None:
    """Go on with the first lesson alone."""
    names["restore"](names["after_lesson"])
    batches, lesson_of = batches_of(names), names["lesson_of"]
    for step in range(steps):
        batch = batches.at(step)
        names["teach"](*lesson_of(batch["images"] / 127.5 - 1, batch["embeddings"]))


def longer_game(
    names: dict[str, Any], steps: int, judge: Judge
) -> Iterator[tuple[int, list, tuple[float, float], list]]:
    """Play the game; at each look yield the step, crops, KID and the metrics of all steps."""
    names["restore"](names["after_lesson"])
    gan, batches, history = names["gan"], batches_of(names), []
    gan.config = dataclasses.replace(gan.config, average_decay=DECAY)
    looks = [round(share * steps) for share in LOOKS]
    for step in range(steps + 1):
        if step in looks:
            kid = judge.drawn_by(gan.drawing_generator)
            report({f"game, step {step}": kid})
            yield step, names["crops"](names["refine"](gan.drawing_generator)[0]), kid, history
        if step < steps:
            draws = gan.draw_noise(np.random.default_rng([0, step]), BATCH)
            metrics = gan.update(batches.at(step) | draws, step, trained_before=True)
            history.append({name: float(value) for name, value in metrics.items()})


def draw(rows: dict[str, list], kids: dict, lines: dict[str, float], history: list) -> None:
    """Rows of places, above the discriminator's answers and KID by step."""
    figure = plt.figure(figsize=(9.5, 6.9))
    parts: Any = figure.subfigures(2, height_ratios=(4.2, 2.7))
    places = ("eye", "wing", "outline")
    for row, axes in enumerate(parts[0].subplots(len(places), len(rows))):
        axes[0].set_ylabel(places[row], rotation=0, ha="right", va="center")
        for axis, (label, pictures) in zip(axes, rows.items(), strict=True):
            axis.imshow(pictures[row])
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            if row == 0:
                axis.set_title(label, fontsize=10, fontweight="normal", loc="center")
    left, right = parts[1].subplots(1, 2)
    for name in ("d_real", "d_wrong", "d_fake"):
        values = [metrics[name] for metrics in history]
        left.plot(np.convolve(values, np.ones(SMOOTH) / SMOOTH, "valid"), label=name)
    left.set(title="The discriminator's answers", xlabel="step of the game")
    left.legend(fontsize=9)
    values, errors = np.array(list(kids.values())).T
    right.errorbar(list(kids), values, errors, marker="o", capsize=3, label="the game")
    for (name, value), style in zip(lines.items(), ("--", ":"), strict=True):
        right.axhline(value, linestyle=style, color="grey", label=name)
    right.set(title="KID x 1000 (lower is better)", xlabel="step of the game", ylim=(0, None))
    right.legend(fontsize=9)
    figure.savefig(FIGURE, pil_kwargs=WEBP)
    plt.close(figure)


def main() -> None:
    """Train both ways, print the table, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lessons", type=int, default=400, help="of 16 pictures")
    parser.add_argument("--game", type=int, default=100, help="steps, of 16 pictures")
    options = parser.parse_args()
    names = names_before(NOTEBOOK, UNTIL)
    judge = Judge(names)
    table = judge.controls(names)
    report(table)
    gan, crops, refine = names["gan"], names["crops"], names["refine"]
    longer_lesson(names, options.lessons)
    alone = crops(refine(gan.generator)[0])
    kid = judge.drawn_by(gan.generator)
    report({f"lesson alone, {options.lessons} steps": kid})
    drawn = names["draw"].draw(names["embeddings"], names["noise"], stage=2)[2]
    others = {"lesson\nalone": alone, "shipped": crops(drawn[0])}
    lines = {f"lesson alone, {options.lessons} steps": kid[0], "shipped": table["shipped"][0]}
    rows, kids = {}, {}
    for step, found, kid, history in longer_game(names, options.game, judge):
        rows[f"game,\n{step} steps" if step else "first\nlesson"] = found
        kids[step] = kid
        if step:  # each time anew: whoever stops it keeps what there is
            draw(rows | others, kids, lines, history)


if __name__ == "__main__":
    main()
