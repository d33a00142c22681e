"""A small data set and trained runs of it, made once for all tests of a process."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.cli import main
from t2i_utils.config import Config
from t2i_utils.data import Pack, load_pack, read_dataset, write_pack
from t2i_utils.data.toy.birds import write_toy_birds
from t2i_utils.stackgan.recipes import make_config
from t2i_utils.text import load_encoder


@functools.cache
def scratch() -> Path:
    """A folder that lasts as long as the process."""
    folder = Path(tempfile.mkdtemp(prefix="t2i-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def toy_data() -> Path:
    """Ten classes of three toy birds."""
    return write_toy_birds(scratch() / "toy", 10, 3)


@functools.cache
def toy_pack() -> Pack:
    """The toy birds, packed."""
    folder = scratch() / "pack"
    write_pack(read_dataset(toy_data()), folder, encoder=load_encoder(), progress=False)
    return load_pack(folder)


def configs(*stages: int, **changes: Any) -> list[Config]:
    """The paper's recipe, small: it compiles faster than the modern one."""
    small = {"generator_width": 8, "discriminator_width": 8, "batch_size": 4}
    return [make_config("paper", "smoke", stage, **{**small, **changes}) for stage in stages]


@functools.cache
def trained_run() -> Path:
    """A run of both stages, two steps long, made by the command line. Do not change it."""
    folder = scratch() / "run"
    arguments = ["--data", str(toy_pack().folder), "--preset", "smoke", "--recipe", "paper"]
    assert main(["train", *arguments, "--steps", "2", "--run", str(folder)]) == 0
    return folder


def copy_of_run(target: Path) -> Path:
    """A copy of `trained_run` that a test may change."""
    return Path(shutil.copytree(trained_run(), target))


def read_checkpoint(folder: Path, stage: int) -> dict[str, np.ndarray]:
    """The arrays of a run's checkpoint."""
    with np.load(folder / "checkpoints" / f"stage{stage}.npz") as archive:
        return {name: archive[name] for name in archive.files if name != "note.json"}
