"""The engine: one data folder, held by this process, with everything that can be done to its stories.

All methods block and may be called from several threads at once; none may be called on an event loop's thread.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import BaseFileLock

from index.answering import answer_question
from index.errors import LibraryNameError, StorageError
from index.finding import Embedder, SentenceTransformerEmbedder, TextVectors, search
from index.finding.model_files import load_token_offsets, model_fingerprint
from index.holding.lock import hold
from index.reading import ReadFailure, discover, read_file, storable
from index.samples import stories_folder
from index.settings import IndexSettings
from index.stories import AddResult, Answer, Finding, Leg, StoredStory, Story
from index.storing import Catalog, Library, publisher
from index.storing.publisher import Progress, Stores
from index.storing.vectors import Vectors
from index.storing.words import Words

_log = logging.getLogger(__name__)
SAMPLES = "samples"
_SAMPLES_GIVEN = "samples were put in"
_LIBRARY_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_STORIES_AT_ONCE = 16
_CHARACTERS_AT_ONCE = 60_000
_NO_LIBRARY = Library(id=0, name="", fingerprint=None)


class Engine:
    """Adds, finds, answers and removes. Make one with `Engine.open`, and close it."""

    def __init__(
        self,
        stores: Stores,
        lock: BaseFileLock,
        load_embedder: Callable[[], Embedder],
        clock: Callable[[], datetime],
    ) -> None:
        self._stores = stores
        self._lock = lock
        self._clock = clock
        self._publishing = threading.Lock()
        self._load = load_embedder

    @classmethod
    def open(
        cls,
        settings: IndexSettings,
        *,
        on_wait: Callable[[str], None] | None = None,
        load_embedder: Callable[[IndexSettings], Embedder] = SentenceTransformerEmbedder.load,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Self:
        """Take the data folder's lock, bring its catalog up to date and finish what an earlier process began.

        `on_wait` is called once with a sentence when another process holds the folder. The embedding model is not
        loaded before it is needed (`load_model` does it ahead). Raises StorageError, HomeBusyError, ModelError.
        """
        home = settings.home.absolute()
        loading = _Once(lambda: load_embedder(settings))
        model = model_fingerprint(settings)
        token_offsets = load_token_offsets(settings)
        with ExitStack() as opened:  # undone when a later step fails
            lock = hold(home, wait_seconds=settings.lock_wait_seconds, on_wait=on_wait)
            opened.callback(lock.release)
            catalog = opened.enter_context(Catalog.open(home))
            stores = Stores(
                catalog=catalog,
                vectors=opened.enter_context(closing(Vectors.open(home / "vectors"))),
                words=Words(home / "words"),
                model=model,
                embed=lambda texts: loading().embed(texts),
                token_offsets=token_offsets,
            )
            engine = cls(stores, lock, loading, clock)
            engine._recover()
            opened.pop_all()
        return engine

    def _recover(self) -> None:
        for library in self._libraries():
            try:
                publisher.recover(self._stores, library)
            except StorageError as error:  # what is live can be read, and `rebuild` must be able to begin
                _log.warning("library %s: what was begun could not be finished: %s", library.name, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the data folder. Closing twice is harmless."""
        self._stores.words.close()
        self._stores.vectors.close()
        self._stores.catalog.close()
        self._lock.release()

    def load_model(self) -> None:
        """Check and load the embedding model (seconds). Raises ModelError."""
        self._load()

    def add(
        self, paths: Sequence[Path], *, library: str = "public", on_progress: Progress | None = None
    ) -> Iterator[AddResult]:
        """Read files and folders and store their stories; one result per story, yielded once it is safely stored.

        A file that cannot be read yields a "failed" result and the rest goes on. Raises LibraryNameError,
        StorageError (disk full, read-only), ModelError.
        """
        check_library_name(library)
        return self._add(paths, library, on_progress)

    def _add(self, paths: Sequence[Path], library: str, on_progress: Progress | None) -> Iterator[AddResult]:
        tell = on_progress or _tell_nobody
        batch: list[Story] = []
        found = discover(paths)
        seen = 0
        for done, file in enumerate(found):
            tell("files read", done, len(found))
            for item in [file] if isinstance(file, ReadFailure) else read_file(file):
                seen += 1
                if isinstance(item, ReadFailure):
                    yield AddResult(item.source, "failed", error=item.error)
                    continue
                if _must_wait(item, batch):
                    yield from self._publish(library, batch, tell)
                    batch = []
                batch.append(item)
                tell("stories stored", seen - len(batch), seen)
        tell("files read", len(found), len(found))
        yield from self._publish(library, batch, tell)
        tell("stories stored", seen, seen)

    def _publish(self, library: str, batch: Sequence[Story], on_progress: Progress) -> list[AddResult]:
        if not batch:
            return []
        with self._publishing:
            target = self._stores.catalog.make_library(library)
            return publisher.publish(self._stores, target, batch, on_progress=on_progress)

    def add_samples(self) -> bool:
        """Put the bundled stories into the library `samples`, once in a data folder's life and only if it has no story.

        Returns whether the library `samples` is what a newcomer should be asked in: it has stories and no other has.
        """
        catalog = self._stores.catalog
        if catalog.fact(_SAMPLES_GIVEN) is None and catalog.count_stories() == 0:
            with stories_folder() as folder:
                for result in self._add([folder], SAMPLES, None):
                    if result.status == "failed":
                        raise RuntimeError(f"sample story {result.source}: {result.error}")
            catalog.set_fact(_SAMPLES_GIVEN, self._clock().isoformat())
        return 0 < catalog.count_stories(SAMPLES) == catalog.count_stories()

    def ask(
        self, question: str, *, library: str = "public", now: datetime | None = None, since: date | None = None
    ) -> Answer:
        """Answer from the stories of `library`, or refuse with a reason; never raises for any text as question.

        `now` (default: the clock) is when the question is asked: newer stories weigh more. `since` leaves out stories
        published before that day, and undated ones. Raises ModelError, StorageError.
        """
        question = storable(question)
        target = self._readable_library(library)

        def findings(text: str, limit: int) -> list[Finding]:
            day = (now or self._clock()).date()
            return search(self._stores, target, text, limit=limit, now=day, since=since)

        return answer_question(
            question,
            has_stories=lambda: self._stores.catalog.has_stories(target),
            search=findings,
            embed_tokens=self.embed_tokens,
        )

    def find(
        self,
        question: str,
        *,
        library: str = "public",
        leg: Leg = "both",
        limit: int = 10,
        now: datetime | None = None,
        since: date | None = None,
    ) -> list[Finding]:
        """The best passages for `question`, best first, at most `limit`."""
        question = storable(question)
        target = self._readable_library(library)
        if not question.strip() or not self._stores.catalog.has_stories(target):
            return []
        day = (now or self._clock()).date()
        return search(self._stores, target, question, leg=leg, limit=limit, now=day, since=since)

    def embed_tokens(self, texts: Sequence[str]) -> list[TextVectors]:
        """The vectors of each text and of its tokens, by the model of this engine."""
        return self._load().embed_tokens(texts)

    def story(self, story_id: str, *, library: str | None = None) -> StoredStory:
        """The live story whose id is, or alone begins with, `story_id`. Raises UnknownStoryError."""
        return self._stores.catalog.story(story_id, library)

    def remove(self, story_id: str, *, library: str | None = None) -> str:
        """Remove a story with all that was derived from it; returns its title. `story_id` may be a unique beginning.

        Looks in all libraries when `library` is None. Raises UnknownStoryError.
        """
        with self._publishing:
            story = self._stores.catalog.story(story_id, library)
            publisher.remove(self._stores, self._stores.catalog.make_library(story.library), story.story_id)
        return story.title

    def rebuild(self, *, library: str | None = None, on_progress: Progress | None = None) -> dict[str, int]:
        """Make both indexes anew from the catalog; returns the number of passages by library."""
        with self._publishing:
            counts = {
                each.name: publisher.rebuild(self._stores, each, on_progress=on_progress)
                for each in self._libraries()
                if library in (None, each.name)
            }
            if library is None:
                publisher.forget_other_models(self._stores)
        return counts

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """By library, how many passages the catalog, the vectors and the words have; raises StorageError."""
        counts = {}
        for library in self._libraries():
            in_catalog = self._stores.catalog.count_passages(library)
            if library.fingerprint is None and in_catalog == 0:
                counts[library.name] = (0, 0, 0)
                continue
            publisher.check_fingerprint(self._stores, library)
            in_vectors = self._stores.vectors.count(library.id, self._stores.fingerprint)
            counts[library.name] = (in_catalog, in_vectors, self._stores.words.count(library.id))
        return counts

    def _libraries(self) -> list[Library]:
        found = [self._stores.catalog.library(name) for name in self._stores.catalog.libraries()]
        return [library for library in found if library is not None]

    def _readable_library(self, name: str) -> Library:
        library = self._stores.catalog.library(name) or _NO_LIBRARY
        publisher.check_fingerprint(self._stores, library)
        return library


def check_library_name(name: str) -> None:
    """Raise LibraryNameError when stories cannot be added to a library of that name."""
    if not _LIBRARY_NAME.fullmatch(name):
        raise LibraryNameError(
            f"{name!r} cannot name a library; use small letters, digits and hyphens, 63 characters at most."
        )
    if name == SAMPLES:
        raise LibraryNameError("The library samples holds the bundled stories; add yours to another library.")


def _must_wait(story: Story, batch: Sequence[Story]) -> bool:
    """Whether `batch` has to be stored before `story` can join: it is full, or has the same story or the same text."""
    if len(batch) >= _STORIES_AT_ONCE or sum(len(each.text) for each in batch) >= _CHARACTERS_AT_ONCE:
        return True
    return any(each.identity == story.identity or each.text == story.text for each in batch)


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Progress that nobody asked for."""


class _Once:
    """Makes a value when it is first asked for, once, whichever thread asks first."""

    def __init__(self, make: Callable[[], Embedder]) -> None:
        self._make = make
        self._making = threading.Lock()
        self._made: Embedder | None = None

    def __call__(self) -> Embedder:
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made
