"""`t2i push`: give a weight set or a captioner to others."""

import argparse
import tempfile
from pathlib import Path

from t2i_utils.commands.arguments import Parser
from t2i_utils.errors import InputError
from t2i_utils.quiet_import import quiet_import

ABOUT = """share a weight set or a captioner on a hub

  t2i push runs/mine hf://me/my-birds --licence cc-by-nc-4.0      Hugging Face
  t2i push runs/mine kaggle://me/birds/keras/small                Kaggle
  t2i push runs/mine to-share                                     a folder, to look at it first

Sign in first, by `hf auth login` or, in Python, `kagglehub.login()`. Others then draw with it:
t2i generate "a red bird" --weights hf://me/my-birds"""


def add_arguments(parser: Parser) -> None:
    """Describe the command's options."""
    parser.add_argument(
        "set", metavar="SET", help="a training run's folder, a captioner's, or a shipped name"
    )
    parser.add_argument("target", metavar="TARGET", help="hf://..., kaggle://... or a new folder")
    parser.add_argument(
        "--licence", metavar="NAME", help="such as cc-by-4.0; default: what the set's card says"
    )
    parser.add_argument("--private", action="store_true", help="a new repository is yours alone")
    parser.run_with(run)


def run(options: argparse.Namespace) -> int:
    """Write the set as it is shared, send it, and say where it is."""
    with quiet_import():
        from t2i_utils.export.shared import hub_licence, licence_of, write_shared
        from t2i_utils.hubs import is_on_hub, send

    folder = _find(options.set)
    licence = licence_of(folder, options.licence)
    if not is_on_hub(options.target):
        write_shared(folder, Path(options.target), licence, f"./{options.target}")
        print(f"{options.target}: ready to be shared; its card is README.md")
        return 0
    with tempfile.TemporaryDirectory(prefix="t2i-push-") as scratch:
        write_shared(folder, Path(scratch) / "set", licence, options.target)
        page = send(Path(scratch) / "set", options.target, hub_licence(licence), options.private)
    print(page)
    return 0


def _find(name: str) -> Path:
    """The folder of a weight set or of a captioner."""
    from t2i_utils.captioning.captioners import find_captioner
    from t2i_utils.stackgan.weights import find_weights, read_card

    try:
        folder = find_captioner(name)
    except InputError:
        folder = find_weights(name)
        read_card(folder)  # raises where it is damaged
    return folder
