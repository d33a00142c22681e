"""For maintainers: a figure of both recipes side by side, with the same captions and noise.

    python tools/recipes_figure.py figures/recipes.webp

Both sets of weights are shipped; their model cards say what each was trained on.
"""

import argparse
import textwrap
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from webp import WEBP

from t2i_utils.course.style import INK
from t2i_utils.drawing.synthesizer import Synthesizer

SETS = ("birds-paper", "birds")
CAPTIONS = (
    "a bright red bird with black wings",
    "a small yellow bird with a black crown",
    "this bird is blue with a white belly",
    "a brown bird with a speckled breast",
    "a large black bird with a hooked beak",
    "a white bird with grey wings and an orange beak",
)
NUM_NOISES, SEED = 3, 7  # rows per recipe; seed of their noise


def main() -> None:
    """Draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    figure = Figure(figsize=(10, 11.6), layout="constrained")
    FigureCanvasAgg(figure)
    parts = figure.subfigures(2, 1, hspace=0.02)
    for part, name in zip(parts, SETS, strict=True):
        synthesizer = Synthesizer(name)
        stage = synthesizer.weights.card["stages"]["1"]
        part.suptitle(
            f"recipe {stage['recipe']}: {stage['images_seen']:,} photographs shown, "
            f"{stage['steps']:,} steps",
            x=0.01,
            ha="left",
            fontsize=12,
            color=INK,
        )
        pictures = draw(synthesizer)
        grid = part.subplots(*pictures.shape[:2])
        for row, line in enumerate(grid):
            for column, axes in enumerate(line):
                axes.imshow(pictures[row, column], interpolation="nearest")
                axes.set_axis_off()
                if row == 0:
                    axes.set_title(textwrap.fill(CAPTIONS[column], 22), fontsize=9, color=INK)
    figure.savefig(options.out, dpi=90, pil_kwargs=WEBP)


def draw(synthesizer: Synthesizer) -> np.ndarray:
    """Pictures (noises, captions, 64, 64, 3) uint8: one noise per row."""
    embeddings = np.tile(synthesizer.embed(CAPTIONS), (NUM_NOISES, 1))
    noise = np.repeat(synthesizer.noise(NUM_NOISES, SEED), len(CAPTIONS), axis=0)
    pictures = synthesizer.draw(embeddings, noise, stage=1)[1]
    return pictures.reshape(NUM_NOISES, len(CAPTIONS), *pictures.shape[1:])


if __name__ == "__main__":
    main()
