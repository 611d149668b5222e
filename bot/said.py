"""What a message says in words, which is asked or stored."""

import re

import discord

_MENTION = re.compile(r"<(@[!&]?|#)(\d+)>")


def all_said(message: discord.Message) -> str:
    """What a message says, its forwarded ones and embeds included, with an empty line between them."""
    said = [message.content, *(snapshot.content for snapshot in message.message_snapshots)]
    embedded = [embed.description or "" for embed in message.embeds]
    return "\n\n".join(part.strip() for part in [*said, *embedded] if part.strip())


def asked_in(message: discord.Message, bot_id: int) -> str:
    """The question that was written to the bot, in one line; nothing when it was only mentioned."""
    return as_question(message, message.content, nameless=bot_id)


def as_question(message: discord.Message, text: str, *, nameless: int | None = None) -> str:
    """What a message says in one line, with names for mentions of people and roles, as they are read there.

    Other mentions are left out: who wrote them may not see the channel, and so not know its name. So is that of
    `nameless`.
    """
    people = {user.id: user.display_name for user in message.mentions if user.id != nameless}
    roles = {role.id: role.name for role in message.role_mentions}

    def name(mention: re.Match[str]) -> str:
        names = {"@&": roles, "#": {}}.get(mention[1], people)
        return names.get(int(mention[2]), " ")

    return " ".join(_MENTION.sub(name, text).split())
