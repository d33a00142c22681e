"""Scores that were measured before the course: those of a model card, and of the ablation."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ABLATION = Path(__file__).parents[2] / "benchmarks" / "ablation.md"


def card_kid(folder: str | Path, stage: int) -> list[tuple[float, float]]:
    """KID x 1000 by the model card of a folder of weights.

    Args:
        folder: of the weights.
        stage: 1 (at 64 px) or 2 (at 256 px).

    Returns:
        (drawn, photographs) for each table of the stage: for Stage II its own pictures first, then
        the enlarged sketches that it began with.
    """
    return [(float(row[3].partition("±")[0]), float(row[6])) for row in _kid_rows(folder, stage)]


def card_kid_errors(folder: str | Path, stage: int) -> list[float]:
    """The standard error of what was drawn, for each pair that `card_kid` gives."""
    return [float(row[3].partition("±")[2]) for row in _kid_rows(folder, stage)]


def learned_by_heart(folder: str | Path) -> "pd.DataFrame":
    """KID x 1000 of short trainings, for captions of unseen classes and of training classes.

    Args:
        folder: of weights whose model card holds the table of these trainings.

    Returns:
        One row per training, in the card's order; none where the card holds no such table.
    """
    import pandas as pd

    found = re.findall(r"^\| .+? \| ([\d.]+) \| ([\d.]+) \|$", _card(folder), re.MULTILINE)
    return pd.DataFrame(found, columns=["unseen classes", "training classes"]).astype(float)


def _card(folder: str | Path) -> str:
    return (Path(folder) / "MODEL_CARD.md").read_text(encoding="utf-8")


def _kid_rows(folder: str | Path, stage: int) -> list[list[str]]:
    """The cells of each line of KID in the scores of a stage."""
    text = _card(folder).partition(f"## Scores of Stage {stage} ")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| KID x 1000 .*$", text, re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def ablation_kid(change: str) -> int:
    """KID x 1000 of the recipe with one change, by `benchmarks/ablation.md` (seed 0).

    Args:
        change: how the row of that table begins.

    Raises:
        KeyError: the table has no such row.
    """
    row = rf"^\| {re.escape(change)}.*?\|.*?\| \**(\d+)"
    found = re.search(row, ABLATION.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise KeyError(f"benchmarks/ablation.md has no row {change!r}")
    return int(found[1])
