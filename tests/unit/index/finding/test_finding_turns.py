"""Threads that want the model take turns, in the order in which they asked."""

import threading
import time

from index.finding.embedding import Turns


def waiting(turns: Turns, number: int) -> None:
    deadline = time.monotonic() + 10
    while len(turns._waiting) < number:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_who_goes_on_at_once_goes_to_the_back() -> None:
    turns = Turns()
    order: list[str] = []

    def ask() -> None:
        with turns:
            order.append("question")

    with turns:
        thread = threading.Thread(target=ask)
        thread.start()
        waiting(turns, 2)
        order.append("first batch")
    with turns:
        order.append("second batch")
    thread.join()
    assert order == ["first batch", "question", "second batch"]


def test_who_leaves_while_waiting_is_not_waited_for() -> None:
    turns = Turns()
    left = threading.Event()
    order: list[str] = []

    class Gone(BaseException):
        pass

    def leave() -> None:
        real, threading.Event.wait = threading.Event.wait, interrupted  # type: ignore[method-assign]
        try:
            with turns:
                order.append("never")
        except Gone:
            left.set()
        finally:
            threading.Event.wait = real  # type: ignore[method-assign]

    def interrupted(event: threading.Event, timeout: float | None = None) -> bool:
        raise Gone

    def ask() -> None:
        with turns:
            order.append("question")

    with turns:
        leave()
        assert left.is_set()
        thread = threading.Thread(target=ask)
        thread.start()
        waiting(turns, 2)
    thread.join(10)
    assert order == ["question"]
    with turns:
        order.append("again")
    assert order == ["question", "again"]
