"""`/help`: everywhere, for the person alone, with more for who manages the server."""

from typing import Any

from bot.showing.help import draw_help
from bot.translating import Voice


def text_of(result: Any) -> str:
    (embed,) = result.response.embeds
    return "\n".join([embed.title, embed.description, *(f"{field.name}: {field.value}" for field in embed.fields)])


async def test_everybody_learns_how_to_ask_and_who_manages_how_to_begin(town: Any, simcord_env: Any) -> None:
    manager, reader = [await each.slash(town.channel, "help") for each in (town.manager, town.reader)]
    direct = await simcord_env.create_user("ada").slash("help")
    for result in (manager, reader, direct):
        assert result.ephemeral
        assert "/ask" in text_of(result)
        assert "/privacy" in text_of(result)
    assert "/stories add" in text_of(manager)
    assert "/stories" not in text_of(reader)
    assert "/stories" not in text_of(direct)


async def test_every_command_that_is_there_is_named_and_no_other(simcord_bot: Any) -> None:
    embed = draw_help(in_server=True, manages=True, say=Voice())
    said = "\n".join([embed.description or "", *(str(field.value) for field in embed.fields)])
    there = {command.name for command in simcord_bot.tree.get_commands() if command.name.islower()}
    named = {word.strip("`").lstrip("/").rstrip(":`,.;") for word in said.split() if word.startswith("`/")}
    assert named == there - {"help"}
    assert len(embed) <= 6_000
    assert all(len(field.value or "") <= 1_024 for field in embed.fields)
