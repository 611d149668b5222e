"""What is to blame for a failure, as far as the person who met it can do something about it."""

import errno
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import aiohttp
import discord

from index.errors import (
    DiskFullError,
    IncompleteIndexError,
    ModelError,
    NotWritableError,
    OutdatedIndexError,
    StorageError,
    VectorServerError,
)

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NOT_WRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True)
class Cause:
    """`key` is that of the sentence, a text of bot.translating with a `number`; `level` is the log's.

    `is_ours` says whether the log needs the traceback: what others do to the bot is told by one line.
    """

    key: str
    level: int = logging.ERROR
    is_ours: bool = True


UNKNOWN = Cause("failed")
_STORAGE = Cause("failed_storage")
_FULL_DISK = Cause("failed_full")
_READ_ONLY = Cause("failed_read_only")
_LIMITED = Cause("failed_discord_limit", logging.WARNING, is_ours=False)
_DISCORD = Cause("failed_discord", logging.WARNING, is_ours=False)
_FORBIDDEN = Cause("failed_permission", logging.WARNING, is_ours=False)

# A class before those that it is a kind of.
_BY_KIND: Mapping[type[BaseException], Cause] = {
    DiskFullError: _FULL_DISK,
    NotWritableError: _READ_ONLY,
    VectorServerError: Cause("failed_vectors", logging.WARNING, is_ours=False),
    OutdatedIndexError: Cause("failed_index"),
    IncompleteIndexError: Cause("failed_index"),
    ModelError: Cause("failed_model"),
    discord.Forbidden: _FORBIDDEN,
    discord.DiscordServerError: _DISCORD,
    discord.RateLimited: _LIMITED,
    aiohttp.ClientError: _DISCORD,
    ConnectionError: _DISCORD,  # whatever else is connected to has errors of its own
    # Discord's, or of something else that is waited for.
    TimeoutError: Cause("failed_late", logging.WARNING),
}


def cause_of(error: BaseException) -> Cause:
    """What is to blame for `error`; UNKNOWN when nobody is whom a person could do something about."""
    if isinstance(error, discord.HTTPException):
        if error.status == _TOO_MANY_REQUESTS:
            return _LIMITED
        if error.status >= 500:  # also one for which discord.py has no class
            return _DISCORD
    for kind, cause in _BY_KIND.items():
        if isinstance(error, kind):
            return cause
    if isinstance(error, StorageError | OSError):
        return _of_disk(error) or (_STORAGE if isinstance(error, StorageError) else UNKNOWN)
    return UNKNOWN


def _of_disk(error: BaseException) -> Cause | None:
    """What the system said of the disk, to whoever said it on."""
    for each in _chain(error):
        number = each.errno if isinstance(each, OSError) else None
        if number in _FULL:
            return _FULL_DISK
        if number in _NOT_WRITABLE:
            return _READ_ONLY
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
