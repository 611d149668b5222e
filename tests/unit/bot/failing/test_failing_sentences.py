"""What goes wrong becomes a sentence for the person and a record in the log."""

import logging
import re
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.desk import BusyError, TookTooLongError
from bot.failing.sentences import sentence_for
from bot.translating import text
from index.errors import StorageError


@pytest.fixture(autouse=True)
def _keep_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="bot")


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


def discord_error(status: int, code: int) -> discord.HTTPException:
    kind = {403: discord.Forbidden, 404: discord.NotFound}.get(status, discord.HTTPException)
    response: Any = SimpleNamespace(status=status, reason="No")
    return kind(response, {"code": code, "message": "It is gone"})


def test_the_sentence_and_the_log_share_an_id_and_the_log_has_the_cause(caplog: pytest.LogCaptureFixture) -> None:
    sentence = sentence_for(raised(OSError("No space left on device")))
    assert sentence is not None
    failure_id = re.search(r"`([0-9a-f]{8})`", sentence)
    assert failure_id is not None
    assert f"[{failure_id[1]}]" in caplog.text
    assert "OSError: No space left on device" in caplog.text
    assert "Traceback" in caplog.text
    assert "No space" not in sentence


def test_two_failures_have_two_ids() -> None:
    assert sentence_for(OSError()) != sentence_for(OSError())


def test_a_path_of_the_operators_machine_is_not_shown() -> None:
    sentence = sentence_for(StorageError("/home/operator/storydesk cannot be used; run `storydesk rebuild`."))
    assert sentence is not None
    assert "operator" not in sentence
    assert "storydesk" not in sentence


@pytest.mark.parametrize(
    "repeated",
    [
        "How many prisoners?",
        "how many  PRISONERS",
        "how many prisoners",
        repr("How many\nprisoners?"),
        "How+many+prisoners%3F",
    ],
)
def test_the_question_is_not_in_the_log_however_an_error_repeats_it(
    repeated: str, caplog: pytest.LogCaptureFixture
) -> None:
    sentence_for(raised(ValueError(f"cannot parse {repeated} here")), said=["How many prisoners?"])
    assert "cannot parse" in caplog.text
    assert "prisoners" not in caplog.text.lower()


def test_the_question_is_not_in_the_log_when_an_earlier_error_repeats_it(caplog: pytest.LogCaptureFixture) -> None:
    error = ValueError("no")
    error.__cause__ = OSError("while reading “Wer gewann die Wahl?”")
    sentence_for(error, said=["Wer gewann die Wahl?"])
    assert "while reading" in caplog.text
    assert "gewann" not in caplog.text


def test_a_very_long_question_is_found_too(caplog: pytest.LogCaptureFixture) -> None:
    question = " ".join(f"word{number}" for number in range(600))
    sentence_for(ValueError(question), said=[question])
    assert "word" not in caplog.text


def test_a_question_of_signs_only_leaves_the_log_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    sentence_for(ValueError("boom"), said=["??? !"])
    assert "ValueError: boom" in caplog.text


@pytest.mark.parametrize(
    ("status", "code"), [(404, 10062), (404, 10015), (404, 10003), (404, 10008), (403, 50007), (400, 40060)]
)
def test_nobody_is_told_when_nobody_is_left(status: int, code: int, caplog: pytest.LogCaptureFixture) -> None:
    error: Any = app_commands.CommandInvokeError(SimpleNamespace(name="ask"), discord_error(status, code))  # type: ignore[arg-type]
    assert sentence_for(error) is None
    assert str(code) in caplog.text
    assert "Traceback" not in caplog.text


def test_another_refusal_by_discord_is_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    assert sentence_for(discord_error(400, 50035)) is not None
    assert "50035" in caplog.text


def test_the_cause_of_a_failed_command_is_what_counts(caplog: pytest.LogCaptureFixture) -> None:
    error: Any = app_commands.CommandInvokeError(SimpleNamespace(name="ask"), BusyError("busy"))  # type: ignore[arg-type]
    assert sentence_for(error) == text("busy", language="en")
    assert "BusyError" in caplog.text


def test_a_question_that_took_too_long_has_an_id_too(caplog: pytest.LogCaptureFixture) -> None:
    sentence = sentence_for(TookTooLongError("too_long", seconds=5))
    assert sentence is not None
    failure_id = re.search(r"^No answer within 5 seconds, .*\. \(`([0-9a-f]{8})`\)$", sentence)
    assert failure_id is not None
    assert f"[{failure_id[1]}]" in caplog.text


def test_an_older_form_of_a_command_is_explained() -> None:
    sentence = sentence_for(app_commands.CommandNotFound("news", []))
    assert sentence is not None
    assert "reload Discord" in sentence
