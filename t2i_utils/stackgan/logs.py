"""What a training run writes for people to read: log.csv, TensorBoard events, sample sheets."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from tensorboard.summary import Writer

from t2i_utils import backend
from t2i_utils.pictures import grid, save_png, to_uint8

COLUMNS = ("stage", "step", "learning_rate_factor", "seconds")
COLLAPSE = 0.25  # pictures of a batch that vary less than this share of photographs' are alike
PATIENCE = 50  # steps for which they must be alike before a warning


class RunLog:
    """Collects metrics, and writes them at `flush`: fetching them each step would stall a GPU."""

    def __init__(self, folder: Path, metric_names: tuple[str, ...], keep_until: dict[int, int]):
        """Open the logs of a run folder.

        Args:
            folder: of the run.
            metric_names: columns of log.csv after `COLUMNS`.
            keep_until: {stage: step}; rows of later steps (written after the checkpoint that the
                run goes on from) are dropped, so that each step stands once.
        """
        self.path = folder / "log.csv"
        self.columns = [*COLUMNS, *metric_names]
        rows = self._rows_until(keep_until)
        with open(self.path, "w", newline="") as file:
            writer = csv.DictWriter(file, self.columns, restval="", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        self._events = Writer(str(folder / "tensorboard"))
        self._waiting: list[tuple[int, int, float, float, dict[str, Any]]] = []
        self._alike: dict[int, int] = {}

    def _rows_until(self, keep_until: dict[int, int]) -> list[dict[str, str]]:
        if not self.path.is_file():
            return []
        with open(self.path, newline="") as file:
            return [
                row
                for row in csv.DictReader(file)
                if int(row["step"]) <= keep_until.get(int(row["stage"]), 10**12)
            ]

    def add(
        self, stage: int, step: int, factor: float, seconds: float, metrics: dict[str, Any]
    ) -> None:
        """Remember the metrics (tensors) of one update."""
        self._waiting.append((stage, step, factor, seconds, metrics))

    def flush(self) -> list[str]:
        """Write what was added; return warnings for the person who watches."""
        warnings = []
        with open(self.path, "a", newline="") as file:
            writer = csv.DictWriter(file, self.columns, restval="")
            for stage, step, factor, seconds, tensors in self._waiting:
                metrics = {name: float(value) for name, value in backend.to_numpy(tensors).items()}
                writer.writerow(
                    {
                        "stage": stage,
                        "step": step,
                        "learning_rate_factor": factor,
                        "seconds": round(seconds, 3),
                        **{name: f"{value:.6g}" for name, value in metrics.items()},
                    }
                )
                for name, value in metrics.items():
                    self._events.add_scalar(f"stage{stage}/{name}", np.float32(value), step)
                if warning := self._check(stage, step, metrics):
                    warnings.append(warning)
        self._events.flush()
        self._waiting.clear()
        return warnings

    def _check(self, stage: int, step: int, metrics: dict[str, float]) -> str | None:
        """A sentence when the losses are no numbers, or the pictures have been alike for long."""
        if not np.isfinite(metrics["g_loss"] + metrics["d_loss"]):
            return f"stage {stage}, step {step}: the losses are not finite; lower the learning rate"
        alike = metrics["diversity"] < COLLAPSE * metrics["diversity_real"]
        self._alike[stage] = self._alike.get(stage, 0) + 1 if alike else 0
        if self._alike[stage] != PATIENCE:
            return None
        return (
            f"stage {stage}, step {step}: all pictures look alike for {PATIENCE} steps (mode "
            "collapse): lower the discriminator's learning rate, or go back to a checkpoint"
        )

    def close(self) -> None:
        """Write what is left and close the event file."""
        self.flush()
        self._events.close()


def save_samples(path: Path, images: Any, columns: int = 8) -> Path:
    """Write pictures (n, size, size, 3) in [-1, 1] as one sheet."""
    return save_png(path, grid(to_uint8(images), columns))
