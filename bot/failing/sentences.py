"""Turns whatever goes wrong into a sentence for the person and a record in the log, tied together by a short id."""

import logging
import secrets
import traceback
from collections.abc import Iterable

import discord
from discord import app_commands

from bot.desk import TookTooLongError, UnansweredError
from bot.failing.causes import cause_of
from bot.failing.confided import without
from bot.translating import SOURCE, text

_log = logging.getLogger(__name__)

# Nobody is left who could be told: unknown channel, message, webhook and interaction, an interaction that was answered
# already (see `bot.acknowledging`), no access to the channel, direct messages closed.
_NOBODY_LEFT = frozenset({10003, 10008, 10015, 10062, 40060, 50001, 50007})


def sentence_for(error: BaseException, *, said: Iterable[str] = (), language: str = SOURCE) -> str | None:
    """Log `error` and say in `language` what to tell the person who asked; None when nobody is left to be told.

    The log gets the error, with its traceback where that tells more, without what the person `said`. The sentence
    gets what is to blame in general terms (`bot.failing.causes`), and no detail of this machine.
    """
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    if isinstance(error, discord.HTTPException) and error.code in _NOBODY_LEFT:
        _log.warning("An answer could not be delivered: Discord says %s (code %s)", error.text, error.code)
        return None
    if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
        _log.warning("Discord sent a command in an older form than this bot has: %s", type(error).__name__)
        return text("older_command", language=language)
    if isinstance(error, TookTooLongError):
        failure_id = secrets.token_hex(4)
        _log.warning("A question took too long [%s]", failure_id)
        return f"{error.sentence(language)} (`{failure_id}`)"
    if isinstance(error, UnansweredError):
        _log.info("A question was turned away: %s", type(error).__name__)
        return error.sentence(language)
    failure_id = secrets.token_hex(4)
    cause = cause_of(error)
    told = f"\n{_trace(error)}" if cause.is_ours else _line(error)
    _log.log(cause.level, "A question failed [%s], %s: %s", failure_id, cause.key, without(said, told))
    return text(cause.key, language=language, number=failure_id)


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).rstrip()


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
