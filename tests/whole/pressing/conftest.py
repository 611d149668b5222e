"""A server with one story and an answer from it, in simulated Discord."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from simcord.env import Env
from simcord.interactions import base_payload
from simcord.results import InteractionResult

from bot.client import StorydeskClient
from index.errors import UnknownStoryError
from index.stories import StoredStory, StoryTitle

QUOTE = "Each side will hand over 1,000 prisoners."
TEXT = f"{QUOTE} It took a day.\n\n" + "\n\n".join(f"Paragraph {n}. " + "More words. " * 40 for n in range(12))


@dataclass
class Clock:
    """The moment, as the bot is told."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, **time: float) -> None:
        self.moment += timedelta(**time)


@dataclass
class Newsroom:
    """Mira and Noor in a server whose library has the story "a"."""

    env: Env
    bot: StorydeskClient
    engine: Any
    clock: Clock
    make: Callable[..., StorydeskClient]
    server: Any
    channel: Any
    mira: Any
    noor: Any
    mira_alone: Any
    """Mira in direct messages."""

    @property
    def library(self) -> str:
        return f"server-{self.server.id}"

    async def ask(self, question: str = "How many prisoners?", **options: Any) -> Any:
        """The message that answers Mira."""
        result = await self.mira.slash(self.channel, "ask", question=question, **options)
        return result.response

    async def restart(self) -> None:
        """Another process over the same data."""
        self.bot = self.make(now=self.clock, public=False)
        await self.env.restart_bot(self.bot)

    async def press_raw(self, message: Any, custom_id: str, *, by: Any = None, channel: Any = None) -> Any:
        """A press as anybody could forge it: of a button that the message need not have."""
        where, who = channel or self.channel, by or self.mira
        backend = self.env.backend
        data = {"component_type": 2, "custom_id": custom_id}
        record, payload = base_payload(
            backend, type=3, channel_id=where.id, guild_id=self.server.id, user_id=who.id, data=data
        )
        own = {"type": 2, "style": 2, "label": "Forged", "custom_id": custom_id}
        payload["message"] = {
            "id": str(message.id), "channel_id": str(where.id), "content": "", "type": 0, "attachments": [],
            "author": {"id": str(backend.bot_user.id), "username": "storydesk", "discriminator": "0", "avatar": None},
            "embeds": [], "mentions": [], "mention_roles": [], "mention_everyone": False, "pinned": False, "tts": False,
            "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "flags": 0,
            "components": [{"type": 1, "components": [own]}],
        }  # fmt: skip
        backend.emit("INTERACTION_CREATE", payload)
        await self.env.settle()
        return InteractionResult(self.env, record)


@pytest.fixture
def prepared_engine(prepared_engine: Any) -> Any:
    def story(story_id: str, *, library: str | None = None) -> StoredStory:
        if story_id not in {title.story_id for title in prepared_engine.titles(library)}:
            raise UnknownStoryError("no such story")
        citation = prepared_engine.answer.citations[0]
        return StoredStory(
            story_id, library or "", citation.title, citation.url, citation.publisher, (), citation.published_at, "en",
            "agreed.md", "2025-05-17T00:00:00+00:00", 3, TEXT,
        )  # fmt: skip

    prepared_engine.story = story
    return prepared_engine


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simcord_bot(make_client: Callable[..., StorydeskClient], clock: Clock) -> StorydeskClient:
    return make_client(now=clock, public=False)


@pytest.fixture
async def newsroom(
    simcord_env: Env,
    simcord_bot: StorydeskClient,
    make_client: Callable[..., StorydeskClient],
    prepared_engine: Any,
    clock: Clock,
) -> Newsroom:
    env = simcord_env
    server = env.create_guild("Newsroom")
    channel = server.create_text_channel("questions")
    mira_alone = env.create_user("mira")
    mira, noor = server.add_member(mira_alone), server.add_member(env.create_user("noor"))
    await env.advance_time(5)  # Discord is ready, and what servers there are is known
    found = Newsroom(env, simcord_bot, prepared_engine, clock, make_client, server, channel, mira, noor, mira_alone)
    prepared_engine.stories[found.library] = (StoryTitle("a", "Two sides agree on exchange", "2025-05-16"),)
    return found
