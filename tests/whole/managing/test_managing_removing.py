"""`/stories remove`: asked about first, done once, and only for who may still do it."""

from collections.abc import Callable
from typing import Any

from bot.conversing import Turn, direct
from index.stories import Answer, Citation


def text_of(result: Any) -> str:
    (embed,) = result.response.embeds
    return "\n".join(filter(None, [embed.title, embed.description]))


async def ask_for_removal(town: Any, story: str) -> Any:
    result = await town.manager.slash(town.channel, "stories remove", story=story)
    assert "Remove this story?" in text_of(result)
    return result


async def test_a_story_is_removed_once_it_was_confirmed(
    town: Any, prepared_engine: Any, audited: Any, assert_quiet: Callable[[], None]
) -> None:
    story_id = prepared_engine.put(town.library, "@everyone [x](https://evil.example)")
    result = await ask_for_removal(town, story_id)
    assert prepared_engine.kept[town.library]
    assert audited() == []
    await town.manager.click(result.response, label="Remove it")
    assert text_of(result).startswith("Removed:")
    assert result.response.components == []
    assert prepared_engine.kept[town.library] == {}
    assert audited() == [
        {
            "event": "story removed", "server_id": town.guild.id, "person_id": town.manager.id,
            "library": town.library, "story_id": story_id,
        }
    ]  # fmt: skip
    assert_quiet()


async def test_it_stays_when_it_is_to_be_kept_or_nobody_answers(
    town: Any, prepared_engine: Any, simcord_env: Any
) -> None:
    story_id = prepared_engine.put(town.library, "Bridge")
    result = await ask_for_removal(town, story_id)
    await town.manager.click(result.response, label="Keep it")
    assert text_of(result) == "Nothing was changed."
    result = await ask_for_removal(town, story_id)
    await simcord_env.advance_time(130)
    assert "not answered in time" in text_of(result)
    assert result.response.components == []
    assert list(prepared_engine.kept[town.library]) == [story_id]


async def test_who_may_no_longer_manage_removes_nothing(town: Any, prepared_engine: Any) -> None:
    story_id = prepared_engine.put(town.library, "Bridge")
    result = await ask_for_removal(town, story_id)
    town.demote_manager()
    await town.manager.click(result.response, label="Remove it")
    assert "Manage Server" in text_of(result)
    assert list(prepared_engine.kept[town.library]) == [story_id]


async def test_a_story_that_someone_else_removed_meanwhile_is_a_sentence(town: Any, prepared_engine: Any) -> None:
    story_id = prepared_engine.put(town.library, "Bridge")
    result = await ask_for_removal(town, story_id)
    prepared_engine.remove(story_id, library=town.library)
    await town.manager.click(result.response, label="Remove it")
    assert "no such story" in text_of(result)
    assert "storydesk" not in text_of(result)


async def test_a_removed_story_completes_no_question(town: Any, prepared_engine: Any, simcord_bot: Any) -> None:
    story_id = prepared_engine.put(town.library, "Bridge")
    cited = Citation(story_id, "Bridge", None, None, None, "p", 0, 1, "It was closed.")
    answer = Answer("What was closed?", True, None, "The bridge.", 0.9, citations=(cited,))
    conversations = simcord_bot.reception.conversations
    conversations.remember(direct(5), (), Turn(town.reader.id, town.library, answer))
    result = await ask_for_removal(town, story_id)
    await town.manager.click(result.response, label="Remove it")
    assert conversations.turns(direct(5)) == ()
