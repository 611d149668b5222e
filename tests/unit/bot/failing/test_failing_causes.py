"""What is to blame for a failure, in a sentence that a person can do something about."""

import errno
import logging
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from bot.failing.causes import UNKNOWN, cause_of
from bot.failing.sentences import sentence_for
from bot.translating import LANGUAGES, text
from index.errors import (
    DiskFullError,
    IncompleteIndexError,
    JobError,
    ModelError,
    NotWritableError,
    OutdatedIndexError,
    StorageError,
    VectorServerError,
)

SECRET = "/home/operator/storydesk at http://10.0.0.7:8000 with library server-42"


def refused_by_discord(kind: type[discord.HTTPException], status: int, code: int = 0) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=status, reason="No")
    return kind(response, {"code": code, "message": SECRET})


def from_the_system(number: int, *, within: Callable[[str], Exception] = StorageError) -> Exception:
    """An error of ours that the system's is the cause of, with another one between the two."""
    error = within(SECRET)
    error.__cause__ = RuntimeError("the driver")
    error.__cause__.__context__ = OSError(number, SECRET)
    return error


CASES = [
    (VectorServerError(SECRET), "failed_vectors", logging.WARNING),
    (OutdatedIndexError(SECRET), "failed_index", logging.ERROR),
    (IncompleteIndexError(SECRET), "failed_index", logging.ERROR),
    (DiskFullError(SECRET), "failed_full", logging.ERROR),
    (from_the_system(errno.ENOSPC), "failed_full", logging.ERROR),
    (from_the_system(errno.EDQUOT), "failed_full", logging.ERROR),
    (OSError(errno.ENOSPC, SECRET), "failed_full", logging.ERROR),
    (NotWritableError(SECRET), "failed_read_only", logging.ERROR),
    (from_the_system(errno.EROFS), "failed_read_only", logging.ERROR),
    (PermissionError(errno.EACCES, SECRET), "failed_read_only", logging.ERROR),
    (StorageError(SECRET), "failed_storage", logging.ERROR),
    (from_the_system(errno.EIO), "failed_storage", logging.ERROR),
    (ModelError(SECRET), "failed_model", logging.ERROR),
    (refused_by_discord(discord.HTTPException, 429), "failed_discord_limit", logging.WARNING),
    (discord.RateLimited(3.0), "failed_discord_limit", logging.WARNING),
    (refused_by_discord(discord.DiscordServerError, 503), "failed_discord", logging.WARNING),
    (refused_by_discord(discord.HTTPException, 520), "failed_discord", logging.WARNING),
    (aiohttp.ServerDisconnectedError(), "failed_discord", logging.WARNING),
    (ConnectionResetError(), "failed_discord", logging.WARNING),
    (TimeoutError(SECRET), "failed_late", logging.WARNING),
    (refused_by_discord(discord.Forbidden, 403, 50013), "failed_permission", logging.WARNING),
    (refused_by_discord(discord.HTTPException, 400, 50035), "failed", logging.ERROR),
    (JobError(SECRET), "failed", logging.ERROR),
    (RuntimeError(SECRET), "failed", logging.ERROR),
    (OSError("no number"), "failed", logging.ERROR),
]


@pytest.mark.parametrize(("error", "key", "level"), CASES)
def test_every_failure_is_a_sentence_with_an_id_that_the_log_has_with_the_kind_at_a_level_that_fits(
    error: Exception, key: str, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="bot")
    sentence = sentence_for(error)
    assert sentence is not None
    failure_id = re.search(r"`([0-9a-f]{8})`", sentence)
    assert failure_id is not None
    assert sentence == text(key, language="en", number=failure_id[1])
    (record,) = caplog.records
    assert record.levelno == level
    assert f"[{failure_id[1]}]" in record.getMessage()
    assert type(error).__name__ in record.getMessage()


@pytest.mark.parametrize("error", [error for error, *_ in CASES])
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_no_sentence_tells_anything_of_the_machine_or_of_a_library(error: Exception, language: str) -> None:
    sentence = sentence_for(error, language=language)
    assert sentence is not None
    for told in ("operator", "http:", "10.0.0", "server-42", "Error", "storydesk"):
        assert told not in sentence


@pytest.mark.parametrize("key", sorted({key for _, key, _ in CASES}))
def test_every_language_has_a_sentence_of_its_own_for_it(key: str) -> None:
    said = {text(key, language=language, number="0a1b2c3d") for language in LANGUAGES}
    assert len(said) == len(LANGUAGES)
    assert all("`0a1b2c3d`" in sentence for sentence in said)


def test_what_discord_does_is_one_line_in_the_log_and_what_we_do_has_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="bot")
    for error in (refused_by_discord(discord.DiscordServerError, 503), StorageError("a\nb")):
        try:
            raise error
        except Exception as caught:  # noqa: BLE001 - with its traceback
            sentence_for(caught)
    discords, ours = caplog.records
    assert "Traceback" not in discords.getMessage()
    assert "Traceback" in ours.getMessage()


def test_the_failure_of_a_command_has_the_cause_of_what_the_command_raised() -> None:
    command: Any = SimpleNamespace(name="ask")
    sentence = sentence_for(app_commands.CommandInvokeError(command, ModelError(SECRET)))
    assert sentence is not None
    assert sentence.startswith("What I read stories with")


def test_errors_that_are_each_others_cause_end() -> None:
    first, second = StorageError("a"), StorageError("b")
    first.__cause__, second.__cause__ = second, first
    assert cause_of(first).key == "failed_storage"


def test_what_an_error_is_said_to_have_nothing_to_do_with_is_no_cause() -> None:
    error = RuntimeError("no")
    error.__context__ = OSError(errno.ENOSPC, "full")
    assert cause_of(error) is UNKNOWN
