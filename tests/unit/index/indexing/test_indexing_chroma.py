"""Limits that Chroma works under: open files, collections, memory."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from index.indexing.chroma import give_memory_back, most_collections, raise_file_limit

ROOT = Path(__file__).parents[4]


def test_as_many_files_may_be_open_as_the_system_lets_us() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
        assert raise_file_limit() == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_limit_of_open_files_that_cannot_be_raised_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: int, limits: tuple[int, int]) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda kind: (256, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert raise_file_limit() == (256, resource.RLIM_INFINITY)


@pytest.mark.parametrize("limit", [20, 64, 256, 512, 1_024, 4_096, 1 << 20])
def test_so_many_collections_may_be_open_that_files_are_left(limit: int) -> None:
    most = most_collections(limit)
    assert most >= 1
    assert limit - 5 * most >= min(256, limit * 3 // 4)
    assert most <= 256


@pytest.mark.slow
def test_small_collections_are_not_lost_under_a_low_limit_of_open_files(home: Path) -> None:
    """In a process of its own, as Chroma looks at the limit once and files of other tests count as well."""
    script = f"""
import logging, resource
import numpy as np
from index.indexing import vectors_folder
from index.storing.catalog import Generation
from index.indexing.vectors import Vectors
resource.setrlimit(resource.RLIMIT_NOFILE, (600, 600))
logging.basicConfig(level=logging.WARNING)
vectors = Vectors.open(__import__("pathlib").Path({str(home / "vectors")!r}), catalog_id="c0ffee")
rows = np.eye(8, dtype=np.float32)
generations = [Generation(n, 1, "current", "model", "", "1") for n in range(60)]
for generation in generations:
    vectors.write(generation, [str(n) for n in range(8)], rows, [0] * 8)
for _ in range(4):
    for generation in generations:
        assert list(vectors.search(generation, rows[3], limit=1)) == ["3"]
vectors.close()
"""
    home.mkdir()
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
    assert "reopening" not in run.stderr


def test_memory_can_be_given_back_at_any_time() -> None:
    give_memory_back()
    give_memory_back()
