"""`/stories list`, `recent` and `show`: what a server has, for who manages it, and for nobody else."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import simcord


def text_of(result: Any) -> str:
    (embed,) = result.response.embeds
    return "\n".join(filter(None, [embed.title, embed.description, embed.footer.text]))


async def test_the_list_is_the_servers_own_newest_first(
    town: Any, make_town: Any, prepared_engine: Any, assert_quiet: Callable[[], None]
) -> None:
    prepared_engine.put(town.library, "Old", published_at="2024-01-01")
    prepared_engine.put(town.library, "New", published_at="2026-01-01")
    prepared_engine.put(make_town().library, "Secret")
    prepared_engine.put("public", "Public")
    result = await town.manager.slash(town.channel, "stories list")
    assert result.ephemeral
    shown = text_of(result)
    assert shown.index("**New**") < shown.index("**Old**")
    assert "Secret" not in shown
    assert "Public" not in shown
    assert "2 stories" in shown
    assert_quiet()


async def test_a_server_without_stories_is_told_how_to_add_some(town: Any) -> None:
    assert "/stories add" in text_of(await town.manager.slash(town.channel, "stories list"))


async def test_a_long_list_has_pages_and_shows_how_it_is_when_they_are_turned(town: Any, prepared_engine: Any) -> None:
    ids = [prepared_engine.put(town.library, f"Story {number:02}") for number in range(23)]
    result = await town.manager.slash(town.channel, "stories list")
    assert "page 1 of 3" in text_of(result)
    await town.manager.click(result.response, label="Next")
    assert "page 2 of 3" in text_of(result)
    for story_id in ids[:12]:
        prepared_engine.remove(story_id, library=town.library)
    await town.manager.click(result.response, label="Next")
    assert "page 2 of 2" in text_of(result)
    await town.manager.click(result.response, label="Back")
    assert "page 1 of 2" in text_of(result)


async def test_who_may_no_longer_manage_turns_no_page(town: Any, prepared_engine: Any) -> None:
    for number in range(23):
        prepared_engine.put(town.library, f"Story {number:02}")
    result = await town.manager.slash(town.channel, "stories list")
    town.demote_manager()
    await town.manager.click(result.response, label="Next")
    assert "Manage Server" in text_of(result)
    assert "Story" not in text_of(result)


async def test_the_last_added_come_first_in_recent(town: Any, prepared_engine: Any) -> None:
    prepared_engine.put(town.library, "First in", published_at="2026-03-03")
    prepared_engine.put(town.library, "Last in", published_at="2020-01-01")
    shown = text_of(await town.manager.slash(town.channel, "stories recent"))
    assert shown.index("Last in") < shown.index("First in")


async def test_a_story_is_shown_by_its_id_or_its_title_and_page_by_page(town: Any, prepared_engine: Any) -> None:
    story_id = prepared_engine.put(town.library, "Bridge", "\n\n".join(["Boats wait. " * 100] * 6))
    for given in (story_id, " bridge "):
        result = await town.manager.slash(town.channel, "stories show", story=given)
        assert "**Bridge**" in text_of(result)
        assert f"id {story_id}" in text_of(result)
        assert "page 1 of" in text_of(result)
    await town.manager.click(result.response, label="Next")
    assert "page 2 of" in text_of(result)


async def test_a_story_of_another_server_and_one_that_never_was_are_the_same(
    town: Any, make_town: Any, prepared_engine: Any
) -> None:
    other = make_town()
    foreign = prepared_engine.put(other.library, "Secret")
    said = set()
    for story, library in [
        (foreign, None), ("Secret", None), ("f" * 16, None), ("@everyone", None),
    ]:  # fmt: skip
        options = {"story": story} | ({"library": library} if library else {})
        for command in ("show", "remove"):
            said.add(text_of(await town.manager.slash(town.channel, f"stories {command}", **options)))
    assert len(said) == 1
    libraries = {
        text_of(await town.manager.slash(town.channel, "stories show", story=foreign, library=library))
        for library in (other.library, "public", "server-1", "samples")
    }
    assert len(libraries) == 1


async def test_titles_and_libraries_are_offered_to_who_manages_only(
    town: Any, make_town: Any, prepared_engine: Any
) -> None:
    other = make_town()
    prepared_engine.put(other.library, "Bridge of another")
    story_id = prepared_engine.put(town.library, "Bridge closed")
    offered = await town.manager.autocomplete(town.channel, "stories show", "story", "brigde")
    assert [choice["value"] for choice in offered] == [story_id]
    assert await town.manager.autocomplete(town.channel, "stories show", "library", "") == [
        {"name": "This server's library", "value": town.library}
    ]
    offered = await town.manager.autocomplete(town.channel, "stories show", "story", "bridge", library=other.library)
    assert offered == []


@pytest.mark.parametrize("command", ["stories list", "stories recent", "stories show", "settings show"])
async def test_who_does_not_manage_is_not_shown_the_command_and_is_refused_by_us_as_well(
    command: str, town: Any, prepared_engine: Any, simcord_env: Any
) -> None:
    story_id = prepared_engine.put(town.library, "Bridge closed")
    options = {"story": story_id} if command == "stories show" else {}
    with pytest.raises(simcord.SetupError, match="default-member-permissions"):
        await town.reader.slash(town.channel, command, **options)
    # A server's owner may let others use the command; that gives no right to manage.
    root = simcord_env.backend.find_command(command.split()[0], town.guild.id)
    town.guild.set_command_permissions(int(root["id"]), {town.reader: True})
    result = await town.reader.slash(town.channel, command, **options)
    assert result.ephemeral
    assert "Manage Server" in text_of(result)
    assert "Bridge" not in text_of(result)
    if command == "stories show":
        assert await town.reader.autocomplete(town.channel, command, "story", "bridge") == []
        assert await town.reader.autocomplete(town.channel, command, "library", "") == []


async def test_nothing_blocks_the_event_loop(town: Any, prepared_engine: Any) -> None:
    story_id = prepared_engine.put(town.library, "Bridge closed")
    await town.manager.slash(town.channel, "stories list")
    await town.manager.slash(town.channel, "stories show", story=story_id)
    await town.manager.slash(town.channel, "summary", story=story_id)
    assert threading.get_ident() not in prepared_engine.threads


async def test_a_page_that_timed_out_says_that_the_command_is_to_be_used_again(
    town: Any, prepared_engine: Any, simcord_env: Any
) -> None:
    for number in range(11):
        prepared_engine.put(town.library, f"Story {number}")
    listed = await town.manager.slash(town.channel, "stories list")
    chosen = await town.manager.slash(town.channel, "settings channels")
    await simcord_env.advance_time(700)
    for pressed in (
        await town.manager.click(listed.response, label="Next"),
        await town.manager.click(chosen.response, label="Answer in all channels"),
    ):
        (embed,) = pressed.response.embeds
        assert "Please use the command again" in (embed.description or "")
