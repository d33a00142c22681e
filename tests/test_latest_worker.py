"""The studio's worker: the newest request wins, nothing is queued, a failure ends nothing."""

import threading

import pytest

from t2i_utils.studio.latest_worker import LatestWorker

PATIENCE = 60  # seconds; nothing waits for it to pass


class Work:
    """Keeps what it was given; can be held up in the middle."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.failures: list[Exception] = []
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()
        self.latest = LatestWorker(self, self.failures.append)

    def __call__(self, request: int) -> None:
        self.begun.set()
        assert self.go_on.wait(PATIENCE)
        if request < 0:
            raise ValueError(request)
        self.done.append(request)

    def hold_up(self, request: int) -> None:
        """Ask for a request and return when it is being worked on, and will not end."""
        self.begun.clear()
        self.go_on.clear()
        self.latest.ask(request)
        assert self.begun.wait(PATIENCE)


@pytest.fixture
def work() -> Work:
    return Work()


def test_of_requests_that_come_in_meanwhile_only_the_last_is_worked_on(work):
    work.hold_up(0)
    for request in range(1, 201):
        work.latest.ask(request)
    work.go_on.set()
    assert work.latest.settle(PATIENCE)
    assert work.done == [0, 200]


def test_at_rest_there_is_no_thread_and_the_next_request_starts_one(work):
    before = threading.active_count()
    for request in range(3):
        work.latest.ask(request)
        assert work.latest.settle(PATIENCE)
    assert work.done == [0, 1, 2]
    for thread in threading.enumerate():
        if thread.name == "studio":
            thread.join(PATIENCE)
    assert threading.active_count() == before


def test_a_failure_is_told_once_and_the_next_request_is_worked_on(work):
    for request in (-1, 2):
        work.latest.ask(request)
        assert work.latest.settle(PATIENCE)
    assert [str(error) for error in work.failures] == ["-1"]
    assert work.done == [2]


def test_a_failing_callback_for_failures_is_logged_and_ends_nothing(caplog):
    done = []

    def work(request: int) -> None:
        done.append(request)
        raise ValueError

    def failed(error: Exception) -> None:
        raise RuntimeError("cannot even say it")

    latest = LatestWorker(work, failed)
    for request in (1, 2):
        latest.ask(request)
        assert latest.settle(PATIENCE)
    assert done == [1, 2]
    assert "cannot even say it" in caplog.text


def test_closing_drops_what_waits_and_takes_nothing_more(work):
    work.hold_up(0)
    work.latest.ask(1)
    work.latest.close()
    work.latest.ask(2)
    work.go_on.set()
    assert work.latest.settle(PATIENCE)
    assert work.done == [0]


def test_settle_says_when_work_goes_on(work):
    work.hold_up(0)
    assert not work.latest.settle(0.01)
    work.go_on.set()
    assert work.latest.settle(PATIENCE)


def test_what_was_worked_on_last_is_told_when_no_newer_request_comes():
    rested: list[int] = []
    latest = LatestWorker(lambda request: None, lambda error: None, rested.append, pause=0.01)
    for request in (1, 2):
        latest.ask(request)
        assert latest.settle(PATIENCE)
    assert rested == [1, 2]


def test_a_slider_that_moves_on_does_not_rest(work):
    rested: list[int] = []
    latest = LatestWorker(work, work.failures.append, rested.append, pause=PATIENCE)
    latest.ask(1)
    assert work.begun.wait(PATIENCE)
    latest.ask(2)
    latest.close()
    assert latest.settle(PATIENCE)
    assert rested == []
