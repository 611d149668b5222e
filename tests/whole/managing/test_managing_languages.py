"""In a server that speaks German, who manages it reads German; commands have the names of the person's own Discord."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import simcord.interactions
from discord_shown import text_of

from bot.remembering import servers
from bot.translating import Voice, text

TEXT = "The old bridge was closed on Friday."


@pytest.fixture
def town(town: Any, simcord_bot: Any) -> Any:
    """The server speaks German."""
    servers.joined(simcord_bot.memory, town.guild.id, at=simcord_bot.reception.now())
    servers.change_settings(simcord_bot.memory, town.guild.id, language="de")
    return town


@pytest.fixture
def say(simcord_bot: Any) -> Voice:
    return Voice("de", "en", simcord_bot.command_ids)


@pytest.fixture
def listed_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let everybody's Discord be in a language from now on."""

    def set_locale(locale: str) -> None:
        original = simcord.interactions.base_payload

        def changed(*arguments: Any, **options: Any) -> Any:
            record, payload = original(*arguments, **options)
            return record, payload | {"locale": locale}

        monkeypatch.setattr("simcord.interactions.base_payload", changed)

    return set_locale


def components_of(shown: Any) -> Iterator[dict[str, Any]]:
    for row in shown.response.components:
        yield from (row if isinstance(row, dict) else row.to_dict()).get("components", [])


async def test_settings_and_the_chooser_of_channels(town: Any, say: Voice) -> None:
    shown = await town.manager.slash(town.channel, "settings channels")
    said = text_of(shown.response)
    for key in ("settings_title", "setting_channels", "all_channels", "mentions_answered", "setting_cooldown"):
        assert text(key, language="de") in said
    assert say.named("`/settings direct-messages`") in said
    select, button = components_of(shown)
    assert (select["placeholder"], button["label"]) == (say("choose_channels"), say("answer_everywhere"))


async def test_looking_after_stories(town: Any, say: Voice, prepared_engine: Any) -> None:
    assert say("no_stories_yet") in text_of((await town.manager.slash(town.channel, "stories list")).response)
    added = await town.manager.slash(town.channel, "stories add", text=TEXT, title="B")
    assert text_of(added.response) == "✓ **B** · Hinzugefügt"
    (story_id,) = prepared_engine.kept[town.library]
    shown = await town.manager.slash(town.channel, "stories show", story=story_id)
    assert "1.\xa0März\xa02026" in text_of(shown.response)
    recent = text_of((await town.manager.slash(town.channel, "stories recent")).response)
    assert say("added_last", library=say("server_library")) in recent
    assert "1 Artikel" in recent
    asked = await town.manager.slash(town.channel, "stories remove", story=story_id)
    assert say("story_remove") in text_of(asked.response)
    assert say("removed_for_all") in text_of(asked.response)
    await town.manager.click(asked.response, label="Entfernen")
    assert text_of(asked.response) == "Entfernt: **B**\nAus ihm kommt keine Antwort mehr."


async def test_the_form_for_a_text(town: Any, say: Voice) -> None:
    shown = await town.manager.slash(town.channel, "stories add")
    assert shown.modal["title"] == say("add_story")
    labels = [(row["label"], row.get("description")) for row in shown.modal["components"]]
    assert labels == [(say("story_title"), say("may_be_empty")), (say("story_text"), None)]


async def test_why_a_file_is_not_read(town: Any) -> None:
    shown = await town.manager.slash(town.channel, "stories add", file=("a.txt", b"  "))
    assert text_of(shown.response) == "✗ a.txt: Hier stehen keine Wörter; gib eine Datei mit dem Text des Artikels."


async def test_a_summary(town: Any, say: Voice, prepared_engine: Any) -> None:
    story_id = prepared_engine.put(town.library, "B", TEXT)
    shown = await town.reader.slash(town.channel, "summary", story=story_id)
    assert say("own_words") in text_of(shown.response)


async def test_days_are_offered_and_those_of_other_languages_are_understood(town: Any) -> None:
    offered = await town.reader.autocomplete(town.channel, "ask", "since", "", question="Wer?")
    assert [choice["name"] for choice in offered][:2] == ["Die letzten 7 Tage", "Die letzten 30 Tage"]
    for typed in ("7 Tage", "7 jours", "7 days"):
        (choice,) = await town.reader.autocomplete(town.channel, "ask", "since", typed, question="Wer?")
        assert choice["name"].startswith("Seit ")
        assert choice["value"] == offered[0]["value"]


async def test_options_are_called_as_the_persons_discord_lists_them(
    town: Any, simcord_bot: Any, listed_in: Callable[[str], None]
) -> None:
    async def said() -> str:
        return text_of((await town.reader.slash(town.channel, "ask", question="Wer?", since="soon")).response)

    assert "Ich verstehe `since:` nicht" in await said()
    listed_in("de")
    assert "Ich verstehe `seit:` nicht" in await said()
    simcord_bot.command_ids = {}
    shown = text_of((await town.manager.slash(town.channel, "help")).response)
    assert "`/fragen`" in shown
    assert "*Als Artikel hinzufügen*" in shown
    assert "/ask" not in shown
