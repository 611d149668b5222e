"""Nothing slow is ever entered on the event loop's thread: no model, no index, no catalog, no file."""

import asyncio
import functools
import gc
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import simcord
from discord_shown import text_of

from bot import running
from bot.client import StorydeskClient
from bot.desk import Desk, Given
from bot.remembering import Memory
from bot.settings import BotSettings
from index import adding as adding_module
from index import engine as engine_module
from index.engine import Engine
from index.finding import SentenceTransformerEmbedder
from index.indexing.vectors import Vectors
from index.indexing.words import Words
from index.settings import IndexSettings
from index.storing import Catalog

pytestmark = pytest.mark.slow

QUESTION = "How many people watched from the pier?"
STORY = """The lighthouse of Maren was lit again on Saturday, eleven years after a storm had put it out.

About 300 people watched from the pier. The repair cost 2.4 million crowns, the harbour office said.
"""
BLOCKING = [
    (SentenceTransformerEmbedder, ("embed", "embed_tokens")),
    (Vectors, ("write", "delete", "search", "count", "drop")),
    (Words, ("write", "delete", "search", "count", "drop")),
    (Catalog, ("reading", "writing")),
    (engine_module, ("search", "answer_question")),
    (adding_module, ("discover", "read_file", "prepare")),
    (Engine, ("ask", "find", "remove", "rebuild", "load_model")),
]


def is_event_loops_thread() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@dataclass
class Watch:
    """What was entered at all, and what on an event loop's thread; files are those below `folder`."""

    folder: Path
    entered: set[str] = field(default_factory=set)
    on_the_loop: list[str] = field(default_factory=list)

    def note(self, name: str) -> None:
        self.entered.add(name)
        if is_event_loops_thread():
            self.on_the_loop.append(name)

    def wrap(self, patched: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        real = getattr(owner, name)

        @functools.wraps(real)
        def watched(*arguments: Any, **options: Any) -> Any:
            self.note(f"{owner.__name__.rpartition('.')[2]}.{name}")
            return real(*arguments, **options)

        patched.setattr(owner, name, watched)


_watches: list[Watch] = []


def _see_files(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("open", "sqlite3.connect", "os.rename", "os.remove") and _watches:
        path = arguments[0]
        for watch in _watches:
            if isinstance(path, str | Path) and str(path).startswith(str(watch.folder)):
                watch.note(f"{event} {Path(path).name}")


# There is no taking away of such a hook; without a watch it does nothing.
sys.addaudithook(_see_files)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("engine")
    (folder / "lighthouse.txt").write_text(STORY)
    with Engine.open(IndexSettings(home=folder / "home")) as engine:
        assert [result.status for result in engine.add([folder / "lighthouse.txt"])] == ["added"]
        yield engine


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "ferry.txt"
    path.write_text("The ferry to Maren sailed with 41 passengers on board, its captain said on Sunday.\n")
    return path


@pytest.fixture
def watch(engine: Engine, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    watch = Watch(tmp_path_factory.getbasetemp())
    for owner, names in BLOCKING:
        for name in names:
            watch.wrap(monkeypatch, owner, name)
    _watches.append(watch)
    yield watch
    _watches.remove(watch)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Callable[[Desk], StorydeskClient]]:
    settings = BotSettings.model_validate({"STORYDESK_PUBLIC_FOR_ALL": True})
    with Memory.open(tmp_path) as memory:
        yield lambda desk: StorydeskClient(
            desk, memory, settings, commands_file=tmp_path / "commands", on_connected=lambda invite: None
        )


async def test_the_bot_enters_nothing_slow_on_the_event_loops_thread(
    engine: Engine, story: Path, watch: Watch, client: Callable[[Desk], StorydeskClient]
) -> None:
    logged_in = asyncio.Event()
    async with simcord.run(client(Desk(engine, seconds=100)), settle_timeout=120) as env:
        logged_in.set()
        await running._load_model(engine, logged_in, asyncio.Event())
        channel = env.create_guild().create_text_channel("general")
        user = env.create_user("mira")
        member = channel.guild.add_member(user)
        result = await member.slash(channel, "ask", question=QUESTION)
        assert "300 people" in text_of(result.response)
        adding = asyncio.create_task(asyncio.to_thread(lambda: list(engine.add([story]))))
        for question in (QUESTION, "Who won the cup final?", "hello", "?" * 1_500):
            await env.create_user("someone").send_dm(question)  # nobody asks so fast that they have to wait
        assert [added.status for added in await adding] == ["added"]
        await user.send_dm("How many passengers were on board of the ferry to Maren?")
        assert "41 passengers" in text_of(user.dm_channel.last_message)
    assert watch.entered >= {
        "Engine.load_model", "Engine.ask", "engine.answer_question", "engine.search", "adding.discover",
        "adding.read_file", "adding.prepare",
        "SentenceTransformerEmbedder.embed", "SentenceTransformerEmbedder.embed_tokens",
        "Vectors.search", "Vectors.write", "Words.search", "Words.write", "Catalog.reading", "Catalog.writing",
        "open commands", "open ferry.txt",
    }  # fmt: skip
    assert watch.on_the_loop == []


async def test_the_watch_sees_a_desk_that_asks_on_the_event_loops_thread(
    engine: Engine, watch: Watch, tmp_path: Path, client: Callable[[Desk], StorydeskClient]
) -> None:
    class HastyDesk(Desk):
        async def ask(self, question: str, **options: Any) -> Given:
            return Given(engine.ask(question), "public")

    async with simcord.run(client(HastyDesk(engine, seconds=100)), settle_timeout=120) as env:
        await env.create_user("mira").send_dm(QUESTION)
    (tmp_path / "commands").read_text()
    assert set(watch.on_the_loop) >= {
        "Engine.ask", "SentenceTransformerEmbedder.embed", "SentenceTransformerEmbedder.embed_tokens",
        "Vectors.search", "Words.search", "Catalog.reading", "open commands",
    }  # fmt: skip


def test_a_garbage_collection_that_stops_all_threads_never_looks_at_the_model(engine: Engine) -> None:
    engine.load_model()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 100_000
    assert len(gc.get_objects()) < gc.get_freeze_count()
