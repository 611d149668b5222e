"""Files and exports on their way into libraries: read, embedded and published batch by batch."""

from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import groupby
from pathlib import Path

from index.errors import OutdatedIndexError
from index.moving.importing import ExportHeader, Imported, ImportedLibrary, ImportedStory, read_export
from index.publishing import publisher
from index.publishing.batches import Batch, batches
from index.publishing.preparing import Prepared, prepare
from index.publishing.stores import Progress, Stores
from index.publishing.writers import Writers
from index.reading import ReadFailure, discover, read_document, read_file
from index.stories import AddResult, Document, Story
from index.storing import Library

WAITING_FOR_SERVER = "seconds waited for the vector server"
_STORED = "stories stored"


class Adding:
    """Adds to the stores of an engine; `after_batch` is called after each batch that is safely stored.

    What its methods yield is stored by then. They raise OutdatedIndexError, StorageError and ModelError.
    """

    def __init__(self, stores: Stores, writers: Writers, *, after_batch: Callable[[], None]) -> None:
        self._stores = stores
        self._writers = writers
        self._after_batch = after_batch

    def add(self, paths: Sequence[Path], library: str, *, tell: Progress) -> Iterator[AddResult]:
        """Store the stories of files and folders; one result per story or failure, in the files' order."""
        found = discover(paths)

        def read() -> Iterator[Story | AddResult]:
            for done, file in enumerate(found):
                tell("files read", done, len(found))
                for item in [file] if isinstance(file, ReadFailure) else read_file(file):
                    yield _failed(item) if isinstance(item, ReadFailure) else item
            tell("files read", len(found), len(found))

        return self._store(read(), library, tell)

    def add_document(self, document: Document, library: str, *, tell: Progress) -> list[AddResult]:
        """Store the stories of a document that was sent; one result per story or failure, see `read_document`."""
        items = (_failed(item) if isinstance(item, ReadFailure) else item for item in read_document(document))
        return list(self._store(items, library, tell))

    def import_export(self, path: Path, *, tell: Progress) -> Iterator[AddResult]:
        """Store what an export holds, each story in its library; one result per story or failure."""
        added_at: dict[str, str] = {}
        done = total = 0

        def tell_of_parts(what: str, part_done: int, part_total: int) -> None:
            if what != _STORED:  # of all libraries together it is told below
                tell(what, part_done, part_total)

        for library, items in groupby(read_export(path), key=_library_of):
            if library is not None:
                for result in self._store(_remember_moments(items, added_at), library, tell_of_parts, added_at):
                    done += 1
                    tell(_STORED, done, max(done, total))
                    yield result
                continue
            for item in items:
                if isinstance(item, ExportHeader):
                    total = item.stories + item.duplicates
                elif isinstance(item, ImportedLibrary):
                    self._stores.catalog.make_library(item.name)
                elif isinstance(item, ReadFailure):
                    yield _failed(item)

    def _store(
        self,
        items: Iterator[Story | AddResult],
        library: str,
        tell: Progress,
        added_at: MutableMapping[str, str] | None = None,
    ) -> Iterator[AddResult]:
        """Publish the stories among `items` and yield a result for each item, in order.

        `added_at` has, by identity, when stories were added that come from another catalog; they are taken out of it.

        While a batch is stored, the next one is already embedded: one uses the processor, the other the disk.
        """
        done = 0
        with ThreadPoolExecutor(1, thread_name_prefix="preparing") as thread:
            before: tuple[Batch, Future[Prepared]] | None = None
            for batch in batches(items):
                target = self._stores.catalog.make_library(library) if batch.stories else Library(0, library)
                if target.current is not None and self._stores.is_outdated(target) and target.building is None:
                    raise OutdatedIndexError(publisher.outdated_sentence(target))  # before anything is embedded
                prepared = thread.submit(prepare, self._stores, target, batch.stories, on_progress=tell)
                if before is not None:
                    yield from self._publish(library, *before, added_at, tell)
                    done += len(before[0].items)
                tell(_STORED, done, done + len(batch.items))
                before = batch, prepared
            if before is not None:
                yield from self._publish(library, *before, added_at, tell)
                done += len(before[0].items)
        tell(_STORED, done, done)

    def _publish(
        self,
        library: str,
        batch: Batch,
        prepared: Future[Prepared],
        added_at: MutableMapping[str, str] | None,
        tell: Progress,
    ) -> list[AddResult]:
        """Store a batch when it is prepared, and give all its results in the order of its items."""
        ready = prepared.result()
        published: Iterator[AddResult] = iter(())
        if ready.stories:
            waiting = self._stores.vectors.waiting(on_wait=partial(tell, WAITING_FOR_SERVER))
            with self._writers.changing_model(library), self._writers.turn(), waiting:
                target = self._stores.catalog.make_library(library)
                moments = {
                    story.identity: added_at.pop(story.identity)
                    for story in ready.stories
                    if added_at and story.identity in added_at
                }
                published = iter(publisher.publish(self._stores, target, ready, added_at=moments))
            self._after_batch()
        return [next(published) if isinstance(item, Story) else item for item in batch.items]


def _failed(item: ReadFailure) -> AddResult:
    return AddResult(item.source, "failed", error=item.error)


def _library_of(item: Imported) -> str | None:
    """Which library an item of an export is a story for, None when it is none."""
    return item.library if isinstance(item, ImportedStory) else None


def _remember_moments(items: Iterable[Imported], added_at: MutableMapping[str, str]) -> Iterator[Story]:
    """The stories among `items`; when they were added goes into `added_at`, by identity."""
    for item in items:
        if isinstance(item, ImportedStory):
            if item.added_at is not None:
                added_at[item.story.identity] = item.added_at
            yield item.story
