"""The models that answer: embedder, reader and ranker, each loaded once, when it is first needed."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from index.answering.reader import Reader, load_reader
from index.answering.shipped_reader import load_shipped_reader
from index.finding.embedding import Embedder, SentenceTransformerEmbedder
from index.finding.ranking import Ranker, load_ranker
from index.gathering import GatheringEmbedder, GatheringReader
from index.settings import IndexSettings

_Model = TypeVar("_Model")


def load_chosen_reader(settings: IndexSettings) -> Reader | None:
    """The reader that the settings name, else the shipped one; None to read no passage. Raises ModelError."""
    if settings.read_passages == 0:
        return None
    return load_reader(settings) or load_shipped_reader(settings)


class Models:
    """What an engine answers with. Called from several threads; whoever asks first waits for the loading.

    `of_questions` embeds as `embedder` does, and questions that come at the same time share its calls as they share
    the reader's, see `index.gathering`. Stories on their way in use `embedder`: no question waits for all of theirs.
    """

    def __init__(
        self,
        settings: IndexSettings,
        *,
        load_embedder: Callable[[IndexSettings], Embedder] = SentenceTransformerEmbedder.load,
        load_reader: Callable[[IndexSettings], Reader | None] = load_chosen_reader,
        load_ranker: Callable[[IndexSettings], Ranker | None] = load_ranker,
    ) -> None:
        self.embedder = _Once(lambda: load_embedder(settings))
        self.of_questions = _Once(lambda: GatheringEmbedder(self.embedder()))
        self.reader = _Once(lambda: _gathering(load_reader(settings)))
        self.ranker = _Once(lambda: load_ranker(settings))

    def load(self) -> None:
        """Load all of them now (seconds). Raises ModelError."""
        self.embedder()
        self.reader()
        self.ranker()


def _gathering(reader: Reader | None) -> GatheringReader | None:
    return GatheringReader(reader) if reader is not None else None


class _Once(Generic[_Model]):
    """Makes a value when it is first asked for, once, whichever thread asks first."""

    def __init__(self, make: Callable[[], _Model]) -> None:
        self._make = make
        self._making = threading.Lock()
        self._made: list[_Model] = []

    def __call__(self) -> _Model:
        with self._making:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]
