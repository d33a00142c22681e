"""Sheets of sample pictures: the same captions and noise each time, so that one sees the change."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from t2i_utils.files import replace_text
from t2i_utils.training.logs import save_samples
from t2i_utils.training.run_data import RunData
from t2i_utils.training.stage import Stage

SAMPLES = 16  # pictures on a sheet


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
        gan = stage.gan
        epsilon = np.zeros((SAMPLES, gan.config.condition_size), "float32")
        inputs = [embeddings, noise, epsilon]
        if gan.stage1 is not None:
            small = gan.stage1.predict_on_batch(inputs)[0]
            inputs = [np.clip(small, -1, 1), embeddings, epsilon]
        images = gan.drawing_generator.predict_on_batch(inputs)[0]
        files.append(save_samples(folder / f"stage{stage.number}_{stage.step:06d}.png", images))
    captions = [data.pack.captions[row][0] for row in chosen]
    replace_text(folder / "captions.txt", "\n".join(captions) + "\n")
    return files
