"""A data folder made of lists, and `storydesk` run in this process against it."""

import io
import json
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli import context, main
from bot.settings import known_names
from index.errors import UnknownStoryError
from index.settings import IndexSettings
from index.stories import AddResult, Answer, Finding, Leg, LibraryHealth, StoredStory, StorySummary

REFUSAL = Answer(question="", answered=False, reason="nothing_found", text="The stories do not say.", confidence=0.0)


@dataclass
class FakeEngine:
    """Gives back what a test put in, remembers how it was called, and raises what it finds in the place of a value."""

    results: list[AddResult | BaseException] = field(default_factory=list)
    answer: Answer | BaseException = REFUSAL
    findings: list[Finding] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    passages: dict[str, int] = field(default_factory=dict)
    healths: list[LibraryHealth] | BaseException = field(default_factory=list)
    samples: bool = False
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    conversations: list[list[Answer]] = field(default_factory=list)
    closed: bool = False
    served: bool = False

    def __enter__(self) -> "FakeEngine":
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def load_model(self) -> None:
        self.calls.append(("load_model", {}))

    def add(
        self,
        paths: Sequence[Path],
        *,
        library: str = "public",
        on_progress: Callable[[str, int, int], None] | None = None,
    ) -> Iterator[AddResult]:
        self.calls.append(("add", {"paths": list(paths), "library": library}))
        for done, result in enumerate(self.results, start=1):
            if on_progress is not None:
                on_progress("reading", done, len(self.results))
            yield given(result)

    def add_samples(self) -> bool:
        self.calls.append(("add_samples", {}))
        return self.samples

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
        options = {"question": question, "library": library, "now": now, "since": since}
        self.calls.append(("ask", options))
        self.conversations.append(list(conversation))
        return given(self.answer)

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
        if on_note is not None:
            for note in self.notes:
                on_note(note)
        options = {"question": question, "library": library, "leg": leg, "limit": limit, "now": now, "since": since}
        self.calls.append(("find", options))
        return self.findings

    def remove(self, story_id: str, *, library: str | None = None) -> str:
        self.calls.append(("remove", {"story_id": story_id, "library": library}))
        if story_id not in self.titles:
            raise UnknownStoryError(f"There is no story {story_id!r}.")
        return self.titles.pop(story_id)

    def rebuild(
        self, *, library: str | None = None, on_progress: Callable[[str, int, int], None] | None = None
    ) -> dict[str, int]:
        self.calls.append(("rebuild", {"library": library}))
        return self.passages

    def check(
        self, *, fix: bool = False, on_progress: Callable[[str, int, int], None] | None = None
    ) -> list[LibraryHealth]:
        self.calls.append(("check", {"fix": fix}))
        if on_progress is not None:
            on_progress("passages compared", 1, 1)
        return given(self.healths)

    def called(self, name: str) -> list[dict[str, Any]]:
        return [options for called, options in self.calls if called == name]


def given(value: Any) -> Any:
    if isinstance(value, BaseException):
        raise value
    return value


@dataclass
class FakeCatalog:
    stories: list[StoredStory] = field(default_factory=list)
    closed: bool = False

    def __enter__(self) -> "FakeCatalog":
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def libraries(self) -> list[str]:
        return sorted({story.library for story in self.stories})

    def count_stories(self, library: str | None = None) -> int:
        return sum(library in (None, story.library) for story in self.stories)

    def summaries(self, library: str | None = None) -> Iterator[StorySummary]:
        for story in self.stories:
            if library in (None, story.library):
                fields = {name: value for name, value in asdict(story).items() if name != "text"}
                yield StorySummary(**fields | {"authors": story.authors})

    def story(self, story_id: str, library: str | None = None) -> StoredStory:
        for story in self.stories:
            if story.story_id.startswith(story_id) and library in (None, story.library):
                return story
        raise UnknownStoryError(f"There is no story {story_id!r}.")


@dataclass
class Run:
    """What a run of `storydesk` left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """What a command sets up writes to this test's streams, which are closed for the tests that follow."""
    root = logging.getLogger()
    before = (root.level, *root.handlers)
    yield
    for handler in [each for each in root.handlers if type(each) is logging.StreamHandler and each not in before]:
        root.removeHandler(handler)
    root.setLevel(before[0])
    logging.captureWarnings(False)
    for package in ("bot", "index"):
        logging.getLogger(package).setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in known_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STORYDESK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The engine that commands get; opening it is among its calls."""
    engine = FakeEngine()

    def open_engine(settings: IndexSettings, *, wait: bool = True) -> FakeEngine:
        engine.calls.append(("open", {"settings": settings, "wait": wait}))
        return engine

    @contextmanager
    def serving(served: FakeEngine, settings: IndexSettings) -> Iterator[None]:
        served.served = True
        yield

    @contextmanager
    def hold_engine(settings: IndexSettings) -> Iterator[FakeEngine]:
        with open_engine(settings), serving(engine, settings):
            yield engine

    monkeypatch.setattr(context, "open_engine", open_engine)
    monkeypatch.setattr(context, "hold_engine", hold_engine)
    monkeypatch.setattr(context, "serving", serving)
    return engine


@pytest.fixture
def catalog(monkeypatch: pytest.MonkeyPatch) -> FakeCatalog:
    """The catalog that commands get."""
    catalog = FakeCatalog()
    monkeypatch.setattr(context, "open_catalog", lambda settings: catalog)
    return catalog


@pytest.fixture
def storydesk(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Run the command line in this process: `storydesk("ask", "What?", stdin="...")`."""

    def run(*arguments: str, stdin: str = "") -> Run:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Run(code, captured.out, captured.err)

    return run
