"""Who may read and manage what: rules over facts, without any looking up.

Everything that is read for a person goes through `readable`, and everything shown through `must_be_private`, at the
moment of use: an id that someone once got says nothing of what they may read now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.remembering import BoundLibrary

Kind = Literal["server", "direct", "group", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was asked.

    `kind` is "server" for a channel of a server that the bot is in, "direct" for a direct message with the bot,
    "group" for direct messages among people, "elsewhere" for a server that the bot is not in. `channel_id` is of the
    channel or thread, `parent_id` of the channel that a thread belongs to. `shared_roles` are roles that everybody
    has who can see the channel, those who manage the server aside.
    """

    kind: Kind
    channel_id: int
    server_id: int | None = None
    parent_id: int | None = None
    shared_roles: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Membership:
    """That a person is in a server, with their roles, as Discord said just now or a short while ago."""

    server_id: int
    roles: frozenset[int] = frozenset()
    manages: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and where. `membership` is theirs in the place's server, None when that is none the bot is in."""

    person_id: int
    place: Place
    membership: Membership | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at.

    `memberships` are those that are verified; a server without one counts as one that the person is not in. `public`
    is the library that everybody may read, None when there is none. `chosen` is the library the person wants to read
    in direct messages; `closed` are servers whose libraries are read in the server only.
    """

    libraries: tuple[BoundLibrary, ...] = ()
    memberships: tuple[Membership, ...] = ()
    public: str | None = None
    chosen: str | None = None
    closed: frozenset[int] = frozenset()


def readable(place: Place, facts: Facts) -> tuple[str, ...]:
    """The names of the libraries that the person may read at `place`, those to prefer first.

    In a server these are that server's own; anywhere else those of all servers the person is in, or just the chosen
    one if it is among them. What everybody may read comes last.
    """
    names = [library.name for library in facts.libraries if _is_read(library, place, facts)]
    if facts.public is not None and facts.public not in names:
        names.append(facts.public)
    if place.kind != "server" and facts.chosen in names:
        return (facts.chosen,)
    return tuple(names)


def searched(names: Sequence[str], facts: Facts, *, most: int) -> tuple[str, ...]:
    """Those of the readable libraries that are searched when there are more than `most`: the ones to prefer.

    What everybody may read is always among them.
    """
    left_out = set(names[most:])
    if facts.public in left_out:
        return (*names[: most - 1], facts.public)
    return tuple(names[:most])


def must_be_private(library: str, place: Place, facts: Facts) -> bool:
    """Whether what comes from `library` may be shown at `place` to the person only, as others there may not read it."""
    if library == facts.public or place.kind == "direct":
        return False
    if place.kind != "server":
        return True
    bound = next((each for each in facts.libraries if each.name == library), None)
    if bound is None or bound.server_id != place.server_id:
        return True
    return bound.role_id is not None and not _is_for_everybody(bound, place)


def shareable(place: Place, facts: Facts) -> tuple[str, ...]:
    """The names of the readable libraries whose stories everybody at `place` may read, those to prefer first."""
    return tuple(name for name in readable(place, facts) if not must_be_private(name, place, facts))


def may_manage(server_id: int, facts: Facts) -> bool:
    """Whether the person may change the libraries, stories and settings of a server."""
    membership = _membership(server_id, facts)
    return membership is not None and membership.manages


def manageable(place: Place, facts: Facts) -> tuple[BoundLibrary, ...]:
    """The libraries whose stories the person may change at `place`: in a server that they manage, that server's own."""
    if place.kind != "server" or place.server_id is None or not may_manage(place.server_id, facts):
        return ()
    return tuple(library for library in facts.libraries if library.server_id == place.server_id)


def _is_read(library: BoundLibrary, place: Place, facts: Facts) -> bool:
    if place.kind == "server":
        if library.server_id != place.server_id:
            return False
    elif library.server_id in facts.closed:
        return False
    membership = _membership(library.server_id, facts)
    if membership is None:
        return False
    return library.role_id is None or library.role_id in membership.roles or membership.manages


def _is_for_everybody(library: BoundLibrary, place: Place) -> bool:
    # The role with a server's own id is the one that everybody in it has.
    return library.role_id == library.server_id or library.role_id in place.shared_roles


def _membership(server_id: int, facts: Facts) -> Membership | None:
    return next((each for each in facts.memberships if each.server_id == server_id), None)
