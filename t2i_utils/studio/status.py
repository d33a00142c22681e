"""One line that says what a part of the panel is doing, or what went wrong."""

import html
import logging
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from t2i_utils.errors import InputError

_LOG = logging.getLogger("t2i_utils.studio")


class Status(widgets.HTML):
    """A live region: screen readers speak it (the panel's script gives it the role).

    Every exception of the part ends here: it becomes a sentence, and what is not the visitor's
    doing is logged, once.
    """

    def __init__(self) -> None:
        """Say nothing yet."""
        super().__init__()
        self.add_class("t2i-status")
        self._said, self._logged = "", ""

    def working(self, doing: str) -> None:
        """Say what is being done; seen only when it takes a moment, so that nothing flickers."""
        self.value = (
            f'<span class="t2i-before">{self._said}</span>'
            f'<span class="t2i-working">{html.escape(doing)} ...</span>'
        )

    def done(self, result: str, note: str | None = None) -> None:
        """Say the result, and perhaps a note."""
        self._said = f'<span class="t2i-done">{html.escape(result)}</span>'
        if note:
            self._said += f' <span class="t2i-note">{html.escape(note)}</span>'
        self.value = self._said
        self._logged = ""

    def failed(self, error: Exception) -> None:
        """Say what went wrong; a mistake of ours goes to the log, the same one not twice."""
        if isinstance(error, InputError):
            sentence = str(error)
        else:
            sentence = f"that did not work: {type(error).__name__}: {error}"
            if sentence != self._logged:
                _LOG.error(sentence, exc_info=error)
                self._logged = sentence
        self._said = f'<span class="t2i-problem">{html.escape(_one_line(sentence))}</span>'
        self.value = self._said

    def guarded(self, callback: Callable[..., None]) -> Callable[..., None]:
        """A callback whose exceptions are said here; widgets would hide them."""

        def guard(*arguments: Any) -> None:
            try:
                callback(*arguments)
            except Exception as error:
                self.failed(error)

        return guard


def _one_line(sentence: str, longest: int = 400) -> str:
    line = " ".join(sentence.split())
    return line if len(line) <= longest else f"{line[:longest]} ..."
