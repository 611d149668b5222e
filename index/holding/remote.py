"""The engine of another process, reached through its socket; when that process ends, its work is taken over here."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from filelock import BaseFileLock
from pydantic import TypeAdapter

from index.conversations import QUESTION_CHARACTERS, remembered
from index.errors import HolderError, JobError, UnknownStoryError
from index.holding.joining import lock_or_connection, opened
from index.holding.paths import as_given, parts
from index.holding.performing import Tell, do_here, perform, recover
from index.holding.protocol import (
    LONGEST_MESSAGE,
    REPLIES,
    Accepted,
    Add,
    AddSamples,
    Ask,
    Check,
    Connection,
    ConnectionLostError,
    Done,
    Failed,
    Find,
    Import,
    JobOver,
    JobRequest,
    MalformedMessageError,
    Missed,
    Note,
    Progress,
    Rebuild,
    Remove,
    Request,
    Result,
    Value,
    Watch,
    error_of,
)
from index.holding.results import OnlyNew
from index.stories import AddResult, Answer, Finding, Leg, LibraryHealth, StoredStory
from index.storing import jobs
from index.storing.catalog import Catalog

if TYPE_CHECKING:
    from index.engine import Engine

T = TypeVar("T")
_SHORTEST_SILENCE = 15.0
_MOST_LOSSES = 5
_LONGEST_QUESTION = LONGEST_MESSAGE // 16
"""Characters; the engine refuses far shorter ones as too long."""


class RemoteEngine:
    """What `Engine` does, done by the process that holds the data folder. `join` makes one; close it.

    When that process ends, whatever was asked for is asked of its successor, or done here if the folder is free:
    jobs go on, questions are asked again, and nobody is told. All methods block; they may be called from several
    threads at once. Besides what `Engine` raises they raise HomeBusyError, HolderError and JobError.
    """

    def __init__(
        self,
        home: Path,
        *,
        wait_seconds: float,
        open_engine: "Callable[[BaseFileLock], Engine]",
        on_wait: Callable[[str], None] | None = None,
    ) -> None:
        self._home = home
        self._wait_seconds = wait_seconds
        self._silence = max(wait_seconds, _SHORTEST_SILENCE)
        self._open_engine = open_engine
        self._on_wait = on_wait
        self._engine: Engine | None = None
        self._joining = threading.Lock()
        self._doing: Generator[AddResult, None, Any] | None = None
        self.waiting_for: int | None = None
        """The id of the job that was accepted elsewhere and is being waited for."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the data folder if it was taken over. Jobs that were accepted elsewhere go on."""
        if self._engine is not None:
            if self._doing is not None:
                self._doing.close()  # its job is cancelled while the folder is still held
            self._engine.close()

    def load_model(self) -> None:
        """Nothing to do: the other process has it, or loads it when it is needed."""

    def add(
        self, paths: Sequence[Path], *, library: str = "public", on_progress: Tell | None = None
    ) -> Iterator[AddResult]:
        """As `Engine.add`, as a job of the other process; results show the paths as they are given here."""
        given = [(str(path.absolute()), path) for path in paths]
        for part in parts([absolute for absolute, _ in given]):
            for result in self._job(Add(part, library, _token()), on_progress):
                yield replace(result, source=as_given(result.source, given))

    def import_stories(self, path: Path, *, on_progress: Tell | None = None) -> Iterator[AddResult]:
        """As `Engine.import_stories`, as a job of the other process."""
        given = [(str(path.absolute()), path)]
        for result in self._job(Import(str(path.absolute()), _token()), on_progress):
            yield replace(result, source=as_given(result.source, given))

    def rebuild(self, *, library: str | None = None, on_progress: Tell | None = None) -> dict[str, int]:
        """As `Engine.rebuild`, as a job of the other process."""
        value = _last(self._job(Rebuild(library, _token()), on_progress))
        return TypeAdapter(dict[str, int]).validate_python(value)

    def check(self, *, fix: bool = False, on_progress: Tell | None = None) -> list[LibraryHealth]:
        """As `Engine.check`; to `fix` is a job of the other process."""
        request = Check(fix, _token())
        if fix:
            found = _last(self._job(request, on_progress))
            return TypeAdapter(list[LibraryHealth]).validate_python(found)
        return self._direct(
            request,
            here=lambda engine: engine.check(on_progress=on_progress),
            read=TypeAdapter(list[LibraryHealth]).validate_python,
            on_progress=on_progress,
        )

    def add_samples(self) -> bool:
        """As `Engine.add_samples`."""
        return self._direct(
            AddSamples(), here=lambda engine: engine.add_samples(), read=lambda values: bool(_only(values))
        )

    def ask(
        self,
        question: str,
        *,
        library: str = "public",
        now: datetime | None = None,
        since: date | None = None,
        conversation: Sequence[Answer] = (),
    ) -> Answer:
        """As `Engine.ask`."""
        # With a question that is refused as too long the conversation might not fit into a message.
        before = remembered(conversation) if len(question) < QUESTION_CHARACTERS else ()
        answer = self._direct(
            Ask(question[:_LONGEST_QUESTION], library, now, since, before),
            here=lambda engine: engine.ask(question, library=library, now=now, since=since, conversation=before),
            read=lambda values: TypeAdapter(Answer).validate_python(_only(values)),
        )
        return replace(answer, question=question) if len(question) > _LONGEST_QUESTION else answer

    def find(
        self,
        question: str,
        *,
        library: str = "public",
        leg: Leg = "both",
        limit: int = 10,
        now: datetime | None = None,
        since: date | None = None,
        on_note: Callable[[str], None] | None = None,
    ) -> list[Finding]:
        """As `Engine.find`."""
        return self._direct(
            Find(question[:_LONGEST_QUESTION], library, leg, limit, now, since),
            here=lambda engine: engine.find(
                question, library=library, leg=leg, limit=limit, now=now, since=since, on_note=on_note
            ),
            read=TypeAdapter(list[Finding]).validate_python,
            on_note=on_note,
        )

    def story(self, story_id: str, *, library: str | None = None) -> StoredStory:
        """As `Engine.story`; read from the catalog, which needs no lock."""
        catalog = Catalog.open_read_only(self._home)
        if catalog is None:
            raise UnknownStoryError(f"There is no story {story_id!r}; `storydesk add` adds some.")
        with catalog:
            return catalog.story(story_id, library)

    def remove(self, story_id: str, *, library: str | None = None) -> str:
        """As `Engine.remove`."""
        story = self.story(story_id, library=library)
        sent = 0

        def send() -> Request:
            nonlocal sent
            sent += 1
            return Remove(story.story_id, story.library)

        try:
            return self._direct(
                send,
                here=lambda engine: engine.remove(story.story_id, library=story.library),
                read=lambda values: str(_only(values)),
            )
        except UnknownStoryError:
            if sent < 1 or (sent == 1 and self._engine is None):
                raise
            return story.title  # it was removed just before the connection was lost

    def _reach(self) -> "Engine | Connection":
        """A connection to the process that serves the folder, or the engine once the folder was taken over."""
        with self._joining:
            if self._engine is None:
                found = lock_or_connection(self._home, wait_seconds=self._wait_seconds, on_wait=self._on_wait)
                if isinstance(found, Connection):
                    return found
                self._engine = opened(found, self._open_engine)
            return self._engine

    def _receive(self, connection: Connection) -> Any:
        try:
            return connection.receive(REPLIES, seconds=self._silence)
        except MalformedMessageError as error:
            raise HolderError(f"The process that holds the data folder sent what is no message ({error})") from error

    def _direct(
        self,
        request: Request | Callable[[], Request],
        *,
        here: "Callable[[Engine], T]",
        read: Callable[[list[Any]], T],
        on_progress: Tell | None = None,
        on_note: Callable[[str], None] | None = None,
    ) -> T:
        """Ask until there is an answer, of whoever holds the folder by then."""
        losses = _Losses()
        while True:
            reached = self._reach()
            if not isinstance(reached, Connection):
                return here(reached)
            values = []
            try:
                with reached:
                    reached.send(request() if callable(request) else request)
                    while not isinstance(reply := self._receive(reached), Done):
                        losses.forget()
                        match reply:
                            case Value():
                                values.append(reply.value)
                            case Failed():
                                raise error_of(reply.kind, reply.error)
                            case Progress() if on_progress is not None:
                                on_progress(reply.what, reply.done, reply.total)
                            case Note() if on_note is not None:
                                on_note(reply.text)
                return read(values)
            except ConnectionLostError:
                losses.count()

    def _job(self, request: JobRequest, on_progress: Tell | None) -> Generator[AddResult, None, Any]:
        """Have a job done by whoever holds the folder: yields each result once, returns what else the engine gives."""
        tell = on_progress or _tell_nobody
        losses = _Losses()
        shown: Counter[str] = Counter()
        job_id: int | None = None
        again = True
        while True:
            reached = self._reach()
            if not isinstance(reached, Connection):
                self.waiting_for = None
                return (yield from self._job_here(reached, request, job_id, shown, tell))
            results = OnlyNew(shown)
            missed = False
            over: JobOver | None = None
            try:
                with reached:
                    reached.send(request if job_id is None else Watch(job_id))
                    while over is None:
                        reply = self._receive(reached)
                        losses.forget()
                        match reply:
                            case Accepted():
                                self.waiting_for = job_id = reply.job_id
                            case Result():
                                if results.is_new(reply.result):
                                    yield reply.result
                            case Progress():
                                tell(reply.what, reply.done, reply.total)
                            case Missed():
                                missed = True
                            case JobOver():
                                over = reply
                            case Failed():
                                raise error_of(reply.kind, reply.error)
            except ConnectionLostError:
                losses.count()
                continue
            self.waiting_for = None
            if over.state == "done" and missed and again and isinstance(request, Add | Import):
                # Doing it once more changes nothing, and tells what became of every story.
                request, job_id, again = replace(request, token=_token()), None, False
                continue
            return _value_of(over.state, over.value, over.kind, over.error, job_id)

    def _job_here(
        self, engine: "Engine", request: JobRequest, job_id: int | None, shown: Counter[str], tell: Tell
    ) -> Generator[AddResult, None, Any]:
        """The same in this process, which has the folder now: the job is in the catalog if it was accepted."""
        results = OnlyNew(shown)
        now = datetime.now(UTC)
        job = jobs.by_token(engine.catalog, request.token) if job_id is None else jobs.job(engine.catalog, job_id)
        work: Generator[AddResult, None, Any] | None = None
        if job is not None:
            recover(engine.catalog, now=now)
            job = jobs.job(engine.catalog, job.id)
            if job.state == "waiting":
                claimed = jobs.claim(engine.catalog, now=now, job_id=job.id)
                assert claimed is not None, "nobody else can claim it: this process holds the folder"
                work = do_here(engine, engine.catalog, claimed, on_progress=tell, when_stopped="cancelled")
            elif job.state != "done" or not isinstance(request, Add | Import):
                return _value_of(job.state, (job.outcome or {}).get("value"), "JobError", job.error, job.id)
        if work is None:
            work = perform(engine, request, on_progress=tell)
        self._doing = work
        return (yield from results.only_new(work))


class _Losses:
    """How often the connection was lost since anything was heard."""

    def __init__(self) -> None:
        self._number = 0

    def forget(self) -> None:
        self._number = 0

    def count(self) -> None:
        self._number += 1
        if self._number >= _MOST_LOSSES:
            raise HolderError(
                f"The process that holds the data folder ended {self._number} times when it was asked for this; "
                "its log may say why."
            )


def _value_of(state: str, value: Any, kind: str | None, error: str | None, job_id: int | None) -> Any:
    if state == "done":
        return value
    if state == "cancelled":
        raise JobError(f"Job {job_id} was cancelled; what it had stored before stays.")
    raise error_of(kind, error)


def _only(values: list[Any]) -> Any:
    if len(values) != 1:
        raise HolderError("The process that holds the data folder did not answer as expected; start it again.")
    return values[0]


def _last(work: Generator[AddResult, None, Any]) -> Any:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def _token() -> str:
    return uuid.uuid4().hex


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Progress that nobody asked for."""
