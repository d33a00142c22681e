"""Work on the latest request only: what a slider passed through is dropped, never queued."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


class LatestWorker(Generic[T]):
    """A worker with a mailbox of one: a newer request takes the place of a waiting one.

    The thread starts with the first request and ends when nothing waits, so that a panel at rest
    has none. It is no daemon: a kernel that ends waits for the picture being drawn, since a library
    that is taken down below a running thread fails with nonsense.
    """

    def __init__(
        self,
        work: Callable[[T], None],
        failed: Callable[[Exception], None],
        rested: Callable[[T], None] | None = None,
        pause: float = 0.25,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            work: called in the thread with one request at a time.
            failed: called in the thread, once, with what `work` or `rested` raised; the next
                request is worked on as usual.
            rested: called in the thread with a request that was worked on, when no other has come
                within `pause`: a slider was let go.
            pause: seconds.
        """
        self._work, self._failed, self._rested, self._pause = work, failed, rested, pause
        self._changed = threading.Condition()
        self._mailbox: list[T] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    def ask(self, request: T) -> None:
        """Leave a request and return at once; after `close` it is dropped."""
        with self._changed:
            if self._closed:
                return
            self._mailbox[:] = [request]
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="studio")
                self._thread.start()

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until nothing waits and nothing is worked on; say whether that came to pass."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, timeout)

    def close(self) -> None:
        """Drop what waits and take nothing more; the thread ends with what it is working on."""
        with self._changed:
            self._closed = True
            self._mailbox.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._mailbox:
                    self._thread = None
                    self._changed.notify_all()
                    return
                request = self._mailbox.pop()
            if self._try(self._work, request) and self._rested and self._has_rested():
                self._try(self._rested, request)

    def _has_rested(self) -> bool:
        """Wait for a newer request; say that none has come."""
        with self._changed:
            came = self._changed.wait_for(lambda: self._mailbox or self._closed, self._pause)
            return not came

    def _try(self, function: Callable[[T], None], request: T) -> bool:
        """Call a function; say whether it came to its end."""
        try:
            function(request)
        except Exception as error:
            try:
                self._failed(error)
            except Exception:
                _LOG.exception("the callback for failures failed")
            return False
        return True
