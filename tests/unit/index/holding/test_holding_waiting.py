"""Waiting for another process: what is watched of its jobs, how long it is given, and how paths are shown."""

from pathlib import Path
from typing import Any

import pytest
from jobs_watched import STORIES

from index.errors import HomeBusyError, StorydeskError
from index.holding import feeds
from index.holding.feeds import Feed
from index.holding.lock import Patience, progressed, take
from index.holding.paths import as_given, parts
from index.holding.protocol import LONGEST_MESSAGE, Add, JobOver, Missed, Progress, Result
from index.holding.working import Workers
from index.stories import AddResult


def test_who_watches_late_or_slowly_sees_all_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "KEPT", 3)
    monkeypatch.setattr(feeds, "_DROPPED_AT_ONCE", 2)
    monkeypatch.setattr(feeds, "_AT_ONCE", 2)
    feed = Feed()
    for number in range(6):
        feed.show(AddResult(str(number), "added"))
    feed.progress(Progress("x", 1, 2))
    feed.progress(Progress("x", 2, 2))
    over = JobOver("done", None, None, None)
    feed.end(over)
    seen = list(feed.watch())
    assert seen[0] == Missed()
    assert [reply for reply in seen if isinstance(reply, Progress)] == [Progress("x", 2, 2)]
    assert [reply.result.source for reply in seen if isinstance(reply, Result)] == ["2", "3", "4", "5"]
    assert seen[-1] == over


def test_ended_jobs_results_are_let_go_in_time(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = house.open()
    workers = Workers(engine, engine.catalog)
    workers.start()
    for _ in range(40):
        job_id = workers.accept(Add(("/x",), "public", ""))
        assert isinstance(list(workers.watch(job_id))[-1], JobOver)
    assert len(workers._feeds) < 20
    assert list(workers.watch(1)) == [Missed(), JobOver("done", None, "JobError", None)]
    workers.stop()
    engine.close()


def test_waiting_for_the_lock_counts_seconds_without_progress(home: Path) -> None:
    lock = take(home)
    assert lock is not None
    now = [0.0]
    patience = Patience(home, seconds=60, clock=lambda: now[0])
    for moment in (59.0, 118.0, 177.0):
        now[0] = moment
        assert not patience.is_over()
        progressed(home)
        assert not patience.is_over()
    now[0] = 236.0
    assert not patience.is_over()
    now[0] = 238.0
    assert patience.is_over()
    lock.release()


def test_another_holder_counts_as_progress(home: Path) -> None:
    lock = take(home)
    assert lock is not None
    now = [0.0]
    patience = Patience(home, seconds=60, clock=lambda: now[0])
    now[0] = 61.0
    lock.release()
    after = take(home)
    assert after is not None
    assert not patience.is_over()
    after.release()


def test_a_holder_that_does_not_serve_is_told_of_once_its_time_is_over(house: Any) -> None:
    lock = take(house.home)
    assert lock is not None
    with pytest.raises(HomeBusyError, match=r"no progress for 0\.1 seconds"):
        house.remote(wait_seconds=0.1).ask("Who?")
    lock.release()


def test_a_holder_that_ends_at_each_question_is_told_of(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from index.holding.serving import _Door

    monkeypatch.setattr(_Door, "_replies", lambda self, request: iter(()))
    with house.served():
        for call in (lambda remote: remote.ask("Who?"), lambda remote: list(remote.add(STORIES))):
            with pytest.raises(StorydeskError, match="ended 5 times"):
                call(house.remote())


def test_more_paths_than_a_message_holds_are_several_jobs(house: Any) -> None:
    paths = [Path(f"/{'é' * 200}/{number}") for number in range(1_000)]
    with house.served() as engine:
        engine.stories = ["a"]
        results = list(house.remote().add(paths))
        assert len(engine.calls) == 3
    assert [result.source for result in results] == [f"{path}/a" for path in paths]
    assert list(parts([])) == [()]
    assert all(sum(map(len, part)) * 6 < LONGEST_MESSAGE for part in parts([str(path) for path in paths]))


@pytest.mark.parametrize(
    ("source", "given", "shown"),
    [
        ("/w/stories/a.txt#3", [("/w/stories", "stories")], "stories/a.txt#3"),
        ("/w/a.jsonl#3", [("/w/a.jsonl", "a.jsonl")], "a.jsonl#3"),
        ("/w/a.txt", [("/w", ".")], "a.txt"),
        ("/w/../v/a.txt", [("/w/../v", "../v")], "../v/a.txt"),
        ("/v/a.txt", [("/v", "/v")], "/v/a.txt"),
        ("/a.txt", [("/", "/")], "/a.txt"),
        ("/w/ab", [("/w/a", "a"), ("/w/ab", "ab")], "ab"),
        ("/w/a\\xff.txt", [("/w/a\udcff.txt", "a\udcff.txt")], "a\\xff.txt"),
        ("/elsewhere", [("/w/a", "a")], "/elsewhere"),
    ],
)
def test_sources_are_shown_as_their_paths_were_given(source: str, given: list[tuple[str, str]], shown: str) -> None:
    assert as_given(source, [(absolute, Path(path)) for absolute, path in given]) == shown
