"""Two servers with libraries of their own, and people in them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import discord
import pytest
from simcord.env import Env

from bot.client import StorydeskClient
from bot.remembering import libraries, servers
from index.stories import Answer, StoryTitle


@dataclass
class Town:
    """The server "Tarn" that Mira and Noor are in, and the server "Orla" that Noor alone is in.

    Tarn has a library for its editors besides its own; Mira is no editor.
    """

    env: Env
    bot: StorydeskClient
    engine: Any
    tarn: Any
    orla: Any
    square: Any
    newsroom: Any
    editors: Any
    mira: Any
    noor: Any
    desk: str

    @property
    def tarn_library(self) -> str:
        return f"server-{self.tarn.id}"

    @property
    def orla_library(self) -> str:
        return f"server-{self.orla.id}"

    def asked(self) -> list[str]:
        """The libraries that were searched since the last time."""
        found = [library for _, library in self.engine.asked]
        self.engine.asked.clear()
        return found


@pytest.fixture
def simcord_bot(make_client: Callable[..., StorydeskClient]) -> StorydeskClient:
    """A bot with no library that everybody may read."""
    return make_client(public=False)


@pytest.fixture
async def town(simcord_env: Env, simcord_bot: StorydeskClient, prepared_engine: Any) -> Town:
    client = simcord_bot
    env = simcord_env
    tarn, orla = env.create_guild("Tarn"), env.create_guild("Orla")
    editors = tarn.create_role("editors")
    square = tarn.create_text_channel("square")
    hidden = discord.PermissionOverwrite(view_channel=False)
    shown = discord.PermissionOverwrite(view_channel=True)
    readers = {tarn.default_role: hidden, editors: shown, tarn.me: shown}
    newsroom = tarn.create_text_channel("newsroom", overwrites=readers)
    mira, noor = env.create_user("mira"), env.create_user("noor")
    mira_there, noor_there = tarn.add_member(mira), tarn.add_member(noor, roles=[editors])
    orla.add_member(noor)
    await env.settle()
    servers.joined(client.memory, tarn.id, at=env.now())  # it may not be noted yet
    desk = libraries.add(client.memory, tarn.id, "Desk", role_id=editors.id, at=env.now())
    town = Town(env, client, prepared_engine, tarn, orla, square, newsroom, editors, mira_there, noor_there, desk.name)
    for library in (town.tarn_library, town.orla_library, town.desk):
        prepared_engine.by_library[library] = answer_from(prepared_engine.answer, library)
        prepared_engine.stories[library] = (StoryTitle(f"id-of-{library}", f"Secret of {library}", "2026-01-02"),)
    return town


def answer_from(answer: Answer, library: str) -> Answer:
    """An answer whose text says which library it comes from."""
    figure = replace(answer.figures[0], text=f"from {library}")
    return replace(answer, figures=(figure,), citations=(replace(answer.citations[0], story_id=f"id-of-{library}"),))


@pytest.fixture
def shown() -> Callable[[Any], str]:
    """All words of a message, whichever way it is drawn."""

    def words(message: Any) -> str:
        parts = [message.content or ""]
        for embed in message.embeds:
            parts += [str(embed.title or ""), str(embed.description or ""), str(embed.footer.text or "")]

        def walk(component: Any) -> None:
            parts.append(str(getattr(component, "content", "") or ""))
            for child in getattr(component, "children", []) or []:
                walk(child)

        for component in message.components:
            walk(component)
        return "\n".join(filter(None, parts))

    return words
