"""The one training loop: of the GAN, of the captioner and of the image-text matcher."""

import contextlib
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from tqdm.auto import tqdm

from t2i_utils import backend, devices
from t2i_utils.errors import InputError
from t2i_utils.training.stopping import BY_ANYBODY, DeferredInterrupt

FLUSH_SECONDS = 10  # between two looks at the losses: fetching them at each step stalls a GPU
DEPTH = 2  # batches that are made ahead

Key = TypeVar("Key", bound=Hashable)
Batch = TypeVar("Batch")


def prefetched(make: Callable[[Key], Batch], keys: Iterable[Key]) -> Generator[Batch]:
    """Yield `make(key)` of each key in turn, made in a background thread while others are used.

    An error in `make` is raised where its batch would have come. Close the iterator (or use it up)
    and the thread ends.

    Args:
        make: makes a batch; it must not need the main thread.
        keys: what to make batches of.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="batches")
    waiting: deque[Future[Batch]] = deque()
    try:
        for key in keys:
            waiting.append(pool.submit(make, key))
            if len(waiting) > DEPTH:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def train_steps(
    steps: range,
    make: Callable[[int], Batch],
    update: Callable[[int, Batch], None],
    *,
    title: str,
    flush: Callable[[], str] = str,
    save: Callable[[], None] | None = None,
    save_every: int = sys.maxsize,
    progress: bool = True,
) -> DeferredInterrupt:
    """Make a batch for each step and update with it; show, write and save now and then.

    Ctrl-C and SIGTERM let the step in hand end, and the loop with it: what is done is flushed and
    saved as at the last step. Where several processes train, SIGTERM to one of them ends all after
    the same step; Ctrl-C is not deferred.

    Args:
        steps: numbers of the updates to do.
        make: the batch of a step; called in a background thread.
        update: one update; called with the step and its batch.
        title: of the progress bar.
        flush: writes what the updates left to write; returns words for the progress bar.
        save: saves what is learnt: after every `save_every` updates, and at the end.
        save_every: see there.
        progress: show the bar.

    Returns:
        Whether the loop was stopped, and how.
    """
    bar = tqdm(
        steps, title, initial=steps.start, total=steps.stop, unit="step", disable=not progress
    )
    flushed = time.monotonic()
    with (
        bar,
        DeferredInterrupt(_warn, BY_ANYBODY if devices.is_alone() else ()) as stop,
        contextlib.closing(prefetched(make, steps)) as batches,
    ):
        for step, batch in zip(bar, batches, strict=True):
            with _memory_said(title, step + 1):
                update(step, batch)
                if devices.must_stop_after(step):
                    stop.request(signal.SIGTERM)
                at_end = step + 1 == steps.stop or stop.requested
                saving = at_end or (step + 1) % save_every == 0
                if saving or time.monotonic() - flushed > FLUSH_SECONDS:
                    bar.set_postfix_str(flush(), refresh=False)
                    flushed = time.monotonic()
                if saving and save is not None:
                    save()
            if stop.requested:
                break
    return stop


@contextlib.contextmanager
def _memory_said(title: str, step: int) -> Iterator[None]:
    """Turn the many lines of an exhausted memory into one."""
    try:
        yield
    except Exception as error:
        if not backend.is_out_of_memory(error):
            raise
        raise InputError(
            f"{title}, step {step}: the memory of the device is used up: end other programs on it, "
            "or train smaller networks"
        ) from error


def _warn(text: str) -> None:
    tqdm.write(text, sys.stderr)
