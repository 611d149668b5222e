"""A person is told in a channel once a minute why they get no answer."""

from clocks import Clock

from bot.limiting import Hints


def test_a_person_is_told_in_a_channel_once_a_minute(clock: Clock) -> None:
    hints = Hints(clock=clock)
    assert hints.take(1, 10)
    assert not hints.take(1, 10)
    clock.now += 59
    assert not hints.take(1, 10)
    clock.now += 1
    assert hints.take(1, 10)


def test_others_and_other_channels_are_told_by_themselves(clock: Clock) -> None:
    hints = Hints(clock=clock)
    assert [hints.take(1, 10), hints.take(2, 10), hints.take(1, 20)] == [True, True, True]


def test_no_more_are_remembered_than_asked_for(clock: Clock) -> None:
    hints = Hints(clock=clock, most=2)
    for person_id in (1, 2, 3):
        hints.take(person_id, 10)
    assert not hints.take(3, 10)
    assert hints.take(1, 10)  # the longest ago
