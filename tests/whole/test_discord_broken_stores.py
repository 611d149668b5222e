"""The bot over a real engine whose disk, model, indexes or vector server fail: what a person is told, and the log.

Only the embedder is a small one of the tests' own.
"""

import hashlib
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import discord
import numpy as np
import pytest
import simcord
from numpy.typing import NDArray
from simcord.env import Env
from sqlalchemy import event
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from bot.client import StorydeskClient
from bot.desk import Desk
from bot.remembering import Memory
from bot.settings import BotSettings
from index.engine import Engine
from index.errors import DiskFullError, ModelError, OutdatedIndexError, StorydeskError, VectorServerError
from index.finding import TextVectors
from index.settings import IndexSettings

pytestmark = pytest.mark.slow

QUESTION = "When was the harbour bridge closed?"
STORY = "The harbour bridge was closed on Friday. Forty boats waited for the tide."


class Even:
    """Embeds every text as the same vector."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.full((len(texts), 16), 0.25, np.float32)

    def embed_tokens(self, texts: Sequence[str]) -> list[TextVectors]:
        return [TextVectors(self.embed([text])[0], np.zeros((0, 16), np.float32), ()) for text in texts]


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., IndexSettings]:
    """Settings of the one data folder, with a model whose weights are some words."""

    def make(weights: str = "weights", **options: Any) -> IndexSettings:
        model = tmp_path / weights
        model.mkdir(exist_ok=True)
        (model / "model.safetensors").write_text(weights)
        tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = Whitespace()
        tokenizer.save(str(model / "tokenizer.json"))
        return IndexSettings(
            home=tmp_path / "home",
            model_folder=model,
            model_sha256=hashlib.sha256(weights.encode()).hexdigest(),
            read_passages=0,
            **options,
        )

    return make


@pytest.fixture
def make_client(tmp_path: Path) -> Iterator[Callable[[Engine], StorydeskClient]]:
    with ExitStack() as opened:

        def make(engine: Engine) -> StorydeskClient:
            return StorydeskClient(
                Desk(engine, seconds=60),
                opened.enter_context(Memory.open(tmp_path)),
                BotSettings.model_validate({"STORYDESK_PUBLIC_FOR_ALL": True}),
                commands_file=tmp_path / "commands",
                on_connected=lambda invite: None,
            )

        yield make


def open_engine(settings: IndexSettings, **options: Any) -> Engine:
    return Engine.open(settings, **({"load_embedder": lambda _: Even()} | options))


def add_public(settings: IndexSettings, folder: Path) -> None:
    story = folder / "story.txt"
    story.write_text(STORY)
    with open_engine(settings) as engine:
        assert [result.status for result in engine.add([story])] == ["added"]


def assert_told(env: Env, embed: Any, begins: str, kind: type[StorydeskError], log: str, home: Path) -> None:
    """The sentence has an id that the log has with the error's kind, and tells nothing of this machine."""
    told = str(embed.description)
    assert told.startswith(begins)
    failure_id = re.search(r"`([0-9a-f]{8})`", told)
    assert failure_id is not None
    assert f"[{failure_id[1]}]" in log
    assert kind.__name__ in log
    assert "harbour bridge" not in log
    for detail in (str(home), "127.0.0.1", "sqlite", "storydesk ", "server-"):
        assert detail not in told
    assert [type(getattr(error, "original", error)) for error in env.errors] == [kind]


async def add_as_manager(env: Env) -> Any:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    role = guild.create_role("desk", permissions=discord.Permissions(manage_guild=True))
    manager = guild.add_member(env.create_user("mira"), roles=[role])
    # More than the room that a new database has to spare.
    result = await manager.slash(channel, "stories add", file=("bridge.txt", STORY.encode() * 3_000))
    (embed,) = result.response.embeds
    return embed


async def ask(env: Env) -> Any:
    result = await env.create_user("noor").slash("ask", question=QUESTION)
    (embed,) = result.response.embeds
    return embed


async def test_a_vector_server_that_is_down_when_a_story_is_added(
    make_settings: Any, make_client: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        settings = make_settings(chroma_url=address, chroma_write_seconds=0)
        with open_engine(settings) as engine:
            async with simcord.run(make_client(engine), settle_timeout=60) as env:
                embed = await add_as_manager(env)
                begins = "A part of my search cannot be reached right now"
                assert_told(env, embed, begins, VectorServerError, caplog.text, tmp_path)


async def test_a_disk_that_is_full_when_a_story_is_added(
    make_settings: Any, make_client: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with open_engine(make_settings()) as engine:

        def allow_no_page_more(connection: Any, *of_the_pool: Any) -> None:
            connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the present number when that is larger

        event.listen(engine.catalog._engine, "checkout", allow_no_page_more)
        async with simcord.run(make_client(engine), settle_timeout=60) as env:
            embed = await add_as_manager(env)
            assert_told(env, embed, "There is no room left where I keep things", DiskFullError, caplog.text, tmp_path)


async def test_a_model_that_is_gone_when_a_question_is_asked(
    make_settings: Any, make_client: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    settings = make_settings()
    add_public(settings, tmp_path)
    with Engine.open(settings) as engine:
        (settings.model_folder / "model.safetensors").unlink()
        async with simcord.run(make_client(engine), settle_timeout=60) as env:
            embed = await ask(env)
            begins = "What I read stories with is not there or does not work"
            assert_told(env, embed, begins, ModelError, caplog.text, tmp_path)


async def test_indexes_of_another_model_when_a_question_is_asked(
    make_settings: Any, make_client: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    add_public(make_settings(), tmp_path)
    with open_engine(make_settings("others")) as engine:
        async with simcord.run(make_client(engine), settle_timeout=60) as env:
            embed = await ask(env)
            begins = "The stories here must first be made searchable again"
            assert_told(env, embed, begins, OutdatedIndexError, caplog.text, tmp_path)
