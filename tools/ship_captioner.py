"""For maintainers: copy a trained captioner into the package, with a model card.

    python tools/ship_captioner.py DIR REPORT --hardware "..." --limits "..."

DIR is what `t2i captioner train --out DIR` wrote, REPORT is what
`t2i captioner evaluate` wrote.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from t2i_utils.captioning.captioners import ARRAYS
from t2i_utils.captioning.describer import READER, load_describer
from t2i_utils.captioning.scoring import score_tables
from t2i_utils.pretrained import CARD, PRETRAINED

NAME = "captioner"
PUBLISHED = """\
| | knows the class | METEOR | CIDEr |
| --- | --- | --- | --- |
| definition: the class alone (GVE) | yes | 27.9 | 43.8 |
| explanation: the picture and the class (GVE) | yes | 29.2 | 56.7 |
| this captioner, unseen classes | no | {meteor} | {cider:.1f} |

GVE is Hendricks et al., Generating Visual Explanations (ECCV 2016), table 1: the official test \
pictures, of classes that were seen in training. These are **not the same pictures**: the rows \
stand beside each other, and do not rank. Scores are times 100; CIDEr is CIDEr-D, as in the COCO \
evaluation code."""
LICENCE = (
    "non-commercial research and education, as the photographs of CUB-200-2011 that it was trained "
    "on"
)


def main() -> None:
    """Copy, complete the card, write MODEL_CARD.md, and load the result once to check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("captioner", type=Path)
    parser.add_argument("report", type=Path)
    for field in ("hardware", "limits"):
        parser.add_argument(f"--{field}", required=True)
    parser.add_argument("--meteor", help="of the same pictures as REPORT, times 100 (needs Java)")
    options = parser.parse_args()
    target = PRETRAINED / NAME
    target.mkdir(parents=True, exist_ok=True)
    for file in (ARRAYS, READER):
        shutil.copyfile(options.captioner / file, target / file)
    card = {"name": NAME, **json.loads((options.captioner / CARD).read_text())}
    card |= {"hardware": options.hardware, "licence": LICENCE, "limits": options.limits}
    card |= {"meteor": options.meteor or "not measured"}
    (target / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    found = json.loads((options.report / "report.json").read_text())
    (target / "MODEL_CARD.md").write_text(render(card, found))
    print(f"{target}: {len(load_describer(NAME).vocabulary)} words")


def render(card: dict[str, Any], found: dict[str, Any]) -> str:
    """The card as Markdown."""
    reader = card["reader"]
    rows = {
        "training data": f"{card['data']}, {card['split']}, {card['num_images']:,} pictures in "
        f"{card['views']} views each",
        "captions": card["caption_source"],
        "crop": card["crop"],
        "features": "EfficientNet-Lite0, frozen, at 224 px; the reader of parts takes them too",
        "steps": f"{card['steps']:,} ({card['images_seen']:,} pictures with 4 captions each)",
        "reader of parts": f"{reader['claims']} claims; {reader['split']}, "
        f"{reader['num_images']:,} pictures in {reader['views']} views; the mean of "
        f"{reader['networks']} networks of {reader['steps']:,} steps, "
        f"{reader['tuned']} of them with later blocks of EfficientNet-Lite0 that learned too; "
        f"calibrated on {reader['calibrated_on']:,} pictures of classes held back from these",
        "seed": card["seed"],
        "backend": f"{card['backend']}, {card['precision']}",
        "date": card["date"],
        "hardware": card["hardware"],
        "licence": card["licence"],
        "sha256": f"{card['sha256']}; of the reader {reader['sha256']}",
    }
    return "\n".join([
        f"# Model card: `{card['name']}` (a picture of a bird becomes a sentence)", "",
        "Made by `tools/ship_captioner.py` from its own record (`card.json`).", "",
        "| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows.items()), "",
        "## Scores", "",
        "`t2i captioner evaluate`: seen classes are zero-shot train and official test, unseen "
        "classes are zero-shot test. A colour is true where three of ten people name it, a part's "
        "colour where two do. \"One person\" is the first caption against the others. A claim is "
        "what a sentence says of a part, the beak or the size: true where somebody makes it, false "
        "where nobody does and somebody says another value; precision is of these two, recall of "
        "the claims that two people make, the other columns count claims a picture.", "",
        *score_tables(found),
        "## Beside published scores", "",
        PUBLISHED.format(
            meteor=card["meteor"],
            cider=100 * found["unseen classes"]["scores"]["captioner"]["cider_d"],
        ), "",
        "## Limits", "", card["limits"], "",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
