import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from bot.cli import context
from index.errors import SettingsError, StorydeskError

Storydesk = Callable[..., Any]
TOKEN = "token-of-a-test"
INVITE = "https://discord.com/oauth2/authorize?client_id=1"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """What the bot was run with; it connects and stops."""
    runs: list[tuple[Any, Any]] = []

    def run_bot(settings: Any, engine: Any, *, on_connected: Callable[[str], None]) -> None:
        runs.append((settings, engine))
        on_connected(INVITE)

    monkeypatch.setattr(context, "run_bot", run_bot)
    return runs


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_run_without_a_token_fails_at_once_with_one_sentence(
    storydesk: Storydesk, engine: Any, served: list[Any], options: list[str]
) -> None:
    run = storydesk("run", *options)
    assert (run.code, run.out) == (2, "")
    assert "DISCORD_TOKEN" in run.err
    assert run.err.count("\n") == 1
    assert not engine.calls
    assert not served


@pytest.mark.parametrize("command", ["run", "start"])
def test_with_a_token_the_bot_runs_and_prints_its_invite_link(
    storydesk: Storydesk, engine: Any, served: list[Any], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    run = storydesk(command)
    assert run.code == 0
    assert INVITE in run.out
    assert TOKEN not in run.out + run.err
    ((settings, used),) = served
    assert settings.bot.discord_token.get_secret_value() == TOKEN
    assert used is engine
    assert engine.closed
    assert storydesk(command, "--json").json == {"status": "connected", "invite": INVITE}


@pytest.mark.parametrize(("error", "code"), [(SettingsError("Wrong token."), 2), (StorydeskError("No network."), 1)])
def test_a_bot_that_cannot_run_is_one_line(
    storydesk: Storydesk, engine: Any, monkeypatch: pytest.MonkeyPatch, error: StorydeskError, code: int
) -> None:
    def run_bot(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(context, "run_bot", run_bot)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    run = storydesk("run")
    assert (run.code, run.out, run.err) == (code, "", f"Error: {error}\n")
    assert engine.closed


def test_start_without_a_token_says_how_to_set_it_in_two_lines_and_chats(
    storydesk: Storydesk, engine: Any, served: list[Any]
) -> None:
    engine.samples = True
    run = storydesk("start", stdin="who?\n")
    assert run.code == 0
    assert run.err.count("\n") == 2
    assert "DISCORD_TOKEN" in run.err
    assert ".env" in run.err
    assert [call["question"] for call in engine.called("ask")] == ["who?"]
    assert "The stories do not say." in run.out
    assert not served


def test_start_without_a_token_chats_in_json_too(storydesk: Storydesk, engine: Any) -> None:
    run = storydesk("start", "--json", stdin="who?\n")
    assert [answer["text"] for answer in run.json_lines] == ["The stories do not say."]


def test_the_bot_gets_the_log_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot import running

    handlers: list[logging.Handler] = []
    monkeypatch.setattr(running, "run_bot", lambda *_, **__: handlers.extend(logging.getLogger().handlers))
    before = list(logging.getLogger().handlers)
    try:
        logging.getLogger().addHandler(logging.NullHandler())
        engine: Any = SimpleNamespace(count=dict)
        context.run_bot(context.settings(), engine, on_connected=print)
        assert handlers == []
    finally:
        logging.getLogger().handlers = before
