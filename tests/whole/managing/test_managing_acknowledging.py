"""Discord hears of a command before anything is looked up that may take long."""

from typing import Any

import pytest
from discord_shown import text_of
from simcord.env import Env

from bot.remembering import libraries
from bot.translating import text


@pytest.fixture
def acknowledged(simcord_env: Env, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of every look at a server's libraries, whether Discord had heard of a command by then."""
    found: list[bool] = []
    look = libraries.libraries_of

    def look_and_note(*arguments: Any) -> Any:
        found.append(any("/callback" in request.path for request in simcord_env.http_requests))
        return look(*arguments)

    monkeypatch.setattr(libraries, "libraries_of", look_and_note)
    return found


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("libraries list", {}),
        ("libraries add", {"title": "Sports"}),
        ("libraries bind", {"library": "server-1"}),
        ("libraries remove", {"library": "server-1"}),
        ("stories list", {}),
        ("settings show", {}),
    ],
)
async def test_a_command_is_acknowledged_before_its_libraries_are_looked_up(
    command: str, options: dict[str, Any], town: Any, acknowledged: list[bool]
) -> None:
    result = await town.manager.slash(town.channel, command, **options)
    assert result.ephemeral
    assert text_of(result.response)
    assert acknowledged
    assert all(acknowledged)


async def test_a_form_that_would_come_too_late_is_a_sentence_instead(
    town: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.acknowledging.SECONDS_BEFORE_ACKNOWLEDGING", 0.0)
    result = await town.manager.slash(town.channel, "stories add")
    assert result.modal is None
    assert text_of(result.response) == text("very_busy", language="en")
