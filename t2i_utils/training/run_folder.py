"""The folder of a training run: what lies where, and how it changes without breaking.

run.json            what the run is: its settings, and those of its stages
log.csv             one row an update, of each stage
tensorboard/        the same for TensorBoard
samples/            sheets of pictures
checkpoints/        stage1.npz, stage2.npz: to go on from
weights/            a weight set (see `weights`): to draw with
"""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from t2i_utils.errors import InputError
from t2i_utils.files import make_folder, replace_text


class RunFolder:
    """Paths and small files of a run."""

    def __init__(self, path: str | Path) -> None:
        """Name the folder; nothing is written yet."""
        self.path = Path(path)

    def checkpoint(self, stage: int) -> Path:
        """Where the checkpoint of a stage lies."""
        return self.path / "checkpoints" / f"stage{stage}.npz"

    @property
    def is_started(self) -> bool:
        """Whether a run has begun here."""
        return (self.path / "checkpoints").is_dir()

    def read_about(self) -> dict[str, Any]:
        """The content of run.json; empty where there is none.

        Raises:
            InputError: it is damaged.
        """
        file = self.path / "run.json"
        try:
            about = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise InputError(f"{file} is damaged: restore it, or start another --run") from error
        if not isinstance(about, dict):
            raise InputError(f"{file} is damaged: restore it, or start another --run")
        return about

    def write_about(self, about: dict[str, Any]) -> None:
        """Make the folder and write run.json, atomically.

        Raises:
            InputError: the folder cannot be written.
        """
        replace_text(self.path / "run.json", json.dumps(about, indent=1, ensure_ascii=False) + "\n")
        make_folder(self.path / "checkpoints")

    @contextlib.contextmanager
    def replacing_checkpoints(self, stages: Iterable[int]) -> Iterator[dict[int, Path]]:
        """Where to write new checkpoints, {stage: path}; at the end they replace the old together.

        An error on the way (a full disk) leaves all the old ones: stages never mix two steps.
        """
        new = {stage: self._new(stage) for stage in sorted(stages)}
        try:
            yield new
        except BaseException:
            for path in new.values():
                path.unlink(missing_ok=True)
            raise
        for stage, path in new.items():
            os.replace(path, self.checkpoint(stage))

    def finish_replacing(self) -> None:
        """Mend what a power cut during `replacing_checkpoints` left behind.

        New checkpoints are written in the order of their stages and put in place in that order:
        if the first still has its new name, not all may have been written, and none count.
        """
        first, second = self._new(1), self._new(2)
        if second.is_file() and not first.is_file():
            os.replace(second, self.checkpoint(2))
        for path in (first, second):
            if path.is_file():
                path.unlink()

    def _new(self, stage: int) -> Path:
        return self.checkpoint(stage).with_suffix(".new")
