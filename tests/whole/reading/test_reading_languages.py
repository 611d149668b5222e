"""The bot speaks of itself in the server's language; stories stay as they are."""

from collections.abc import Callable
from typing import Any

import pytest
import simcord.interactions

from bot.remembering import servers
from bot.translating import text

Shown = Callable[[Any], str]


@pytest.fixture
def town(town: Any) -> Any:
    """Tarn speaks German."""
    servers.change_settings(town.bot.memory, town.tarn.id, language="de")
    return town


def labels(message: Any) -> list[str]:
    """What stands on the buttons of a message."""
    found: list[str] = []

    def walk(component: Any) -> None:
        found.extend([component.label] if getattr(component, "label", None) else [])
        for child in getattr(component, "children", []) or []:
            walk(child)

    for component in message.components:
        walk(component)
    return found


def interact_in(locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on all people have their Discord in this language."""
    original = simcord.interactions.base_payload

    def base_payload(*arguments: Any, **options: Any) -> Any:
        record, payload = original(*arguments, **options)
        return record, payload | {"locale": locale}

    monkeypatch.setattr("simcord.interactions.base_payload", base_payload)


async def test_an_answer_has_buttons_in_german_and_the_story_in_its_own_words(town: Any, shown: Shown) -> None:
    await town.mira.slash(town.square, "ask", question="Who met?")
    answer = town.square.last_message
    assert labels(answer) == ["Stellen", "Nachfragen", "Hilfreich", "Nicht hilfreich"]
    assert town.engine.by_library[town.tarn_library].citations[0].quote.split(" ", 1)[0] in shown(answer)
    pressed = await town.mira.click(answer, label="Hilfreich")
    assert shown(pressed.response) == text("noted_helpful", language="de")


async def test_a_mention_is_answered_in_german(town: Any, shown: Shown) -> None:
    await town.mira.send(town.square, f"<@{town.bot.user.id}> who?")
    assert "Nachfragen" in labels(town.square.last_message)
    await town.mira.send(town.square, f"<@{town.bot.user.id}>")
    assert shown(town.square.last_message) == text("no_text", language="de")


async def test_what_goes_wrong_is_said_in_german(town: Any, shown: Shown) -> None:
    town.engine.error = RuntimeError("boom")
    result = await town.mira.slash(town.square, "ask", question="Who met?")
    assert "Hier ist etwas schiefgegangen" in shown(result.response)
    await town.mira.send(town.square, f"<@{town.bot.user.id}> who?")
    assert "Hier ist etwas schiefgegangen" in shown(town.square.last_message)
    assert town.env.errors


async def test_who_may_not_is_turned_away_in_german(town: Any, shown: Shown) -> None:
    servers.change_settings(town.bot.memory, town.tarn.id, channels=frozenset([town.newsroom.id]))
    result = await town.mira.slash(town.square, "ask", question="Who met?")
    assert shown(result.response) == text("not_here", language="de", channels=f"<#{town.newsroom.id}>")
    assert town.env.errors


@pytest.mark.parametrize(("command", "key"), [("help", "help_what"), ("privacy", "privacy_stays"),
                                              ("forget", "forgotten")])  # fmt: skip
async def test_commands_speak_german(town: Any, shown: Shown, command: str, key: str) -> None:
    result = await town.mira.slash(town.square, command)
    # Commands that a sentence names are mentioned, so it is looked for up to there.
    assert text(key, language="de").partition("`")[0] in shown(result.response)


async def test_a_setting_that_cannot_be_looked_up_leaves_the_persons_own_language(
    town: Any, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.speaking._SECONDS_TO_LEARN", 0.0)
    result = await town.mira.slash(town.square, "help")
    assert text("help_what", language="en") in shown(result.response)


async def test_elsewhere_the_language_is_that_of_the_persons_discord(
    town: Any, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    interact_in("fr", monkeypatch)
    result = await town.env.create_user("ines").slash("help")
    assert text("help_what", language="fr") in shown(result.response)
    result = await town.mira.slash(town.square, "help")
    assert text("help_what", language="de") in shown(result.response)


async def test_a_direct_message_is_answered_in_the_language_of_the_persons_last_command(
    town: Any, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    interact_in("fr", monkeypatch)
    await town.mira.slash(town.square, "ask", question="Who met?")
    await town.mira.send_dm("Who met?")
    answer = town.mira.user.dm_channel.last_message
    assert labels(answer)[-1] == text("not_helpful", language="fr")
    interact_in("es-419", monkeypatch)
    await town.mira.user.click(answer, label=text("helpful", language="fr"))
    town.engine.error = RuntimeError("boom")
    await town.mira.send_dm("Who met?")
    failed = text("failed", language="es", number="").split("`")[0]
    assert failed in shown(town.mira.user.dm_channel.last_message)
    assert town.env.errors


@pytest.mark.parametrize("forgotten", [False, True])
async def test_a_direct_message_is_answered_in_english_while_the_persons_language_is_not_known(
    forgotten: bool, town: Any, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    interact_in("fr", monkeypatch)
    person = town.noor.user if forgotten else town.mira.user
    await town.noor.slash(town.square, "forget", everything=True)
    attachments = town.env.backend.store_attachments(person.dm_channel.id, [("photo.png", b"no picture")])
    await person.send_dm("", attachments=attachments)
    assert shown(person.dm_channel.last_message) == text("no_text", language="en")
