"""A small data set and trained runs of it, made once for all test processes."""

import fcntl
import functools
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.cli import main
from t2i_utils.config import Config
from t2i_utils.data import Pack, load_pack, read_dataset, write_pack
from t2i_utils.data.toy.birds import write_toy_birds
from t2i_utils.stackgan.recipes import make_config
from t2i_utils.text import load_encoder


def scratch() -> Path:
    """The folder that all test processes of one run share; ../conftest.py makes and deletes it."""
    return Path(os.environ["T2I_TEST_SCRATCH"])


def built_once(name: str, build: Callable[[Path], object]) -> Path:
    """The folder `name` of the scratch folder; the first process that asks for it builds it.

    The others wait meanwhile. What a stopped build has left is removed first.
    """
    folder, done = scratch() / name, scratch() / f"{name}.done"
    with open(scratch() / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # ends with the file, however the process ends
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            build(folder)
            done.touch()
    return folder


@functools.cache
def toy_data() -> Path:
    """Ten classes of three toy birds."""
    return built_once("toy", lambda folder: write_toy_birds(folder, 10, 3))


@functools.cache
def toy_pack() -> Pack:
    """The toy birds, packed."""
    return load_pack(built_once("pack", lambda folder: pack_birds(toy_data(), folder)))


def pack_birds(data: Path, folder: Path, **options: Any) -> None:
    """Pack a data set with the default encoder."""
    write_pack(read_dataset(data), folder, encoder=load_encoder(), progress=False, **options)


def configs(*stages: int, **changes: Any) -> list[Config]:
    """The paper's recipe, small: it compiles faster than the modern one."""
    small = {"generator_width": 8, "discriminator_width": 8, "batch_size": 4}
    return [make_config("paper", "smoke", stage, **{**small, **changes}) for stage in stages]


@functools.cache
def trained_run() -> Path:
    """A run of both stages, two steps long, made by the command line. Do not change it."""
    words = ["train", "--data", str(toy_pack().folder), "--preset", "smoke", "--recipe", "paper"]

    def train(folder: Path) -> None:
        assert main([*words, "--steps", "2", "--run", str(folder)]) == 0

    return built_once("run", train)


def copy_of_run(target: Path) -> Path:
    """A copy of `trained_run` that a test may change."""
    return Path(shutil.copytree(trained_run(), target))


def read_checkpoint(folder: Path, stage: int) -> dict[str, np.ndarray]:
    """The arrays of a run's checkpoint."""
    with np.load(folder / "checkpoints" / f"stage{stage}.npz") as archive:
        return {name: archive[name] for name in archive.files if name != "note.json"}
