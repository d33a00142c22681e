"""Sheets of sample pictures: the same captions and noise each time, so that one sees the change."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from t2i_utils.drawing.synthesizer import draw_arrays
from t2i_utils.files import replace_text
from t2i_utils.pictures import grid, save_png
from t2i_utils.training.run_data import RunData
from t2i_utils.training.stage import Stage

SAMPLES, COLUMNS = 16, 8  # pictures on a sheet, and side by side


def draw_samples(folder: Path, data: RunData, stages: Sequence[Stage]) -> list[Path]:
    """Write a sheet of each stage, of captions that training does not see; return the files.

    Args:
        folder: for the sheets, and for `captions.txt`.
        data: of the run.
        stages: settled ones, each with the Stage I that it draws with.
    """
    held_out = data.pack.indices(data.split, "test")
    random = np.random.default_rng([data.seed, 7])
    chosen = random.choice(held_out if len(held_out) else data.indices, SAMPLES)
    embeddings = data.whitening(data.pack.embeddings[chosen][:, 0])
    noise_size = stages[0].gan.config.noise_size
    noise = random.standard_normal((SAMPLES, noise_size)).astype("float32")
    files = []
    for stage in stages:
        generators = {stage.number: stage.gan.drawing_generator}
        if stage.gan.stage1 is not None:
            generators[1] = stage.gan.stage1
        pictures = draw_arrays(generators, embeddings, noise)[stage.number]
        file = folder / f"stage{stage.number}_{stage.step:06d}.png"
        files.append(save_png(file, grid(pictures, COLUMNS)))
    captions = [data.pack.captions[row][0] for row in chosen]
    replace_text(folder / "captions.txt", "\n".join(captions) + "\n")
    return files
