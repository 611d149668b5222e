"""An engine on a data folder of its own, with real stores and a small embedder in place of the model."""

import hashlib
import itertools
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from zlib import crc32

import numpy as np
import pytest
import tantivy
from numpy.typing import NDArray
from sqlalchemy import select
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from index.engine import Engine
from index.finding import TextVectors
from index.indexing.vectors import Vectors
from index.indexing.words import Words
from index.publishing import preparing, stores
from index.settings import IndexSettings
from index.stories import AddResult
from index.storing import Catalog, Library, generations, schema
from index.storing.catalog import Generation

DIMENSION = 64


@dataclass
class HashEmbedder:
    """Embeds a text as the bag of its words: texts that share words are near to each other."""

    dimension: int = DIMENSION
    embedded: list[str] = field(default_factory=list)
    before_embedding: Callable[[], None] = lambda: None  # what a test wants to happen meanwhile

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.before_embedding()
        self.embedded.extend(texts)
        rows = np.stack([self._words(re.findall(r"\w+", text)) for text in texts])
        return _normalised(rows)

    def embed_tokens(self, texts: Sequence[str]) -> list[TextVectors]:
        results = []
        for text in texts:
            matches = list(re.finditer(r"\w+", text))
            tokens = np.zeros((len(matches), self.dimension), dtype=np.float32)
            for row, match in enumerate(matches):
                tokens[row] = self._words([match[0]])
            offsets = tuple(match.span() for match in matches)
            results.append(TextVectors(self.embed([text])[0], _normalised(tokens), offsets))
        return results

    def _words(self, words: Sequence[str]) -> NDArray[np.float32]:
        row = np.zeros(self.dimension, dtype=np.float32)
        for word in words:
            row[crc32(word.lower().encode()) % self.dimension] += 1
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
def use_splitter(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Gives the splitter another version from now on."""

    def use(version: str) -> None:
        for module in (preparing, stores):
            monkeypatch.setattr(module, "SPLITTER_VERSION", version)

    return use


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder that does not exist yet; in memory where that can be had, as each commit waits for the disk."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory, ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "home"


@pytest.fixture
def settings(home: Path, small_model: dict[str, Any]) -> IndexSettings:
    return IndexSettings(home=home, lock_wait_seconds=0.3, read_passages=0, **small_model)


@pytest.fixture
def open_engine(settings: IndexSettings, embedder: HashEmbedder) -> Iterator[Callable[..., Engine]]:
    """Opens the engine on this test's data folder; a second call is a second process, so close the first before."""
    opened = []

    def open_again(changed: IndexSettings = settings, **options: Any) -> Engine:
        engine = Engine.open(changed, **({"load_embedder": lambda _: embedder} | options))
        opened.append(engine)
        return engine

    yield open_again
    for engine in opened:
        engine.close()


@dataclass
class Models:
    """Two models of different dimensions: the settings that name each, and the embedder that stands for it."""

    old: IndexSettings
    new: IndexSettings
    old_embedder: HashEmbedder
    new_embedder: HashEmbedder

    def load(self, settings: IndexSettings) -> HashEmbedder:
        return self.old_embedder if settings.model_sha256 == self.old.model_sha256 else self.new_embedder


@pytest.fixture
def models(settings: IndexSettings, make_model: Callable[[str], dict[str, Any]]) -> Models:
    """The folder of the old one is this test's alone."""
    old, new = (settings.model_copy(update=make_model(weights)) for weights in ("old weights", "new weights"))
    return Models(old, new, HashEmbedder(), HashEmbedder(dimension=48))


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


@pytest.fixture
def killed_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AbstractContextManager[None]]:
    """Dies in a step, such as `storing.versions.stage`, "before" it did anything or "after" it did all."""

    class Killed(BaseException):
        """No handler of errors may catch it, as none would run after a kill."""

    @contextmanager
    def killed(step: str, when: str, *, error: type[BaseException] = Killed, calls_before: int = 0) -> Iterator[None]:
        real = resolve_name(f"index.{step}")
        calls = itertools.count()

        def die(*arguments: Any, **options: Any) -> Any:
            if next(calls) < calls_before:
                return real(*arguments, **options)
            if when == "after":
                real(*arguments, **options)
            raise error(step)

        with monkeypatch.context() as patched, pytest.raises(error, match=re.escape(step)):  # noqa: PT012
            patched.setattr(f"index.{step}", die)
            yield

    return killed


@pytest.fixture(scope="session")
def assert_in_step() -> Callable[[Engine], None]:
    """Fails unless all stores have exactly the passages of live stories, and nothing is left of anything else."""

    def check(engine: Engine) -> None:
        catalog, vectors, words = engine._stores.catalog, engine._stores.vectors, engine._stores.words
        assert_nothing_left_over(catalog)
        current = set()
        for name in catalog.libraries():
            library = catalog.library(name)
            assert library is not None
            assert library.building is None
            if library.current is None:
                assert not catalog.has_stories(library)
                continue
            current.add(library.current.id)
            expected = expected_passages(catalog, library)
            assert passages_in_vectors(vectors, library.current) == sorted(expected)
            assert passages_in_words(words, library.current) == sorted(expected)
        assert generations.all_ids(catalog) == current
        # An index of the first story that ever comes is made with it; before that there may be none.
        assert vectors.generations() <= current
        assert words.generations() <= current

    return check


def assert_nothing_left_over(catalog: Catalog) -> None:
    """Fails unless the catalog has only live versions, whole in their generation, and what those need."""
    with catalog.reading() as connection:
        assert set(connection.scalars(select(schema.versions.c.state))) <= {"live"}
        owners = set(connection.scalars(select(schema.versions.c.story_id)))
        assert owners == set(connection.scalars(select(schema.stories.c.id)))

        needed = set(connection.scalars(select(schema.passages.c.text_key)))
        kept = connection.execute(select(schema.vectors.c.text_key, schema.vectors.c.model)).all()
        assert {row.text_key for row in kept} == needed
        models = set(connection.scalars(select(schema.generations.c.model)))
        assert {row.model for row in kept} <= models

        of_library = schema.stories.join(schema.versions)
        made_of = select(schema.generations.c.id, schema.versions.c.id).select_from(
            of_library.join(schema.generations, schema.generations.c.library_id == schema.stories.c.library_id)
        )
        indexed = select(schema.indexed_versions.c.generation_id, schema.indexed_versions.c.version_id)
        assert set(connection.execute(indexed)) == set(connection.execute(made_of))

        # A story is live or remembered as a duplicate of a live one, never both.
        live = connection.execute(
            select(schema.stories.c.library_id, schema.stories.c.identity, schema.versions.c.text_hash)
            .select_from(of_library)
        ).all()  # fmt: skip
        duplicates = connection.execute(select(schema.duplicates)).all()
        assert len({(row.library_id, row.text_hash) for row in live}) == len(live)
        assert not {(row.library_id, row.identity) for row in live} & {
            (row.library_id, row.identity) for row in duplicates
        }
        assert {(row.library_id, row.text_hash) for row in duplicates} <= {
            (row.library_id, row.text_hash) for row in live
        }


def expected_passages(catalog: Catalog, library: Library) -> list[str]:
    """Ids of the passages that the library's indexes have to have: all, and all of the current splitter."""
    assert library.current is not None
    query = select(schema.passages.c.id, schema.passages.c.splitter).select_from(
        schema.passages.join(schema.versions).join(schema.stories)
    )
    with catalog.reading() as connection:
        rows = connection.execute(query.where(schema.stories.c.library_id == library.id)).all()
    assert {row.splitter for row in rows} <= {library.current.splitter}
    return [row.id for row in rows]


def passages_in_vectors(vectors: Vectors, generation: Generation) -> list[str]:
    return sorted(vectors.page(generation, offset=0, limit=10_000))


def passages_in_words(words: Words, generation: Generation) -> list[str]:
    searcher = words._index(generation.id).searcher()
    hits = searcher.search(tantivy.Query.all_query(), 100_000).hits
    return sorted(searcher.doc(address)["passage_id"][0] for _, address in hits)


TINY_WORDS = (
    "the a mayor council city said will pay euros on in of friday who what when this is trial and 1 000".split()
)
TINY_LIMIT = 64


@pytest.fixture
def make_tiny_model(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """A function that saves a transformers model of the given class, with random weights, and gives its folder.

    It is a BERT with whole words, or a RoBERTa with bytes; both take 64 tokens.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # for models so small, threads wait for each other more than they compute

    def make(class_name: str, *, folder: str | None = None, dropping: str = "", **config: Any) -> Path:
        import transformers
        from tokenizers.pre_tokenizers import ByteLevel

        transformers.utils.logging.disable_progress_bar()
        place = tmp_path / (folder or class_name)
        sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
        if class_name.startswith("Roberta"):
            tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(ByteLevel.alphabet())]
            tokenizer = transformers.RobertaTokenizerFast(
                vocab={token: row for row, token in enumerate(tokens)}, merges=[]
            )
            # RoBERTa's positions begin behind that of the padding.
            sizes |= {"max_position_embeddings": TINY_LIMIT + 2, "type_vocab_size": 1, "pad_token_id": 1}
        else:
            signs = [*".,?!()[]<>/$-'", *"abcdefghijklmnopqrstuvwxyz"]
            tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *TINY_WORDS, *signs, "##s", "##ing"]
            tokenizer = transformers.BertTokenizerFast(vocab={token: row for row, token in enumerate(tokens)})
            sizes |= {"max_position_embeddings": TINY_LIMIT}
        tokenizer.save_pretrained(place)
        torch.manual_seed(7)
        model_class = getattr(transformers, class_name)
        model = model_class(model_class.config_class(vocab_size=len(tokens), **sizes, **config))
        for name, parameter in model.named_parameters():
            if "LayerNorm" not in name:
                torch.nn.init.normal_(parameter, std=0.3)  # as it comes, all passages would be nearly the same to it
        weights = {name: value for name, value in model.state_dict().items() if not dropping or dropping not in name}
        model.save_pretrained(place, state_dict=weights)
        return place

    yield make
    torch.set_num_threads(threads)


@pytest.fixture
def downloaded_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Path], None]:
    """A function that makes a folder a model downloaded from the Hugging Face hub under a name."""
    cache = tmp_path / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))

    def download(name: str, folder: Path) -> None:
        repository = cache / f"models--{name.replace('/', '--')}"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text("0" * 40)
        (repository / "snapshots").mkdir()
        folder.rename(repository / "snapshots" / ("0" * 40))

    return download
