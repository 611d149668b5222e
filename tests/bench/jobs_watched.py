"""What tests of jobs share: how results and the catalog's jobs are read, and waiting for another thread."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.storing import Catalog, jobs

NOW = datetime(2025, 6, 1, tzinfo=UTC)


STORIES = [Path("/stories")]


def sources(results: Any) -> list[tuple[str, str]]:
    return [(result.source, result.status) for result in results]


ALL_ADDED = [("/stories/a", "added"), ("/stories/b", "added"), ("/stories/c", "added")]


def listed(home: Path) -> list[jobs.Job]:
    catalog = Catalog.open_read_only(home)
    assert catalog is not None
    with catalog:
        return jobs.listed(catalog)


def wait_until(condition: Callable[[], Any]) -> None:
    for _ in range(3_000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it does not come")
