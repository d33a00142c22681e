"""Maintainers: copy the weights of a run into the package, with a model card.

    python tools/ship_weights.py RUN NAME --licence "..." --limits "..." --hardware "..."

The card's facts (data, split, crop, recipe, steps, seed, checksums) come from the run itself.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

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
    options = parser.parse_args()
    source, target = options.run / "weights", PRETRAINED / options.name
    target.mkdir(parents=True, exist_ok=True)
    for file in (*source.glob("stage?.npz"), source / CARD):
        shutil.copyfile(file, target / file.name)
    card = json.loads((target / CARD).read_text())
    card = {"name": options.name, **card}
    card |= {field: getattr(options, field) for field in ("licence", "limits", "hardware", "note")}
    (target / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    (target / "MODEL_CARD.md").write_text(render(card))
    weights = load_weights(options.name)
    print(f"{target}: stages {sorted(weights.generators)}")


def render(card: dict[str, Any]) -> str:
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
    lines += ["", "## Limits", "", card["limits"], ""]
    if card["note"]:
        lines += ["## Notes", "", card["note"], ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
