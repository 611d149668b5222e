"""What people say is left out of the log, however an error repeats it."""

import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote_plus

import pytest

from bot.failing.confided import said_with, without

STORY = "Die Gefängnisse der Insel Ærø sind „überfüllt“.\n\nDas sagte die Direktorin am Montag in Vordingborg."


def interaction(data: Any) -> Any:
    return SimpleNamespace(data=data)


@pytest.mark.parametrize(
    "write", [str, repr, ascii, json.dumps, str.upper, quote_plus, lambda text: str(text.encode())]
)
@pytest.mark.parametrize("part", [slice(None), slice(4, 60), slice(30, None)])
def test_a_text_and_parts_of_it_are_left_out(write: Any, part: slice) -> None:
    told = without([STORY], f"Cannot embed {write(STORY[part])} here")
    assert told.startswith("Cannot embed")
    assert told.endswith("here")
    assert not any(word in told.casefold() for word in ("insel", "sagte", "direktorin", "montag"))


def test_what_stands_around_and_between_stays() -> None:
    told = without(
        ["how many prisoners are there"], "ValueError: 'how many prisoners' at line 3; 'prisoners are there'"
    )
    assert told == "ValueError: '[left out]' at line 3; '[left out]'"


@pytest.mark.parametrize("said", [[], [""], ["??? !"], ["in"], ["quite another question"]])
def test_a_log_that_repeats_nothing_stays_as_it_is(said: list[str]) -> None:
    assert without(said, "ValueError: boom in /x.py, line 3\n") == "ValueError: boom in /x.py, line 3\n"


def test_what_names_were_put_into_is_found_between_them() -> None:
    told = without(["what did <@55> tell in <#66>?"], "no answer to 'What did Noor tell in square?'")
    assert "what did" not in told.casefold()
    assert "tell in" not in told


def test_options_of_subcommands_forms_and_messages_are_what_was_said() -> None:
    command = {"name": "stories", "options": [{"name": "add", "type": 1, "options": [
        {"name": "text", "type": 3, "value": "a text"}, {"name": "count", "type": 4, "value": 3},
    ]}]}  # fmt: skip
    assert said_with(interaction(command)) == ("a text",)
    form = {"custom_id": "x", "components": [
        {"type": 18, "component": {"type": 4, "custom_id": "y", "value": "in a label"}},
        {"type": 1, "components": [{"type": 4, "custom_id": "z", "value": "in a row"}]},
    ]}  # fmt: skip
    assert said_with(interaction(form)) == ("in a label", "in a row")
    forwarded = {"message": {"content": "forwarded", "embeds": [{"description": "embedded"}]}}
    about = {"target_id": "5", "resolved": {"messages": {"5": {"content": "own", "message_snapshots": [forwarded]}}}}
    assert said_with(interaction(about)) == ("own", "forwarded", "embedded")
    assert said_with(interaction(None)) == ()
