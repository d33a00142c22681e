"""The folder of a training run: what lies where, and how it changes without breaking.

run.json            what the run is: its settings, and those of its stages
log.csv             one row an update, of each stage
tensorboard/        the same for TensorBoard
samples/            sheets of pictures
checkpoints/        stage1.npz, stage2.npz: to go on from
weights/            a weight set (see `stackgan.weights`): to draw with
lock                while a process trains: its number

Importing this loads no network.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from t2i_utils import devices
from t2i_utils.arrays import read_note
from t2i_utils.errors import InputError
from t2i_utils.files import (
    check_writable,
    make_folder,
    put_in_place,
    read_json,
    replace_text,
    unwritable,
)
from t2i_utils.stackgan.weights import find_weights

_locked: set[Path] = set()  # the run folders that this process trains in


class RunFolder:
    """Paths and small files of a run."""

    def __init__(self, path: str | Path) -> None:
        """Name the folder; nothing is written yet."""
        self.path = Path(path)

    @property
    def weights(self) -> Path:
        """Where the weight set lies."""
        return self.path / "weights"

    def checkpoint(self, stage: int) -> Path:
        """Where the checkpoint of a stage lies."""
        return self.path / "checkpoints" / f"stage{stage}.npz"

    @property
    def is_started(self) -> bool:
        """Whether a run has begun here."""
        return (self.path / "checkpoints").is_dir()

    def check_start(self, stages: Sequence[int], resume: bool, init: str | Path | None) -> None:
        """Find out whether a run can start or go on here, before anything slow is done.

        Args:
            stages: that are to be trained.
            resume: whether to go on with the run in the folder.
            init: the weights to start from.

        Raises:
            InputError: the folder has a run already (without `resume`) or none (with it), the
                weights are not there, Stage II has no Stage I, or nothing can be written.
        """
        if resume and init:
            raise InputError(
                "--init starts a run and --resume continues one: leave one of them out"
            )
        if resume and not self.is_started:
            raise InputError(f"{self.path} holds no run to resume: leave --resume out")
        if not resume and any(self.checkpoint(stage).is_file() for stage in stages):
            raise InputError(
                f"{self.path} holds a run already: add --resume to continue it, or name "
                "another --run"
            )
        if init:
            find_weights(init)
        known = init or self.read_about().get("init") or (self.weights / "card.json").is_file()
        if 1 not in stages and not known:
            raise InputError(
                f"Stage II needs a trained Stage I: train --stage 1 in {self.path} first, or "
                "name weights with --init"
            )
        check_writable(self.path)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from training in this folder; the lock goes with the process that leads.

        Raises:
            InputError: another process trains here, or the folder cannot be written.
        """
        if not devices.leads():
            yield
            return
        make_folder(self.path)
        folder = self.path.resolve()
        if folder in _locked:
            yield
            return
        try:
            file = open(folder / "lock", "a+")  # noqa: SIM115
        except OSError as error:
            raise unwritable(folder / "lock", error) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise InputError(
                    f"process {file.read().strip()} is training in {self.path}: wait for it or "
                    "stop it, or name another --run"
                ) from None
            except OSError:
                pass  # a file system without locks
            _locked.add(folder)
            try:
                file.truncate(0)
                file.write(str(os.getpid()))
                file.flush()
                yield
            finally:
                _locked.discard(folder)
                file.truncate(0)

    def read_about(self) -> dict[str, Any]:
        """The content of run.json; empty where there is none.

        Raises:
            InputError: it is damaged.
        """
        file, mend = self.path / "run.json", "restore it, or start another --run"
        if not os.path.lexists(file):
            return {}
        about = read_json(file, mend)
        if not isinstance(about, dict) or not _is_about(about):
            raise InputError(f"{file} is damaged: {mend}")
        return about

    def write_about(self, about: dict[str, Any]) -> None:
        """Make the folder and write run.json, atomically.

        Raises:
            InputError: the folder cannot be written.
        """
        replace_text(self.path / "run.json", json.dumps(about, indent=1, ensure_ascii=False) + "\n")
        make_folder(self.path / "checkpoints")

    def read_checkpoint_note(self, stage: int) -> dict[str, Any] | None:
        """What a stage's checkpoint says of itself: "step", "config", ...; None without one.

        Raises:
            InputError: it is damaged.
        """
        file = self.checkpoint(stage)
        return read_checkpoint_note(file) if file.is_file() else None

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
        try:
            for stage, path in new.items():
                put_in_place(path, self.checkpoint(stage))
        except OSError as error:
            raise unwritable(self.path / "checkpoints", error) from error

    def finish_replacing(self) -> None:
        """Mend what a power cut during `replacing_checkpoints` left behind.

        New checkpoints are written in the order of their stages and put in place in that order:
        if the first still has its new name, not all may have been written, and none count.
        """
        first, second = self._new(1), self._new(2)
        if second.is_file() and not first.is_file():
            put_in_place(second, self.checkpoint(2))
        for path in (first, second):
            if path.is_file():
                path.unlink()

    def _new(self, stage: int) -> Path:
        return self.checkpoint(stage).with_suffix(".new")


def _is_about(about: dict[str, Any]) -> bool:
    """Whether what a resume takes from run.json is of its kind."""
    asked, stages = about.get("asked") or {}, about.get("from_weights", [])
    texts = (str, int, type(None))
    return (
        isinstance(asked, dict)
        and all(isinstance(value, texts) for value in asked.values())
        and isinstance(about.get("init"), str | None)
        and isinstance(stages, list)
        and all(stage in (1, 2) for stage in stages)
        and isinstance(about.get("stages", {}), dict)
    )


def read_checkpoint_note(path: Path) -> dict[str, Any]:
    """What a checkpoint says of itself: "step", "config", ...

    Raises:
        InputError: it is damaged, or something else.
    """
    note = read_note(path)
    step, origin = note.get("step"), [note.get(key, False) for key in ("from_weights", "warm_up")]
    fits = type(step) is int and step >= 0 and all(type(value) is bool for value in origin)
    if not fits or not isinstance(note.get("config"), dict):
        raise InputError(f"{path} is no checkpoint of a stage: name another --run")
    return note


def check_same(where: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to resume a run with other settings than it was begun with.

    Args:
        where: the run, or a file of it.
        before: its settings; those that it does not know count as the same.
        now: the settings that are asked for.

    Raises:
        InputError: one differs; it names the setting and both values.
    """
    for key, value in now.items():
        if before.get(key, value) != value:
            raise InputError(
                f"{where} was trained with {key} {before[key]!r:.60}, not {value!r}: resume with "
                "the same settings, or start another --run"
            )
