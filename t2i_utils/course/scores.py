"""Scores that were measured before the course: those of a model card, and of the ablation."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ABLATION = Path(__file__).parents[2] / "benchmarks" / "ablation.md"


def card_kid(folder: str | Path, stage: int) -> list[tuple[float, float, float]]:
    """KID x 1000 by the model card of a folder of weights.

    Args:
        folder: of the weights.
        stage: 1 (at 64 px) or 2 (at 256 px).

    Returns:
        (drawn, its standard error, photographs) for each table of the stage: for Stage II its own
        pictures first, then the enlarged sketches that it began with.
    """
    text = _card(folder).partition(f"## Scores of Stage {stage} ")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in re.findall(r"^\| KID x 1000 .*$", text, re.MULTILINE)]
    drawn = [row[3].partition("±") for row in rows]
    return [
        (float(own), float(error), float(row[6]))
        for (own, _, error), row in zip(drawn, rows, strict=True)
    ]


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


def ablation_score(
    change: str, measure: str = "KID", column: str | None = None
) -> tuple[float, float]:
    """A score of the recipe with one change, by `benchmarks/ablation.md`.

    Args:
        change: how the row of a table begins, or the row above where this one begins empty.
        measure: the head of the score's column.
        column: what its second column says; None takes the first row of the change.

    Returns:
        (value, its standard error).

    Raises:
        KeyError: no table has such a row with such a score.
    """
    name, place = "", None
    for line in ABLATION.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip(" *") for cell in line.split("|")[1:-1]]
        if len(cells) < 3:
            continue
        if "KID" in cells:  # the head of a table
            place = cells.index(measure) if measure in cells else None
            continue
        name = cells[0] or name
        if place is None or not name.startswith(change) or column not in (None, cells[1]):
            continue
        if number := re.match(r"([\d.]+) ± ([\d.]+)", cells[place]):
            return float(number[1]), float(number[2])
    raise KeyError(f"benchmarks/ablation.md has no {measure} in a row {change!r}")
