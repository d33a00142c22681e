"""Train, save, build anew, load and train on, against training in one go: see test_checkpoints.py.

``python resume.py FOLDER`` prints the largest difference between the two. The modern Stage I has
all kinds of state: weights, moments, averages, BatchNorm statistics, singular vectors.
"""

import json
import sys
from pathlib import Path

import numpy as np
from small_gan import new_gan, small_batch, values

from t2i_utils.training.checkpoints import load_checkpoint, save_checkpoint

STEPS = 3


def difference(recipe: str, stage: int, folder: Path) -> dict[str, float]:
    gan = new_gan(recipe, stage, seed=1)
    for step in range(2 * STEPS):
        if step == STEPS:
            save_checkpoint(folder / "state.npz", gan, step, {"seed": 1})
            middle = values(gan.state_variables)
        gan.update(small_batch(gan, step), step, learning_rate_factor=0.5 ** (step // 2))
    straight = values(gan.state_variables)

    resumed = new_gan(recipe, stage, seed=2)
    start = load_checkpoint(folder / "state.npz", resumed, {"seed": 1})
    for step in range(start, 2 * STEPS):
        resumed.update(small_batch(resumed, step), step, learning_rate_factor=0.5 ** (step // 2))
    again = values(resumed.state_variables)
    return {
        "resumed": max(float(np.abs(a - b).max()) for a, b in zip(straight, again, strict=True)),
        "trained": max(float(np.abs(a - b).max()) for a, b in zip(straight, middle, strict=True)),
    }


if __name__ == "__main__":
    target = Path(sys.argv[1])
    print(json.dumps(difference("modern", 1, target)))
