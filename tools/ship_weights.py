"""For maintainers: copy the weights of a run into the package, with a model card.

    python tools/ship_weights.py RUN NAME --licence "..." --limits "..." --hardware "..." \
        --report REPORT64 REPORT256

The facts of the card (data, split, crop, recipe, steps, seed, checksums) come from the run. The
scores come from the reports of `t2i evaluate`, one per stage.
"""

import argparse
import dataclasses
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from t2i_utils.evaluation.report import score_table
from t2i_utils.evaluation.scores import Score
from t2i_utils.pretrained import CARD, PRETRAINED
from t2i_utils.stackgan.weights import load_weights

TITLES = {"birds": "real birds", "birds-paper": "real birds, paper recipe", "toy": "toy birds"}


def main() -> None:
    """Copy, complete the card, write MODEL_CARD.md, and load the result once to check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("name", choices=sorted(TITLES))
    for field in ("licence", "limits", "hardware", "note"):
        parser.add_argument(f"--{field}", required=field != "note", default="")
    parser.add_argument("--report", type=Path, nargs="*", default=[], metavar="DIR")
    options = parser.parse_args()
    reports = [json.loads((folder / "report.json").read_text()) for folder in options.report]
    source, target = options.run / "weights", PRETRAINED / options.name
    target.mkdir(parents=True, exist_ok=True)
    for file in (*source.glob("*.npz"), source / CARD):
        shutil.copyfile(file, target / file.name)
    card = json.loads((target / CARD).read_text())
    card = {"name": options.name, **card}
    card |= {field: getattr(options, field) for field in ("licence", "limits", "hardware", "note")}
    (target / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    (target / "MODEL_CARD.md").write_text(render(card, reports))
    weights = load_weights(options.name)
    print(f"{target}: stages {sorted(weights.generators)}")


def render(card: dict[str, Any], reports: Sequence[dict[str, Any]]) -> str:
    """The card as Markdown."""
    counted = f"{card['num_images']:,}"
    rows = [
        ("training data", f"{card['data']}, {card['split']}, {counted} pictures"),
        ("captions", card["caption_source"]),
        ("crop", card["crop"]),
        ("sentence encoder", f"{card['encoder']['name']}, {card['encoder']['width']} numbers"),
        ("seed", card["seed"]),
        ("hardware", card["hardware"]),
        ("licence", card["licence"]),
    ]
    lines = [f"# Model card: `{card['name']}` ({TITLES[card['name']]})", ""]
    lines += ["Made by `tools/ship_weights.py` from the run's own record (`card.json`).", ""]
    lines += ["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows), ""]
    columns = ("recipe", "steps", "images_seen", "backend", "date", "sha256")
    lines += ["| stage | " + " | ".join(columns) + " |", "| --- " * (len(columns) + 1) + "|"]
    for number, stage in card["stages"].items():
        values = [f"{stage[c]:,}" if isinstance(stage[c], int) else stage[c] for c in columns]
        lines.append(f"| {number} | " + " | ".join(values) + " |")
    lines.append("")
    for report in reports:
        lines += scores(report)
    lines += ["## Limits", "", card["limits"], ""]
    if card["note"]:
        lines += ["## Notes", "", card["note"], ""]
    return "\n".join(lines)


def scores(report: dict[str, Any]) -> list[str]:
    """The lines of a report: its tables, and the data that they were measured on."""
    about = report["about"]
    lines = [f"## Scores of Stage {about['stage']} at {about['size']} px", ""]
    lines += [*score_table([score_of(row) for row in report["scores"]]), ""]
    if report["stage_1_enlarged"]:
        lines += ["Stage I's pictures, enlarged to 256 px:", ""]
        lines += [*score_table([score_of(row) for row in report["stage_1_enlarged"]]), ""]
    terms = ("data", "split", "classes", "crop", "resize", "network", "captions", "seed")
    lines += ["; ".join(f"{term}: {about[term]}" for term in terms) + ".", ""]
    return lines


def score_of(row: dict[str, Any]) -> Score:
    """A row of report.json as a `Score`, without the fields that are the same for all scores."""
    fields = {field.name for field in dataclasses.fields(Score)}
    return Score(**{name: value for name, value in row.items() if name in fields})


if __name__ == "__main__":
    main()
