"""Stopping between two steps: training that stops in the middle of one would lose or mix it."""

import signal
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

BY_HAND = (signal.SIGINT,)
BY_ANYBODY = (signal.SIGINT, signal.SIGTERM)


class DeferredInterrupt:
    """While this context lasts, Ctrl-C sets `requested`; a second Ctrl-C interrupts at once.

    Notebooks interrupt in the same way. Outside the main thread Python delivers no signals, and
    nothing is changed.

    Attributes:
        requested: whether the user, or the system, asked to stop.
    """

    def __init__(self, say: Callable[[str], None], signals: Sequence[int] = BY_HAND) -> None:
        """Take the function that tells the user that the request was heard.

        Args:
            say: called with one line.
            signals: to take: Ctrl-C's, or with `BY_ANYBODY` SIGTERM too, by which systems stop a
                process.
        """
        self.requested = False
        self._say = say
        self._signals = signals
        self._before: dict[int, Any] = {}
        self._last = 0

    def __enter__(self) -> "DeferredInterrupt":
        """Take over the signals."""
        if threading.current_thread() is threading.main_thread():
            for number in self._signals:
                self._before[number] = signal.signal(number, self._handle) or signal.SIG_DFL
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def end(self) -> None:
        """End the program as a signal does that nobody defers.

        Raises:
            KeyboardInterrupt: after Ctrl-C.
            SystemExit: after SIGTERM, with the status that shells give it.
        """
        if self._last == signal.SIGTERM:
            raise SystemExit(128 + signal.SIGTERM)
        raise KeyboardInterrupt

    def request(self, number: int) -> None:
        """Ask to stop, as a signal of this number does."""
        self.requested, self._last = True, number

    def _handle(self, number: int, frame: FrameType | None) -> None:
        again = self.requested
        self.request(number)
        if again:
            self.end()
        name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
        self._say(f"stopping after this step ({name} again: at once, without saving)")
