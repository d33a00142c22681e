"""For maintainers: measure what each part of the modern recipe contributes, at 64 px.

    python tools/ablation.py PACK RUNS [--steps 625] [--only plain bare ...] [--seed 1]

Each variant of `tools/ablation_variants.py` trains Stage I from scratch in RUNS/VARIANT-SEED, is
scored as by `t2i evaluate`, and adds a row to RUNS/ablation.md. After a stop, start the same
command again: it continues where it was, and repeats nothing that is complete.
"""

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from ablation_variants import BLUR_STEPS, VARIANTS

from t2i_utils.data import Pack, load_pack
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.errors import InputError
from t2i_utils.evaluation.evaluator import evaluate
from t2i_utils.evaluation.features import FeatureExtractor
from t2i_utils.evaluation.matcher import pack_matcher
from t2i_utils.evaluation.protocol import EvaluationProtocol
from t2i_utils.evaluation.report import format_value
from t2i_utils.evaluation.scores import Score
from t2i_utils.stackgan.recipes import make_config
from t2i_utils.training.checkpoints import copy_weights
from t2i_utils.training.run import Run

RESULT = "result.json"
WINDOW = 50  # steps over which time is averaged: one step in sixteen may have a penalty
COLUMNS = ("KID", "birdness", "R-precision", "colour word", "diversity")


def main() -> None:
    """Train and score what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--steps", type=int, default=625, help="of 64 pictures")
    parser.add_argument("--count", type=int, default=1000, help="pictures to score")
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pack = load_pack(options.pack)
    for name in options.only:
        result = options.runs / f"{name}-{options.seed}" / RESULT
        terms = {"pack": describe(pack), "steps": options.steps, "count": options.count}
        if result.is_file():
            done = json.loads(result.read_text())
            if other := {key for key, value in terms.items() if done.get(key) != value}:
                raise SystemExit(f"{result} has another {' and '.join(sorted(other))}: remove it")
        else:
            row = measure(name, options, pack)
            result.parent.mkdir(exist_ok=True)
            result.write_text(json.dumps(row, indent=1) + "\n")
        (options.runs / "ablation.md").write_text(table(options.runs))
    print(table(options.runs))


def describe(pack: Pack) -> str:
    """The facts about a pack that a row of the table states."""
    manifest = pack.manifest
    return f"{manifest['name']}, crop {manifest['crop']}, {len(pack.class_ids):,} pictures"


def measure(name: str, options: argparse.Namespace, pack: Pack) -> dict[str, Any]:
    """Train and score one variant: its row of the table."""
    variant = VARIANTS[name]
    settings = dict(variant.settings)
    if not variant.recipe.startswith("plain"):  # a plain discriminator's view is never blurred
        settings = {"blur_steps": BLUR_STEPS, **settings}
    config = make_config(variant.recipe, "cpu", 1, **settings)
    folder = options.runs / f"{variant.run or name}-{options.seed}"
    started = (folder / "run.json").is_file()
    run = Run(folder, pack, [config], seed=options.seed, resume=started)
    if run.stages[1].step < options.steps:
        run.train(options.steps, save_every=100)
    synthesizer = Synthesizer(folder)
    if variant.live:
        copy_weights(run.stages[1].gan.generator, synthesizer.weights.generators[1], folder)
    matcher, extractor = pack_matcher(pack, "zero-shot"), FeatureExtractor("lite2")
    found = evaluate(
        EvaluationProtocol(synthesizer, pack, extractor, matcher, 1, count=options.count)
    )
    scores = [next(s for s in found.scores if s.measure.startswith(c)) for c in COLUMNS]
    return {
        "what": variant.what,
        "seed": options.seed,
        "steps": run.stages[1].step,
        "pack": describe(pack),
        "count": options.count,
        "n": found.about["n"],
        "minutes": round(minutes_of(folder)),
        "photographs": [shown(s, s.photographs) for s in scores],
        "scores": [shown(s, s.value, s.standard_error) for s in scores],
    }


def shown(score: Score, value: float | None, error: float | None = None) -> str:
    """A value as text, with its error if that is known."""
    if value is None:
        return ""
    text = format_value(score, value)
    return text if error is None else f"{text} ± {format_value(score, error)}"


def minutes_of(folder: Path) -> float:
    """Estimate the minutes of a run on an idle machine, from the fastest tenth of windows."""
    with open(folder / "log.csv", newline="") as file:
        seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
    window = min(WINDOW, len(seconds))
    means = np.convolve(seconds, np.ones(window) / window, "valid")
    return len(seconds) * float(np.quantile(means, 0.1)) / 60


def table(runs: Path) -> str:
    """All finished rows as a Markdown table, sorted by variant and seed."""
    rows = []
    for name in VARIANTS:
        files = sorted(runs.glob(f"{name}-[0-9]*/{RESULT}"))
        rows += [json.loads(file.read_text()) for file in files]
    lines = ["| change | seed | steps | n | minutes | " + " | ".join(COLUMNS) + " |"]
    lines.append("| --- " * (5 + len(COLUMNS)) + "|")
    for row in rows:
        cells = [row[key] for key in ("what", "seed", "steps", "n", "minutes")] + row["scores"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    if rows:
        lines.append("| photographs | | | | | " + " | ".join(rows[0]["photographs"]) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        raise SystemExit(f"error: {error}") from error
