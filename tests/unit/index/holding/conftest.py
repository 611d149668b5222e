"""A holder and those who speak to it, in threads of this process, with an engine that says what a test wants."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from filelock import BaseFileLock

from index.errors import HomeBusyError, UnknownStoryError
from index.holding.address import addresses
from index.holding.lock import take
from index.holding.remote import RemoteEngine
from index.holding.serving import Limits, serve
from index.holding.working import Workers
from index.stories import AddResult, Answer, Finding, LibraryHealth, Trouble
from index.storing import Catalog

FINDING = Finding("a", "T", None, None, None, None, "a-0", 0, 4, "Text", 0.5, None, 1.0)


@dataclass
class FakeEngine:
    """Stores the stories of a list once each; remembers its calls; stops where a test wants it to."""

    home: Path
    catalog: Catalog
    lock: BaseFileLock
    stored: list[str] = field(default_factory=list)
    stories: list[str] = field(default_factory=lambda: ["a", "b", "c"])
    calls: list[tuple[str, Any]] = field(default_factory=list)
    conversations: list[tuple[Answer, ...]] = field(default_factory=list)
    before_story: Callable[[str], None] = lambda story: None
    before_answer: Callable[[str], None] = lambda question: None
    titles: dict[str, str] = field(default_factory=dict)

    def add(self, paths: Sequence[Path], *, library: str = "public", on_progress: Any = None) -> Iterator[AddResult]:
        self.calls.append(("add", (tuple(map(str, paths)), library)))
        for path in paths:
            for done, story in enumerate(self.stories):
                on_progress("stories stored", done, len(self.stories))
                self.before_story(story)
                source = f"{path}/{story}"
                if story == "bad":
                    yield AddResult(source, "failed", error="It is bad.")
                    continue
                status: Any = "unchanged" if source in self.stored else "added"
                if status == "added":
                    self.stored.append(source)
                yield AddResult(source, status, f"id-{story}", story.upper())

    def import_stories(self, path: Path, *, on_progress: Any = None) -> Iterator[AddResult]:
        self.calls.append(("import", str(path)))
        yield AddResult(f"{path}#1", "added", "id", "T")

    def rebuild(self, *, library: str | None = None, on_progress: Any = None) -> dict[str, int]:
        self.calls.append(("rebuild", library))
        for done in range(3):
            self.before_story(str(done))
            on_progress("passages indexed", done, 3)
        return {"public": 3}

    def check(self, *, fix: bool = False, on_progress: Any = None) -> Sequence[Any]:
        self.calls.append(("check", fix))
        on_progress("libraries checked", 1, 1)
        return [LibraryHealth("public", 3, 3, 2, 3, (Trouble("counts", "words", "One is missing.", mended=fix),))]

    def add_samples(self) -> bool:
        return True

    def ask(
        self,
        question: str,
        *,
        library: str = "public",
        now: datetime | None = None,
        since: date | None = None,
        conversation: Sequence[Answer] = (),
    ) -> Answer:
        self.calls.append(("ask", (question, library, now, since)))
        self.conversations.append(tuple(conversation))
        self.before_answer(question)
        return Answer(question, False, "nothing_found", "No.", 0.0, elapsed_ms={"total": 1.0}, note="Only words.")

    def find(self, question: str, *, on_note: Any = None, **options: Any) -> list[Finding]:
        self.calls.append(("find", (question, options)))
        on_note("Only words.")
        return [FINDING] * options["limit"]

    def remove(self, story_id: str, *, library: str | None = None) -> str:
        if story_id not in self.titles:
            raise UnknownStoryError(f"There is no story {story_id!r}.")
        return self.titles.pop(story_id)

    def close(self) -> None:
        self.catalog.close()
        self.lock.release()


@dataclass
class House:
    """A data folder, who holds it and who wants to."""

    home: Path
    opened: list[FakeEngine] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    prepare: Callable[[FakeEngine], None] = lambda engine: None

    def open(self, lock: BaseFileLock | None = None) -> FakeEngine:
        """What `Engine.open` is to the real one; stories that were stored stay from one to the next."""
        lock = lock or take(self.home)
        if lock is None:
            raise HomeBusyError("Somebody has it.")
        engine = FakeEngine(self.home, Catalog.open(self.home), lock, self.stored)
        self.prepare(engine)
        self.opened.append(engine)
        return engine

    @contextmanager
    def served(
        self, *, lock: BaseFileLock | None = None, limits: Limits | None = None, **working: Any
    ) -> Iterator[FakeEngine]:
        """A holder that serves, until the block is left."""
        engine = self.open(lock)
        try:
            workers = Workers(engine, engine.catalog, **({"retry_after": (0.0,)} | working))
            with serve(engine, home=self.home, limits=limits, workers=workers):
                yield engine
        finally:
            engine.close()

    def remote(self, *, wait_seconds: float = 30.0) -> RemoteEngine:
        """The engine as another process has it."""
        return RemoteEngine(self.home, wait_seconds=wait_seconds, open_engine=self.open)  # type: ignore[arg-type]

    def dial(self) -> socket.socket:
        """A bare connection to the socket."""
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.settimeout(30)
        stream.connect(str(next(path for path in addresses(self.home) if path.exists())))
        return stream


@pytest.fixture
def house(home: Path) -> House:
    return House(home)


class InThread:
    """Runs something in a thread, and gives back what it returned or raised."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._value: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self._value = work()
        except BaseException as error:  # noqa: BLE001 - handed on
            self._error = error

    def result(self) -> Any:
        self._thread.join(60)
        assert not self._thread.is_alive(), "it goes on and on"
        if self._error is not None:
            raise self._error
        return self._value


@pytest.fixture
def in_thread() -> Callable[[Callable[[], Any]], InThread]:
    return InThread


class Gate:
    """Where an engine stops until a test lets it go on."""

    def __init__(self, at: str) -> None:
        self._at = at
        self._reached = threading.Event()
        self._open = threading.Event()

    def __call__(self, story: str) -> None:
        if story == self._at:
            self._reached.set()
            assert self._open.wait(60)

    def wait_until_reached(self) -> None:
        assert self._reached.wait(60)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def gate() -> Iterator[Callable[[str], Gate]]:
    """Makes gates, which are open when the test is over."""
    with ExitStack() as made:

        def make(at: str) -> Gate:
            gate = Gate(at)
            made.callback(gate.open)
            return gate

        yield make
