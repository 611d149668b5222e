"""Cancelling a job, whoever holds the data folder."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from index.errors import HolderError
from index.holding.joining import lock_or_connection
from index.holding.performing import recover
from index.holding.protocol import REPLIES, Cancel, Connection, ConnectionLostError, Failed, Value, error_of
from index.storing import jobs
from index.storing.catalog import Catalog

_SILENCE = 15.0


def cancel_job(
    home: Path, job_id: int, *, wait_seconds: float, on_wait: Callable[[str], None] | None = None
) -> jobs.JobState:
    """Cancel a job; "running" when it will stop at its next batch. Raises JobError, HomeBusyError, StorageError."""
    found = lock_or_connection(home, wait_seconds=wait_seconds, on_wait=on_wait)
    if isinstance(found, Connection):
        return _cancel_elsewhere(found, job_id)
    try:
        with Catalog.open(home) as catalog:
            recover(catalog, now=datetime.now(UTC))
            if jobs.job(catalog, job_id).state == "waiting":
                jobs.end(catalog, job_id, state="cancelled", now=datetime.now(UTC))
            return jobs.job(catalog, job_id).state
    finally:
        found.release()


def _cancel_elsewhere(connection: Connection, job_id: int) -> jobs.JobState:
    try:
        with connection:
            connection.send(Cancel(job_id))
            while True:
                reply = connection.receive(REPLIES, seconds=_SILENCE)
                if isinstance(reply, Failed):
                    raise error_of(reply.kind, reply.error)
                if isinstance(reply, Value):
                    return TypeAdapter[jobs.JobState](jobs.JobState).validate_python(reply.value)
    except ConnectionLostError:
        raise HolderError("The process that holds the data folder ended meanwhile; give the command again.") from None
