"""The real bot in a simulated Discord, with an engine that says what a test wants."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import discord
import pytest
import yarl
from answers_shown import AGREED
from discord.gateway import DiscordWebSocket
from discord_description import discord_description
from discord_stand_in import StandIn
from simcord.env import Env

from bot.client import StorydeskClient
from bot.desk import Desk
from bot.remembering import Memory
from bot.settings import BotSettings
from index.errors import UnknownStoryError
from index.stories import Answer, Figure, StoryTitle

ANSWER = Answer(
    question="How many prisoners are being exchanged?",
    answered=True,
    reason=None,
    text="1,000 prisoners each. Each side will hand over 1,000 prisoners.",
    confidence=0.9,
    figures=(Figure("1,000 prisoners each", 1000, "prisoners", "2025-05-16", (0,)),),
    citations=(AGREED,),
)


@dataclass
class PreparedEngine:
    """Gives the prepared answer to every question, or raises the prepared error; remembers what it was asked."""

    answer: Answer = ANSWER
    error: Exception | None = None
    while_asked: Callable[[str], None] = lambda question: None
    asked: list[tuple[str, str]] = field(default_factory=list)
    options: list[dict[str, Any]] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    by_library: dict[str, Answer] = field(default_factory=dict)
    stories: dict[str, tuple[StoryTitle, ...]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)

    def ask(
        self,
        question: str,
        *,
        library: str = "unset",
        now: datetime | None = None,
        since: date | None = None,
        story: str | None = None,
        conversation: Sequence[Answer] = (),
    ) -> Answer:
        self.asked.append((question, library))
        self.options.append({"since": since, "story": story, "earlier": [each.question for each in conversation]})
        self.threads.add(threading.get_ident())
        self.while_asked(question)
        if self.error is not None:
            raise self.error
        if story is not None and story not in {title.story_id for title in self.titles(library)}:
            raise UnknownStoryError("no such story")
        return self.by_library.get(library, replace(self.answer, question=question))

    def titles(self, library: str) -> tuple[StoryTitle, ...]:
        return self.stories.get(library, ())

    def remove_library(self, name: str) -> bool:
        self.removed.append(name)
        return True


@pytest.fixture
def prepared_engine() -> PreparedEngine:
    return PreparedEngine()


@pytest.fixture
def make_client(prepared_engine: PreparedEngine, tmp_path: Path) -> Iterator[Callable[..., StorydeskClient]]:
    """Makes a bot over the prepared engine; all bots of a test share one data folder.

    Everybody may read the library `public`, unless `public` is false. `settings` are further ones by their variables.
    """
    with ExitStack() as opened:

        def make(
            *,
            desk: type[Desk] = Desk,
            seconds: float = 30,
            connected: Callable[[str], None] = lambda invite: None,
            public: bool = True,
            settings: Mapping[str, Any] = MappingProxyType({}),
            **options: Any,
        ) -> StorydeskClient:
            return StorydeskClient(
                desk(prepared_engine, seconds=seconds),
                opened.enter_context(Memory.open(tmp_path)),
                BotSettings.model_validate({"STORYDESK_PUBLIC_FOR_ALL": public} | dict(settings)),
                commands_file=tmp_path / "discord-commands.sha256",
                on_connected=connected,
                **options,
            )

        yield make


@pytest.fixture
def simcord_bot(make_client: Callable[..., StorydeskClient]) -> StorydeskClient:
    """The bot that `simcord_env` runs."""
    return make_client()


@pytest.fixture(autouse=True)
def _every_request_is_as_discord_describes_it(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold what every bot in every simulated Discord of a test sent against Discord's own description."""
    simulated: list[Env] = []
    begin = Env.__init__

    def begin_and_remember(env: Env, bot: discord.Client, **options: Any) -> None:
        options.setdefault("settle_timeout", 60)  # a busy machine is no failure
        if isinstance(bot, discord.AutoShardedClient) and bot.shard_count is None:
            options.setdefault("shard_count", 1)  # Discord would say how many
        begin(env, bot, **options)
        simulated.append(env)

    monkeypatch.setattr(Env, "__init__", begin_and_remember)
    yield
    description = discord_description() if simulated else None
    if description is not None:
        assert description.problems_of(request for env in simulated for request in env.http_requests) == {}


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Discord on this machine, where bots of this process find it."""
    with StandIn().running() as stand_in:
        monkeypatch.setattr(discord.http.Route, "BASE", stand_in.base)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(stand_in.gateway))
        yield stand_in
