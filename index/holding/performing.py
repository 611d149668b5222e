"""Doing what a job asks for, in whichever process and thread, and keeping in the catalog how far it is."""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from index.errors import JobError, StorageError, StorydeskError
from index.holding.protocol import (
    JOBS,
    Add,
    Check,
    Import,
    JobRequest,
    MalformedMessageError,
    Rebuild,
    as_json,
    from_fields,
)
from index.holding.results import Outcome
from index.stories import AddResult
from index.storing import jobs
from index.storing.catalog import Catalog
from index.storing.jobs import Job, JobKind

_log = logging.getLogger(__name__)
_KINDS: dict[type[Any], JobKind] = {Add: "add", Import: "import", Rebuild: "rebuild", Check: "check"}
_KEEP_PROGRESS_EVERY = 1.0
Tell = Callable[[str, int, int], None]


class Working(Protocol):
    """What jobs need of an engine."""

    def add(
        self, paths: Sequence[Path], *, library: str = "public", on_progress: Tell | None = None
    ) -> Iterator[AddResult]: ...
    def import_stories(self, path: Path, *, on_progress: Tell | None = None) -> Iterator[AddResult]: ...
    def rebuild(self, *, library: str | None = None, on_progress: Tell | None = None) -> dict[str, int]: ...
    def check(self, *, fix: bool = False, on_progress: Tell | None = None) -> Sequence[Any]: ...


def kind_of(request: JobRequest) -> JobKind:
    """Under which kind a job is kept."""
    return _KINDS[type(request)]


def request_of(job: Job) -> Any:
    """What was asked for when `job` was accepted. Raises JobError when another version of Storydesk wrote it."""
    try:
        return from_fields(JOBS[job.kind], job.arguments)
    except (MalformedMessageError, KeyError):
        raise JobError(f"Job {job.id} was accepted by another version of Storydesk; give it anew.") from None


def perform(engine: Working, request: Any, *, on_progress: Tell) -> Generator[AddResult, None, Any]:
    """Do what a job asks for: yields the results, returns what else the engine gives, as JSON."""
    if isinstance(request, Add):
        yield from engine.add([Path(path) for path in request.paths], library=request.library, on_progress=on_progress)
        return None
    if isinstance(request, Import):
        yield from engine.import_stories(Path(request.path), on_progress=on_progress)
        return None
    if isinstance(request, Rebuild):
        return as_json(engine.rebuild(library=request.library, on_progress=on_progress))
    assert isinstance(request, Check)
    return as_json(list(engine.check(fix=request.fix, on_progress=on_progress)))


class Progressing:
    """Keeps a running job's progress in the catalog, once a second at most. May be called from several threads."""

    def __init__(self, catalog: Catalog, job_id: int, *, clock: Callable[[], datetime]) -> None:
        self._catalog = catalog
        self._job_id = job_id
        self._clock = clock
        self._lock = threading.Lock()
        self._stored = False
        self._next = 0.0

    def stored(self) -> None:
        """The job has changed what is stored since it began."""
        self._stored = True

    def __call__(self, what: str, done: int, total: int) -> None:
        with self._lock:
            if time.monotonic() < self._next:
                return
            self._next = time.monotonic() + _KEEP_PROGRESS_EVERY
        try:
            jobs.note_progress(
                self._catalog,
                self._job_id,
                what=what,
                done=done,
                total=total,
                stored=self._stored,
                now=self._clock(),
            )
        except StorageError as error:  # the job itself will say so when it cannot store either
            _log.warning("the progress of job %d cannot be kept: %s", self._job_id, error)


def do_here(
    engine: Working,
    catalog: Catalog,
    job: Job,
    *,
    on_progress: Tell,
    when_stopped: Literal["cancelled", "waiting"],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Generator[AddResult, None, Any]:
    """Do a claimed job in this thread: yields its results, returns what else the engine gives, as JSON.

    When the generator is closed or interrupted the job is `when_stopped`. Raises what the engine raises; after a
    StorageError the job waits for another attempt, if it has not had too many.
    """
    outcome = Outcome()
    progressing = Progressing(catalog, job.id, clock=clock)

    def tell(what: str, done: int, total: int) -> None:
        progressing(what, done, total)
        on_progress(what, done, total)

    def end(state: Literal["done", "failed", "cancelled"], *, value: Any = None, error: str | None = None) -> None:
        jobs.end(catalog, job.id, state=state, now=clock(), outcome=outcome.as_json(value), error=error)

    try:
        request = request_of(job)
    except JobError as error:
        end("failed", error=str(error))
        raise
    work = perform(engine, request, on_progress=tell)
    try:
        while True:
            try:
                result = next(work)
            except StopIteration as stop:
                end("done", value=stop.value)
                return stop.value
            outcome.count(result)
            if result.status in ("added", "updated"):
                progressing.stored()
            yield result
    except StorageError as error:
        if job.attempts < jobs.MOST_ATTEMPTS:
            jobs.give_back(catalog, job.id, now=clock(), error=str(error), counts=True)
        else:
            end("failed", error=str(error))
        raise
    except StorydeskError as error:
        end("failed", error=str(error))
        raise
    except BaseException as error:
        if when_stopped == "cancelled":
            end("cancelled")
        else:
            jobs.give_back(catalog, job.id, now=clock(), counts=isinstance(error, Exception))
        raise
    finally:
        work.close()


def do_waiting(engine: Working, catalog: Catalog, *, on_progress: Tell) -> Iterator[Job]:
    """Do the jobs that wait, one after the other in this thread, and give each when it is over.

    Only for who has the data folder's lock. Raises StorageError; the job waits on then, if it has not failed.
    """
    recover(catalog, now=datetime.now(UTC))
    while (job := jobs.claim(catalog, now=datetime.now(UTC))) is not None:
        try:
            for _ in do_here(engine, catalog, job, on_progress=on_progress, when_stopped="waiting"):
                pass
        except StorageError:
            raise
        except StorydeskError as error:
            _log.debug("job %d failed: %s", job.id, error)
        yield jobs.job(catalog, job.id)


def recover(catalog: Catalog, *, now: datetime) -> list[Job]:
    """Let wait again what a killed holder was running, and forget old jobs. Only for who has the data folder's lock.

    Returns the jobs that were running.
    """
    stale = jobs.recover(catalog, now=now)
    jobs.prune(catalog, now=now)
    return stale
