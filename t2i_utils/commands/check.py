"""`t2i check`: a report on this machine."""

import argparse
import json

from t2i_utils.commands.arguments import Parser
from t2i_utils.quiet_import import quiet_import

ABOUT = "print a report on this machine, for bug reports"


def add_arguments(parser: Parser) -> None:
    """Describe the command's options."""
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.run_with(run)


def run(options: argparse.Namespace) -> int:
    """Print the report."""
    from t2i_utils.environment import report

    with quiet_import():
        found = report(as_json=options.json)
    print(json.dumps(found, indent=1) if options.json else found)
    return 0
