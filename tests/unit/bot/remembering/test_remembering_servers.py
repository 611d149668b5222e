"""Servers come, are set, go, come back, and are forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.remembering import Memory, ServerSettings, default_library, libraries, people, servers

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_joined_server_has_a_library_and_the_usual_settings(memory: Memory) -> None:
    assert servers.joined(memory, 100, at=NOON) is True
    assert servers.joined(memory, 100, at=NOON) is False
    (library,) = libraries.libraries_of(memory, 100)
    assert (library.name, library.role_id, library.is_default) == ("server-100", None, True)
    assert servers.settings_of(memory, 100) == ServerSettings()


def test_an_unknown_server_has_the_usual_settings_and_no_library(memory: Memory) -> None:
    assert servers.settings_of(memory, 100) == ServerSettings()
    assert libraries.libraries_of(memory, 100) == ()


def test_settings_are_changed_one_by_one(memory: Memory) -> None:
    servers.joined(memory, 100, at=NOON)
    servers.joined(memory, 200, at=NOON)
    servers.change_settings(memory, 100, channels=frozenset({5, 3}), cooldown_seconds=0)
    changed = servers.change_settings(memory, 100, direct_messages=False, mention_mode="off", language="de")
    assert changed == ServerSettings(frozenset({3, 5}), False, "off", "de", 0)
    assert servers.settings_of(memory, 100) == changed
    assert servers.settings_of_all(memory, (100, 200, 300)) == {100: changed, 200: ServerSettings()}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"mention_mode": "always"}, ValueError),
        ({"cooldown_seconds": -1}, ValueError),
        ({"cooldown_seconds": 3_601}, ValueError),
        ({"colour": "red"}, TypeError),
    ],
)
def test_a_wrong_setting_is_refused_and_changes_nothing(memory: Memory, changed: Any, error: type[Exception]) -> None:
    servers.joined(memory, 100, at=NOON)
    with pytest.raises(error):
        servers.change_settings(memory, 100, **changed)
    assert servers.settings_of(memory, 100) == ServerSettings()


def test_settings_of_a_server_that_is_not_remembered_cannot_be_changed(memory: Memory) -> None:
    with pytest.raises(KeyError):
        servers.change_settings(memory, 100, language="de")


def test_the_libraries_of_a_server_that_was_left_are_not_given_but_kept(memory: Memory) -> None:
    servers.joined(memory, 100, at=NOON)
    servers.left(memory, 100, at=NOON + DAY)
    assert libraries.libraries_of(memory, 100) == ()
    assert libraries.library_named(memory, "server-100") is None
    assert libraries.left_behind(memory, 100) == ("server-100",)
    assert servers.known(memory) == {100: False}


def test_a_server_that_comes_back_has_everything_as_it_was(memory: Memory) -> None:
    servers.joined(memory, 100, at=NOON)
    servers.change_settings(memory, 100, language="de")
    named = libraries.add(memory, 100, "Sports", role_id=9, at=NOON)
    servers.left(memory, 100, at=NOON + DAY)
    assert servers.joined(memory, 100, at=NOON + 2 * DAY) is False
    assert libraries.libraries_of(memory, 100)[1] == named
    assert servers.settings_of(memory, 100).language == "de"
    assert servers.left_longer_than(memory, NOON + 100 * DAY) == ()


def test_the_grace_period_begins_once(memory: Memory) -> None:
    servers.joined(memory, 100, at=NOON)
    servers.left(memory, 100, at=NOON)
    servers.left(memory, 100, at=NOON + 5 * DAY)
    assert servers.left_longer_than(memory, NOON) == ()
    assert servers.left_longer_than(memory, NOON + DAY) == (100,)


def test_a_server_is_dropped_only_when_it_was_left_and_its_libraries_are_gone(memory: Memory) -> None:
    servers.joined(memory, 1, at=NOON)
    servers.joined(memory, 12, at=NOON)
    people.used(memory, 7, 1, at=NOON)
    people.choose_library(memory, 7, "server-1", at=NOON)
    people.choose_library(memory, 8, "server-12", at=NOON)
    assert servers.drop(memory, 1) is False
    servers.left(memory, 1, at=NOON)
    assert servers.drop(memory, 1) is False
    libraries.drop(memory, default_library(1))
    assert servers.drop(memory, 1) is True
    assert servers.known(memory) == {12: True}
    assert people.servers_of(memory, 7) == ()
    assert people.chosen_library(memory, 8) == "server-12"


def test_a_server_that_comes_back_while_it_is_removed_has_an_empty_library(memory: Memory) -> None:
    servers.joined(memory, 100, at=NOON)
    servers.left(memory, 100, at=NOON)
    libraries.remove(memory, "server-100", at=NOON)
    servers.joined(memory, 100, at=NOON + DAY)
    assert libraries.libraries_of(memory, 100) == ()
    libraries.drop(memory, "server-100")
    assert [library.name for library in libraries.libraries_of(memory, 100)] == ["server-100"]


def test_a_server_that_comes_back_after_its_library_was_dropped_gets_another(memory: Memory) -> None:
    servers.joined(memory, 100, at=NOON)
    servers.left(memory, 100, at=NOON)
    libraries.drop(memory, "server-100")
    assert servers.joined(memory, 100, at=NOON + DAY) is False
    assert [library.name for library in libraries.libraries_of(memory, 100)] == ["server-100"]
