"""Who may read what where, tried as someone would who may not."""

import itertools
from dataclasses import replace

import pytest

from bot.access import Facts, Membership, Place, manageable, may_manage, must_be_private, readable, shareable
from bot.remembering import BoundLibrary

EDITORS, STAFF = 71, 72
OWN = BoundLibrary("server-1", "", 1, None)
DESK = BoundLibrary("server-1-desk-aa", "Desk", 1, EDITORS)
OTHERS = BoundLibrary("server-2", "", 2, None)
OTHERS_DESK = BoundLibrary("server-2-desk-bb", "Desk", 2, EDITORS)  # the same id of a role, by forgery
ALL = (OWN, DESK, OTHERS, OTHERS_DESK)

HERE = Place("server", 10, server_id=1)
DIRECT = Place("direct", 20)
GROUP = Place("group", 30)
ELSEWHERE = Place("elsewhere", 40, server_id=9)
AWAY = (DIRECT, GROUP, ELSEWHERE)


def member(server_id: int = 1, *roles: int, manages: bool = False) -> Membership:
    return Membership(server_id, frozenset({server_id, *roles}), manages)


def test_a_member_reads_the_servers_own_library_there() -> None:
    assert readable(HERE, Facts(ALL, (member(1),))) == ("server-1",)


def test_in_a_server_no_library_of_another_server_is_read_even_by_its_members() -> None:
    facts = Facts(ALL, (member(1, EDITORS), member(2, EDITORS)), chosen="server-2")
    assert readable(HERE, facts) == ("server-1", "server-1-desk-aa")


@pytest.mark.parametrize("place", [HERE, *AWAY])
def test_who_is_nowhere_reads_nothing(place: Place) -> None:
    assert readable(place, Facts(ALL, ())) == ()
    assert readable(place, Facts(ALL, (member(3, EDITORS, manages=True),))) == ()


@pytest.mark.parametrize("place", AWAY)
def test_away_from_servers_a_person_reads_those_of_the_servers_they_are_in(place: Place) -> None:
    assert readable(place, Facts(ALL, (member(2),))) == ("server-2",)
    assert readable(place, Facts(ALL, (member(1), member(2)))) == ("server-1", "server-2")


@pytest.mark.parametrize("place", [HERE, *AWAY])
def test_a_library_of_a_role_is_read_by_that_role_of_that_server_only(place: Place) -> None:
    assert "server-1-desk-aa" not in readable(place, Facts(ALL, (member(1, STAFF), member(2, EDITORS))))
    assert "server-1-desk-aa" in readable(place, Facts(ALL, (member(1, EDITORS),)))


def test_who_manages_a_server_reads_all_of_its_libraries_and_none_of_others() -> None:
    facts = Facts(ALL, (member(1, manages=True), member(2)))
    assert readable(HERE, facts) == ("server-1", "server-1-desk-aa")
    assert readable(DIRECT, facts) == ("server-1", "server-1-desk-aa", "server-2")


def test_a_role_that_everybody_has_binds_nothing() -> None:
    everybodys = replace(DESK, role_id=1)
    facts = Facts((OWN, everybodys), (member(1),))
    assert readable(HERE, facts) == ("server-1", everybodys.name)
    assert not must_be_private(everybodys.name, HERE, facts)


@pytest.mark.parametrize("place", AWAY)
def test_a_closed_server_is_read_in_the_server_only(place: Place) -> None:
    facts = Facts(ALL, (member(1, EDITORS, manages=True), member(2)), closed=frozenset({1}))
    assert readable(place, facts) == ("server-2",)
    assert readable(HERE, facts) == ("server-1", "server-1-desk-aa")


@pytest.mark.parametrize("place", AWAY)
def test_a_choice_narrows_to_one_library(place: Place) -> None:
    facts = Facts(ALL, (member(1), member(2)), public="public", chosen="server-2")
    assert readable(place, facts) == ("server-2",)
    assert readable(place, replace(facts, chosen="public")) == ("public",)


@pytest.mark.parametrize("chosen", ["server-1-desk-aa", "server-9", "public", "", "SERVER-1", "server-1 "])
def test_a_choice_that_one_may_not_read_opens_nothing(chosen: str) -> None:
    facts = Facts(ALL, (member(1),), chosen=chosen)
    assert readable(DIRECT, facts) == ("server-1",)


def test_a_choice_does_not_count_in_a_server() -> None:
    assert readable(HERE, Facts(ALL, (member(1),), public="public", chosen="public")) == ("server-1", "public")


@pytest.mark.parametrize("place", [HERE, *AWAY])
def test_the_public_library_is_read_by_all_only_if_there_is_one_and_last(place: Place) -> None:
    assert readable(place, Facts(ALL, ())) == ()
    assert readable(place, Facts(ALL, (), public="public")) == ("public",)
    assert readable(place, Facts(ALL, (member(1),), public="public"))[-1] == "public"
    assert not must_be_private("public", place, Facts(ALL, (), public="public"))


def test_a_public_library_that_is_no_longer_public_is_private_everywhere_among_others() -> None:
    for place in (HERE, GROUP, ELSEWHERE):
        assert must_be_private("public", place, Facts(ALL, (member(1),)))


@pytest.mark.parametrize("place", [GROUP, ELSEWHERE])
def test_among_people_whose_rights_nobody_knows_everything_is_private(place: Place) -> None:
    facts = Facts(ALL, (member(1, EDITORS), member(2)))
    assert readable(place, facts)
    assert all(must_be_private(name, place, facts) for name in readable(place, facts))
    assert shareable(place, facts) == ()


def test_alone_with_the_bot_nothing_needs_to_be_hidden() -> None:
    facts = Facts(ALL, (member(1, EDITORS),))
    assert shareable(DIRECT, facts) == readable(DIRECT, facts) == ("server-1", "server-1-desk-aa")


def test_the_servers_own_library_is_shown_to_all_in_it() -> None:
    assert shareable(HERE, Facts(ALL, (member(1),))) == ("server-1",)


def test_a_library_of_a_role_is_private_in_a_wider_channel() -> None:
    facts = Facts(ALL, (member(1, EDITORS),))
    assert must_be_private("server-1-desk-aa", HERE, facts)
    assert must_be_private("server-1-desk-aa", replace(HERE, shared_roles=frozenset({STAFF})), facts)
    assert shareable(HERE, facts) == ("server-1",)


def test_in_a_channel_of_that_role_it_is_shown_to_all() -> None:
    facts = Facts(ALL, (member(1, EDITORS),))
    newsroom = replace(HERE, shared_roles=frozenset({EDITORS}))
    assert shareable(newsroom, facts) == ("server-1", "server-1-desk-aa")


def test_what_is_of_no_known_library_or_of_another_server_is_private() -> None:
    facts = Facts(ALL, (member(1, EDITORS), member(2, EDITORS)))
    for name in ("server-2", "server-2-desk-bb", "samples", "server-11", ""):
        assert must_be_private(name, replace(HERE, shared_roles=frozenset({EDITORS})), facts)


def test_nothing_shareable_is_unreadable_whatever_the_facts() -> None:
    memberships = [(), (member(1),), (member(1, EDITORS), member(2)), (member(2, manages=True),)]
    publics, choices = (None, "public"), (None, "public", "server-2", "server-1-desk-aa")
    places = [HERE, replace(HERE, shared_roles=frozenset({EDITORS})), *AWAY]
    for place, of, public, chosen in itertools.product(places, memberships, publics, choices):
        facts = Facts(ALL, of, public, chosen, closed=frozenset({2}))
        assert set(shareable(place, facts)) <= set(readable(place, facts))
        in_servers = {each.server_id for each in of}
        for library in ALL:
            if library.server_id not in in_servers:
                assert library.name not in readable(place, facts)


def test_only_who_manages_a_server_manages_its_libraries_and_only_there() -> None:
    facts = Facts(ALL, (member(1, manages=True), member(2, EDITORS)))
    assert may_manage(1, facts)
    assert not may_manage(2, facts)
    assert not may_manage(3, facts)
    assert manageable(HERE, facts) == (OWN, DESK)
    assert manageable(Place("server", 10, server_id=2), facts) == ()
    for place in AWAY:
        assert manageable(replace(place, server_id=1), facts) == ()
