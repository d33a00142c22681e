"""`t2i evaluate`: score what a generator draws."""

import argparse
from pathlib import Path
from typing import Any

from t2i_utils.commands.arguments import Parser, positive, seed
from t2i_utils.errors import InputError
from t2i_utils.quiet_import import quiet_import

ABOUT = """score a generator on held-out photographs: a report

Draws the captions of photographs that it was not trained on, one each, and measures: is it a bird,
KID and FID, does it match its caption and take its colour, do pictures differ, is any a copy. The
first time on a data set, features of its photographs are computed and an image-text matcher is
trained (some minutes each); both are kept in the pack's folder."""
SHEET_CAPTIONS = (
    "a bright red bird with black wings and a short orange beak",
    "a small yellow bird with a black crown",
    "this bird is blue with a white belly",
    "a large black bird with a hooked beak",
    "a brown bird with white wings and a long beak",
    "a green bird with a red crown",
)
SHEET_SAMPLES = 4


def add_arguments(parser: Parser) -> None:
    """Describe the command's options."""
    what = parser.add_argument_group("what to score")
    generator = what.add_mutually_exclusive_group()
    generator.add_argument(
        "--run", dest="folder", type=Path, metavar="DIR", help="a training run's folder"
    )
    generator.add_argument(
        "--weights",
        default="birds",
        metavar="NAME|DIR",
        help="a shipped set, or a set's folder; default: %(default)s",
    )
    what.add_argument("--stage", type=int, choices=(1, 2), help="default: the last there is")
    data = parser.add_argument_group("on what")
    data.add_argument(
        "--data", required=True, metavar="DIR", help="folder of captioned pictures, or a pack"
    )
    data.add_argument("--captions", type=Path, metavar="DIR", help="folder with text_c10 captions")
    data.add_argument(
        "--split",
        choices=("zero-shot", "official"),
        default="zero-shot",
        help="whose test part; default: %(default)s",
    )
    how = parser.add_argument_group("how")
    how.add_argument(
        "--count",
        type=positive,
        default=500,
        metavar="N",
        help="pictures, at most one of each test photograph; default: %(default)s",
    )
    how.add_argument(
        "--network",
        choices=("lite2", "lite0"),
        default="lite2",
        help="for features: lite2 (an optional package), or the shipped lite0, which the modern "
        "recipe's discriminator is built on: to learn with, not to report; default: %(default)s",
    )
    how.add_argument(
        "--inception",
        nargs="?",
        const="",
        metavar="DIR",
        help="KID and FID on InceptionV3 too, the literature's network: from TensorFlow Hub (about "
        "90 MB, once), or from the folder of its SavedModel",
    )
    how.add_argument(
        "--best-of",
        type=positive,
        default=1,
        metavar="N",
        help="noises tried for each picture; default: %(default)s, as the literature draws",
    )
    how.add_argument("--seed", type=seed, default=0, metavar="N", help="default: %(default)s")
    how.add_argument(
        "--out", type=Path, default=Path("report"), metavar="DIR", help="default: %(default)s"
    )
    parser.run_with(run)


def run(options: argparse.Namespace) -> int:
    """Score, print the table, and write the report."""
    from t2i_utils.stackgan.weights import best_of_for_people, choose_stage, find_weights

    weights = find_weights(options.weights if options.folder is None else options.folder)
    stage = choose_stage(weights, options.stage)
    best_of_for_people(weights, options.best_of)  # raises where there is nothing to choose with
    if not Path(options.data).is_dir():
        raise InputError(f"--data {options.data} is no folder: name one of pictures, or a pack")
    with quiet_import():
        from t2i_utils.data import auto_pack
        from t2i_utils.drawing.synthesizer import Synthesizer
        from t2i_utils.evaluation.evaluator import evaluate
        from t2i_utils.evaluation.features import FeatureExtractor
        from t2i_utils.evaluation.inception import HANDLE, InceptionV3
        from t2i_utils.evaluation.matcher import pack_matcher
        from t2i_utils.evaluation.protocol import EvaluationProtocol, check_judgeable
        from t2i_utils.evaluation.report import score_table, write_report
        from t2i_utils.files import make_folder
        from t2i_utils.vision.lite2 import find_lite2

    if options.network == "lite2":
        find_lite2()  # raises where it is not installed, before the long work
    synthesizer = Synthesizer(weights)
    card = synthesizer.weights.card
    if missing := [key for key in ("data", "split", "crop") if key not in card]:
        raise InputError(
            f"the card of {weights} does not say the {missing[0]} of its training: judge other "
            "weights"
        )
    pack = auto_pack(
        options.data, encoder=synthesizer.encoder, crop=card["crop"], captions=options.captions
    )
    check_judgeable(synthesizer.weights, pack, stage, options.split, options.count)
    make_folder(options.out)
    inception = None
    if options.inception is not None:
        inception = InceptionV3(Path(options.inception) if options.inception else HANDLE)
    protocol = EvaluationProtocol(
        synthesizer,
        pack,
        FeatureExtractor(options.network),
        pack_matcher(pack, options.split),
        stage,
        options.split,
        options.count,
        options.seed,
        inception,
        options.best_of,
    )
    if len(protocol.rows) < options.count:
        print(f"{len(protocol.rows)} pictures, one of each test photograph: there are no more")
    found = evaluate(protocol)
    write_report(found, _sheet(synthesizer, stage, options.seed), options.out)
    print("\n".join(score_table(found.scores)))
    if found.enlarged:
        print("\nStage I's pictures, enlarged to 256 px:")
        print("\n".join(score_table(found.enlarged)))
    print("\n" + ", ".join(f"{part}: {taken:.0f} s" for part, taken in found.seconds.items()))
    print(f"{options.out / 'report.md'}: {found.about['n']} pictures of {found.about['size']} px")
    return 0


def _sheet(synthesizer: Any, stage: int, random_seed: int) -> Any:
    """Captions of our own, several pictures of each: nothing of the data set is shown."""
    from t2i_utils.drawing.request import requests_for
    from t2i_utils.drawing.synthesizer import draw
    from t2i_utils.pictures import captioned_sheet

    folder = synthesizer.weights.folder
    requests = requests_for(SHEET_CAPTIONS, folder, stage, random_seed, SHEET_SAMPLES)
    pictures = draw(synthesizer, requests)[stage]
    groups = pictures.reshape(len(SHEET_CAPTIONS), SHEET_SAMPLES, *pictures.shape[1:])
    return captioned_sheet(SHEET_CAPTIONS, list(groups), size=128)
