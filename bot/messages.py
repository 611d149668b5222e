"""What is written to the bot: direct messages, and in servers messages that mention it or reply to it."""

import logging
import time
from collections.abc import Mapping
from typing import Any, Literal

import discord

from bot.access import Asker, membership_of_member, place_of_message
from bot.at_work import shown_at_work
from bot.conversing import Key, direct, replying_to
from bot.pressing.answers import draw_reply, remember
from bot.reception import NotHereError, NotNowError, Question, Reception, is_answered_in
from bot.said import asked_in
from bot.showing.look import draw_hint
from bot.speaking import spoken_with
from bot.translating import language_of

_log = logging.getLogger(__name__)
_Permission = Literal["send_messages", "embed_links", "read_message_history"]
_NO_REPLY_WITHOUT_HISTORY = 160002
_WRITTEN_BY_PEOPLE = frozenset({discord.MessageType.default, discord.MessageType.reply})


def is_for_bot(message: discord.Message, bot_id: int) -> bool:
    """Whether a person wrote this to the bot: in a direct message, with a mention of it, or in reply to it."""
    if message.author.bot or message.webhook_id is not None or message.type not in _WRITTEN_BY_PEOPLE:
        return False
    return message.guild is None or _mentions(message, bot_id) or _replies_to(message, bot_id)


async def answer_message(
    message: discord.Message, reception: Reception, bot_id: int, *, commands: Mapping[str, int]
) -> None:
    """Answer a message for which `is_for_bot` holds; raises what `Reception` and Discord raise.

    `commands` are the ids of the bot's commands, as far as they are known.
    """
    began = time.perf_counter()
    place = place_of_message(message)
    member = message.author if isinstance(message.author, discord.Member) else None
    asker = Asker(message.author.id, place, membership_of_member(member) if member is not None else None)
    settings = await reception.settings(asker)
    if message.guild is not None and (
        settings.mention_mode == "off" or not is_answered_in(settings, place.channel_id, place.parent_id)
    ):
        return
    in_direct = message.guild is None
    language = reception.languages.of(asker.person_id) if in_direct else language_of(settings.language)
    say = spoken_with(language, commands)

    def may_be_told() -> bool:  # why there is no answer
        return reception.hints.take(asker.person_id, place.channel_id)

    if not _may(message, "send_messages"):
        if may_be_told():
            await _tell_privately(message, say("may_not_write", channel=f"<#{place.channel_id}>"))
        return
    text = asked_in(message, bot_id)
    if not text:
        # A reply in a server that does not mention the bot arrives without its text.
        unheard = not in_direct and _replies_to(message, bot_id) and not message.attachments
        if may_be_told():
            await reply(message, draw_hint(say("not_delivered" if unheard else "no_text")))
        return
    try:
        await reception.admit(asker, settings)
    except (NotNowError, NotHereError):
        if may_be_told():
            raise
        return
    earlier = direct(place.channel_id) if in_direct else _earlier(message)
    async with shown_at_work(message.channel):
        given = await reception.answer(Question(text, asker, aloud=not in_direct, earlier=earlier))
    sent = await reply(message, draw_reply(given, say=say))
    reception.desk.metrics.delivered(began)
    channel_id = place.channel_id if in_direct else None
    remember(reception, given, sent.id, aloud=not in_direct, channel_id=channel_id)


async def reply(message: discord.Message, shown: discord.Embed | discord.ui.LayoutView) -> discord.Message:
    """Reply without a ping, also if the message was deleted meanwhile; as plain text where no embed may be sent.

    Where the bot may not read what was written before, Discord takes no reply: then it is just said.
    """
    if not _may(message, "read_message_history"):
        return await _say(message, shown)
    try:
        return await _say(message, shown, reference=message.to_reference(fail_if_not_exists=False))
    except discord.HTTPException as error:
        if error.code != _NO_REPLY_WITHOUT_HISTORY:
            raise
        return await _say(message, shown)


async def _say(
    message: discord.Message, shown: discord.Embed | discord.ui.LayoutView, **options: Any
) -> discord.Message:
    options["allowed_mentions"] = discord.AllowedMentions.none()
    if not isinstance(shown, discord.Embed):
        return await message.channel.send(view=shown, **options)
    if not _may(message, "embed_links"):
        return await message.channel.send(shown.description, **options)
    return await message.channel.send(embed=shown, **options)


def _mentions(message: discord.Message, bot_id: int) -> bool:
    """Whether the bot itself is mentioned, not a role of it nor everyone; a reply with the mention on counts."""
    return any(user.id == bot_id for user in message.mentions)


def _replies_to(message: discord.Message, bot_id: int) -> bool:
    if message.type != discord.MessageType.reply or message.reference is None:
        return False
    answered = message.reference.resolved
    return isinstance(answered, discord.Message) and answered.author.id == bot_id


def _earlier(message: discord.Message) -> Key | None:
    if message.type != discord.MessageType.reply or message.reference is None or message.reference.message_id is None:
        return None
    return replying_to(message.reference.message_id)


def _may(message: discord.Message, permission: _Permission) -> bool:
    """Whether the bot may do that where a message is; where that is not known, Discord will say."""
    channel = message.channel
    if message.guild is None or isinstance(
        channel, discord.PartialMessageable | discord.DMChannel | discord.GroupChannel
    ):
        return True
    allowed = channel.permissions_for(message.guild.me)
    if permission == "send_messages" and isinstance(channel, discord.Thread):
        return allowed.send_messages_in_threads
    return bool(getattr(allowed, permission))


async def _tell_privately(message: discord.Message, sentence: str) -> None:
    try:
        await message.author.send(embed=draw_hint(sentence), allowed_mentions=discord.AllowedMentions.none())
    except discord.Forbidden:  # takes no direct messages from the server's members
        _log.info("Someone asked where the bot may not write, and takes no direct messages")
