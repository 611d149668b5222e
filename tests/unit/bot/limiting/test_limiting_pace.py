"""How long one more question would wait, by a clock that a test moves."""

import pytest
from clocks import Clock

from bot.limiting.pace import Pace


def answer(pace: Pace, clock: Clock, *, seconds: float, times: int = 1) -> None:
    for _ in range(times):
        with pace.working():
            clock.now += seconds


def test_before_anything_was_answered_the_guess_counts(clock: Clock) -> None:
    pace = Pace(seconds=0.5, clock=clock)
    assert pace.seconds_to_wait(ahead=0) == 0.5
    assert pace.seconds_to_wait(ahead=9) == 5.0


def test_the_first_answer_takes_the_place_of_the_guess(clock: Clock) -> None:
    pace = Pace(seconds=0.5, clock=clock)
    answer(pace, clock, seconds=3.0)
    assert pace.seconds_to_wait(ahead=1) == pytest.approx(6.0)


def test_questions_that_are_answered_at_once_share_the_time(clock: Clock) -> None:
    pace = Pace(clock=clock)
    with pace.working(), pace.working(), pace.working(), pace.working():
        clock.now += 2.0
    assert pace.seconds_to_wait(ahead=0) == pytest.approx(0.5)


def test_the_time_is_shared_as_long_as_there_is_somebody_to_share_it_with(clock: Clock) -> None:
    pace = Pace(clock=clock)
    with pace.working():
        clock.now += 3.0
        with pace.working():
            clock.now += 2.0
        assert pace.seconds_to_wait(ahead=0) == 4.0  # the first, which is not answered yet
    clock.now += 1_000.0  # nobody asks
    assert pace.seconds_to_wait(ahead=0) == pytest.approx((1.0 + 4.0) / 2)


def test_a_machine_that_slows_down_is_followed_and_one_slow_answer_hardly(clock: Clock) -> None:
    pace = Pace(clock=clock)
    answer(pace, clock, seconds=1.0, times=30)
    answer(pace, clock, seconds=5.0)
    assert pace.seconds_to_wait(ahead=0) < 1.5
    answer(pace, clock, seconds=5.0, times=40)
    assert pace.seconds_to_wait(ahead=0) == pytest.approx(5.0, rel=0.05)
    answer(pace, clock, seconds=1.0, times=40)
    assert pace.seconds_to_wait(ahead=0) == pytest.approx(1.0, rel=0.1)


def test_what_hangs_counts_before_it_is_answered(clock: Clock) -> None:
    pace = Pace(clock=clock)
    answer(pace, clock, seconds=1.0, times=30)
    with pace.working(), pace.working():
        clock.now += 20.0
        assert pace.seconds_to_wait(ahead=0) == 10.0


def test_a_failure_says_nothing_of_how_long_answers_take(clock: Clock) -> None:
    pace = Pace(seconds=2.0, clock=clock)
    with pytest.raises(RuntimeError), pace.working():
        raise RuntimeError
    assert pace.seconds_to_wait(ahead=0) == 2.0
