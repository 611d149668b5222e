"""Calls of a model that come while it works: gathered, and done together when it is free.

Whoever comes to a model that is free is served at once and alone. Everyone who comes meanwhile waits; then the first
of them takes what all want to the model in one call, each text once. What each gets is what it would get alone.
"""

import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from index.answering.reader import Reader, Reading
from index.finding.embedding import Embedder, TextVectors, Turns

_Item = TypeVar("_Item", bound=Hashable)
_Result = TypeVar("_Result")

_TEXTS_AT_ONCE = 32
_TOKEN_TEXTS_AT_ONCE = 512
_PASSAGES_AT_ONCE = 64


@dataclass(eq=False)
class _Call(Generic[_Item, _Result]):
    items: tuple[_Item, ...]
    results: list[_Result] | None = None
    error: Exception | None = None


class Gathering(Generic[_Item, _Result]):
    """Calls `work` for several threads at a time, with at most `most` items unless one thread alone brings more.

    `work` gives a result for each item, the same whatever others it is given with. When it fails for several callers
    together it is called for each of them alone, so that nobody gets another one's error.
    """

    def __init__(self, work: Callable[[Sequence[_Item]], Sequence[_Result]], *, most: int) -> None:
        self._work = work
        self._most = most
        self._turns = Turns()
        self._changing = threading.Lock()
        self._waiting: deque[_Call[_Item, _Result]] = deque()

    def __call__(self, items: Sequence[_Item]) -> list[_Result]:
        """The results for `items`, in their order. Raises what `work` raises."""
        call: _Call[_Item, _Result] = _Call(tuple(items))
        with self._changing:
            self._waiting.append(call)
        try:
            with self._turns:
                if call.results is None and call.error is None:
                    self._serve(self._taken_with(call))
        finally:  # also when Ctrl-C ended the waiting
            with self._changing:
                if call in self._waiting:
                    self._waiting.remove(call)
        if call.error is not None:
            raise call.error
        assert call.results is not None
        return call.results

    def _taken_with(self, first: _Call[_Item, _Result]) -> list[_Call[_Item, _Result]]:
        """`first` and those who wait behind it, in their order, as long as they are not too many."""
        taken, size = [first], len(first.items)
        with self._changing:
            if first in self._waiting:
                self._waiting.remove(first)
            while self._waiting and size + len(self._waiting[0].items) <= self._most:
                taken.append(self._waiting.popleft())
                size += len(taken[-1].items)
        return taken

    def _serve(self, calls: Sequence[_Call[_Item, _Result]]) -> None:
        distinct = list(dict.fromkeys(item for call in calls for item in call.items))
        try:
            results = dict(zip(distinct, self._work(distinct), strict=True))
        except Exception as error:  # noqa: BLE001 - it is raised to whom it belongs
            if len(calls) == 1:
                calls[0].error = error
            else:
                for call in calls:
                    self._serve([call])
            return
        for call in calls:
            call.results = [results[item] for item in call.items]


class GatheringEmbedder:
    """Embeds what several threads want at the same time in one call."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: Gathering[str, NDArray[np.float32]] = Gathering(self._embed_all, most=_TEXTS_AT_ONCE)
        self._tokens: Gathering[str, TextVectors] = Gathering(self._embed_all_tokens, most=_TOKEN_TEXTS_AT_ONCE)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Normalised vectors, float32 of shape (len(texts), dimension), of at least one text."""
        return np.stack(self._vectors(texts))

    def embed_tokens(self, texts: Sequence[str]) -> list[TextVectors]:
        """The vectors of each text and of its tokens."""
        return self._tokens(texts)

    def _embed_all(self, texts: Sequence[str]) -> Sequence[NDArray[np.float32]]:
        return list(self._embedder.embed(texts))

    def _embed_all_tokens(self, texts: Sequence[str]) -> Sequence[TextVectors]:
        return self._embedder.embed_tokens(texts)


@runtime_checkable
class PairReader(Protocol):
    """A reader that reads for several questions in one call."""

    def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
        """A reading of each (question, passage), in their order."""
        ...


class GatheringReader:
    """Reads for several questions in one call; a `reader` that cannot is called once for each question."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._pairs: Gathering[tuple[str, str], Reading] = Gathering(self._read_all, most=_PASSAGES_AT_ONCE)

    @property
    def name(self) -> str:
        return self._reader.name

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """A reading of each passage, in their order."""
        return self._pairs([(question, passage) for passage in passages])

    def _read_all(self, pairs: Sequence[tuple[str, str]]) -> Sequence[Reading]:
        if isinstance(self._reader, PairReader):
            return self._reader.read_pairs(pairs)
        by_question: dict[str, list[str]] = {}
        for question, passage in pairs:
            by_question.setdefault(question, []).append(passage)
        read = {
            (question, passage): reading
            for question, passages in by_question.items()
            for passage, reading in zip(passages, self._reader.read(question, passages), strict=True)
        }
        return [read[pair] for pair in pairs]
