"""Who may read and manage what: rules, and the facts that they look at."""

from bot.access.gathering import Access, Asker
from bot.access.members import CouldNotVerifyError, Members, fetch_from
from bot.access.places import (
    membership_of_interaction,
    membership_of_member,
    place_of_interaction,
    place_of_message,
)
from bot.access.rules import (
    Facts,
    Membership,
    Place,
    manageable,
    may_manage,
    must_be_private,
    readable,
    shareable,
)

__all__ = [
    "Access",
    "Asker",
    "CouldNotVerifyError",
    "Facts",
    "Members",
    "Membership",
    "Place",
    "fetch_from",
    "manageable",
    "may_manage",
    "membership_of_interaction",
    "membership_of_member",
    "must_be_private",
    "place_of_interaction",
    "place_of_message",
    "readable",
    "shareable",
]
