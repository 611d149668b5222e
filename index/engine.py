"""The engine: one data folder, held by this process, with everything that can be done to its stories.

All methods block and may be called from several threads at once; none may be called on an event loop's thread.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import BaseFileLock

from index.adding import Adding
from index.answering import answer_question, complete
from index.answering.reader import Reader, Reading
from index.answering.summary import summarize
from index.errors import OutdatedIndexError
from index.finding import NOTES, Embedder, SentenceTransformerEmbedder, TextVectors, search
from index.finding.earlier_models import EarlierModels, model_files
from index.finding.model_files import load_token_offsets, model_fingerprint
from index.finding.ranking import RANKER_WEIGHT, Ranker, load_ranker, rerank
from index.holding.lock import hold, progressed
from index.indexing.vectors import Vectors
from index.indexing.words import Words
from index.libraries import SAMPLES, Titles, check_library_name, remove_library
from index.models import Models, load_chosen_reader
from index.publishing import publisher
from index.publishing.stores import Progress, Stores
from index.publishing.writers import Writers
from index.reading import storable
from index.samples import stories_folder
from index.settings import IndexSettings
from index.stories import (
    AddResult,
    Answer,
    Document,
    Finding,
    Leg,
    LibraryHealth,
    NoteReason,
    StoredStory,
    StorySummary,
    StoryTitle,
    Summary,
)
from index.storing import Catalog, Library
from index.storing.catalog import Generation
from index.tending import Tending

_SAMPLES_GIVEN = "samples were put in"


class Engine:
    """Adds, finds, answers and removes. Make one with `Engine.open`, and close it."""

    def __init__(
        self,
        stores: Stores,
        home: Path,
        lock: BaseFileLock,
        models: Models,
        settings: IndexSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._stores = stores
        self._home = home
        self._lock = lock
        self._clock = clock
        self._writers = Writers()
        self._models = models
        self._settings = settings
        self._tending = Tending(stores, self._writers, home)
        self._titles = Titles(stores.catalog)

    @classmethod
    def open(
        cls,
        settings: IndexSettings,
        *,
        lock: BaseFileLock | None = None,
        on_wait: Callable[[str], None] | None = None,
        on_progress: Progress | None = None,
        load_embedder: Callable[[IndexSettings], Embedder] = SentenceTransformerEmbedder.load,
        load_reader: Callable[[IndexSettings], Reader | None] = load_chosen_reader,
        load_ranker: Callable[[IndexSettings], Ranker | None] = load_ranker,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Self:
        """Take the data folder's lock, bring its catalog up to date and finish what an earlier process began.

        A `lock` that is held already is taken over, and released when the engine is closed or cannot be opened.
        `on_wait` is called once with a sentence when another process holds the folder, `on_progress` while indexes
        that are missing are made anew. The embedding model is not loaded before it is needed (`load_model` does it
        ahead). Raises StorageError, HomeBusyError, ModelError.
        """
        home = settings.home.absolute()
        models = Models(settings, load_embedder=load_embedder, load_reader=load_reader, load_ranker=load_ranker)
        model = model_fingerprint(settings)
        token_offsets = load_token_offsets(settings)
        with ExitStack() as opened:  # undone when a later step fails
            lock = lock or hold(home, wait_seconds=settings.lock_wait_seconds, on_wait=on_wait)
            opened.callback(lock.release)
            catalog = opened.enter_context(Catalog.open(home))
            stores = Stores(
                catalog=catalog,
                vectors=opened.enter_context(
                    closing(Vectors.open(home / "vectors", catalog_id=catalog.id, server=settings))
                ),
                words=Words(home / "words"),
                model=model,
                model_files=model_files(settings),
                embed=lambda texts: models.embedder().embed(texts),
                embed_questions=lambda texts: models.of_questions().embed(texts),
                embed_as=EarlierModels(settings, load_embedder),
                token_offsets=token_offsets,
            )
            engine = cls(stores, home, lock, models, settings, clock)
            with stores.vectors.waiting(seconds=0):  # a server that is down keeps nobody from asking
                engine._tending.recover(on_progress)
            opened.pop_all()
        return engine

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

    @property
    def catalog(self) -> Catalog:
        """The catalog of the data folder; whoever writes to it beside the engine must use this one."""
        return self._stores.catalog

    def load_model(self) -> None:
        """Check and load the models that answer (seconds). Raises ModelError."""
        self._models.load()

    def add(
        self, paths: Sequence[Path], *, library: str = "public", on_progress: Progress | None = None
    ) -> Iterator[AddResult]:
        """Read files and folders and store their stories; one result per story, yielded once it is safely stored.

        A file that cannot be read yields a "failed" result and the rest goes on. Raises LibraryNameError,
        StorageError (disk full, read-only), ModelError.
        """
        check_library_name(library)
        return self._adding().add(paths, library, tell=on_progress or _tell_nobody)

    def add_document(self, document: Document, *, library: str, on_progress: Progress | None = None) -> list[AddResult]:
        """Store what was sent, of any kind that `add` reads; one result per story.

        Raises LibraryNameError, StorageError, ModelError.
        """
        check_library_name(library)
        return self._adding().add_document(document, library, tell=on_progress or _tell_nobody)

    def _adding(self) -> Adding:
        return Adding(self._stores, self._writers, after_batch=lambda: progressed(self._home))

    def import_stories(self, path: Path, *, on_progress: Progress | None = None) -> Iterator[AddResult]:
        """Store what an export holds, each story in its library, as when it was added; a result per story like `add`.

        A line that cannot be read yields a "failed" result and the rest goes on. Importing again is harmless. Raises
        StorageError, ModelError.
        """
        return self._adding().import_export(path, tell=on_progress or _tell_nobody)

    def add_samples(self) -> bool:
        """Put the bundled stories into the library `samples`, once in a data folder's life and only if it has no story.

        Returns whether the library `samples` is what a newcomer should be asked in: it has stories and no other has.
        """
        catalog = self._stores.catalog
        if catalog.fact(_SAMPLES_GIVEN) is None and catalog.count_stories() == 0:
            with stories_folder() as folder:
                for result in self._adding().add([folder], SAMPLES, tell=_tell_nobody):
                    if result.status == "failed":
                        raise RuntimeError(f"sample story {result.source}: {result.error}")
            catalog.set_fact(_SAMPLES_GIVEN, self._clock().isoformat())
        return 0 < catalog.count_stories(SAMPLES) == catalog.count_stories()

    def ask(
        self,
        question: str,
        *,
        library: str = "public",
        now: datetime | None = None,
        since: date | None = None,
        leaving_out: Collection[str] = (),
        story: str | None = None,
        least_confidence: float | None = None,
        conversation: Sequence[Answer] = (),
    ) -> Answer:
        """Answer from the stories of `library`, or refuse with a reason; never raises for any text as question.

        `conversation` are the answers that came before, the newest last: a question that follows them ("and when?") is
        completed before the search, and the answer's `understood_as` says how.
        `now` (default: the clock) is when the question is asked: newer stories weigh more. `since` leaves out stories
        published before that day, and undated ones; `leaving_out` stories by their ids. With `story`, the id of one in
        `library`, only that one is searched. An answer that is less sure than `least_confidence` (default: the
        measured one) is refused. Raises ModelError, StorageError, UnknownStoryError.
        """
        question = storable(question)
        understood = storable(complete(question, conversation))
        day = (now or self._clock()).date()
        notes: list[NoteReason] = []
        only = self._story_id(story, library)
        with self._stores.searches.searching(lambda: self._readable_library(library)) as target:

            def findings(text: str, limit: int) -> list[Finding]:
                current = target.current
                assert current is not None, "it has stories"
                filters: dict[str, Any] = {"now": day, "since": since, "leaving_out": leaving_out, "only": only}
                return self._search(current, text, limit=limit, on_note=notes.append, **filters)

            answer = answer_question(
                understood,
                has_stories=lambda: target.current is not None and self._stores.catalog.has_stories(target),
                search=findings,
                embed_tokens=self.embed_tokens,
                read=self.read if self._settings.read_passages else None,
                least_confidence=least_confidence,
            )
        if understood != question:
            answer = replace(answer, question=question, understood_as=understood)
        return replace(answer, note=NOTES[notes[0]], note_reason=notes[0]) if notes else answer

    def find(
        self,
        question: str,
        *,
        library: str = "public",
        leg: Leg = "both",
        limit: int = 10,
        now: datetime | None = None,
        since: date | None = None,
        leaving_out: Collection[str] = (),
        story: str | None = None,
        on_note: Callable[[str], None] | None = None,
    ) -> list[Finding]:
        """The best passages for `question`, best first, at most `limit`, those of stories in `leaving_out` not.

        With `story`, the id of one in `library`, only that one is searched; another id raises UnknownStoryError.
        `on_note` hears a sentence when the search was not as usual.
        """
        question = storable(question)
        only = self._story_id(story, library)
        day = (now or self._clock()).date()
        with self._stores.searches.searching(lambda: self._readable_library(library)) as target:
            if not question.strip() or target.current is None or not self._stores.catalog.has_stories(target):
                return []
            return self._search(
                target.current,
                question,
                leg=leg,
                limit=limit,
                now=day,
                since=since,
                leaving_out=leaving_out,
                only=only,
                on_note=None if on_note is None else lambda reason: on_note(NOTES[reason]),
            )

    def _story_id(self, story: str | None, library: str) -> str | None:
        """The whole id of a story that is to be searched alone. Raises UnknownStoryError."""
        return None if story is None else self.story(story, library=library).story_id

    def _search(
        self, generation: Generation, question: str, *, limit: int, leg: Leg = "both", **filters: Any
    ) -> list[Finding]:
        """The best passages by both searches, ranked anew when there is a ranker and both are asked for."""
        ranker = self._models.ranker() if leg == "both" else None
        if ranker is None:
            return search(self._stores, generation, question, leg=leg, limit=limit, **filters)
        most = self._settings.rank_passages
        found = search(self._stores, generation, question, leg=leg, limit=max(limit, most), **filters)
        scores = ranker.score(question, [f"{each.title}\n{each.text}" for each in found[:most]])
        return rerank(found, scores, weight=RANKER_WEIGHT)[:limit]

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """What the reader makes of the first passages, as many as the settings say."""
        reader = self._models.reader()
        return reader.read(question, passages[: self._settings.read_passages]) if reader is not None else []

    def embed_tokens(self, texts: Sequence[str]) -> list[TextVectors]:
        """The vectors of each text and of its tokens, by the model of this engine."""
        return self._models.of_questions().embed_tokens(texts)

    def story(self, story_id: str, *, library: str | None = None) -> StoredStory:
        """The live story whose id is, or alone begins with, `story_id`. Raises UnknownStoryError."""
        return self._stores.catalog.story(storable(story_id), library)

    def stories(self, library: str) -> Iterator[StorySummary]:
        """All stories of `library`, the first added first, without their texts."""
        return self._stores.catalog.summaries(library)

    def titles(self, library: str) -> tuple[StoryTitle, ...]:
        """The titles of `library`, newest first, undated ones last; fast enough to be asked at every key."""
        return self._titles.of(library)

    def summarize(self, story_id: str, *, library: str, sentences: int = 3) -> Summary:
        """The story's own sentences, at most so many, that say best what it is about; see `summarize`.

        Raises UnknownStoryError, ModelError.
        """
        return summarize(self.story(story_id, library=library), embed=self._stores.embed, count=sentences)

    def remove(self, story_id: str, *, library: str | None = None) -> str:
        """Remove a story with all that was derived from it; returns its title. `story_id` may be a unique beginning.

        Looks in all libraries when `library` is None. Raises UnknownStoryError.
        """
        with self._writers.turn():
            story = self._stores.catalog.story(story_id, library)
            publisher.remove(self._stores, self._stores.catalog.make_library(story.library), story.story_id)
        return story.title

    def remove_library(self, name: str) -> bool:
        """Remove a library with all its stories and indexes; whether nothing is left of it.

        None of it is found from the first moment on. What a kill or a vector server that is down leaves goes when
        this is called again; removing what is not there is harmless.
        """
        return remove_library(self._stores, self._writers, name)

    def count(self) -> dict[str, int]:
        """How much there is in all libraries together, by what is counted; see `Stores.count`. Raises StorageError."""
        return self._stores.count()

    def rebuild(self, *, library: str | None = None, on_progress: Progress | None = None) -> dict[str, int]:
        """Make both indexes anew from the catalog, with today's model; returns the number of passages by library.

        Questions are answered from the present indexes meanwhile. Only what this model never embedded is embedded.
        """
        return self._tending.rebuild(library, tell=self._telling(on_progress))

    def check(self, *, fix: bool = False, on_progress: Progress | None = None) -> list[LibraryHealth]:
        """How the data folder (first) and each library are: indexes compared with the catalog, passages looked up.

        With `fix` everything is mended that can be, and what is told is how it is then. Nothing is embedded but what
        the catalog keeps no vector of. Raises StorageError, ModelError.
        """
        return self._tending.check(fix=fix, tell=self._telling(on_progress))

    def _telling(self, on_progress: Progress | None) -> Progress:
        """Progress for `on_progress` that those who wait for the data folder see too."""

        def tell(what: str, done: int, total: int) -> None:
            progressed(self._home)
            if on_progress is not None:
                on_progress(what, done, total)

        return tell

    def _readable_library(self, name: str) -> Library:
        """The library, if its indexes may answer: they are today's, or the next ones are already being made."""
        library = self._stores.catalog.library(name)
        if library is None:
            return Library(0, name)
        unfinished = library.current is None and self._stores.catalog.has_stories(library)
        outdated = library.current is not None and self._stores.is_outdated(library) and library.building is None
        if unfinished or outdated:
            raise OutdatedIndexError(publisher.outdated_sentence(library))
        return library


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Progress that nobody asked for."""
