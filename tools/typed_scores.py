"""Maintainers: how weights draw captions as people type them, as tables.

    python -m tools.typed_scores birds [--limits 22 24 26 none] [--stage 1] [--pack PACK]

PACK adds 300 long captions of its zero-shot test part. --sheet FILE.png shows the first pictures of
each kind, one row a limit.
"""

import argparse
from pathlib import Path

import numpy as np

from t2i_utils.data import Pack, load_pack
from t2i_utils.drawing.synthesizer import Synthesizer
from t2i_utils.evaluation.features import FeatureExtractor
from t2i_utils.evaluation.photographs import shuffled_rows
from t2i_utils.evaluation.typed import (
    TypedCaption,
    draw_typed,
    read_typed_captions,
    score_typed,
    typed_table,
)
from t2i_utils.pictures import grid, save_png
from t2i_utils.stackgan.weights import find_weights, load_weights
from t2i_utils.text.caption_facts import read_facts

UNSEEN = 300  # long captions of a pack
ACROSS = 24  # pictures of a sheet's row


def main() -> None:
    """Print one table a limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights")
    parser.add_argument("--limits", nargs="+", default=["none"], help="of the length, or none")
    parser.add_argument("--stage", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--network", default="lite2", choices=("lite0", "lite2"))
    parser.add_argument("--pack", type=Path)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    stages = tuple(range(1, options.stage + 1))
    synthesizer = Synthesizer(load_weights(find_weights(options.weights), stages))
    real = "toy" if "toy" in synthesizer.weights.card["data"] else "photographs"
    captions = read_typed_captions()
    if options.pack:
        captions += unseen_captions(load_pack(options.pack))
    shown = np.linspace(0, len(captions) - 1, ACROSS).astype(int)
    extractor = FeatureExtractor(options.network)
    rows = []
    for word in options.limits:
        limit = None if word == "none" else float(word)
        texts = [row.caption for row in captions]
        pictures = draw_typed(synthesizer, texts, limit, options.seed, options.stage)
        print(f"\n{options.weights}, stage {options.stage}, length at most {word}\n")
        print("\n".join(typed_table(score_typed(pictures, captions, extractor, real))), flush=True)
        rows.append(pictures[shown])
    if options.sheet:
        save_png(options.sheet, grid(np.concatenate(rows), ACROSS))


def unseen_captions(pack: Pack) -> list[TypedCaption]:
    """Long captions of unseen classes, one a photograph, with the one colour that they name."""
    found = []
    for row in shuffled_rows(pack, "zero-shot", "test")[:UNSEEN]:
        caption = pack.captions[row][0]
        colours = read_facts(caption).colours
        named = colours[0] if len(colours) == 1 else ""
        found.append(TypedCaption(caption, "en", "unseen classes", named, "bird"))
    return found


if __name__ == "__main__":
    main()
