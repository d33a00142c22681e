"""Runs that are stopped and resumed, against unbroken ones: see test_exact_resume.py.

``python exact_resume.py PACK FOLDER RECIPE...`` prints, for each recipe and each way to stop, the
names of the arrays that differ, of checkpoints and of weights.
"""

import csv
import functools
import json
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from small_gan import start_quickly, values

from t2i_utils.arrays import entries_of, set_file
from t2i_utils.config import Config
from t2i_utils.data import load_pack
from t2i_utils.stackgan.recipes import make_config
from t2i_utils.stackgan.update import StageGAN
from t2i_utils.stackgan.weights import read_card
from t2i_utils.training import loop, setup
from t2i_utils.training.run import Run

SMALL = {"generator_width": 4, "discriminator_width": 8, "batch_size": 4, "num_distractors": 8}


class Watched(Run):
    """A run that calls `before(stage, step)` before each update."""

    before: Callable[[int, int], None] = staticmethod(lambda stage, step: None)

    def _update(self, number: int, batch: Any, log: Any) -> None:
        self.before(number, self.stages[number].step)
        super()._update(number, batch, log)


@functools.cache
def built(config: Config, width: int, stage1: Any, seed: int) -> tuple[StageGAN, list[np.ndarray]]:
    """A stage of the GAN, and what a new one's variables hold."""
    gan = StageGAN(config, width, stage1, seed)
    return gan, values(gan.state_variables)


def as_new(config: Config, width: int, stage1: Any, seed: int) -> StageGAN:
    """What `StageGAN(...)` gives, but compiled once for all runs: that takes most of the time."""
    gan, initial = built(config, width, stage1, seed)
    for variable, value in zip(gan.state_variables, initial, strict=True):
        variable.assign(value)
    return gan


def arrays(folder: Path) -> dict[str, np.ndarray]:
    """Everything in the checkpoints and weights of a run, and its log but for the seconds."""
    with open(folder / "log.csv", newline="") as file:
        rows = [{**row, "seconds": ""} for row in csv.DictReader(file)]
    found = {"log.csv": np.array(json.dumps(rows))}
    files = {f"checkpoints/{file.name}": file for file in folder.glob("checkpoints/*.npz")}
    for entry in entries_of(read_card(folder / "weights")):
        # A kill may leave a new file beside the old one: what counts is what the card names.
        files[f"weights/{entry['file']}"] = set_file(folder / "weights", entry)
    for title, path in sorted(files.items()):
        with open(path, "rb") as file, np.load(file) as archive:
            names = [name for name in archive.files if name != "note.json"]
            found |= {f"{title}/{name}": archive[name] for name in names}
    return found


def differing(one: Path, other: Path) -> list[str]:
    """Names of the arrays that are not equal bit for bit."""
    expected, found = arrays(one), arrays(other)
    assert len(expected) > 200 and expected.keys() == found.keys()
    return [name for name, array in expected.items() if array.tobytes() != found[name].tobytes()]


def compare(recipe: str, pack_folder: Path, folder: Path) -> dict[str, list[str]]:
    """Train side by side and in turn, in one go and in pieces."""
    pack = load_pack(pack_folder)
    configs = [make_config(recipe, "smoke", stage, **SMALL) for stage in (1, 2)]

    def start(name: str, before: Callable[[int, int], None] | None = None, **options: Any) -> Run:
        run = Watched(folder / name, pack, configs, say=lambda text: None, **options)
        run.before = before or run.before
        return run

    def killed(stage: int, step: int) -> None:
        if (stage, step) == (2, 3):  # what kill -9 leaves between two updates of one step
            shutil.copytree(folder / "whole", folder / "killed")
            rows = (folder / "killed" / "log.csv").read_text().splitlines()
            assert len(rows) == 1 + 2 * 3  # of three steps, where the checkpoint is of two

    def stopped_by(number: int, where: tuple[int, int]) -> Callable[[int, int], None]:
        return lambda *now: signal.raise_signal(number) if now == where else None

    found = {}
    start("whole", killed).train(4, save_every=2, progress=False)
    start("killed", resume=True).train(4, progress=False)
    found["killed"] = differing(folder / "whole", folder / "killed")
    try:
        start("ctrl_c", stopped_by(signal.SIGINT, (1, 0))).train(4, progress=False)
    except KeyboardInterrupt:
        run = start("ctrl_c", resume=True)
        assert [stage.step for stage in run.stages.values()] == [1, 1]
        run.train(2, progress=False)
        run.train(4, progress=False)
        found["ctrl_c"] = differing(folder / "whole", folder / "ctrl_c")
    turn = {"in_turn": True, "progress": False}
    start("whole_in_turn").train(2, **turn)
    try:
        start("sigterm", stopped_by(signal.SIGTERM, (2, 0))).train(2, **turn)
    except SystemExit as stop:
        assert stop.code == 143
        run = start("sigterm", resume=True)
        assert [stage.step for stage in run.stages.values()] == [2, 1]
        run.train(2, **turn)
        found["sigterm"] = differing(folder / "whole_in_turn", folder / "sigterm")
    found["in turn against side by side"] = differing(folder / "whole", folder / "whole_in_turn")
    return found


def main(pack_folder: Path, folder: Path, *recipes: str) -> None:
    """Compare the runs of each recipe."""
    start_quickly()
    setup.StageGAN = as_new
    loop.FLUSH_SECONDS = -1  # log at once: a killed run is logged further than it is saved
    print(json.dumps({recipe: compare(recipe, pack_folder, folder / recipe) for recipe in recipes}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
