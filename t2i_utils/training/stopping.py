"""Ctrl-C between two steps: a step in the middle of which training stops would be lost or mixed."""

import signal
import threading
from collections.abc import Callable
from types import FrameType


class DeferredInterrupt:
    """While this context lasts, Ctrl-C sets `requested`; a second Ctrl-C interrupts at once.

    Notebooks interrupt in the same way. Outside the main thread Python delivers no signals, and
    nothing is changed.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        """Take the function that tells the user that the request was heard."""
        self.requested = False
        self._say = say
        self._before = None

    def __enter__(self) -> "DeferredInterrupt":
        """Take over the signal."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signal back."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self._say("stopping after this step (Ctrl-C again: at once, without saving)")
