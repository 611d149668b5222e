"""Nobody asks so often that others have to wait for them."""

import pytest
from clocks import Clock

from bot.limiting import Cooldowns


def test_a_few_questions_in_a_row_are_fine_and_then_one_each_so_many_seconds(clock: Clock) -> None:
    cooldowns = Cooldowns(clock=clock, burst=2)
    assert [cooldowns.take(7, 1, seconds=10) for _ in range(3)] == [0, 0, 10]
    clock.now += 4
    assert cooldowns.take(7, 1, seconds=10) == pytest.approx(6)
    clock.now += 6
    assert cooldowns.take(7, 1, seconds=10) == 0
    assert cooldowns.take(7, 1, seconds=10) == pytest.approx(10)


def test_a_question_that_is_turned_away_does_not_count(clock: Clock) -> None:
    cooldowns = Cooldowns(clock=clock, burst=1)
    cooldowns.take(7, 1, seconds=10)
    for _ in range(50):
        assert cooldowns.take(7, 1, seconds=10) == pytest.approx(10)
    clock.now += 10
    assert cooldowns.take(7, 1, seconds=10) == 0


def test_people_and_places_are_counted_by_themselves(clock: Clock) -> None:
    cooldowns = Cooldowns(clock=clock, burst=1)
    for person, server in ((7, 1), (8, 1), (7, 2), (7, None)):
        assert cooldowns.take(person, server, seconds=10) == 0
        assert cooldowns.take(person, server, seconds=10) > 0


def test_without_a_cooldown_a_person_is_not_held_up(clock: Clock) -> None:
    cooldowns = Cooldowns(clock=clock, burst=1)
    assert {cooldowns.take(7, 1, seconds=0) for _ in range(20)} == {0}


def test_a_server_has_a_share_that_fills_up_again_and_direct_messages_have_none(clock: Clock) -> None:
    cooldowns = Cooldowns(clock=clock, server_burst=3, server_per_second=0.5)
    assert [cooldowns.take(person, 1, seconds=5) for person in range(4)] == [0, 0, 0, 2]
    assert cooldowns.take(3, 2, seconds=5) == 0
    assert {cooldowns.take(person, None, seconds=5) for person in range(10)} == {0}
    clock.now += 2
    assert cooldowns.take(3, 1, seconds=5) == 0


def test_a_person_who_waits_for_their_server_does_not_lose_their_own_turn(clock: Clock) -> None:
    cooldowns = Cooldowns(clock=clock, burst=1, server_burst=1, server_per_second=1)
    cooldowns.take(7, 1, seconds=60)
    assert cooldowns.take(8, 1, seconds=60) == pytest.approx(1)
    clock.now += 1
    assert cooldowns.take(8, 1, seconds=60) == 0


def test_only_so_many_are_remembered(clock: Clock) -> None:
    cooldowns = Cooldowns(clock=clock, burst=1, most=10)
    for person in range(1_000):
        cooldowns.take(person, None, seconds=10)
    assert len(cooldowns._buckets) == 10
