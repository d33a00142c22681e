"""The last pictures with their captions; a click returns to one."""

import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

import ipywidgets as widgets
import numpy as np

from t2i_utils.studio.html import data_address, jpeg

LENGTH = 8  # pictures
_LONGEST = 80  # letters of a caption on a button


class Entry(NamedTuple):
    """A picture of the past.

    Attributes:
        values: what the controls said.
        summary: the same in a line of text.
        picture: (64, 64, 3) uint8, the picture made small.
    """

    values: dict[str, Any]
    summary: str
    picture: np.ndarray


def with_newest(entries: list[Entry], entry: Entry) -> list[Entry]:
    """The last entries, the newest first; a picture that comes again moves to the front."""
    others = [other for other in entries if other.values != entry.values]
    return [entry, *others][:LENGTH]


class History:
    """The part of the panel.

    Attributes:
        buttons: one per entry, the newest first; those without an entry are hidden.
        pictures: the style that puts the pictures on the buttons.
        entries: what can be returned to.
    """

    def __init__(self, go_back: Callable[[dict[str, Any]], None]) -> None:
        """Lay out `LENGTH` hidden buttons.

        Args:
            go_back: called with the values of the entry that was clicked.
        """
        self._go_back = go_back
        self._name = f"t2i-{secrets.token_hex(4)}"  # several panels may stand on a page
        self.entries: list[Entry] = []
        self.pictures = widgets.HTML()
        self.buttons = [widgets.Button() for _ in range(LENGTH)]
        for number, button in enumerate(self.buttons):
            button.add_class("t2i-past").add_class(f"{self._name}-{number}")
            button.on_click(lambda _, number=number: self._click(number))
        self._show()

    def add(self, entry: Entry) -> None:
        """Remember a picture."""
        self.entries = with_newest(self.entries, entry)
        self._show()

    def _click(self, number: int) -> None:
        if number < len(self.entries):
            self._go_back(self.entries[number].values)

    def _show(self) -> None:
        rules = []
        for number, button in enumerate(self.buttons):
            if number >= len(self.entries):
                button.layout.display = "none"
                continue
            entry = self.entries[number]
            text = entry.summary
            button.description = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
            button.tooltip = f"return to: {button.description}"
            button.layout.display = None
            address = data_address(jpeg(entry.picture), "image/jpeg")
            rules.append(f'.{self._name}-{number}::before {{background-image: url("{address}")}}')
        self.pictures.value = f"<style>{' '.join(rules)}</style>"
