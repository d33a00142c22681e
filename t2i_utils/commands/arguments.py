"""A parser that reports wrong use in one line, and the kinds of numbers that commands take."""

import argparse
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, NoReturn

from t2i_utils.config import LARGEST_SEED


class Parser(argparse.ArgumentParser):
    """An argument parser with one-line errors, and texts laid out as they are written."""

    def __init__(self, **settings: Any) -> None:
        """Take what `argparse.ArgumentParser` takes."""
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with status 2."""
        unknown = re.match(r"unrecognized arguments: (--[\w-]+)", message)
        if unknown and (close := get_close_matches(unknown[1], self._options(), 1)):
            message += f" (did you mean {close[0]}?)"
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")

    def _options(self) -> set[str]:
        """The names of this parser's options, and of its commands'."""
        names = set(self._option_string_actions)
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                names.update(*(command._options() for command in action.choices.values()))
        return names

    def run_with(self, function: Callable[[argparse.Namespace], int]) -> None:
        """Set the function that runs the command; `program` is its name in messages."""
        self.set_defaults(run=function, program=self.prog)


def add_packing_options(parser: argparse._ActionsContainer) -> None:
    """Add what every command that packs a data set takes; left out, each option is None."""
    parser.add_argument(
        "--encoder",
        metavar="NAME",
        help="of the sentence encoder: package, hub, a SavedModel's folder, or one of your own; "
        "default: $T2I_ENCODER, else package",
    )
    parser.add_argument(
        "--skip-broken",
        action="store_const",
        const=True,
        help="leave out pictures that cannot be read, and say which",
    )


def positive(text: str) -> int:
    """A whole number above 0."""
    value = int(text) if re.fullmatch(r"\s*\+?[0-9]+\s*", text) else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value


def device_count(text: str) -> int | None:
    """A whole number above 0, or None for "all"."""
    return None if text == "all" else positive(text)


def seed(text: str) -> int:
    """A whole number from 0 to 2**32 - 1."""
    if not re.fullmatch(r"\s*[0-9]+\s*", text) or int(text) > LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {LARGEST_SEED}")
    return int(text)
