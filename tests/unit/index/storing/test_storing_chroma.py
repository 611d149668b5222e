"""Limits that Chroma works under: open files, collections, memory."""

import resource

import pytest

from index.storing.chroma import give_memory_back, most_collections, raise_file_limit


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
def test_fewer_collections_are_open_than_chroma_would_keep_and_files_are_left(limit: int) -> None:
    most = most_collections(limit)
    assert 1 <= most < limit // 5, "Chroma closes one by itself, and loses it, when it has a fifth of the limit"
    assert limit - 5 * most >= min(256, limit * 3 // 4)
    assert most <= 256


def test_memory_can_be_given_back_at_any_time() -> None:
    give_memory_back()
    give_memory_back()
