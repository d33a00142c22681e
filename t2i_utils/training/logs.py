"""What a training run writes for people to read: log.csv, TensorBoard events, sample sheets."""

import contextlib
import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils import backend, devices
from t2i_utils.errors import InputError
from t2i_utils.files import make_folder, replace_text, unwritable
from t2i_utils.quiet_import import quiet_import

_SETTINGS = ["stage", "step", "learning_rate_factor", "seconds"]
_LOSSES = ["d_loss", "g_loss", "d_real", "d_wrong", "d_fake", "kl"]
_PICTURES = ["diversity", "diversity_real", "match_real", "match_fake", "sameness"]
COLUMNS = [*_SETTINGS, *_LOSSES, *_PICTURES]
COLLAPSE = 0.25  # pictures of a batch that vary less than this share of photographs' are alike
PATIENCE = 50  # steps for which they must be alike before a warning


class RunLog:
    """Collects metrics, and writes them at `flush`: fetching them each step would stall a GPU.

    Attributes:
        path: of log.csv, one row an update of a stage, with the columns `COLUMNS`. On a GPU,
            `seconds` end when the step is queued, not when it is done.
        latest: the newest losses in a few words, for a progress bar.
    """

    def __init__(self, folder: Path, keep_until: dict[int, int]) -> None:
        """Open the logs of a run folder.

        Args:
            folder: of the run.
            keep_until: {stage: step}; rows of later steps (written after the checkpoint that the
                run goes on from) are dropped, so that each step stands once.

        Raises:
            InputError: log.csv is damaged or cannot be written.
        """
        self.path = folder / "log.csv"
        self.latest = ""
        self._write_rows(self._rows_until(keep_until))
        self._events = _tensorboard_writer(folder / "tensorboard") if devices.leads() else None
        self._waiting: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._alike: dict[int, int] = {}

    def __enter__(self) -> "RunLog":
        """Return the log."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write what is left and close; after an error only close, as far as that goes."""
        if kind is None:
            self.close()
            return
        if self._events is not None:
            with contextlib.suppress(Exception):  # the error that is under way tells more
                self._events.close()

    def _rows_until(self, keep_until: dict[int, int]) -> list[dict[str, str]]:
        if not self.path.is_file():
            return []
        lines = self.path.read_bytes().decode("utf-8", errors="replace").splitlines(keepends=True)
        if lines and not lines[-1].endswith("\n"):
            lines.pop()  # a process that was killed left half a row
        reader = csv.DictReader(lines)
        rows = []
        for row in reader:
            try:
                last = keep_until.get(int(row["stage"]))
                if last is None or int(row["step"]) <= last:
                    rows.append(row)
            except (KeyError, TypeError, ValueError) as error:
                raise InputError(
                    f"{self.path}, line {reader.line_num} is damaged: mend it, or move the file "
                    "away (the run goes on without it)"
                ) from error
        return rows

    def _write_rows(self, rows: list[dict[str, str]]) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        replace_text(self.path, text.getvalue())

    def add(
        self, stage: int, step: int, factor: float, seconds: float, metrics: dict[str, Any]
    ) -> None:
        """Remember the metrics (scalar tensors) of one update."""
        row = {"stage": stage, "step": step, "learning_rate_factor": factor, "seconds": seconds}
        self._waiting.append((row, metrics))

    def flush(self) -> list[str]:
        """Write what was added; return warnings for the person who watches.

        Raises:
            InputError: a file cannot be written, or a loss is not finite any more.
        """
        rows = [
            {**row, **{name: float(value) for name, value in backend.to_numpy(tensors).items()}}
            for row, tensors in self._waiting
        ]
        self._waiting = []
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, restval="")
        writer.writerows({name: _short(value) for name, value in row.items()} for row in rows)
        try:
            with open(self.path, "a", newline="", encoding="utf-8") as file:
                file.write(text.getvalue())
            self._write_events(rows)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self.latest = ", ".join(
            f"stage {row['stage']}: d {row['d_loss']:.2f} g {row['g_loss']:.2f}"
            for row in {row["stage"]: row for row in rows}.values()
        )
        return [warning for row in rows if (warning := self._check(row))]

    def _write_events(self, rows: list[dict[str, Any]]) -> None:
        if self._events is None:
            return
        for row in rows:
            for name in row.keys() - {"stage", "step"}:
                value = np.float32(row[name])
                self._events.add_scalar(f"stage{row['stage']}/{name}", value, row["step"])
        self._events.flush()

    def _check(self, row: dict[str, Any]) -> str | None:
        """A sentence when the pictures of a batch have been alike for long."""
        stage, where = row["stage"], f"stage {row['stage']}, step {row['step']}"
        if not np.isfinite(row["g_loss"] + row["d_loss"]):
            raise InputError(
                f"{where}: the losses are no finite numbers any more: start another --run with "
                "another --seed"
            )
        alike = row["diversity"] < COLLAPSE * row["diversity_real"]
        self._alike[stage] = self._alike.get(stage, 0) + 1 if alike else 0
        if self._alike[stage] != PATIENCE:
            return None
        return (
            f"{where}: all pictures look alike for {PATIENCE} steps (mode collapse): lower the "
            "discriminator's learning rate, or go back to a checkpoint"
        )

    def close(self) -> None:
        """Write what is left and close the event file."""
        self.flush()
        if self._events is not None:
            self._events.close()


def _tensorboard_writer(folder: Path) -> Any:
    """What writes TensorBoard's events; None where it is not installed, as on a rented GPU."""
    make_folder(folder)
    with quiet_import():  # on JAX, TensorBoard loads TensorFlow here, where it is installed
        try:
            from tensorboard.summary import Writer
        except ImportError:
            return None
        return Writer(str(folder))


def _short(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value
