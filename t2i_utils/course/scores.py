"""Scores that were measured before the course: those of a model card, and of the ablation."""

import re
from pathlib import Path

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
    text = (Path(folder) / "MODEL_CARD.md").read_text(encoding="utf-8")
    text = text.partition(f"## Scores of Stage {stage} ")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| KID x 1000 .*$", text, re.MULTILINE)
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [(float(row[3].partition("±")[0]), float(row[6])) for row in cells]


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
