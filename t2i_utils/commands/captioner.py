"""`t2i captioner train | evaluate`: make and judge what describes pictures."""

import argparse
from pathlib import Path
from typing import Any

from t2i_utils.captioning.captioners import find_captioner
from t2i_utils.commands.arguments import Parser, positive, seed
from t2i_utils.files import check_writable
from t2i_utils.quiet_import import quiet_import

ABOUT = "train or judge what describes pictures"
STEPS, TUNING_STEPS = 2500, 250


def add_arguments(parser: Parser) -> None:
    """Describe the command's actions and their options."""
    actions = parser.add_subparsers(required=True, metavar="action", parser_class=Parser)
    train = actions.add_parser("train", help="train a captioner on captioned photographs")
    _add_data(train)
    train.add_argument("--out", type=Path, required=True, metavar="DIR", help="its folder")
    train.add_argument(
        "--init",
        metavar="NAME|DIR",
        help="go on from this captioner, at small learning rates; its reader of parts stays",
    )
    train.add_argument(
        "--steps",
        type=positive,
        metavar="N",
        help=f"default: {STEPS:,}, with --init {TUNING_STEPS}",
    )
    train.add_argument("--seed", type=seed, metavar="N", default=0, help="default: 0")
    train.run_with(_train)
    judge = actions.add_parser("evaluate", help="score descriptions of held-back pictures")
    judge.add_argument(
        "--weights", default="captioner", metavar="NAME|DIR", help="default: %(default)s"
    )
    _add_data(judge)
    judge.add_argument("--count", type=positive, metavar="N", help="pictures of each set; all")
    judge.add_argument(
        "--out", type=Path, default=Path("report"), metavar="DIR", help="default: %(default)s"
    )
    judge.run_with(_evaluate)


def _add_data(parser: Parser) -> None:
    parser.add_argument(
        "--data", required=True, metavar="DIR", help="folder in CUB's layout, or a pack"
    )
    parser.add_argument(
        "--captions", type=Path, metavar="DIR", help="folder with text_c10 captions"
    )


def _pack(options: argparse.Namespace) -> Any:
    from t2i_utils.data import auto_pack

    return auto_pack(options.data, crop="paper", captions=options.captions)


def _train(options: argparse.Namespace) -> int:
    check_writable(options.out)  # better now than after the training
    if options.init:
        find_captioner(options.init)  # likewise
    steps = options.steps or (TUNING_STEPS if options.init else STEPS)
    with quiet_import():
        from t2i_utils import backend
        from t2i_utils.captioning.describer import load_describer
        from t2i_utils.captioning.reader_training import STEPS as READER_STEPS
        from t2i_utils.captioning.reader_training import train_reader
        from t2i_utils.captioning.training import train_captioner
        from t2i_utils.config import POLICIES
        from t2i_utils.data.readers.cub import class_attributes
        from t2i_utils.precision import best_precision, this_device

        backend.devices()
    pack = _pack(options)
    name, _ = best_precision(this_device())
    precision = POLICIES["float32" if name == "float16" else name]  # there is no loss scale here
    init = load_describer(options.init) if options.init else None
    describer = train_captioner(pack, steps, options.seed, init=init, precision=precision)
    describer.save(options.out)  # a stop from here on costs the reader alone
    if init is None:
        attributes = class_attributes(Path(options.data))
        steps = max(1, round(READER_STEPS * steps / STEPS))  # as much shorter as the captioner's
        describer.reader, describer.card["reader"] = train_reader(
            pack, attributes, steps, options.seed, precision=precision
        )
        describer.save(options.out)
    steps = describer.card["steps"]
    print(
        f"a captioner of {steps} steps is in {options.out}: "
        f"t2i describe photo.jpg --weights {options.out}"
    )
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    with quiet_import():
        from t2i_utils.captioning.describer import load_describer
        from t2i_utils.captioning.scoring import (
            evaluate_captioner,
            score_tables,
            write_caption_report,
        )
        from t2i_utils.data.readers.cub import class_attributes

        describer = load_describer(options.weights)
    attributes = class_attributes(Path(options.data))
    found = evaluate_captioner(describer, _pack(options), attributes, options.count)
    report = write_caption_report(found, options.out)
    print("\n".join(score_tables(found)))
    print(report)
    return 0
