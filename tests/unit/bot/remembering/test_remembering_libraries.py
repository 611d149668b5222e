"""A server's libraries: named so that nothing collides, bound to roles, removed in two steps."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.remembering import Memory, answers, libraries, people, servers
from bot.remembering.answers import KeptAnswer
from bot.remembering.libraries import LONGEST_TITLE, MOST_LIBRARIES, TitleTakenError, TooManyLibrariesError
from index.engine import check_library_name
from index.stories import Answer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REFUSAL = Answer(question="Who?", answered=False, reason="not_answered", text="The stories do not say.", confidence=0.1)


@pytest.fixture(autouse=True)
def _server(memory: Memory) -> None:
    servers.joined(memory, 100, at=NOON)


def test_further_libraries_come_after_the_first_by_age(memory: Memory) -> None:
    later = libraries.add(memory, 100, "Later", role_id=None, at=NOON + timedelta(hours=2))
    sooner = libraries.add(memory, 100, "Sooner", role_id=9, at=NOON + timedelta(hours=1))
    names = [library.name for library in libraries.libraries_of(memory, 100)]
    assert names == ["server-100", sooner.name, later.name]
    assert (sooner.title, sooner.role_id, sooner.is_default) == ("Sooner", 9, False)


def test_libraries_of_several_servers_come_in_the_order_asked_for(memory: Memory) -> None:
    servers.joined(memory, 50, at=NOON)
    libraries.add(memory, 100, "Sports", role_id=None, at=NOON)
    found = libraries.libraries_of_all(memory, (100, 50, 7))
    assert [library.server_id for library in found] == [100, 100, 50]


@given(title=st.text(min_size=1, max_size=LONGEST_TITLE).filter(lambda title: title.split()))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_the_title_the_name_is_one_that_the_engine_takes(memory: Memory, title: str) -> None:
    library = libraries.add(memory, 100, title, role_id=None, at=NOON)
    check_library_name(library.name)
    assert library.name.startswith("server-100-")
    libraries.drop(memory, library.name)


def test_the_name_fits_for_the_largest_server_id(memory: Memory) -> None:
    servers.joined(memory, 2**63 - 1, at=NOON)
    check_library_name(libraries.add(memory, 2**63 - 1, "w" * LONGEST_TITLE, role_id=None, at=NOON).name)


def test_a_title_is_taken_once_in_a_server_whatever_its_case(memory: Memory) -> None:
    servers.joined(memory, 200, at=NOON)
    libraries.add(memory, 100, "Sports  news", role_id=None, at=NOON)
    libraries.add(memory, 200, "Sports news", role_id=None, at=NOON)
    with pytest.raises(TitleTakenError):
        libraries.add(memory, 100, "sports NEWS", role_id=None, at=NOON)


@pytest.mark.parametrize("title", ["", "  \n", "x" * (LONGEST_TITLE + 1)])
def test_a_title_has_a_length(memory: Memory, title: str) -> None:
    with pytest.raises(ValueError, match="title"):
        libraries.add(memory, 100, title, role_id=None, at=NOON)


def test_a_server_has_only_so_many(memory: Memory) -> None:
    for number in range(MOST_LIBRARIES - 1):
        libraries.add(memory, 100, str(number), role_id=None, at=NOON)
    with pytest.raises(TooManyLibrariesError):
        libraries.add(memory, 100, "one more", role_id=None, at=NOON)
    libraries.remove(memory, libraries.libraries_of(memory, 100)[1].name, at=NOON)
    libraries.add(memory, 100, "one more", role_id=None, at=NOON)


def test_a_server_that_was_left_gets_none(memory: Memory) -> None:
    servers.left(memory, 100, at=NOON)
    for server_id in (100, 999):
        with pytest.raises(KeyError):
            libraries.add(memory, server_id, "Sports", role_id=None, at=NOON)


def test_a_library_is_bound_and_unbound(memory: Memory) -> None:
    name = libraries.add(memory, 100, "Sports", role_id=None, at=NOON).name
    for role_id in (9, None):
        libraries.bind(memory, name, role_id=role_id)
        found = libraries.library_named(memory, name)
        assert found is not None
        assert found.role_id == role_id


def test_a_removed_library_is_read_by_nobody_and_waits_to_be_dropped(memory: Memory) -> None:
    name = libraries.add(memory, 100, "Sports", role_id=None, at=NOON).name
    people.choose_library(memory, 7, name, at=NOON)
    for answer_id, library in (("a", name), ("b", "server-100")):
        answers.keep(memory, KeptAnswer(answer_id, 7, 100, 5, library, "Who?", REFUSAL, NOON))
    libraries.remove(memory, name, at=NOON)
    assert [library.name for library in libraries.libraries_of(memory, 100)] == ["server-100"]
    assert libraries.library_named(memory, name) is None
    assert people.chosen_library(memory, 7) is None
    assert answers.kept(memory, "a") is None
    assert answers.kept(memory, "b") is not None
    assert libraries.removed(memory) == (name,)
    libraries.drop(memory, name)
    assert libraries.removed(memory) == ()
    assert libraries.count(memory) == 1


def test_a_removed_ones_title_can_be_given_again_and_gets_another_name(memory: Memory) -> None:
    first = libraries.add(memory, 100, "Sports", role_id=None, at=NOON)
    libraries.remove(memory, first.name, at=NOON)
    assert libraries.add(memory, 100, "Sports", role_id=None, at=NOON).name != first.name
