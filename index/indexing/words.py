"""The word index: one tantivy index per generation of a library, ranked by BM25."""

import json
import shutil
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import tantivy

from index.errors import StorageError
from index.storing.passages import IndexedPassage
from index.storing.sqlite import disk_error

_HEAP_BYTES = 30_000_000
_MOST_OPEN = 32
"""Each open index has a thread that looks for changes; opening one takes less than a millisecond."""
_PAGE = 1_000
_ANALYZER = "storydesk_english"
_TITLE_BOOST = 0.5
"""A title stands in front of each of a story's passages, so a match in it says less about one of them."""


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("passage_id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("title", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_integer_field("day", indexed=True, fast=True)
    return builder.build()


def _analyzer() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(60))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


class Words:
    """The word indexes of one data folder, a folder a generation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._schema = _schema()
        self._analyzer = _analyzer()
        self._opening = threading.Lock()
        self._writing = threading.Lock()
        self._indexes: OrderedDict[int, tantivy.Index] = OrderedDict()  # the one used last at the end
        self._tidy: set[int] = set()  # indexes whose last change was not cut off

    def close(self) -> None:
        """Forget the open indexes; each change was already committed."""
        with self._opening:
            self._indexes.clear()
            self._tidy.clear()

    def write(
        self,
        generation_id: int,
        passages: Iterable[IndexedPassage],
        *,
        replace: bool = True,
        on_handed_over: Callable[[], None] | None = None,
    ) -> None:
        """Index the passages and commit once. `replace` first removes what has their ids; needless when all are new.

        `on_handed_over` is called when nothing is left to do but to wait for tantivy.
        """
        with self._changing(generation_id) as writer:
            for passage in passages:
                if replace:
                    writer.delete_documents_by_term("passage_id", passage.passage_id)
                document = tantivy.Document()
                document.add_text("passage_id", passage.passage_id)
                document.add_text("title", passage.title)
                document.add_text("text", passage.text)
                document.add_integer("day", passage.published_day)
                writer.add_document(document)
            if on_handed_over is not None:
                on_handed_over()

    def delete(self, generation_id: int, ids: Sequence[str]) -> None:
        """Remove these passages and commit once; an id that is not there is ignored."""
        if not ids:
            return
        with self._changing(generation_id) as writer:
            for passage_id in ids:
                writer.delete_documents_by_term("passage_id", passage_id)

    def search(
        self, generation_id: int, question: str, *, limit: int, since_day: int = 0, only: Sequence[str] | None = None
    ) -> dict[str, float]:
        """The best passages' ids with their BM25 scores, at most `limit`, of those with the ids `only` if given.

        Nothing in `question` is query syntax.
        """
        terms = list(dict.fromkeys(self._analyzer.analyze(question)))
        if not terms:
            return {}
        should = []
        for term in terms:
            in_text = tantivy.Query.term_query(self._schema, "text", term, "freq")
            in_title = tantivy.Query.term_query(self._schema, "title", term, "freq")
            should.append((tantivy.Occur.Should, in_text))
            should.append((tantivy.Occur.Should, tantivy.Query.boost_query(in_title, _TITLE_BOOST)))
        query = tantivy.Query.boolean_query(should)
        if since_day:
            recent = tantivy.Query.range_query(
                self._schema, "day", tantivy.FieldType.Integer, since_day, 1 << 40, True, True
            )
            query = _also(query, recent)
        if only is not None:
            query = _also(query, tantivy.Query.term_set_query(self._schema, "passage_id", list(only)))
        with _tantivy_errors(self._path):
            searcher = self._index(generation_id).searcher()
        hits = searcher.search(query, limit, count=False).hits
        return {searcher.doc(address)["passage_id"][0]: float(score) for score, address in hits}

    def count(self, generation_id: int) -> int:
        """How many passages the index holds."""
        with _tantivy_errors(self._path):
            return int(self._index(generation_id).searcher().num_docs)

    def count_all(self) -> int:
        """How many passages the indexes of all generations hold, read from what tantivy wrote of them: none is opened.

        One that is made or removed meanwhile may be left out.
        """
        with _tantivy_errors(self._path):
            return sum(_count_of(path) for path in self._path.glob("*/meta.json"))

    def present(self, generation_id: int, ids: Sequence[str]) -> Counter[str]:
        """How many entries the index has for each of these passages."""
        found: Counter[str] = Counter()
        with _tantivy_errors(self._path):
            searcher = self._index(generation_id).searcher()
            for first in range(0, len(ids), _PAGE):
                wanted = list(ids[first : first + _PAGE])
                query = tantivy.Query.term_set_query(self._schema, "passage_id", wanted)
                found.update(self._ids(searcher, query, limit=2 * len(wanted)))  # one may be there twice
        return found

    def page(self, generation_id: int, *, offset: int, limit: int) -> list[str]:
        """The passages' ids in the index's own order, at most `limit`, without the first `offset`."""
        with _tantivy_errors(self._path):
            searcher = self._index(generation_id).searcher()
            return self._ids(searcher, tantivy.Query.all_query(), limit=limit, offset=offset)

    @staticmethod
    def _ids(searcher: tantivy.Searcher, query: tantivy.Query, *, limit: int, offset: int = 0) -> list[str]:
        hits = searcher.search(query, limit, count=False, offset=offset).hits
        return [searcher.doc(address)["passage_id"][0] for _, address in hits]

    def drop(self, generation_id: int) -> None:
        """Remove the index of a generation; harmless when there is none."""
        with self._writing, self._opening:
            self._indexes.pop(generation_id, None)
            self._tidy.discard(generation_id)
            shutil.rmtree(self._folder(generation_id), ignore_errors=True)

    def generations(self) -> set[int]:
        """Ids of the generations that have an index."""
        with _tantivy_errors(self._path):
            return {int(path.name) for path in self._path.glob("*") if path.name.isdigit()}

    @contextmanager
    def _changing(self, generation_id: int) -> Iterator[tantivy.IndexWriter]:
        """All that is done with the writer is committed at the end, or nothing of it; questions go on meanwhile."""
        with self._writing, _tantivy_errors(self._path):
            index = self._index(generation_id)
            writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            try:
                if generation_id not in self._tidy:  # what a change that was cut off left has the next one's names
                    writer.garbage_collect_files()
                self._tidy.discard(generation_id)
                yield writer
                writer.commit()
                self._tidy.add(generation_id)
            finally:
                writer.wait_merging_threads()  # lets go of the index's lock, after a failure as well
            index.reload()
            with self._opening:  # it may have been closed and opened again meanwhile
                if (opened := self._indexes.get(generation_id)) is not None and opened is not index:
                    opened.reload()

    def _folder(self, generation_id: int) -> Path:
        return self._path / str(generation_id)

    def _index(self, generation_id: int) -> tantivy.Index:
        with self._opening:
            if generation_id not in self._indexes:
                folder = self._folder(generation_id)
                folder.mkdir(parents=True, exist_ok=True)
                index = tantivy.Index(self._schema, path=str(folder))
                index.register_tokenizer(_ANALYZER, self._analyzer)
                self._indexes[generation_id] = index
            self._indexes.move_to_end(generation_id)
            while len(self._indexes) > _MOST_OPEN:
                self._indexes.popitem(last=False)  # whoever searches it still has it
            return self._indexes[generation_id]


def _count_of(meta: Path) -> int:
    """How many documents the index has whose description is in the file `meta`."""
    try:
        described = json.loads(meta.read_bytes())
    except FileNotFoundError:  # removed since it was listed
        return 0
    return sum(each["max_doc"] - (each["deletes"] or {}).get("num_deleted_docs", 0) for each in described["segments"])


def _also(query: tantivy.Query, condition: tantivy.Query) -> tantivy.Query:
    """What `query` finds, with its scores, as far as it meets `condition`."""
    condition = tantivy.Query.const_score_query(condition, 0.0)
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, condition)])


class _tantivy_errors:  # noqa: N801 - reads as a function where it is used
    """Turn tantivy's ValueError and the disk's OSError into a StorageError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        # What a damaged file makes of tantivy's own code is no Exception even.
        panic = type(error).__name__ == "PanicException"
        if error is not None and (isinstance(error, ValueError | OSError) or panic):
            if (of_disk := disk_error(error, self._path, name="word index")) is not None:
                raise of_disk from error
            words = " ".join(str(error).split())
            raise StorageError(
                f"The word index in {self._path} cannot be used ({words}); run `storydesk doctor --fix`."
            ) from error
