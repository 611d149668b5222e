"""What people send: files are looked at before they are fetched, and messages keep their day and their way."""

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot import sent
from bot.shelf import RefusedError
from index.stories import Document


class File:
    """A file in Discord; remembers whether it was fetched."""

    def __init__(self, filename: str = "story.txt", size: int = 3, data: bytes = b"abc") -> None:
        self.id = 7
        self.filename = filename
        self.size = size
        self.data = data
        self.fetched = False
        self.error: Exception | None = None

    async def read(self) -> bytes:
        self.fetched = True
        if self.error is not None:
            raise self.error
        return self.data


async def fetch(file: Any, **options: Any) -> Document:
    return await sent.of_attachment(file, **options)


async def test_a_file_becomes_a_document_of_its_own_identity() -> None:
    document = await fetch(File("Bridge.TXT"), title="Bridge")
    assert document == Document(b"abc", "Bridge.TXT", "Bridge.TXT", "discord:attachment:7", "Bridge")


@pytest.mark.parametrize("file", [File("virus.exe"), File("story.txt.zip"), File(size=sent.MOST_BYTES + 1)])
async def test_what_is_too_large_or_of_another_kind_is_not_fetched(file: File) -> None:
    with pytest.raises(RefusedError):
        await fetch(file)
    assert not file.fetched


async def test_a_file_that_is_larger_than_it_was_said_to_be_is_refused() -> None:
    with pytest.raises(RefusedError, match="10 MB"):
        await fetch(File(data=b"x" * (sent.MOST_BYTES + 1)))


@pytest.mark.parametrize(
    "error", [OSError("gone"), discord.DiscordServerError(SimpleNamespace(status=500, reason=""), "")]
)  # type: ignore[arg-type]
async def test_a_file_that_cannot_be_fetched_is_a_sentence(error: Exception) -> None:
    file = File()
    file.error = error
    with pytest.raises(RefusedError, match="send it again"):
        await fetch(file)


async def test_a_file_that_does_not_come_is_not_waited_for() -> None:
    file = File()

    async def never() -> bytes:
        await asyncio.sleep(60)
        return b""

    file.read = never  # type: ignore[method-assign]
    with pytest.raises(RefusedError, match="in time"):
        await fetch(file, seconds=0.05)


def message(content: str = "", **fields: Any) -> Any:
    defaults = {
        "id": 9, "content": content, "message_snapshots": [], "embeds": [],
        "created_at": datetime(2026, 3, 1, 23, tzinfo=UTC), "jump_url": "https://discord.com/channels/1/2/9",
    }  # fmt: skip
    return SimpleNamespace(**(defaults | fields))


def test_a_message_becomes_a_text_with_its_day_and_the_way_to_it() -> None:
    document = sent.of_message(message(' The bridge was closed. "@everyone" '))
    assert document is not None
    assert json.loads(document.data) == {
        "title": "", "text": 'The bridge was closed. "@everyone"', "published_at": "2026-03-01",
        "url": "https://discord.com/channels/1/2/9",
    }  # fmt: skip
    assert (document.name, document.identity) == ("text.json", "discord:message:9")


def test_forwarded_and_embedded_texts_are_taken_too() -> None:
    embed = discord.Embed(title="Bridge", description="It was closed.")
    document = sent.of_message(message(message_snapshots=[SimpleNamespace(content="Look")], embeds=[embed]))
    assert document is not None
    assert json.loads(document.data)["title"] == "Bridge"
    assert json.loads(document.data)["text"] == "Look\n\nIt was closed."


def test_a_message_without_words_is_none() -> None:
    assert sent.of_message(message("  ", embeds=[discord.Embed(title="x")])) is None
