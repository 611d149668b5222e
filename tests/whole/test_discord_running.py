"""Running the bot from login to stop, against a stand-in for Discord on this machine."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
from discord_bad_days import refusing
from discord_shown import text_of
from discord_stand_in import StandIn

from bot.running import run_bot
from bot.settings import Settings, load_settings
from index.errors import ModelError, SettingsError, StorydeskError

TOKEN = "MTE4NTYzNzQ5OTk4.made-up.token-of-no-bot"


@pytest.fixture(autouse=True)
def _no_bot_runs_for_ever() -> Iterator[None]:
    """A bot that nobody stops is told to stop: its test fails then, and the others are run."""
    timer = threading.Timer(120, stop)
    timer.daemon = True
    timer.start()
    yield
    timer.cancel()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(
        folder=tmp_path,
        environment={
            "STORYDESK_HOME": str(tmp_path),
            "DISCORD_TOKEN": TOKEN,
            "STORYDESK_QUESTION_SECONDS": "30",
            "STORYDESK_PUBLIC_FOR_ALL": "true",
        },
    )


@pytest.fixture
def engine(prepared_engine: Any) -> Any:
    prepared_engine.load_model = lambda: None
    return prepared_engine


def stop(_: Any = None) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def wait_until(condition: Callable[[], Any]) -> None:
    """Let a thread of the engine wait for what happens in other threads, but not for ever."""
    for _ in range(1_000):
        if condition():
            return
        threading.Event().wait(0.01)


def test_a_refused_token_is_one_sentence_that_does_not_repeat_it(
    stand_in: StandIn, settings: Settings, engine: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in.token_is_right = False
    with pytest.raises(SettingsError) as caught:
        run_bot(settings, engine, on_connected=pytest.fail)
    assert str(caught.value).startswith("Discord refused the token in DISCORD_TOKEN.")
    assert "\n" not in str(caught.value)
    output = capsys.readouterr()
    assert TOKEN not in str(caught.value) + output.out + output.err
    assert output.out == ""
    assert [request.path for request in stand_in.requests] == ["/users/@me"]


def test_the_model_is_not_loaded_for_a_refused_token(stand_in: StandIn, settings: Settings, engine: Any) -> None:
    stand_in.token_is_right = False
    engine.load_model = pytest.fail
    with pytest.raises(SettingsError):
        run_bot(settings, engine, on_connected=pytest.fail)


def test_a_token_that_was_reset_later_is_said_to_be_refused(stand_in: StandIn, settings: Settings, engine: Any) -> None:
    stand_in.close_code = 4004
    with pytest.raises(SettingsError, match="Discord refused the token"):
        run_bot(settings, engine, on_connected=pytest.fail)


@pytest.mark.parametrize("token", ["to ken", "tokén", "to\nken"])
def test_a_token_with_characters_that_no_token_has_is_refused_here(
    token: str, settings: Settings, engine: Any, tmp_path: Path
) -> None:
    wrong = load_settings(folder=tmp_path, environment={"STORYDESK_HOME": str(tmp_path), "DISCORD_TOKEN": token})
    with pytest.raises(SettingsError, match="Discord refused the token"):
        run_bot(wrong, engine, on_connected=pytest.fail)


def test_without_a_token_it_says_which_setting_is_missing(engine: Any, tmp_path: Path) -> None:
    missing = load_settings(folder=tmp_path, environment={"STORYDESK_HOME": str(tmp_path)})
    with pytest.raises(SettingsError, match="DISCORD_TOKEN is not set"):
        run_bot(missing, engine, on_connected=pytest.fail)


def test_without_a_network_it_says_that_discord_cannot_be_reached(
    stand_in: StandIn, settings: Settings, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:1")
    with pytest.raises(StorydeskError, match="Discord cannot be reached"):
        run_bot(settings, engine, on_connected=pytest.fail)


def test_another_answer_of_discord_at_login_is_named(stand_in: StandIn, settings: Settings, engine: Any) -> None:
    stand_in.script("GET", "/users/@me", refusing(403, 0))
    with pytest.raises(StorydeskError, match="Discord answered with error 403"):
        run_bot(settings, engine, on_connected=pytest.fail)


def test_a_refused_intent_is_explained(stand_in: StandIn, settings: Settings, engine: Any) -> None:
    stand_in.close_code = 4014
    with pytest.raises(SettingsError, match="privileged intent"):
        run_bot(settings, engine, on_connected=pytest.fail)


def test_a_model_that_cannot_be_loaded_ends_the_bot_with_its_sentence(
    stand_in: StandIn, settings: Settings, engine: Any
) -> None:
    def fail() -> None:
        raise ModelError("The model is missing; install it.")

    engine.load_model = fail
    with pytest.raises(ModelError, match="The model is missing"):
        run_bot(settings, engine, on_connected=lambda invite: None)


def test_it_connects_loads_the_model_beside_gives_the_invite_link_and_stops(
    stand_in: StandIn, settings: Settings, engine: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded: list[int] = []
    invites: list[str] = []
    engine.load_model = lambda: loaded.append(threading.get_ident())

    def connected(invite: str) -> None:
        invites.append(invite)
        stop()

    run_bot(settings, engine, on_connected=connected)
    assert "client_id=43" in invites[0]
    assert len(loaded) == 1
    assert threading.get_ident() not in loaded
    output = capsys.readouterr()
    assert output.out == ""
    assert "discord" in output.err
    assert TOKEN not in output.err
    assert "voice" not in output.err


def test_a_log_record_with_the_token_is_written_without_it(
    stand_in: StandIn, settings: Settings, engine: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def connected(invite: str) -> None:
        logging.getLogger("discord.http").warning("sent Bot %s", TOKEN)
        stop()

    run_bot(settings, engine, on_connected=connected)
    assert "sent Bot [token]" in capsys.readouterr().err


def test_a_stop_in_the_middle_of_a_question_answers_it_first(
    stand_in: StandIn, settings: Settings, engine: Any
) -> None:
    asked: list[str] = []

    def stop_and_wait(question: str) -> None:
        if len(engine.asked) > 1:
            return
        stop()
        # When the signal was taken, a second question comes, and is turned away before the first is answered.
        wait_until(lambda: signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
        asked.append(stand_in.write("And when?"))
        wait_until(lambda: stand_in.messages)

    engine.while_asked = stop_and_wait
    run_bot(settings, engine, on_connected=lambda invite: asked.append(stand_in.write("How many prisoners?")))
    turned_away, answered = stand_in.messages
    assert turned_away["message_reference"]["message_id"] == int(asked[1])
    assert "being restarted" in turned_away["embeds"][0]["description"]
    assert answered["message_reference"]["message_id"] == int(asked[0])
    assert "1,000 prisoners each" in text_of(answered)
    assert [question for question, *_ in engine.asked] == ["How many prisoners?"]


def test_a_question_that_outlasts_the_stop_is_told_so(
    stand_in: StandIn, settings: Settings, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.running._SECONDS_TO_FINISH", 0.1)

    def stop_and_outlast(question: str) -> None:
        stop()
        wait_until(lambda: stand_in.messages)

    engine.while_asked = stop_and_outlast
    run_bot(settings, engine, on_connected=lambda invite: stand_in.write("How many prisoners?"))
    (told,) = stand_in.messages
    assert "being restarted" in told["embeds"][0]["description"]


def test_signals_are_as_before_when_it_has_stopped(stand_in: StandIn, settings: Settings, engine: Any) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    run_bot(settings, engine, on_connected=stop)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_systemd_is_told_when_it_is_ready_and_when_it_stops(
    stand_in: StandIn, settings: Settings, engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "300000000")
        told: list[str] = []

        def listen() -> None:
            try:
                while "WATCHDOG=1" not in told:
                    told.extend(systemd.recv(4_096).decode().split("\n"))
            finally:
                stop()

        run_bot(settings, engine, on_connected=lambda invite: threading.Thread(target=listen).start())
        told.extend(systemd.recv(4_096).decode().split("\n"))
    assert [each for each in told if each != "STATUS=starting"] == [
        "STATUS=ok", "READY=1", "WATCHDOG=1", "STOPPING=1",
    ]  # fmt: skip
