"""Who may read and manage what: rules, and the facts that they look at."""

from bot.access.gathering import Access
from bot.access.members import CouldNotVerifyError, Members, fetch_from
from bot.access.places import (
    asker_of,
    membership_of_interaction,
    membership_of_member,
    place_of_interaction,
    place_of_message,
)
from bot.access.rules import (
    Asker,
    Facts,
    Membership,
    Place,
    manageable,
    may_manage,
    must_be_private,
    readable,
    searched,
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
    "asker_of",
    "fetch_from",
    "manageable",
    "may_manage",
    "membership_of_interaction",
    "membership_of_member",
    "must_be_private",
    "place_of_interaction",
    "place_of_message",
    "readable",
    "searched",
    "shareable",
]
