"""The three stores of a data folder together, and what is written to or removed from two of them at once."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index.errors import VectorServerError
from index.indexing.vectors import Vectors
from index.indexing.words import Words
from index.publishing.searches import Searches
from index.shaping import SPLITTER_VERSION, TokenOffsets
from index.storing import generations, versions
from index.storing.catalog import Catalog, Generation, Library
from index.storing.passages import IndexedPassage, kept_vectors

_log = logging.getLogger(__name__)
Embed = Callable[[Sequence[str]], NDArray[np.float32]]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Stores:
    """The three stores of a data folder, and what its passages are made with.

    `model` is the embedding model's fingerprint and `model_files` says where its files are (JSON); `embed` (for
    stories), `embed_questions` and `token_offsets` are its, the first two load it when first used. `embed_as` gives
    the same for a generation's model, None when its files are not to be had any more.
    """

    catalog: Catalog
    vectors: Vectors
    words: Words
    model: str
    model_files: str
    embed: Embed
    embed_questions: Embed
    embed_as: Callable[[Generation], Embed | None]
    token_offsets: TokenOffsets
    searches: Searches = field(default_factory=Searches)

    @property
    def fingerprint(self) -> str:
        """What a library's indexes are made with."""
        return f"{self.model} splitter-{SPLITTER_VERSION}"

    def is_outdated(self, library: Library) -> bool:
        """Whether stories cannot be added to `library` before its indexes are made anew."""
        return library.current is None or library.current.fingerprint != self.fingerprint

    def begin_generation(self, library: Library, *, state: str = "building", instead: bool = False) -> Generation:
        """Begin indexes of `library` with today's model and splitter, `instead` of those that it has."""
        return generations.begin(
            self.catalog,
            library,
            model=self.model,
            model_files=self.model_files,
            splitter=SPLITTER_VERSION,
            state=state,
            instead=instead,
        )

    def write(self, generation: Generation, passages: Sequence[IndexedPassage], *, replace: bool = True) -> None:
        """Write passages, whose vectors are kept, to both indexes; `replace` may be False when none is there."""
        if not passages:
            return
        vectors = kept_vectors(self.catalog, [passage.text_key for passage in passages], model=generation.model)
        handed_over = threading.Event()

        def write_words() -> None:
            try:
                self.words.write(generation.id, passages, replace=replace, on_handed_over=handed_over.set)
            finally:
                handed_over.set()

        # tantivy indexes outside of Python, so it can do that while Chroma keeps Python to itself.
        with ThreadPoolExecutor(1, thread_name_prefix="words") as thread:
            words = thread.submit(write_words)
            handed_over.wait()
            self.vectors.write(
                generation,
                [passage.passage_id for passage in passages],
                np.stack([vectors[passage.text_key] for passage in passages]),
                [passage.published_day for passage in passages],
            )
            words.result()

    def count(self) -> dict[str, int]:
        """How much there is in all libraries together: libraries, stories, passages, searchable, words.

        `searchable` are the passages that both indexes have, as the catalog knows it, `words` what the word indexes
        say themselves. Chroma is not asked: it would open the files of every library. Raises StorageError.
        """
        libraries = [library for name in self.catalog.libraries() if (library := self.catalog.library(name))]
        return {
            "libraries": len(libraries),
            "stories": self.catalog.count_stories(),
            "passages": sum(self.catalog.count_passages(library) for library in libraries),
            "searchable": generations.count_searchable(self.catalog),
            "words": self.words.count_all(),
        }

    def clean_up(self, library: Library) -> None:
        """Remove retired versions from both indexes of each generation, then from the catalog.

        No reader sees them any more, so while a vector server cannot be reached they are left for the next time.
        """
        retired = versions.retired(self.catalog, library)
        if not retired:
            return
        ids = versions.passage_ids(self.catalog, retired)
        with self._later_if_unreachable():
            for generation in (library.current, library.building):
                if generation is not None:
                    self.vectors.delete(generation, ids)
                    self.words.delete(generation.id, ids)
            versions.delete_versions(self.catalog, retired)

    def drop_retired_generations(self, library: Library) -> None:
        """Remove generations that were replaced, or leave them for the next time like `clean_up`."""
        for generation in generations.retired(self.catalog, library):
            self.searches.wait_for_end(generation.id)
            with self._later_if_unreachable():
                self.vectors.drop(generation.id)
                self.words.drop(generation.id)
                generations.forget(self.catalog, generation)

    @contextmanager
    def _later_if_unreachable(self) -> Iterator[None]:
        try:
            with self.vectors.waiting(seconds=0):
                yield
        except VectorServerError as error:
            _log.warning("what is not needed any more stays in the vector index for now: %s", error)
