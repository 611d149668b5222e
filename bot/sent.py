"""What people send to be stored: files, texts and messages of others, as documents for the index."""

import asyncio
import json
from dataclasses import dataclass

import aiohttp
import discord

from bot.said import all_said
from bot.shelf import RefusedError
from bot.showing.stories import FROM_MESSAGE
from index.errors import ReadingError
from index.reading.dates import iso_date
from index.reading.discovering import TEXT_SUFFIXES
from index.stories import Document

MOST_BYTES = 10 * 1024 * 1024
"""Of a file: what everybody may send in Discord."""
SECONDS = 30.0
"""For Discord to hand a file over."""
MOST_FILES = 5
"""Of one message."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A file of a message that is not taken, and why."""

    name: str
    why: RefusedError


def day(published: str | None) -> str | None:
    """The day that someone wrote, as ISO 8601. Raises RefusedError for what is none, or could be two."""
    try:
        return iso_date(published)
    except ReadingError:
        raise RefusedError("wrong_published") from None


def of_text(
    text: str, *, identity: str, source: str, title: str | None, published_at: str | None = None, url: str | None = None
) -> Document:
    """A text that someone wrote or pointed to."""
    fields = {"title": title or "", "text": text, "published_at": published_at, "url": url}
    given = {name: value for name, value in fields.items() if value is not None}
    return Document(json.dumps(given).encode(), "text.json", source, identity)


async def of_attachment(
    attachment: discord.Attachment,
    *,
    title: str | None = None,
    published_at: str | None = None,
    seconds: float = SECONDS,
) -> Document:
    """A file that someone sent. Raises RefusedError; a file that is too large or of another kind is not fetched."""
    check(attachment)
    try:
        async with asyncio.timeout(seconds):
            data = await attachment.read()
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError):
        raise RefusedError("file_late") from None
    if len(data) > MOST_BYTES:
        raise _too_large(len(data))
    identity = f"discord:attachment:{attachment.id}"
    return Document(data, attachment.filename, attachment.filename, identity, title, published_at)


def check(attachment: discord.Attachment) -> None:
    """Raise RefusedError for a file that is not to be fetched."""
    if not is_readable(attachment):
        raise RefusedError("file_kind", kinds=", ".join(TEXT_SUFFIXES))
    if attachment.size > MOST_BYTES:
        raise _too_large(attachment.size)


def is_readable(attachment: discord.Attachment) -> bool:
    """Whether it has the name of a file that stories are read from."""
    return attachment.filename.lower().endswith(TEXT_SUFFIXES)


def of_message(message: discord.Message) -> Document | None:
    """All that a message says, with its day and the way to it; None for nothing."""
    text = all_said(message)
    if not text:
        return None
    embedded = [embed for embed in message.embeds if embed.description]
    titled = embedded[0].title if embedded and not message.content.strip() else None
    return of_text(
        text,
        identity=f"discord:message:{message.id}",
        source=FROM_MESSAGE,
        title=titled,
        published_at=message.created_at.date().isoformat(),
        url=message.jump_url,
    )


async def of_whole_message(message: discord.Message) -> tuple[list[Document], list[NotTaken]]:
    """What a message says and its files, and those of its files that are not taken.

    Raises RefusedError when there is nothing in it that can be read.
    """
    said = of_message(message)
    documents = [said] if said is not None else []
    if not documents and not any(map(is_readable, message.attachments)):
        raise RefusedError("empty_message")
    not_taken: list[NotTaken] = []
    files = 0
    for each in message.attachments:
        try:
            check(each)
            if files == MOST_FILES:
                raise RefusedError("too_many_files", most=MOST_FILES)
            files += 1
            documents.append(await of_attachment(each))
        except RefusedError as why:
            not_taken.append(NotTaken(each.filename, why))
    return documents, not_taken


def _too_large(size: int) -> RefusedError:
    megabyte = 1024 * 1024
    return RefusedError("file_large", size=round(size / megabyte, 1), most=MOST_BYTES // megabyte)
