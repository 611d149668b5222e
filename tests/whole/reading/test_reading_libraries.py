"""What people may read is what they are answered from, and nothing else is hinted at."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.remembering import libraries, people, servers

Shown = Callable[[Any], str]


async def test_in_a_server_its_own_library_answers_for_all_to_see(town: Any, shown: Shown) -> None:
    result = await town.mira.slash(town.square, "ask", question="Who?")
    assert f"from {town.tarn_library}" in shown(result.response.message)
    assert not result.ephemeral
    assert town.asked() == [town.tarn_library]


async def test_in_a_direct_message_the_servers_in_which_one_used_the_bot_are_read(town: Any, shown: Shown) -> None:
    await town.noor.slash(town.square, "ask", question="Who?", private=True)
    town.asked()
    await town.noor.send_dm("Who?")
    assert town.asked() == [town.tarn_library, town.desk]  # Orla's, where she never asked, is not


async def test_who_never_used_the_bot_in_a_server_is_told_how_to_begin(town: Any, shown: Shown) -> None:
    await town.mira.send_dm("Who?")
    assert f"Use </ask:{town.bot.command_ids['ask']}> once in a server" in shown(town.mira.user.dm_channel.last_message)
    assert town.asked() == []
    assert len(town.env.errors) == 1


@pytest.mark.parametrize("how", ["left", "banned", "never there", "bot left", "closed"])
async def test_whatever_ends_a_right_to_read_looks_the_same_from_outside(how: str, town: Any, shown: Shown) -> None:
    if how != "never there":
        await town.mira.slash(town.square, "ask", question="Who?")
        await town.mira.send_dm("Who?")
        assert f"from {town.tarn_library}" in shown(town.mira.user.dm_channel.last_message)
    if how == "left":
        town.tarn.remove_member(town.mira)
        await town.env.advance_time(121)  # what Discord said before is believed for two minutes
    elif how == "banned":
        town.env.backend.apply_ban(town.tarn.id, town.mira.id, None)
    elif how == "bot left":
        town.env.backend.remove_guild(town.tarn.id)
    elif how == "closed":
        servers.change_settings(town.bot.memory, town.tarn.id, direct_messages=False)
    await town.env.settle()
    await town.env.advance_time(10)
    town.asked()
    await town.mira.user.send_dm("And when?")
    assert shown(town.mira.user.dm_channel.last_message) == (
        f"I have no stories that I may look into for you here. Use </ask:{town.bot.command_ids['ask']}> once in a "
        "server where I am, then I answer from its stories in direct messages too, unless the server does not want "
        "that."
    )
    assert town.asked() == []
    (used,) = [type(error).__name__ for error in (getattr(e, "original", e) for e in town.env.errors)]
    assert used == "NothingToReadError"


async def test_a_library_of_a_role_is_answered_privately_in_a_wider_channel(town: Any) -> None:
    result = await town.noor.slash(town.square, "ask", question="Who?")
    assert result.ephemeral
    assert town.asked() == [town.tarn_library, town.desk]


async def test_who_wants_an_answer_for_all_gets_it_from_what_all_may_read(town: Any) -> None:
    result = await town.noor.slash(town.square, "ask", question="Who?", private=False)
    assert not result.ephemeral
    assert town.asked() == [town.tarn_library]


async def test_in_a_channel_of_that_role_it_is_answered_for_all_there(town: Any) -> None:
    result = await town.noor.slash(town.newsroom, "ask", question="Who?")
    assert not result.ephemeral
    assert town.asked() == [town.tarn_library, town.desk]


async def test_a_mention_is_answered_from_what_everybody_there_may_read(town: Any) -> None:
    bot = f"<@{town.bot.user.id}>"
    await town.noor.send(town.square, f"{bot} who?")
    assert town.asked() == [town.tarn_library]
    await town.noor.send(town.newsroom, f"{bot} who?")
    assert town.asked() == [town.tarn_library, town.desk]


async def test_titles_are_offered_of_readable_libraries_only(town: Any) -> None:
    offered = await town.mira.autocomplete(town.square, "ask", "story", "secret", question="Who?")
    assert [choice["value"] for choice in offered] == [f"id-of-{town.tarn_library}"]
    offered = await town.noor.autocomplete(town.square, "ask", "story", "", question="Who?")
    assert {choice["value"] for choice in offered} == {f"id-of-{town.tarn_library}", f"id-of-{town.desk}"}
    assert await town.mira.user.autocomplete("ask", "story", "secret", question="Who?") == []


async def test_a_crafted_story_is_the_same_whether_it_exists_or_not(town: Any, shown: Shown) -> None:
    told = set()
    crafted = [f"id-of-{town.orla_library}", f"id-of-{town.desk}", "id-of-nothing", f"Secret of {town.desk}", "*"]
    crafted += ["id-of", "i", "0"]  # beginnings of ids
    for story in crafted:
        await town.env.advance_time(10)
        result = await town.mira.slash(town.square, "ask", question="Who?", story=story)
        told.add(shown(result.response.message))
        assert town.asked() == []  # the same work for each
    assert len(told) == 1
    assert "no such story here" in told.pop()
    assert {type(getattr(error, "original", error)).__name__ for error in town.env.errors} == {"NoSuchStoryError"}


async def test_one_story_is_asked_by_its_id_or_its_whole_title(town: Any) -> None:
    for story in (f"id-of-{town.tarn_library}", f"secret of {town.tarn_library}"):
        await town.mira.slash(town.square, "ask", question="Who?", story=story)
        assert town.engine.options[-1]["story"] == f"id-of-{town.tarn_library}"


async def test_a_choice_of_a_library_that_one_may_not_read_is_refused_like_one_that_is_none(
    town: Any, shown: Shown
) -> None:
    told = {
        shown((await town.mira.slash(town.square, "library", library=library)).response.message)
        for library in (town.orla_library, town.desk, "server-1", "public", "samples")
    }
    assert len(told) == 1
    assert "no such library that you may read" in told.pop()
    assert {type(getattr(error, "original", error)).__name__ for error in town.env.errors} == {"NoSuchLibraryError"}


async def test_a_chosen_library_is_the_only_one_read_in_direct_messages(town: Any, shown: Shown) -> None:
    offered = await town.noor.autocomplete(town.square, "library", "library", "")
    assert offered == []  # she did not use the bot anywhere yet
    result = await town.noor.slash(town.square, "library", library=town.desk)
    assert "Tarn: Desk" in shown(result.response.message)
    assert result.ephemeral
    await town.noor.send_dm("Who?")
    assert town.asked() == [town.desk]
    await town.noor.user.slash("library", library="all")
    await town.noor.send_dm("Who?")
    assert town.asked() == [town.tarn_library, town.desk]


async def test_of_more_libraries_than_are_searched_those_are_shown_that_are(town: Any, shown: Shown) -> None:
    servers.joined(town.bot.memory, town.orla.id, at=town.env.now())
    for guild in (town.tarn, town.orla):
        people.used(town.bot.memory, town.noor.id, guild.id, at=town.env.now())
        for number in range(6):
            libraries.add(town.bot.memory, guild.id, f"Desk {number}", role_id=None, at=town.env.now())
    said = shown((await town.noor.user.slash("library")).response.message)
    assert "I look into at most 10 libraries" in said
    assert said.count("\n- ") == 10
    await town.noor.send_dm("Who?")
    assert len(set(town.asked())) == 10
