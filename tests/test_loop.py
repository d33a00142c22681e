"""The training loop: batches made ahead, in order, and stops that save."""

import signal
import threading
import time

import pytest

from t2i_utils.training import loop
from t2i_utils.training.loop import DEPTH, prefetched, train_steps


def feed_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("batches")]


def test_batches_come_in_order_from_another_thread_and_at_most_so_many_ahead():
    made: list[int] = []
    threads = set()

    def make(key: int) -> int:
        made.append(key)
        threads.add(threading.current_thread())
        return 10 * key

    seen = []
    for batch in prefetched(make, range(9)):
        time.sleep(0.01)
        assert len(made) <= len(seen) + 1 + DEPTH
        seen.append(batch)
    assert seen == [10 * key for key in range(9)] and made == list(range(9))
    assert threading.current_thread() not in threads
    assert feed_threads() == []


def test_an_error_comes_where_its_batch_would_have_come():
    def make(key: int) -> int:
        if key == 2:
            raise ValueError("no such picture")
        return key

    seen = []
    with pytest.raises(ValueError, match="no such picture"):
        for batch in prefetched(make, range(9)):
            seen.append(batch)
    assert seen == [0, 1] and feed_threads() == []


def test_a_loop_flushes_and_saves_now_and_then_and_at_the_end(monkeypatch):
    done: list[object] = []
    stop = train_steps(
        range(3, 10),
        lambda step: -step,
        lambda step, batch: done.append((step, batch)),
        title="test",
        save=lambda: done.append("saved"),
        flush=lambda: str(done.append("flushed")),
        save_every=4,
        progress=False,
    )
    steps = [(step, -step) for step in range(3, 10)]
    both = ["flushed", "saved"]
    assert done == [steps[0], *both, *steps[1:5], *both, *steps[5:], *both]
    assert not stop.requested
    monkeypatch.setattr(loop, "FLUSH_SECONDS", -1)
    train_steps(range(3), lambda step: step, lambda *_: None, title="test", progress=False,
                flush=lambda: str(done.append("often")))  # fmt: skip
    assert done.count("often") == 3


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_a_signal_lets_the_step_end_and_saves(number, error, capsys):
    done: list[object] = []

    def update(step: int, _: int) -> None:
        if step == 2:
            signal.raise_signal(number)
        done.append(step)

    before = signal.getsignal(number)
    stop = train_steps(range(9), lambda step: step, update, title="test", progress=False,
                       save=lambda: done.append("saved"))  # fmt: skip
    assert done == [0, 1, 2, "saved"] and stop.requested
    assert "stopping after this step" in capsys.readouterr().err
    assert feed_threads() == [] and signal.getsignal(number) == before
    with pytest.raises(error) as caught:
        stop.end()
    if number == signal.SIGTERM:
        assert caught.value.code == 143


def test_a_second_signal_stops_at_once_and_leaves_no_thread(capsys):
    done: list[object] = []

    def update(step: int, _: int) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append(step)

    with pytest.raises(KeyboardInterrupt):
        train_steps(range(9), lambda step: step, update, title="test", progress=False,
                    save=lambda: done.append("saved"))  # fmt: skip
    assert done == [] and feed_threads() == []
