"""The indexes of what is measured: an ordinary data folder with a library for each corpus, kept for the next run."""

import hashlib
import json
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path
from sqlalchemy import and_, select

from index.engine import Engine
from index.errors import MeasuringError, StorageError
from index.finding.model_files import model_fingerprint
from index.measuring.datasets import read_stories
from index.publishing.preparing import story_id
from index.publishing.stores import Progress
from index.settings import IndexSettings
from index.shaping import SPLITTER_VERSION
from index.storing import Catalog, Library
from index.storing.schema import duplicates, stories, versions

_CORPORA = "corpora"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Stories to measure with, as they were put beside the indexes: a JSONL file named after what it holds.

    `digest` is the SHA-256 of the stories in their order, `ids` are theirs in the corpus.
    """

    digest: str
    file: Path
    ids: frozenset[str]

    @property
    def library(self) -> str:
        """The name of the library that holds these stories."""
        return f"corpus-{self.digest[:12]}"

    def texts(self) -> Iterator[tuple[str, str]]:
        """The id of each story, and its title and text."""
        for doc, record in read_stories(self.file):
            yield doc, f"{record.get('title') or ''}\n{record.get('text') or ''}"


@dataclass(frozen=True, slots=True)
class MeasuredLibrary:
    """A library that holds a whole corpus.

    `story_ids` has the id that a story is found under, by its id in the corpus: of two stories with the same text only
    one is stored. `failed` are the sources that could not be stored, with the reason.
    """

    name: str
    story_ids: Mapping[str, str]
    failed: tuple[tuple[str, str], ...]
    fingerprint: str


def default_cache() -> Path:
    """The folder for indexes of this user."""
    return user_cache_path("storydesk", appauthor=False) / "eval"


def cache_settings(settings: IndexSettings, cache: Path) -> IndexSettings:
    """The same model, in the folder `cache`, with the vectors in that folder too."""
    own = {"home": cache, "chroma_url": None, "chroma_headers": None, "chroma_ca_file": None}
    return settings.model_copy(update=own)


def keep_corpus(path: Path, cache: Path, *, only: Collection[str] | None = None) -> Corpus:
    """Copy the stories of `path`, of them `only` those ids, into `cache`. Raises MeasuringError, StorageError."""
    digest = hashlib.sha256()
    ids = set()
    try:
        folder = cache / _CORPORA
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                for doc, record in read_stories(path, only=only):
                    line = json.dumps(record, sort_keys=True) + "\n"
                    digest.update(line.encode("ascii"))
                    file.write(line)
                    ids.add(doc)
            target = folder / f"{digest.hexdigest()}.jsonl"
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise StorageError(f"The folder {cache} cannot be written ({reason}); name another one by --cache.") from error
    return Corpus(digest.hexdigest(), target, frozenset(ids))


def fill(engine: Engine, corpus: Corpus, settings: IndexSettings, *, on_progress: Progress) -> MeasuredLibrary:
    """Put what `engine` lacks of the corpus into its library, by today's model. Raises StorydeskError.

    What an interrupted run has stored is kept; texts that another library has are not embedded again.
    """
    fingerprint = f"{model_fingerprint(settings)} splitter-{SPLITTER_VERSION}"
    library = engine.catalog.library(corpus.library)
    if library is not None and library.current is not None and library.current.fingerprint != fingerprint:
        engine.rebuild(library=corpus.library, on_progress=on_progress)
    failed = _failed_before(engine.catalog, corpus)
    if failed is None:
        failed = tuple(_store(engine, corpus, on_progress=on_progress))
        count = engine.catalog.count_stories(corpus.library)
        engine.catalog.set_fact(_fact(corpus), json.dumps({"stories": count, "failed": failed}))
    library = engine.catalog.library(corpus.library)
    if library is None or library.current is None:
        reason = f": {failed[0][1]}" if failed else ""
        raise MeasuringError(f"None of the corpus's stories can be stored{reason}")
    twins = _twins(engine.catalog, library)
    story_ids = {doc: twins.get(f"id:{doc}", story_id(library, f"id:{doc}")) for doc in corpus.ids}
    return MeasuredLibrary(corpus.library, story_ids, failed, library.current.fingerprint)


def _store(engine: Engine, corpus: Corpus, *, on_progress: Progress) -> Iterator[tuple[str, str]]:
    """Store the corpus; gives the source and the reason of each story that could not be."""
    for result in engine.add([corpus.file], library=corpus.library, on_progress=_of_all(len(corpus.ids), on_progress)):
        if result.status == "failed":
            yield result.source.rpartition("/")[2], result.error or ""


def _of_all(stories_in_all: int, on_progress: Progress) -> Progress:
    """Progress that knows how many stories will come: who adds a file does not."""

    def tell(what: str, done: int, total: int) -> None:
        on_progress(what, done, max(total, stories_in_all) if what == "stories stored" else total)

    return tell


def _failed_before(catalog: Catalog, corpus: Corpus) -> tuple[tuple[str, str], ...] | None:
    """What failed when the whole corpus was stored; None when it is not stored as a whole."""
    fact = catalog.fact(_fact(corpus))
    if fact is None:
        return None
    kept = json.loads(fact)
    if kept["stories"] != catalog.count_stories(corpus.library):
        return None
    return tuple((source, reason) for source, reason in kept["failed"])


def _fact(corpus: Corpus) -> str:
    return f"whole corpus {corpus.digest}"


def _twins(catalog: Catalog, library: Library) -> dict[str, str]:
    """By the identity of a story that is not stored because of its text, the id of the story that has the text."""
    same_text = and_(versions.c.text_hash == duplicates.c.text_hash, versions.c.state == "live")
    query = (
        select(duplicates.c.identity, stories.c.id)
        .select_from(duplicates.join(versions, same_text).join(stories, stories.c.id == versions.c.story_id))
        .where(duplicates.c.library_id == library.id, stories.c.library_id == library.id)
    )
    with catalog.reading() as connection:
        return {row.identity: row.id for row in connection.execute(query)}
