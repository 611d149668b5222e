"""The jobs in the catalog: work that was accepted, and what became of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, case, delete, insert, select, update

from index.errors import JobError, TooManyJobsError
from index.storing.catalog import PAGE, Catalog
from index.storing.schema import jobs

JobKind = Literal["add", "import", "rebuild", "check"]
JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
MOST_WAITING = 100
MOST_ATTEMPTS = 3
"""How often a job is begun without storing anything new before it counts as failed."""
_OPEN = ("waiting", "running")
_KEPT_FOR = timedelta(days=30)
_MOST_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `accepted_at` and `changed_at` are ISO 8601 in UTC; `what`, `done` and `total` are its progress.

    `outcome` has "counts" by status, "failed" with sources and errors (some of them when there are many), and "value".
    """

    id: int
    kind: JobKind
    arguments: dict[str, Any]
    state: JobState
    attempts: int
    accepted_at: str
    changed_at: str
    what: str | None
    done: int
    total: int
    outcome: dict[str, Any] | None
    error: str | None


def accept(catalog: Catalog, *, kind: JobKind, arguments: dict[str, Any], now: datetime) -> Job:
    """Keep a new job, to be run by whoever holds the data folder.

    When one with the same "token" among its arguments is there, that one is meant: a client that lost its connection
    asks again. Raises TooManyJobsError when too many wait already.
    """
    values = {
        "kind": kind,
        "arguments": json.dumps(arguments),
        "state": "waiting",
        "attempts": 0,
        "accepted_at": now.isoformat(),
        "changed_at": now.isoformat(),
        "done": 0,
        "total": 0,
    }
    with catalog.writing() as connection:
        waiting = connection.execute(select(jobs).where(jobs.c.state == "waiting")).all()
        known = _with_token(connection.execute(_newest(PAGE)).all(), arguments.get("token"))
        if known is not None:
            return known
        if len(waiting) >= MOST_WAITING:
            raise TooManyJobsError(
                f"{len(waiting)} jobs are waiting already; try again later, or cancel some (`storydesk jobs`)."
            )
        return _job(connection.execute(insert(jobs).values(values).returning(jobs)).one())


def claim(catalog: Catalog, *, now: datetime, but_not: Sequence[int] = (), job_id: int | None = None) -> Job | None:
    """Mark the oldest waiting job as running and return it; None when none waits.

    `but_not` are ids to leave for later. With `job_id` it is that job, also one that a killed holder was running.
    """
    query = select(jobs.c.id).order_by(jobs.c.id).limit(1)
    if job_id is None:
        query = query.where(jobs.c.state == "waiting", jobs.c.id.not_in(but_not))
    else:
        query = query.where(jobs.c.state.in_(_OPEN), jobs.c.id == job_id)
    with catalog.writing() as connection:
        found = connection.scalar(query)
        if found is None:
            return None
        changed = {"state": "running", "changed_at": now.isoformat(), "attempts": jobs.c.attempts + 1, "error": None}
        connection.execute(update(jobs).where(jobs.c.id == found).values(changed))
        return _job(connection.execute(select(jobs).where(jobs.c.id == found)).one())


def note_progress(
    catalog: Catalog, job_id: int, *, what: str, done: int, total: int, now: datetime, stored: bool = False
) -> None:
    """Keep how far a running job is; what it `stored` makes this its first attempt again."""
    changed: dict[str, Any] = {"what": what, "done": done, "total": total, "changed_at": now.isoformat()}
    if stored:
        changed["attempts"] = 1
    with catalog.writing() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job_id, jobs.c.state == "running").values(changed))


def end(
    catalog: Catalog,
    job_id: int,
    *,
    state: Literal["done", "failed", "cancelled"],
    now: datetime,
    outcome: dict[str, Any] | None = None,
    error: str | None = None,
) -> None:
    """Keep that an open job is over, and what came of it."""
    changed = {
        "state": state,
        "outcome": None if outcome is None else json.dumps(outcome),
        "error": error,
        "changed_at": now.isoformat(),
    }
    with catalog.writing() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job_id, jobs.c.state.in_(_OPEN)).values(changed))


def give_back(catalog: Catalog, job_id: int, *, now: datetime, error: str | None = None, counts: bool = False) -> None:
    """Let a running job wait again; unless it `counts`, the attempt is forgotten."""
    changed: dict[str, Any] = {"state": "waiting", "error": error, "changed_at": now.isoformat()}
    if not counts:
        changed["attempts"] = case((jobs.c.attempts > 0, jobs.c.attempts - 1), else_=0)
    with catalog.writing() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job_id, jobs.c.state == "running").values(changed))


def recover(catalog: Catalog, *, now: datetime) -> list[Job]:
    """Let wait again what an earlier holder was running when it died. Only for who has the data folder's lock.

    A job that was begun too often without any progress has failed instead. Returns the jobs that were changed.
    """
    with catalog.writing() as connection:
        stale = [_job(row) for row in connection.execute(select(jobs).where(jobs.c.state == "running"))]
        for job in stale:
            changed: dict[str, Any] = {"state": "waiting", "changed_at": now.isoformat()}
            if job.attempts >= MOST_ATTEMPTS:
                error = f"The process that did it ended {job.attempts} times before anything was done; give it anew."
                changed |= {"state": "failed", "error": error}
            connection.execute(update(jobs).where(jobs.c.id == job.id).values(changed))
        return stale


def prune(catalog: Catalog, *, now: datetime) -> None:
    """Forget jobs that ended 30 days ago, and all ended ones but the newest 1,000."""
    with catalog.writing() as connection:
        ended = jobs.c.state.not_in(_OPEN)
        connection.execute(delete(jobs).where(ended, jobs.c.changed_at < (now - _KEPT_FOR).isoformat()))
        newest = select(jobs.c.id).where(ended).order_by(jobs.c.id.desc()).limit(1).offset(_MOST_KEPT).scalar_subquery()
        connection.execute(delete(jobs).where(ended, jobs.c.id <= newest))


def listed(catalog: Catalog) -> list[Job]:
    """All jobs, newest first."""
    with catalog.reading() as connection:
        return [_job(row) for row in connection.execute(select(jobs).order_by(jobs.c.id.desc()))]


def job(catalog: Catalog, job_id: int) -> Job:
    """The job of that id. Raises JobError."""
    with catalog.reading() as connection:
        row = connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
    if row is None:
        raise JobError(f"There is no job {job_id}; `storydesk jobs` lists them.")
    return _job(row)


def by_token(catalog: Catalog, token: str) -> Job | None:
    """The job that a client marked with `token`, None when it was not accepted."""
    with catalog.reading() as connection:
        return _with_token(connection.execute(_newest(PAGE)).all(), token)


def _newest(limit: int) -> Any:
    return select(jobs).order_by(jobs.c.id.desc()).limit(limit)


def _with_token(rows: Sequence[Row[Any]], token: Any) -> Job | None:
    found = (each for each in map(_job, rows) if token and each.arguments.get("token") == token)
    return next(found, None)


def _job(row: Row[Any]) -> Job:
    fields = dict(row._mapping)
    fields["arguments"] = json.loads(fields["arguments"])
    fields["outcome"] = json.loads(fields["outcome"]) if fields["outcome"] else None
    return Job(**fields)
