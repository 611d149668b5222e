"""Two hundred people ask within seconds, over real HTTP: everybody is told something, and nothing expires.

How fast that is, is measured by `benchmarks/load.py`.
"""

import hashlib
import json
import os
import re
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from discord_payloads import person
from discord_stand_in import StandIn
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from bot.running import run_bot
from bot.settings import load_settings
from index.engine import Engine
from index.finding import TextVectors
from index.samples import stories_folder
from index.settings import IndexSettings

pytestmark = pytest.mark.slow

PEOPLE = 200
DIMENSION = 64


class BagOfWords:
    """Embeds a text as the bag of its words."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([_normalised(sum(map(_word, re.findall(r"\w+", text)), np.zeros(DIMENSION))) for text in texts])

    def embed_tokens(self, texts: Sequence[str]) -> list[TextVectors]:
        return [self._with_tokens(text) for text in texts]

    def _with_tokens(self, text: str) -> TextVectors:
        matches = list(re.finditer(r"\w+", text))
        tokens = [_word(match[0]) for match in matches]
        rows = np.stack(tokens) if tokens else np.zeros((0, DIMENSION), np.float32)
        return TextVectors(self.embed([text])[0], rows, tuple(match.span() for match in matches))


def _word(word: str) -> NDArray[np.float32]:
    row = np.zeros(DIMENSION, np.float32)
    row[crc32(word.lower().encode()) % DIMENSION] = 1
    return row


def _normalised(row: NDArray[Any]) -> NDArray[np.float32]:
    return (row / max(float(np.linalg.norm(row)), 1e-9)).astype(np.float32)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A real one over the sample stories, with a small embedder and no reader."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_text("weights")
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(model / "tokenizer.json"))
    settings = IndexSettings(
        home=tmp_path / "home",
        model_folder=model,
        model_sha256=hashlib.sha256(b"weights").hexdigest(),
        read_passages=0,
    )
    with Engine.open(settings, load_embedder=lambda _: BagOfWords()) as engine, stories_folder() as folder:
        assert {result.status for result in engine.add([folder])} == {"added"}
        yield engine


@pytest.fixture
def stopped_in_the_end() -> Iterator[None]:
    timer = threading.Timer(240, lambda: os.kill(os.getpid(), signal.SIGTERM))
    timer.daemon = True
    timer.start()
    yield
    timer.cancel()


@pytest.mark.usefixtures("stopped_in_the_end")
def test_two_hundred_people_who_ask_at_once_are_all_told_something_and_no_interaction_expires(
    engine: Engine, stand_in: StandIn, tmp_path: Path
) -> None:
    server = stand_in.add_server()
    environment = {
        "STORYDESK_HOME": str(tmp_path / "home"),
        "DISCORD_TOKEN": "made-up.token.of-no-bot",
        "STORYDESK_PUBLIC_FOR_ALL": "true",
        "STORYDESK_LOG_FORMAT": "json",
    }
    asked: list[Any] = []
    raised: list[BaseException] = []

    def act() -> None:
        try:
            for number in range(PEOPLE):
                question = f"How many prisoners are being exchanged, asks reader {number}?"
                where = server if number % 2 else None
                asked.append(stand_in.ask(question, server_id=where, who=person(1_000 + number)))
            stand_in.wait_for(lambda: all(one.shown for one in asked), what="all are told", seconds=120)
        except BaseException as error:  # noqa: BLE001 - raised again where the test sees it
            raised.append(error)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    run_bot(
        load_settings(folder=tmp_path, environment=environment),
        engine,
        on_connected=lambda invite: threading.Thread(target=act).start(),
    )
    if raised:
        raise raised[0]
    told = [json.dumps(one.shown, ensure_ascii=False) for one in asked]
    busy = ["Too many questions are waiting" in words or "I am very busy" in words for words in told]
    answered = ["Passages" in words or "prisoners" in words for words in told]
    assert all(one != other for one, other in zip(busy, answered, strict=True)), told
    assert any(answered)
    assert stand_in.refused == []  # neither late nor double nor too long
    assert len(stand_in.sessions) == 1
