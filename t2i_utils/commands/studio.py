"""`t2i studio`: the caption studio as a page in the browser."""

import argparse
import importlib.util

from t2i_utils.commands.arguments import Parser
from t2i_utils.errors import InputError

ABOUT = """open the caption studio in the browser

  t2i studio                                      a page on this computer alone
  t2i studio --weights runs/mine --port 9000

A page for others, which needs no Python: the playground of the site (book/README.md)."""
LARGEST_PORT = 65535


def add_arguments(parser: Parser) -> None:
    """Describe the command's options."""
    parser.add_argument(
        "--weights", metavar="NAME|DIR", help="a shipped set, or a run's folder; default: birds"
    )
    parser.add_argument(
        "--port", type=_port, metavar="N", help="default: the first free one from 8866"
    )
    parser.add_argument("--no-browser", action="store_true", help="only say where the page is")
    parser.run_with(run)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to {LARGEST_PORT}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    for name in ("voila", "ipywidgets"):
        if importlib.util.find_spec(name) is None:
            raise InputError(
                f"the studio needs {name}: pip install 'ipywidgets==8.1.*' 'voila==0.5.*'"
            )
    weights = "birds"
    if options.weights:
        from t2i_utils.pretrained import PRETRAINED
        from t2i_utils.stackgan.weights import find_weights

        folder = find_weights(options.weights)
        weights = folder.name if folder.parent == PRETRAINED else str(folder.resolve())
    from t2i_utils.studio.serve import serve

    serve(weights, options.port, browser=not options.no_browser)
    return 0
