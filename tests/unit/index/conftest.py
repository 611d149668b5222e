"""An engine on a data folder of its own, with real stores and a small embedder in place of the model."""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from index.engine import Engine
from index.finding import TextVectors
from index.settings import IndexSettings
from index.stories import AddResult
from index.storing import schema

DIMENSION = 64


@dataclass
class HashEmbedder:
    """Embeds a text as the bag of its words: texts that share words are near to each other."""

    embedded: list[str] = field(default_factory=list)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded.extend(texts)
        rows = np.stack([self._words(re.findall(r"\w+", text)) for text in texts])
        return _normalised(rows)

    def embed_tokens(self, texts: Sequence[str]) -> list[TextVectors]:
        results = []
        for text in texts:
            matches = list(re.finditer(r"\w+", text))
            tokens = np.zeros((len(matches), DIMENSION), dtype=np.float32)
            for row, match in enumerate(matches):
                tokens[row] = self._words([match[0]])
            offsets = tuple(match.span() for match in matches)
            results.append(TextVectors(self.embed([text])[0], _normalised(tokens), offsets))
        return results

    def _words(self, words: Sequence[str]) -> NDArray[np.float32]:
        row = np.zeros(DIMENSION, dtype=np.float32)
        for word in words:
            row[crc32(word.lower().encode()) % DIMENSION] += 1
        return row


def _normalised(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-9))


@pytest.fixture
def embedder() -> HashEmbedder:
    """Remembers every text it was given in `embedded`."""
    return HashEmbedder()


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Makes a model's folder, which only a digest and a tokenizer are taken from; returns the settings that name it."""

    def make(weights: str) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp("model")
        (folder / "model.safetensors").write_text(weights)
        tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = Whitespace()
        tokenizer.save(str(folder / "tokenizer.json"))
        return {"model_folder": folder, "model_sha256": hashlib.sha256(weights.encode()).hexdigest()}

    return make


@pytest.fixture(scope="session")
def small_model(make_model: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    return make_model("weights")


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder that does not exist yet; in memory where that can be had, as each commit waits for the disk."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory, ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "home"


@pytest.fixture
def settings(home: Path, small_model: dict[str, Any]) -> IndexSettings:
    return IndexSettings(home=home, lock_wait_seconds=0.3, **small_model)


@pytest.fixture
def open_engine(settings: IndexSettings, embedder: HashEmbedder) -> Iterator[Callable[..., Engine]]:
    """Opens the engine on this test's data folder; a second call is a second process, so close the first before."""
    opened = []

    def open_again(changed: IndexSettings = settings, **options: Any) -> Engine:
        engine = Engine.open(changed, load_embedder=lambda _: embedder, **options)
        opened.append(engine)
        return engine

    yield open_again
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(open_engine: Callable[..., Engine]) -> Engine:
    return open_engine()


@dataclass(frozen=True)
class Newsroom:
    """Files with stories that a test writes, changes and adds."""

    folder: Path

    def write(self, name: str, text: str, *, title: str = "A story", **fields: Any) -> Path:
        """Write one story; the same name is the same story, unless an `id` says another."""
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps({"title": title, "text": text} | fields))
        return path

    def write_lines(self, name: str, records: Sequence[dict[str, Any]]) -> Path:
        path = self.folder / f"{name}.jsonl"
        path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
        return path

    def add(self, engine: Engine, *paths: Path, library: str = "public") -> list[AddResult]:
        """Add these files, by default all."""
        return list(engine.add(paths or [self.folder], library=library))


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    folder = tmp_path / "newsroom"
    folder.mkdir()
    return Newsroom(folder)


@pytest.fixture(scope="session")
def assert_in_step() -> Callable[[Engine], None]:
    """Fails unless all stores have exactly the passages of live stories, and nothing is left of anything else."""

    def check(engine: Engine) -> None:
        catalog, vectors, words = engine._stores.catalog, engine._stores.vectors, engine._stores.words
        with catalog.reading() as connection:
            states = set(connection.scalars(select(schema.versions.c.state)))
            kept = set(connection.scalars(select(schema.vectors.c.text_key)))
            needed = set(connection.scalars(select(schema.passages.c.text_key)))
            owners = set(connection.scalars(select(schema.versions.c.story_id)))
            assert owners == set(connection.scalars(select(schema.stories.c.id)))
        assert states <= {"live"}, states
        assert kept == needed
        for name in catalog.libraries():
            library = catalog.library(name)
            assert library is not None
            with catalog.reading() as connection:
                query = select(schema.passages.c.id).select_from(
                    schema.passages.join(schema.versions).join(schema.stories)
                )
                expected = set(connection.scalars(query.where(schema.stories.c.library_id == library.id)))
            if library.fingerprint is None:
                assert not expected
                continue
            collection = vectors._collection(library.id, engine._stores.fingerprint)
            assert set(collection.get(include=[])["ids"]) == expected
            searcher = words._index(library.id).searcher()
            documents = [searcher.doc(address)["passage_id"][0] for _, address in _everything(searcher)]
            assert sorted(documents) == sorted(expected)
        assert engine.counts() == {name: (count, count, count) for name, (count, _, _) in engine.counts().items()}

    return check


def _everything(searcher: Any) -> Any:
    import tantivy

    return searcher.search(tantivy.Query.all_query(), 100_000).hits
