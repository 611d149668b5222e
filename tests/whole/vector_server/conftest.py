"""A Chroma server for each test, and engines that keep their vectors on it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chroma_servers import (
    ChromaServer,
    Front,
    free_port,
)

from index.engine import Engine
from index.finding import SentenceTransformerEmbedder
from index.indexing import vectors_server
from index.settings import IndexSettings
from index.stories import AddResult


@pytest.fixture(scope="module")
def embedder() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder.load(IndexSettings())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChromaServer]:
    server = ChromaServer(tmp_path / "server", free_port())
    yield server
    server.stop(kill=True)


@pytest.fixture
def running(server: ChromaServer) -> ChromaServer:
    server.start()
    return server


@pytest.fixture
def make_front(running: ChromaServer) -> Iterator[Callable[..., Front]]:
    fronts: list[Front] = []

    def make(**options: Any) -> Front:
        fronts.append(Front(running.port, **options))
        fronts[-1].start()
        return fronts[-1]

    yield make
    for front in fronts:
        front.stop()


@pytest.fixture
def open_engine(
    tmp_path: Path, embedder: SentenceTransformerEmbedder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Engine]]:
    """Opens an engine on a folder beside the server; a server that failed is tried again after a moment."""
    monkeypatch.setattr(vectors_server, "_REST_SECONDS", 0.3)
    opened: list[Engine] = []

    def open_one(url: str, *, home: str = "home", **options: Any) -> Engine:
        defaults = {"chroma_question_seconds": 0.3, "chroma_write_seconds": 60}
        settings = IndexSettings(home=tmp_path / home, chroma_url=url, **(defaults | options))
        opened.append(Engine.open(settings, load_embedder=lambda _: embedder))
        return opened[-1]

    yield open_one
    for engine in opened:
        engine.close()


@pytest.fixture
def add(tmp_path: Path) -> Callable[..., list[AddResult]]:
    """Adds texts, each a story named after it."""

    def add_texts(engine: Engine, *texts: str, library: str = "public", **options: Any) -> list[AddResult]:
        folder = tmp_path / "stories"
        folder.mkdir(exist_ok=True)
        path = folder / f"{abs(hash(texts))}.jsonl"
        path.write_text("".join(f"{json.dumps({'id': text, 'title': text[:20], 'text': text})}\n" for text in texts))
        return list(engine.add([path], library=library, **options))

    return add_texts
