"""Answers direct messages: each is a question."""

import discord

from bot.desk import Desk
from bot.rendering import render, render_hint

NO_TEXT = (
    "I can only read text. Please write your question in words, for example: How many prisoners are being exchanged?"
)

_WRITTEN_BY_PEOPLE = frozenset({discord.MessageType.default, discord.MessageType.reply})


def is_question(message: discord.Message) -> bool:
    """Whether a person wrote this to the bot in a direct message: not a bot, not in a server, not a notice."""
    return message.guild is None and not message.author.bot and message.type in _WRITTEN_BY_PEOPLE


async def answer_message(message: discord.Message, desk: Desk) -> None:
    """Answer a message for which `is_question` holds; raises what `Desk.ask` and Discord raise."""
    question = message.content.strip()
    if not question:
        await reply(message, render_hint(NO_TEXT))
        return
    async with message.channel.typing():
        answer = await desk.ask(question)
    await reply(message, render(answer))


async def reply(message: discord.Message, embed: discord.Embed) -> None:
    """Reply without a ping, also if the message was deleted meanwhile."""
    await message.channel.send(
        embed=embed,
        reference=message.to_reference(fail_if_not_exists=False),
        allowed_mentions=discord.AllowedMentions.none(),
    )
