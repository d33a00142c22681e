"""Score a captioner on seen and on unseen classes, beside baselines and beside people."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.captioning import baselines
from t2i_utils.captioning.caption_metrics import normalised, score_descriptions
from t2i_utils.captioning.claim_scores import (
    Labels,
    calibration_of,
    draw_calibration,
    score_claims,
)
from t2i_utils.captioning.claims import claims_of
from t2i_utils.captioning.describer import Describer, Description
from t2i_utils.captioning.paragraph import stated
from t2i_utils.captioning.regions import IMAGE_SIZE
from t2i_utils.captioning.views import regions_of, test_rows, training_rows, view
from t2i_utils.data import Pack
from t2i_utils.errors import InputError
from t2i_utils.files import replace_text

CHUNK = 64  # pictures described together
PERSON = "one person against the others"
ALL = "zero-shot train"  # the split of a reader that learnt from all pictures of the seen classes
PARTS = {"seen classes": True, "unseen classes": False}
COLUMNS = ("cider_d", "bleu_4", "rouge_l", "colour_f1", "part_f1", "distinct", "copied", "words")
CLAIM_COLUMNS = ("precision", "recall", "said", "true", "false")


def evaluate_captioner(
    describer: Describer,
    pack: Pack,
    attributes: Mapping[int, Mapping[str, float]] | None = None,
    count: int | None = None,
) -> dict[str, Any]:
    """Score descriptions of held-back pictures, beside baselines and beside one person's.

    Args:
        describer: the captioner.
        pack: the packed data set that it was trained on, or another.
        attributes: of each class, for the template baseline; with None the baseline is left out.
        count: how many pictures of each set to describe, chosen at random; None for all.

    Returns:
        {"about": ..., "seen classes": {"captioner": scores, ...}, "unseen classes": ...}.

    Raises:
        InputError: a library for scores is not installed, or there is no held-back picture.
    """
    rows = training_rows(pack)
    training = regions_of(pack, rows, "train")[:, 0]
    known = [text for row in rows for text in pack.captions[row]]
    seen_texts = normalised(known)
    found: dict[str, Any] = {
        "about": {
            "captioner": describer.card,
            "data": pack.manifest["name"],
            "crop": pack.manifest["crop"],
            "training_pictures": len(rows),
        }
    }
    for name in parts_to_judge(describer):
        test = test_rows(pack, PARTS[name])
        if len(test) == 0:
            raise InputError(f"pack {pack.folder} has no held-back picture of {name}")
        if count is not None and count < len(test):
            test = np.sort(np.random.default_rng(0).permutation(test)[:count])
        seen, own = _described(describer, pack, test)
        said = {"captioner": [description.sentences[0] for description in own]}
        said |= _baselines(describer, pack, rows, training, seen, attributes)
        said["most frequent caption"] = baselines.most_frequent(known, len(test))
        references = [pack.captions[row] for row in test]
        scores = {
            way: score_descriptions(texts, references, seen_texts) for way, texts in said.items()
        }
        claims = {
            way: score_claims([claims_of(text) for text in texts], references)
            for way, texts in said.items()
        }
        if several := [captions for captions in references if len(captions) > 1]:
            first, others = [own[0] for own in several], [own[1:] for own in several]
            scores[PERSON] = score_descriptions(first, others, seen_texts)
            claims[PERSON] = score_claims([claims_of(text) for text in first], others)
        found[name] = {
            "pictures": len(test),
            "scores": {way: score.to_json() for way, score in scores.items()},
            "claims": claims,
        }
        if describer.reader is not None:
            facts = [description.facts for description in own if description.facts is not None]
            claims["detailed"] = score_claims([stated(one.sure()) for one in facts], references)
            labels = Labels(references, describer.reader.claims)
            chances = np.array([list(one.true.values()) for one in facts])
            found[name]["calibration"] = calibration_of(chances, labels)
    return found


def parts_to_judge(describer: Describer) -> list[str]:
    """The sets whose pictures a captioner did not learn from."""
    reader = describer.card.get("reader", {})
    return [name for name, seen in PARTS.items() if not (seen and reader.get("split") == ALL)]


def _described(
    describer: Describer, pack: Pack, rows: np.ndarray
) -> tuple[np.ndarray, list[Description]]:
    """Regions of whole stored pictures, standardised, and what is said of the pictures."""
    pictures = pack.images_for(IMAGE_SIZE)
    regions, found = [], []
    for start in range(0, len(rows), CHUNK):
        squares = [view(pictures[row], None) for row in rows[start : start + CHUNK]]
        seen = describer.eyes(np.stack(squares))
        regions.append(describer.standardise(seen.regions))
        found += describer.describe_seen(seen)
    return np.concatenate(regions), found


def _baselines(
    describer: Describer,
    pack: Pack,
    rows: np.ndarray,
    training: np.ndarray,
    regions: np.ndarray,
    attributes: Mapping[int, Mapping[str, float]] | None,
) -> dict[str, list[str]]:
    """The sentences of the baselines that depend on the picture."""
    nearest = baselines.nearest_rows(regions, describer.standardise(training), baselines.NEIGHBOURS)
    said = {"nearest picture's caption": [pack.captions[rows[i]][0] for i in nearest[:, 0]]}
    if attributes is not None:
        classes = baselines.predicted_classes(nearest, pack.class_ids[rows])
        said["template of the predicted class"] = baselines.class_templates(classes, attributes)
    return said


def score_tables(found: dict[str, Any]) -> list[str]:
    """The scores as Markdown tables, two for each set."""
    lines = []
    for name in (part for part in PARTS if part in found):
        lines += [f"{name}, {found[name]['pictures']} pictures", ""]
        for kind, columns in (("scores", COLUMNS), ("claims", CLAIM_COLUMNS)):
            lines.append("| | " + " | ".join(columns) + " |")
            lines.append("| --- " * (len(columns) + 1) + "|")
            for way, scores in found[name][kind].items():
                values = " | ".join(f"{scores[column]:.3f}" for column in columns)
                lines.append(f"| {way} | {values} |")
            lines.append("")
        if "calibration" in found[name]:
            error = found[name]["calibration"]["error"]
            lines += [f"Probabilities of claims miss the truth by {error:.1%} in the mean.", ""]
    return lines


def write_caption_report(found: dict[str, Any], folder: Path) -> Path:
    """Write `report.json` and `report.md`; return the latter's path.

    Raises:
        InputError: the folder cannot be written.
    """
    about = found["about"]
    text = [
        "# Descriptions, judged", "",
        f"Data: {about['data']}, crop {about['crop']}. Captioner: "
        f"{about['captioner']['steps']:,} steps on {about['training_pictures']:,} pictures that "
        "are in the training part of both splits. Seen classes: zero-shot train and official "
        "test. Unseen classes: zero-shot test. A colour is true where three of ten people name "
        "it, a part's colour where two do.", "",
        "Claims: what a sentence says of a part, the beak or the size. One is true where somebody "
        "makes it, false where nobody does and somebody says another value. Precision is of these "
        "two, recall of the claims that two of ten people make; the others count claims a "
        "picture. \"detailed\" is what a detailed description says.", "",
        *score_tables(found),
    ]  # fmt: skip
    for name in (part for part in PARTS if "calibration" in found.get(part, {})):
        file = f"calibration_{name.split()[0]}.png"
        draw_calibration(found[name]["calibration"]["bins"], name, folder / file)
        text += [f"![How often claims of some probability are true, {name}]({file})", ""]
    replace_text(folder / "report.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    replace_text(folder / "report.md", "\n".join(text))
    return folder / "report.md"
