"""Keeping count of a job's results, and telling each once although the job may be done more than once."""

from collections import Counter
from collections.abc import Generator
from typing import Any

from index.stories import AddResult

_FAILED_KEPT = 100


class Outcome:
    """Counts a job's results, and remembers the first that failed."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._failed: list[dict[str, Any]] = []

    def count(self, result: AddResult) -> None:
        self._counts[result.status] += 1
        if result.status == "failed" and len(self._failed) < _FAILED_KEPT:
            self._failed.append({"source": result.source, "error": result.error})

    def as_json(self, value: Any) -> dict[str, Any]:
        return {"counts": dict(self._counts), "failed": self._failed, "value": value}


class OnlyNew:
    """Passes on the results that were not shown before. Each time a job is done again it starts anew."""

    def __init__(self, shown: Counter[str]) -> None:
        self._shown = shown
        self._now: Counter[str] = Counter()

    def is_new(self, result: AddResult) -> bool:
        self._now[result.source] += 1
        if self._now[result.source] <= self._shown[result.source]:
            return False
        self._shown[result.source] += 1
        return True

    def only_new(self, work: Generator[AddResult, None, Any]) -> Generator[AddResult, None, Any]:
        try:
            while True:
                try:
                    result = next(work)
                except StopIteration as end:
                    return end.value
                if self.is_new(result):
                    yield result
        finally:
            work.close()
