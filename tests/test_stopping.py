"""Ctrl-C, by real signals."""

import signal
import threading

import pytest

from t2i_utils.training.stopping import DeferredInterrupt


def test_the_first_interrupt_is_a_request_and_the_second_is_not():
    said: list[str] = []
    with DeferredInterrupt(said.append) as stop:
        assert not stop.requested
        signal.raise_signal(signal.SIGINT)
        assert stop.requested
        assert len(said) == 1 and "again" in said[0]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def interruptible():
    """Ctrl-C as Python has it: a test run that was started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_afterwards_interrupts_are_as_before(interruptible):
    before = signal.getsignal(signal.SIGINT)
    with DeferredInterrupt(print):
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_another_thread_can_train_too():
    found: list[bool] = []

    def work() -> None:
        with DeferredInterrupt(print) as stop:
            found.append(stop.requested)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False]
