"""Two servers, what a stranger may try in them, and a count of all that the bot looks up meanwhile."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from simcord.env import Env
from simcord.interactions import base_payload
from simcord.results import InteractionResult

from bot.client import StorydeskClient
from bot.remembering import libraries, servers
from index.errors import UnknownStoryError
from index.stories import StoredStory, StoryTitle, Summary

QUOTE = "Each side will hand over 1,000 prisoners."


@dataclass
class Siege:
    """Eve is in "Tarn" and nowhere else. Noor is in "Tarn", as an editor, and in "Orla", where Eve is not.

    Each server has a story; "Tarn" has another one that only editors may read.
    """

    env: Env
    bot: StorydeskClient
    engine: Any
    tarn: Any
    orla: Any
    square: Any
    harbour: Any
    editors: Any
    eve: Any
    noor: Any
    noor_at_sea: Any
    """Noor in "Orla", which is hers."""
    desk: str
    looked_up: list[str] = field(default_factory=list)

    @property
    def own(self) -> str:
        return story_of(f"server-{self.tarn.id}")

    @property
    def not_hers(self) -> list[str]:
        """Ids of stories that are there, but not for Eve."""
        return [story_of(f"server-{self.orla.id}"), story_of(self.desk)]

    async def looking(self, tried: Awaitable[Any]) -> tuple[Any, list[str]]:
        """What came of it, and the kinds of look-ups that it took."""
        await self.env.advance_time(30)  # no cooldown makes a difference
        self.looked_up.clear()
        return await tried, list(self.looked_up)

    async def raw(
        self, kind: int, data: dict[str, Any], *, who: Any, where: Any, guild: Any, message: Any = None
    ) -> Any:
        """An interaction as anybody could forge it: a press (3) or a form (5)."""
        backend = self.env.backend
        guild_id = guild.id if guild is not None else None
        record, payload = base_payload(
            backend, type=kind, channel_id=where.id, guild_id=guild_id, user_id=who.id, data=data
        )
        own = {"type": 2, "style": 2, "label": "Forged", "custom_id": data["custom_id"]}
        payload["message"] = {
            "id": str(message.id if message is not None else 1), "channel_id": str(where.id), "content": "", "type": 0,
            "author": {"id": str(backend.bot_user.id), "username": "storydesk", "discriminator": "0", "avatar": None},
            "attachments": [], "embeds": [], "mentions": [], "mention_roles": [], "mention_everyone": False,
            "pinned": False, "tts": False, "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None,
            "flags": 0, "components": [{"type": 1, "components": [own]}] if kind == 3 else [],
        }  # fmt: skip
        backend.emit("INTERACTION_CREATE", payload)
        await self.env.settle()
        return InteractionResult(self.env, record)

    async def press(self, custom_id: str, *, who: Any = None, where: Any = None, guild: Any = None) -> Any:
        data = {"component_type": 2, "custom_id": custom_id}
        return await self.raw(3, data, who=who or self.eve, where=where or self.square, guild=guild or self.tarn)


def story_of(library: str) -> str:
    return f"id-of-{library}"


@pytest.fixture
def simcord_bot(make_client: Callable[..., StorydeskClient]) -> StorydeskClient:
    return make_client(public=False)


@pytest.fixture
async def siege(
    simcord_env: Env, simcord_bot: StorydeskClient, prepared_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> Siege:
    env, client, engine = simcord_env, simcord_bot, prepared_engine
    noor, eve = env.create_user("noor"), env.create_user("eve")
    tarn, orla = env.create_guild("Tarn"), env.create_guild("Orla", owner=noor)
    editors = tarn.create_role("editors")
    square, harbour = tarn.create_text_channel("square"), orla.create_text_channel("harbour")
    eve_there, noor_there = tarn.add_member(eve), tarn.add_member(noor, roles=[editors])
    noor_at_sea = orla.add_member(noor)
    await env.advance_time(5)
    for guild in (tarn, orla):
        servers.joined(client.memory, guild.id, at=env.now())
    desk = libraries.add(client.memory, tarn.id, "Desk", role_id=editors.id, at=env.now()).name
    found = Siege(env, client, engine, tarn, orla, square, harbour, editors, eve_there, noor_there, noor_at_sea, desk)
    for library in (f"server-{tarn.id}", f"server-{orla.id}", desk):
        citation = replace(engine.answer.citations[0], story_id=story_of(library))
        engine.by_library[library] = replace(engine.answer, citations=(citation,))
        engine.stories[library] = (StoryTitle(story_of(library), f"Secret of {library}", "2026-01-02"),)

    def story(story_id: str, *, library: str | None = None) -> StoredStory:
        found.looked_up.append("story")
        if story_id not in {each.story_id for each in engine.stories[library]}:
            raise UnknownStoryError("no such story")
        return StoredStory(
            story_id, library or "", f"Secret of {library}", None, None, (), "2026-01-02", "en", "agreed.md",
            "2026-01-03T00:00:00+00:00", 1, f"{QUOTE} It took a day.",
        )  # fmt: skip

    def summarize(story_id: str, *, library: str, sentences: int = 3) -> Summary:
        raise AssertionError("no story that is not hers is ever summed up")

    titles, ask, run = engine.titles, engine.ask, client.memory.run

    def counted_titles(library: str) -> Any:
        found.looked_up.append("titles")
        return titles(library)

    def counted_ask(question: str, **options: Any) -> Any:
        found.looked_up.append("ask")
        return ask(question, **options)

    async def counted_run(function: Any, *arguments: Any, **options: Any) -> Any:
        found.looked_up.append(function.__name__)
        return await run(function, *arguments, **options)

    engine.story, engine.summarize = story, summarize
    engine.titles, engine.ask = counted_titles, counted_ask
    monkeypatch.setattr(client.memory, "run", counted_run, raising=True)
    return found
