"""What the tests of exercises' checks ask of a check's one line."""

from collections.abc import Callable
from typing import Any


def said(capsys: Any) -> str:
    """The one line that was printed."""
    (line,) = capsys.readouterr().out.splitlines()
    return line


def refused(capsys: Any, check: Callable[[Any], bool], answer: Any, hint: str) -> None:
    """Assert that a check refuses an answer with a hint."""
    assert check(answer) is False
    line = said(capsys)
    assert line.startswith("Not yet: ") and hint in line, line
