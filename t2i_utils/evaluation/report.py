"""The report: report.json for programs, report.md and figures for people."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from t2i_utils.config import IMAGE_SIZES
from t2i_utils.evaluation.chart import draw_chart
from t2i_utils.evaluation.evaluator import Evaluation
from t2i_utils.evaluation.features import RESIZE
from t2i_utils.evaluation.scores import Score
from t2i_utils.files import replace_text
from t2i_utils.pictures import grid, save_png

_CONTEXT = ("data", "split", "crop", "seed")  # said in every score of report.json


def write_report(evaluation: Evaluation, sheet: np.ndarray, folder: Path) -> None:
    """Write report.json, report.md and the figures.

    Args:
        evaluation: what was found.
        sheet: (height, width, 3) uint8: captions of our own, several pictures of each.
        folder: made if need be.

    Raises:
        InputError: the folder cannot be written.
    """
    replace_text(folder / "report.json", json.dumps(as_json(evaluation), indent=1) + "\n")
    replace_text(folder / "report.md", as_markdown(evaluation))
    draw_chart(evaluation.scores, _title(evaluation.about), folder / "scores.png")
    save_png(folder / "pictures.png", sheet)
    pairs = evaluation.pairs.reshape(-1, *evaluation.pairs.shape[2:])
    save_png(folder / "nearest.png", grid(pairs.repeat(2, axis=1).repeat(2, axis=2), columns=8))


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Everything, as a JSON object; each score carries the terms that it was taken on."""
    about = evaluation.about
    terms = {name: about[name] for name in _CONTEXT}

    def complete(scores: list[Score]) -> list[dict[str, Any]]:
        return [
            {**dataclasses.asdict(score), **terms, "resize": _resize(score, about)}
            for score in scores
        ]

    return {
        "about": evaluation.about,
        "scores": complete(evaluation.scores),
        "stage_1_enlarged": complete(evaluation.enlarged),
        "seconds": evaluation.seconds,
    }


def _resize(score: Score, about: dict[str, Any]) -> str:
    """What was done to the pictures before they were looked at."""
    if score.network == "matcher":
        return f"to {IMAGE_SIZES[1]} px, {RESIZE}"
    return "none" if score.network.startswith("none") else about["resize"]


def as_markdown(evaluation: Evaluation) -> str:
    """The scores as tables, with all that is needed to read them."""
    about = evaluation.about
    lines = [
        f"# Scores of {_title(about)}",
        "",
        *score_table(evaluation.scores),
        "",
        "![Shares, from chance to photographs](scores.png)",
        "",
    ]
    if evaluation.enlarged:
        lines += ["## Stage I's pictures enlarged to 256 px (bicubic), for comparison", ""]
        lines += [*score_table(evaluation.enlarged), ""]
    matcher = about["matcher"]
    rows = {
        **{name.replace("_", " "): value for name, value in about.items() if name != "matcher"},
        "matcher": f"{matcher['network']}; trained on {matcher['pictures']:,} photographs "
        f"({matcher['trained_on']}), {matcher['steps']:,} steps of {matcher['batch_size']}",
    }
    lines += ["## Terms", "", "| | |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in rows.items()]
    lines += ["", *_NOTES, "", "## Time", ""]
    lines += [f"- {part}: {taken:.0f} s" for part, taken in evaluation.seconds.items()]
    return "\n".join(lines) + "\n"


def _title(about: dict[str, Any]) -> str:
    return f"{about['weights']}, Stage {about['stage']} ({about['size']} px)"


def score_table(scores: list[Score]) -> list[str]:
    """Lines of a Markdown table."""
    lines = [
        "| measure | better | generator | with shuffled captions | chance | photographs | n | "
        "by | compared with |",
        "| --- " * 9 + "|",
    ]
    for score in scores:
        value = format_value(score, score.value)
        if score.standard_error is not None:
            value += f" ± {format_value(score, score.standard_error)}"
        others = (score.shuffled, score.chance, score.photographs)
        cells = [
            score.measure,
            score.better,
            value,
            *("" if other is None else format_value(score, other) for other in others),
            str(score.n),
            score.network,
            score.compared_with,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def format_value(score: Score, value: float) -> str:
    """A share in per cent, anything else with one or two digits."""
    if score.is_share:
        return f"{100 * value:.1f} %"
    return f"{value:.1f}" if score.measure.startswith(("FID", "KID")) else f"{value:.2f}"


_NOTES = [
    "- *photographs*: the same measure of held-out photographs. For KID, FID, precision, recall, "
    "density and coverage these are scored against as many training photographs, which are of "
    "other classes in a zero-shot split: the ceiling.",
    "- ± is one standard error (KID: jackknife over ten parts of the pictures).",
    "- KID and FID are not those of the literature, which are taken on InceptionV3 (`--inception`) "
    "and 30,000 pictures: compare them only within one network, n, crop and resize. FID falls as "
    "n grows; KID does not.",
    "- *birdness*: the likeliest ImageNet class is a bird, with a probability of 5 % or more.",
    "- *precision*: the share of pictures that lie among photographs, nearer to one than its third "
    "nearest photograph does; *recall*: the share of photographs that so lie among pictures; "
    "*density* and *coverage*: much the same, harder to deceive by a few odd pictures (five "
    "nearest). Precision and density see realism, recall and coverage variety.",
    "- *R-precision*: the matcher finds the caption among it and others of other classes. A "
    "picture that was drawn from a caption shows little else, so by the matcher's measures a "
    "generator may pass photographs, whose captions leave most of them unsaid.",
    "- *colour word*: of captions with exactly one of red, orange, yellow, green, blue, the share "
    "whose picture has more of that hue in its middle than the median picture.",
    "- *colour of a part*: of captions that name a part's colour, the share that the matcher finds "
    "nearer to the picture than the same caption with another colour there.",
    "- *parts in their colour*: of drawn birds' named parts, found by their shapes; the error is "
    "taken over pictures.",
    "- *distance to the nearest training photograph*: lower than photographs' means copies; higher "
    "means pictures that look like no photograph.",
    "- *diversity*: mean distance between pictures of one caption; photographs: of one class.",
    "- `pictures.png` has captions of our own. `nearest.png` has the pictures that come nearest "
    "to a training photograph, each left of it: photographs are not to be published.",
]
