"""`/summary`: for everybody who may read the story, and hidden where others may not."""

from collections.abc import Callable
from typing import Any

TEXT = "The old bridge was closed on Friday."


def text_of(result: Any) -> str:
    (embed,) = result.response.embeds
    return "\n".join(filter(None, [embed.title, embed.description]))


async def test_a_reader_gets_the_storys_own_sentences(
    town: Any, prepared_engine: Any, assert_quiet: Callable[[], None]
) -> None:
    story_id = prepared_engine.put(town.library, "Bridge closed", TEXT, url="https://post.example/a")
    offered = await town.reader.autocomplete(town.channel, "summary", "story", "bridge")
    assert [choice["value"] for choice in offered] == [story_id]
    for given in (story_id, "bridge closed"):
        result = await town.reader.slash(town.channel, "summary", story=given)
        assert not result.ephemeral
        assert f"> {TEXT}" in text_of(result)
        assert "[Bridge closed](https://post.example/a)" in text_of(result)
    assert_quiet()


async def test_it_can_be_asked_for_alone(town: Any, prepared_engine: Any) -> None:
    story_id = prepared_engine.put(town.library, "Bridge closed", TEXT)
    assert (await town.reader.slash(town.channel, "summary", story=story_id, private=True)).ephemeral


async def test_no_other_servers_story_is_summed_up_and_nothing_tells_that_it_is_there(
    town: Any, make_town: Any, prepared_engine: Any
) -> None:
    foreign = prepared_engine.put(make_town().library, "Secret")
    said = {
        text_of(await town.manager.slash(town.channel, "summary", story=story))
        for story in (foreign, "Secret", "f" * 16)
    }
    assert len(said) == 1
    assert await town.reader.autocomplete(town.channel, "summary", "story", "secret") == []


async def test_a_library_of_a_role_is_summed_up_for_who_has_it_and_hidden_from_the_channel(
    town: Any, prepared_engine: Any, simcord_env: Any
) -> None:
    role = town.guild.create_role("sports")
    fan = town.guild.add_member(simcord_env.create_user("ada"), roles=[role])
    await town.manager.slash(town.channel, "libraries add", title="Sports", role=role)
    (sports,) = await town.manager.autocomplete(town.channel, "stories add", "library", "sport")
    story_id = prepared_engine.put(sports["value"], "Derby", TEXT)
    result = await fan.slash(town.channel, "summary", story=story_id)
    assert result.ephemeral
    assert TEXT in text_of(result)
    refused = await town.reader.slash(town.channel, "summary", story=story_id)
    unknown = await town.reader.slash(town.channel, "summary", story="f" * 16)
    assert text_of(refused) == text_of(unknown)
    assert "Derby" not in text_of(refused)
