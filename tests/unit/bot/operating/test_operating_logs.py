"""What the log says, and above all what it never says."""

import io
import json
import logging

import pytest

from bot.operating.logs import LEFT_OUT, audit, get_logger, log_to, redact

TOKEN = "MTE4NTYzNzQ5OTk4NzY1NDMy.GaBcDe.x" + "y" * 37
INTERACTION = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OnRva2Vu" + "A" * 40
ADDRESS = "https://discord.com/api/v10/webhooks/43/secret-of-one-interaction/messages/@original"


def written(form: str, *records: tuple[str, dict[str, object]], secrets: tuple[str, ...] = ()) -> str:
    stream = io.StringIO()
    with log_to(stream, form=form, secrets=secrets):  # type: ignore[arg-type]
        for event, facts in records:
            get_logger("bot.test").warning(event, **facts)
    return stream.getvalue()


def test_json_is_an_object_a_line_with_time_level_logger_and_facts() -> None:
    lines = written("json", ("story removed", {"server_id": 1}), ("two\nlines", {})).splitlines()
    first, second = map(json.loads, lines)
    assert first["event"] == "story removed"
    assert (first["level"], first["logger"], first["server_id"]) == ("warning", "bot.test", 1)
    assert first["timestamp"].endswith("Z")
    assert second["event"] == "two\nlines"


@pytest.mark.parametrize("form", ["json", "console"])
def test_records_of_any_library_are_written_in_the_same_form(form: str) -> None:
    stream = io.StringIO()
    with log_to(stream, form=form):  # type: ignore[arg-type]
        logging.getLogger("somewhere.else").warning("%d of %s", 3, "many")
        logging.getLogger("somewhere.else").info("not wanted")
        logging.getLogger("discord.gateway").info("connected")
    output = stream.getvalue()
    assert "3 of many" in output
    assert "connected" in output
    assert "not wanted" not in output
    assert len(output.splitlines()) == 2


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_what_people_and_stories_say_is_left_out_by_name(form: str, name: str) -> None:
    output = written(form, ("asked", {name: "Wolpertinger", "person_id": 50}))
    assert "Wolpertinger" not in output
    assert "left out" in output
    assert "50" in output


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_token_is_written_wherever_it_stands(form: str) -> None:
    stream = io.StringIO()
    logger = logging.getLogger("discord.http")
    with log_to(stream, form=form, secrets=("short secret",)):  # type: ignore[arg-type]
        logger.warning("sent Bot %s", TOKEN)
        logger.warning("PATCH %s responded with 429", ADDRESS)
        logger.warning("short secret")
        get_logger("bot.test").warning("x", where=[TOKEN, {"a": INTERACTION}])
        try:
            raise RuntimeError(f"no {TOKEN} {ADDRESS}")
        except RuntimeError:
            logger.exception("failed")
    output = stream.getvalue()
    for secret in (TOKEN, INTERACTION, "secret-of-one-interaction", "short secret"):
        assert secret not in output
    assert "RuntimeError" in output
    assert "/webhooks/43/[token]/messages/@original" in output


def test_ids_hashes_and_words_are_no_tokens() -> None:
    line = "story 1234567890123456789 sha256 " + "ab12" * 16 + " failed [0a1b2c3d] in bot.commands.asking.add_asking"
    assert redact(line) == line


@pytest.mark.parametrize("form", ["json", "console"])
def test_nobody_can_write_lines_or_steer_a_terminal(form: str) -> None:
    output = written(form, ("a", {"name_of_file": "b\r\x1b[2J\u202etxt\n2026-01-01 forged"}))
    assert "\x1b" not in output
    assert "\u202e" not in output
    assert len(output.splitlines()) == 1


def test_an_audit_line_names_who_and_what_by_ids(caplog: pytest.LogCaptureFixture) -> None:
    stream = io.StringIO()
    with log_to(stream, form="json"):
        audit("story removed", server_id=7, person_id=50, story_id="s1", title="Wolpertinger seen")
    line = json.loads(stream.getvalue())
    assert (line["logger"], line["level"], line["event"]) == ("audit", "info", "story removed")
    assert (line["server_id"], line["person_id"], line["story_id"]) == (7, 50, "s1")
    assert "Wolpertinger" not in stream.getvalue()


def test_a_logger_works_where_nobody_set_the_log_up(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="bot.test")
    get_logger("bot.test").info("story added", server_id=7)
    (record,) = caplog.records
    assert record.getMessage() == "story added"
    assert record.server_id == 7  # type: ignore[attr-defined]


def test_levels_and_handlers_are_as_before_afterwards() -> None:
    before = [
        (logging.getLogger(name).level, list(logging.getLogger(name).handlers)) for name in ("", "bot", "discord")
    ]
    written("json", ("x", {}))
    assert before == [
        (logging.getLogger(name).level, list(logging.getLogger(name).handlers)) for name in ("", "bot", "discord")
    ]
