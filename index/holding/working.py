"""The holder's jobs: kept in the catalog, worked on in a few threads, tried again, given back when the holder stops."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from index.errors import StorageError, StorydeskError
from index.holding.feeds import Feed
from index.holding.performing import Progressing, Working, kind_of, perform, recover, request_of
from index.holding.protocol import (
    Add,
    Import,
    JobOver,
    JobRequest,
    Missed,
    Progress,
    Reply,
    failure,
)
from index.holding.results import OnlyNew
from index.storing import jobs
from index.storing.catalog import Catalog
from index.storing.jobs import Job, JobState

_log = logging.getLogger(__name__)
THREADS = 4
_RETRY_AFTER = (2.0, 15.0)
_AFTER_TROUBLE = 5.0
_FEEDS_KEPT = 16


class _InterruptedError(Exception):
    """The job was cancelled, or the holder stops."""


class Workers:
    """The threads that work on jobs. `start` them once, `stop` them before the engine is closed."""

    def __init__(
        self,
        engine: Working,
        catalog: Catalog,
        *,
        threads: int = THREADS,
        retry_after: Sequence[float] = _RETRY_AFTER,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._catalog = catalog
        self._clock = clock
        self._retry_after = retry_after
        self._changed = threading.Condition()
        self._feeds: dict[int, Feed] = {}
        self._not_before: dict[int, float] = {}
        self._running: set[int] = set()
        self._cancelled: set[int] = set()
        self._stopping = False
        self._threads = [threading.Thread(target=self._work, name=f"job-{number}") for number in range(threads)]

    def start(self) -> None:
        """Let wait again what a killed holder was running, and begin. Raises StorageError."""
        for job in recover(self._catalog, now=self._clock()):
            _log.warning("job %d (%s) was not finished when the process that did it ended", job.id, job.kind)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let running jobs stop at their next batch and wait in the catalog; blocks until they have."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        with self._changed:
            for feed in self._feeds.values():
                feed.close()

    def accept(self, request: JobRequest) -> int:
        """Keep a job and return its id once it is safe. Raises TooManyJobsError, StorageError."""
        with self._changed:
            job = jobs.accept(self._catalog, kind=kind_of(request), arguments=asdict(request), now=self._clock())
            if job.state in ("waiting", "running"):
                self._feed(job.id)
            self._changed.notify_all()
            return job.id

    def cancel(self, job_id: int) -> JobState:
        """Cancel a job; a running one stops at its next batch and is "running" until then. Raises JobError."""
        with self._changed:
            job = jobs.job(self._catalog, job_id)
            if job_id in self._running:
                self._cancelled.add(job_id)
            elif job.state in ("waiting", "running"):
                self._end(job_id, JobOver("cancelled", None, None, None))
            self._changed.notify_all()
            return jobs.job(self._catalog, job_id).state

    def watch(self, job_id: int) -> Iterator[Reply]:
        """What the job shows, from its first result on. Raises JobError."""
        with self._changed:
            job = jobs.job(self._catalog, job_id)
            feed = self._feeds.get(job_id)
            if feed is None and job.state in ("waiting", "running"):
                feed = self._feed(job_id)
        if feed is not None:
            yield from feed.watch()
            return
        assert job.state in ("done", "failed", "cancelled")
        yield Missed()
        yield JobOver(job.state, (job.outcome or {}).get("value"), "JobError", job.error)

    def idle(self) -> bool:
        """Whether no job runs or waits."""
        with self._changed:
            return not self._running and not any(job.state == "waiting" for job in jobs.listed(self._catalog))

    def _feed(self, job_id: int) -> Feed:
        over = [known for known, feed in self._feeds.items() if feed.is_over]
        for known in over[:-_FEEDS_KEPT]:
            del self._feeds[known]
        return self._feeds.setdefault(job_id, Feed())

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._run(job)
            except StorageError as error:  # neither the end nor the return of the job could be written
                _log.error("what became of job %d cannot be kept: %s", job.id, error)
                self._feed_of(job.id).end(_failed(error))
                self._keep_failed(job.id, error)
            finally:
                with self._changed:
                    self._running.discard(job.id)
                    self._cancelled.discard(job.id)
                    self._changed.notify_all()

    def _next(self) -> Job | None:
        """Wait for a job and mark it as running; None when it is time to stop."""
        with self._changed:
            while not self._stopping:
                pause = None
                now = time.monotonic()
                later = {job_id: moment for job_id, moment in self._not_before.items() if moment > now}
                self._not_before = later
                try:
                    job = jobs.claim(self._catalog, now=self._clock(), but_not=tuple(later))
                except StorageError as error:
                    _log.warning("no job can be begun: %s", error)
                    job, pause = None, _AFTER_TROUBLE
                if job is not None:
                    self._running.add(job.id)
                    return job
                if later and pause is None:
                    pause = min(later.values()) - now
                self._changed.wait(pause)
        return None

    def _run(self, job: Job) -> None:
        feed = self._feed_of(job.id)
        progressing = Progressing(self._catalog, job.id, clock=self._clock)
        _log.info("job %d (%s) begins", job.id, job.kind)
        try:
            value = self._perform(job, feed, progressing)
        except _InterruptedError:
            self._interrupted(job)
        except StorageError as error:
            self._try_again(job, error)
        except StorydeskError as error:
            self._end(job.id, _failed(error))
        except Exception as error:  # noqa: BLE001 - the boundary of a thread
            _log.exception("job %d failed", job.id)
            problem = f"Job {job.id} failed in a way that it should not ({type(error).__name__}); the log says more."
            self._end(job.id, JobOver("failed", None, "JobError", problem))
        else:
            self._end(job.id, JobOver("done", value, None, None))

    def _perform(self, job: Job, feed: Feed, progressing: Progressing) -> Any:
        request = request_of(job)
        has_results = isinstance(request, Add | Import)

        def tell(what: str, done: int, total: int) -> None:
            feed.progress(Progress(what, done, total))
            progressing(what, done, total)
            if not has_results:  # there is no better moment to stop
                self._check_interrupted(job.id)

        self._check_interrupted(job.id)
        results = OnlyNew(feed.shown)
        work = perform(self._engine, request, on_progress=tell)
        try:
            while True:
                try:
                    result = next(work)
                except StopIteration as end:
                    return end.value
                if result.status in ("added", "updated"):
                    progressing.stored()
                if results.is_new(result):
                    feed.outcome.count(result)
                    feed.show(result)
                self._check_interrupted(job.id)
        finally:
            work.close()

    def _check_interrupted(self, job_id: int) -> None:
        if self._stopping or job_id in self._cancelled:
            raise _InterruptedError

    def _interrupted(self, job: Job) -> None:
        with self._changed:
            if job.id in self._cancelled:
                self._end(job.id, JobOver("cancelled", None, None, None))
            else:
                jobs.give_back(self._catalog, job.id, now=self._clock())

    def _try_again(self, job: Job, error: StorageError) -> None:
        attempts = jobs.job(self._catalog, job.id).attempts
        if attempts >= jobs.MOST_ATTEMPTS:
            self._end(job.id, _failed(error))
            return
        pause = self._retry_after[min(attempts, len(self._retry_after)) - 1]
        _log.warning("job %d is tried again in %g seconds: %s", job.id, pause, error)
        with self._changed:
            self._not_before[job.id] = time.monotonic() + pause
            jobs.give_back(self._catalog, job.id, now=self._clock(), error=str(error), counts=True)

    def _end(self, job_id: int, over: JobOver) -> None:
        _log.info("job %d is %s", job_id, over.state)
        feed = self._feed_of(job_id)
        jobs.end(
            self._catalog,
            job_id,
            state=over.state,
            now=self._clock(),
            outcome=feed.outcome.as_json(over.value),
            error=over.error,
        )
        feed.end(over)

    def _keep_failed(self, job_id: int, error: StorageError) -> None:
        """Write that the job failed as soon as that can be written; the next start runs it again if it never can."""
        while not self._stopping:
            try:
                jobs.end(self._catalog, job_id, state="failed", now=self._clock(), error=str(error))
                return
            except StorageError:
                with self._changed:
                    self._changed.wait_for(lambda: self._stopping, _AFTER_TROUBLE)

    def _feed_of(self, job_id: int) -> Feed:
        with self._changed:
            return self._feed(job_id)


def _failed(error: StorydeskError) -> JobOver:
    said = failure(error)
    return JobOver("failed", None, said.kind, said.error)
