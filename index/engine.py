"""The engine: one data folder, held by this process, with everything that can be done to its stories.

All methods block and may be called from several threads at once; none may be called on an event loop's thread.
"""

import logging
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import BaseFileLock

from index.adding import WAITING_FOR_SERVER, Adding
from index.answering import answer_question, complete
from index.answering.reader import Reader, Reading
from index.caring import mending
from index.errors import LibraryNameError, OutdatedIndexError, StorageError
from index.finding import Embedder, SentenceTransformerEmbedder, TextVectors, search
from index.finding.earlier_models import EarlierModels, model_files
from index.finding.model_files import load_token_offsets, model_fingerprint
from index.finding.ranking import RANKER_WEIGHT, Ranker, load_ranker, rerank
from index.holding.lock import hold, progressed
from index.indexing.vectors import Vectors
from index.indexing.words import Words
from index.models import Models, load_chosen_reader
from index.publishing import publisher, rebuilding
from index.publishing.stores import Progress, Stores
from index.publishing.writers import Writers
from index.reading import storable
from index.samples import stories_folder
from index.settings import IndexSettings
from index.stories import AddResult, Answer, Finding, Leg, LibraryHealth, StoredStory
from index.storing import Catalog, Library
from index.storing.catalog import LIBRARY_NAME, Generation

_log = logging.getLogger(__name__)
SAMPLES = "samples"
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
                embed_as=EarlierModels(settings, load_embedder),
                token_offsets=token_offsets,
            )
            engine = cls(stores, home, lock, models, settings, clock)
            with stores.vectors.waiting(seconds=0):  # a server that is down keeps nobody from asking
                engine._recover(on_progress)
            opened.pop_all()
        return engine

    def _recover(self, on_progress: Progress | None) -> None:
        for library in self._libraries():
            try:
                rebuilding.recover(self._stores, library, turn=self._writers.turn, on_progress=on_progress)
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
        least_confidence: float | None = None,
        conversation: Sequence[Answer] = (),
    ) -> Answer:
        """Answer from the stories of `library`, or refuse with a reason; never raises for any text as question.

        `conversation` are the answers that came before, the newest last: a question that follows them ("and when?") is
        completed before the search, and the answer's `understood_as` says how.
        `now` (default: the clock) is when the question is asked: newer stories weigh more. `since` leaves out stories
        published before that day, and undated ones; `leaving_out` stories by their ids. An answer that is less sure
        than `least_confidence` (default: the measured one) is refused. Raises ModelError, StorageError.
        """
        question = storable(question)
        understood = storable(complete(question, conversation))
        day = (now or self._clock()).date()
        notes: list[str] = []
        with self._stores.searches.searching(lambda: self._readable_library(library)) as target:

            def findings(text: str, limit: int) -> list[Finding]:
                current = target.current
                assert current is not None, "it has stories"
                return self._search(
                    current, text, limit=limit, now=day, since=since, leaving_out=leaving_out, on_note=notes.append
                )

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
        return replace(answer, note=notes[0]) if notes else answer

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
        on_note: Callable[[str], None] | None = None,
    ) -> list[Finding]:
        """The best passages for `question`, best first, at most `limit`, those of stories in `leaving_out` not.

        `on_note` hears a sentence when the search was not as usual.
        """
        question = storable(question)
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
                on_note=on_note,
            )

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
        return self._models.embedder().embed_tokens(texts)

    def story(self, story_id: str, *, library: str | None = None) -> StoredStory:
        """The live story whose id is, or alone begins with, `story_id`. Raises UnknownStoryError."""
        return self._stores.catalog.story(story_id, library)

    def remove(self, story_id: str, *, library: str | None = None) -> str:
        """Remove a story with all that was derived from it; returns its title. `story_id` may be a unique beginning.

        Looks in all libraries when `library` is None. Raises UnknownStoryError.
        """
        with self._writers.turn():
            story = self._stores.catalog.story(story_id, library)
            publisher.remove(self._stores, self._stores.catalog.make_library(story.library), story.story_id)
        return story.title

    def rebuild(self, *, library: str | None = None, on_progress: Progress | None = None) -> dict[str, int]:
        """Make both indexes anew from the catalog, with today's model; returns the number of passages by library.

        Questions are answered from the present indexes meanwhile. Only what this model never embedded is embedded.
        """
        tell = self._telling(on_progress)
        if self._stores.vectors.damage is not None:
            mending.start_anew(self._stores, turn=self._writers.turn, alone=self._alone, tell=tell)
        counts = {}
        for each in self._libraries():
            if library in (None, each.name):
                with self._alone(each.name), self._stores.vectors.waiting(on_wait=partial(tell, WAITING_FOR_SERVER)):
                    counts[each.name] = rebuilding.rebuild(
                        self._stores, each.name, turn=self._writers.turn, on_progress=tell
                    )
        return counts

    def check(self, *, fix: bool = False, on_progress: Progress | None = None) -> list[LibraryHealth]:
        """How the data folder (first) and each library are: indexes compared with the catalog, passages looked up.

        With `fix` everything is mended that can be, and what is told is how it is then. Nothing is embedded but what
        the catalog keeps no vector of. Raises StorageError, ModelError.
        """
        tell = self._telling(on_progress)
        turn = self._writers.turn
        return mending.check(self._stores, fix=fix, home=self._home, turn=turn, alone=self._alone, tell=tell)

    def _telling(self, on_progress: Progress | None) -> Progress:
        """Progress for `on_progress` that those who wait for the data folder see too."""

        def tell(what: str, done: int, total: int) -> None:
            progressed(self._home)
            if on_progress is not None:
                on_progress(what, done, total)

        return tell

    @contextmanager
    def _alone(self, library: str) -> Iterator[None]:
        """Nobody else makes the indexes of this library anew; while it takes no stories, none are published to it."""
        with self._writers.rebuilding(library):
            outdated = self._stores.is_outdated(self._stores.catalog.make_library(library))
            with self._writers.changing_model(library) if outdated else nullcontext():
                yield

    def _libraries(self) -> list[Library]:
        found = [self._stores.catalog.library(name) for name in self._stores.catalog.libraries()]
        return [library for library in found if library is not None]

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


def check_library_name(name: str) -> None:
    """Raise LibraryNameError when stories cannot be added to a library of that name."""
    if not re.fullmatch(LIBRARY_NAME, name):
        raise LibraryNameError(
            f"{name!r} cannot name a library; use small letters, digits and hyphens, 63 characters at most."
        )
    if name == SAMPLES:
        raise LibraryNameError("The library samples holds the bundled stories; add yours to another library.")


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Progress that nobody asked for."""
