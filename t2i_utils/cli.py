"""The command line: t2i data, train, generate, describe, ... (see `t2i --help`).

`train.py` and `generate.py` each run one command. The commands are in `t2i_utils/commands`. A
command imports TensorFlow and Keras only when it needs them.

Exit status: 0 done; 2 wrong use or bad input, with one line on standard error; 130 stopped by
Ctrl-C; 1 anything else.
"""

import argparse
import contextlib
import logging
import os
import platform
import sys
from collections.abc import Iterator, Sequence

from t2i_utils import __version__
from t2i_utils.commands import (
    captioner,
    check,
    data,
    describe,
    evaluate,
    export,
    generate,
    push,
    studio,
    train,
)
from t2i_utils.commands.arguments import Parser
from t2i_utils.errors import InputError
from t2i_utils.files import unreadable

COMMANDS = {
    "data": data,
    "train": train,
    "generate": generate,
    "describe": describe,
    "captioner": captioner,
    "evaluate": evaluate,
    "export": export,
    "push": push,
    "studio": studio,
    "check": check,
}
LONGEST_NAME = 200  # letters of a path that a message shows
_LOG = logging.getLogger("t2i_utils")  # of the package: each module's own is below it


def main(arguments: Sequence[str] | None = None, door: str | None = None) -> int:
    """Run one command; return its exit status.

    Args:
        arguments: the words of the command line; None takes those of the process.
        door: "train" or "generate" if the script of that name was started: `arguments` then do
            not begin with the command, and messages name the script.

    Raises:
        SystemExit: after `--help` (0), or when the arguments are not understood (2).
    """
    # NumPy's matrices are small here: its threads would wait for each other longer than they work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    options = build_parser(door).parse_args(arguments)
    try:
        with _log_shown() if options.verbose else contextlib.nullcontext():
            return options.run(options)
    except InputError as error:
        print(f"{options.program}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the program that reads our output has ended, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # a name that is too long, a folder that may not be read
        if error.filename is None:
            raise
        name = os.fsencode(error.filename).decode(errors="backslashreplace")
        short = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}..."
        print(f"{options.program}: {unreadable(short, error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{options.program}: interrupted", file=sys.stderr)
        return 130


@contextlib.contextmanager
def _log_shown() -> Iterator[None]:
    """Show the package's log on standard error, with the milliseconds since the start."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(relativeCreated)6d ms  %(name)s: %(message)s"))
    level = _LOG.level
    _LOG.addHandler(handler)
    _LOG.setLevel(logging.INFO)
    _LOG.info("version %s, Python %s", __version__, platform.python_version())
    try:
        yield
    finally:
        _LOG.info("ended")
        _LOG.removeHandler(handler)
        _LOG.setLevel(level)


def build_parser(door: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands, or of the one command of a script: see `main`."""
    if door is not None:
        parser = Parser(prog=f"{door}.py", description=COMMANDS[door].ABOUT)
        COMMANDS[door].add_arguments(parser)
        return parser
    parser = Parser(prog="t2i", description="A sentence becomes a picture of a bird.")
    parser.add_argument("-V", "--version", action="version", version=f"t2i {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command", parser_class=Parser)
    for name, command in COMMANDS.items():
        summary = command.ABOUT.split("\n")[0]
        command.add_arguments(commands.add_parser(name, help=summary, description=command.ABOUT))
    return parser


if __name__ == "__main__":
    sys.exit(main())
