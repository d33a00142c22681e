"""Score a captioner on seen and on unseen classes, beside baselines and beside people."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.captioning import baselines
from t2i_utils.captioning.caption_metrics import CaptionScores, normalised, score_descriptions
from t2i_utils.captioning.describer import Describer
from t2i_utils.captioning.views import regions_of, test_rows, training_rows
from t2i_utils.data import Pack
from t2i_utils.errors import InputError
from t2i_utils.files import replace_text

CHUNK = 64  # pictures described together
PARTS = {"seen classes": True, "unseen classes": False}
COLUMNS = ("cider_d", "bleu_4", "rouge_l", "colour_f1", "part_f1", "distinct", "copied", "words")


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
    for name, seen in PARTS.items():
        test = test_rows(pack, seen)
        if len(test) == 0:
            raise InputError(f"pack {pack.folder} has no held-back picture of {name}")
        regions = regions_of(pack, test, name.split()[0])[:, 0]
        chosen = np.arange(len(test))
        if count is not None and count < len(test):
            chosen = np.sort(np.random.default_rng(0).permutation(len(test))[:count])
        said = _all_said(describer, pack, rows, training, regions[chosen], attributes)
        said["most frequent caption"] = baselines.most_frequent(known, len(chosen))
        references = [pack.captions[row] for row in test[chosen]]
        scores = {
            way: score_descriptions(texts, references, seen_texts) for way, texts in said.items()
        }
        if several := [captions for captions in references if len(captions) > 1]:
            scores["one person against the others"] = _person(several, seen_texts)
        found[name] = {
            "pictures": len(chosen),
            "scores": {way: score.to_json() for way, score in scores.items()},
        }
    return found


def _all_said(
    describer: Describer,
    pack: Pack,
    rows: np.ndarray,
    training: np.ndarray,
    regions: np.ndarray,
    attributes: Mapping[int, Mapping[str, float]] | None,
) -> dict[str, list[str]]:
    """The sentences of the captioner and of the baselines that depend on the picture."""
    own, neighbours = [], []
    standard_training = describer.standardise(training)
    for start in range(0, len(regions), CHUNK):
        standard = describer.standardise(regions[start : start + CHUNK])
        best = [sentences[0] for sentences in describer.sentences(standard)]
        own += [describer.vocabulary.decode(sentence.words) for sentence in best]
        neighbours.append(baselines.nearest_rows(standard, standard_training, baselines.NEIGHBOURS))
    nearest = np.concatenate(neighbours)
    said = {
        "captioner": own,
        "nearest picture's caption": [pack.captions[rows[i]][0] for i in nearest[:, 0]],
    }
    if attributes is not None:
        classes = baselines.predicted_classes(nearest, pack.class_ids[rows])
        said["template of the predicted class"] = baselines.class_templates(classes, attributes)
    return said


def _person(references: list[list[str]], seen_texts: frozenset[str]) -> CaptionScores:
    """Score the first caption of each picture against its other captions."""
    return score_descriptions(
        [captions[0] for captions in references],
        [captions[1:] for captions in references],
        seen_texts,
    )


def score_tables(found: dict[str, Any]) -> list[str]:
    """The scores as Markdown tables, one for each set."""
    lines = []
    for name in PARTS:
        lines += [f"{name}, {found[name]['pictures']} pictures", ""]
        lines.append("| | " + " | ".join(COLUMNS) + " |")
        lines.append("| --- " * (len(COLUMNS) + 1) + "|")
        for way, scores in found[name]["scores"].items():
            lines.append(f"| {way} | " + " | ".join(f"{scores[c]:.3f}" for c in COLUMNS) + " |")
        lines.append("")
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
        *score_tables(found),
    ]  # fmt: skip
    replace_text(folder / "report.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    replace_text(folder / "report.md", "\n".join(text))
    return folder / "report.md"
