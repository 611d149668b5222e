"""Jobs: accepted, done, tried again, given back, cancelled, and taken over from a holder that ended."""

import logging
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from index.errors import HomeBusyError, JobError, StorageError, StorydeskError, TooManyJobsError
from index.holding import feeds
from index.holding.cancelling import cancel_job
from index.holding.feeds import Feed
from index.holding.lock import Patience, progressed, take
from index.holding.paths import as_given, parts
from index.holding.protocol import LONGEST_MESSAGE, Add, JobOver, Missed, Progress, Result
from index.holding.working import Workers
from index.stories import AddResult, LibraryHealth, Trouble
from index.storing import Catalog, jobs, schema

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


def test_stories_are_added_by_the_holder_and_told_as_paths_were_given(
    house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told: list[Any] = []
    with house.served() as engine:
        engine.stories = ["a", "bad"]
        results = list(
            house.remote().add(
                [Path("here"), Path("/there")], library="city", on_progress=lambda *progress: told.append(progress)
            )
        )
    assert engine.calls == [("add", ((str(tmp_path / "here"), "/there"), "city"))]
    assert results == [
        AddResult("here/a", "added", "id-a", "A"),
        AddResult("here/bad", "failed", error="It is bad."),
        AddResult("/there/a", "added", "id-a", "A"),
        AddResult("/there/bad", "failed", error="It is bad."),
    ]
    assert told
    (job,) = listed(house.home)
    assert (job.kind, job.state, job.attempts, job.error) == ("add", "done", 1, None)
    assert job.outcome == {
        "counts": {"added": 2, "failed": 2},
        "failed": [{"source": f"{folder}/bad", "error": "It is bad."} for folder in (str(tmp_path / "here"), "/there")],
        "value": None,
    }


def test_rebuilding_and_importing_are_jobs_too(house: Any) -> None:
    told: list[Any] = []
    with house.served() as engine:
        remote = house.remote()
        assert remote.rebuild(library="city", on_progress=lambda *progress: told.append(progress)) == {"public": 3}
        assert sources(remote.import_stories(Path("/x.jsonl"))) == [("/x.jsonl#1", "added")]
        assert engine.calls == [("rebuild", "city"), ("import", "/x.jsonl")]
    assert [job.kind for job in listed(house.home)] == ["import", "rebuild"]
    assert told[-1][0] == "passages indexed"


@pytest.mark.parametrize("fix", [False, True])
def test_checking_is_answered_at_once_and_mending_is_a_job(house: Any, fix: bool) -> None:
    told: list[Any] = []
    with house.served() as engine:
        (health,) = house.remote().check(fix=fix, on_progress=lambda *progress: told.append(progress))
        assert engine.calls == [("check", fix)]
    assert health == LibraryHealth("public", 3, 3, 2, 3, (Trouble("counts", "words", "One is missing.", mended=fix),))
    assert told == [("libraries checked", 1, 1)]
    assert [job.kind for job in listed(house.home)] == (["check"] if fix else [])


def test_many_add_at_once_and_each_hears_of_its_own(house: Any, in_thread: Any) -> None:
    with house.served():
        adding = [in_thread(lambda n=n: list(house.remote().add([Path(f"/{n}")]))) for n in range(8)]
        for number, work in enumerate(adding):
            assert sources(work.result()) == [(f"/{number}/{story}", "added") for story in "abc"]
    assert len(house.stored) == len(set(house.stored)) == 24


def test_an_accepted_job_goes_on_without_who_gave_it(house: Any, gate: Any) -> None:
    stop = gate("b")
    with house.served() as engine:
        engine.before_story = stop
        remote = house.remote()
        results = remote.add(STORIES)
        assert next(results).source == "/stories/a"
        assert remote.waiting_for == 1
        results.close()
        remote.close()
        stop.wait_until_reached()
        stop.open()
        wait_until(lambda: listed(house.home)[0].state == "done")
    assert len(house.stored) == 3


def test_a_job_that_is_over_is_not_waited_for(house: Any) -> None:
    with house.served():
        remote = house.remote()
        list(remote.add(STORIES))
        assert remote.waiting_for is None


@pytest.mark.parametrize("lost", ["the connection", "the holder"])
def test_who_waits_goes_on_where_it_was_when_the_connection_is_lost(
    house: Any, gate: Any, in_thread: Any, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, shown = gate("b"), threading.Event()

    def add() -> list[tuple[str, str]]:
        found = []
        for result in house.remote().add(STORIES):
            found.append((result.source, result.status))
            shown.set()
        return found

    streams: list[socket.socket] = []
    connect = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda self, where: (streams.append(self), connect(self, where))[1])
    with house.served() as engine:
        engine.before_story = stop
        adding = in_thread(add)
        assert shown.wait(60)
        stop.wait_until_reached()
        if lost == "the connection":
            streams[-1].shutdown(socket.SHUT_RDWR)
            wait_until(lambda: len(streams) > 1)
            stop.open()
            assert adding.result() == ALL_ADDED
        else:
            threading.Timer(0.1, stop.open).start()
    assert adding.result() == ALL_ADDED
    assert len(house.stored) == 3
    (job,) = listed(house.home)
    assert job.state == "done"
    assert len(house.opened) == (1 if lost == "the connection" else 2)


def test_who_waits_goes_on_with_the_next_holder(house: Any, gate: Any, in_thread: Any) -> None:
    stop = gate("b")
    with house.served() as engine:
        engine.before_story = stop
        adding = in_thread(lambda: sources(house.remote().add(STORIES)))
        stop.wait_until_reached()
        # The folder goes from holder to holder before anybody else sees it free.
        engine.lock.release, release = (lambda: None), engine.lock.release
        threading.Timer(0.1, stop.open).start()
    engine.lock.release = release
    with house.served(lock=engine.lock):
        assert adding.result() == ALL_ADDED
    assert len(house.stored) == 3


def test_questions_are_asked_again_when_the_holder_ends(
    house: Any, in_thread: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.served():
        remote = house.remote()
        assert remote.ask("Who?").text == "No."
    assert remote.ask("Who again?").text == "No."
    assert take(house.home) is None, "it was taken over"
    assert remote.rebuild() == {"public": 3}
    remote.close()
    assert house.opened[1].calls == [("ask", ("Who again?", "public", None, None)), ("rebuild", None)]


def test_a_full_disk_is_tried_again_and_each_result_is_told_once(house: Any) -> None:
    failures = [StorageError("The disk is full."), StorageError("The disk is full.")]

    def fail(story: str) -> None:
        if story == "b" and failures:
            raise failures.pop()

    with house.served() as engine:
        engine.before_story = fail
        assert sources(house.remote().add(STORIES)) == ALL_ADDED
        assert len(engine.calls) == 3
    assert len(house.stored) == 3
    assert listed(house.home)[0].state == "done"


def test_a_disk_that_stays_full_is_told_after_three_attempts(house: Any) -> None:
    def fail(story: str) -> None:
        raise StorageError("The disk is full.")

    with house.served() as engine:
        engine.before_story = fail
        with pytest.raises(StorageError, match=r"^The disk is full\.$"):
            list(house.remote().add(STORIES))
        assert len(engine.calls) == 3
    (job,) = listed(house.home)
    assert (job.state, job.attempts, job.error) == ("failed", 3, "The disk is full.")


def test_a_job_whose_fate_cannot_be_written_is_told_and_the_others_go_on(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = jobs.end

    def fail(*arguments: Any, state: str, **options: Any) -> None:
        if state == "done":
            raise StorageError("The disk is full.")
        end(*arguments, state=state, **options)  # type: ignore[arg-type]

    with house.served(threads=1):
        with monkeypatch.context() as patched:
            patched.setattr(jobs, "end", fail)
            with pytest.raises(StorageError, match=r"^The disk is full\.$"):
                list(house.remote().add(STORIES))
            wait_until(lambda: listed(house.home)[0].state == "failed")
        assert house.remote().rebuild() == {"public": 3}


def test_an_unforeseen_failure_ends_the_job_with_a_sentence(house: Any, caplog: pytest.LogCaptureFixture) -> None:
    def fail(story: str) -> None:
        raise ZeroDivisionError

    with house.served() as engine:
        engine.before_story = fail
        with pytest.raises(JobError, match="ZeroDivisionError"):
            list(house.remote().add(STORIES))
        engine.before_story = lambda story: None
        assert len(list(house.remote().add(STORIES))) == 3
    assert "ZeroDivisionError" in caplog.text


def test_a_holder_that_stops_gives_its_job_back_uncounted(house: Any, gate: Any) -> None:
    stop = gate("b")
    with house.served() as engine:
        engine.before_story = stop
        results = house.remote().add(STORIES)
        next(results)
        results.close()
        stop.wait_until_reached()
        threading.Timer(0.1, stop.open).start()
    (job,) = listed(house.home)
    assert (job.state, job.attempts, job.error) == ("waiting", 0, None)
    assert house.stored == ["/stories/a", "/stories/b"]
    with house.served():
        wait_until(lambda: listed(house.home)[0].state == "done")
    assert len(house.stored) == 3


def test_what_a_killed_holder_was_running_runs_again(house: Any) -> None:
    engine = house.open()
    jobs.accept(engine.catalog, kind="add", arguments={"paths": ["/x"], "library": "public", "token": ""}, now=NOW)
    assert jobs.claim(engine.catalog, now=NOW) is not None
    engine.close()
    with house.served():
        wait_until(lambda: listed(house.home)[0].state == "done")
    assert house.stored == ["/x/a", "/x/b", "/x/c"]


def test_a_job_that_kills_its_holder_each_time_fails_in_the_end(house: Any) -> None:
    engine = house.open()
    jobs.accept(engine.catalog, kind="rebuild", arguments={"library": None, "token": ""}, now=NOW)
    for _ in range(jobs.MOST_ATTEMPTS):
        assert jobs.claim(engine.catalog, now=NOW) is not None
        jobs.recover(engine.catalog, now=NOW)
    assert jobs.claim(engine.catalog, now=NOW) is None
    assert jobs.listed(engine.catalog)[0].state == "failed"
    engine.close()


def test_a_job_that_stored_something_has_all_its_attempts_again(house: Any) -> None:
    engine = house.open()
    jobs.accept(engine.catalog, kind="rebuild", arguments={"library": None, "token": ""}, now=NOW)
    for _ in range(3 * jobs.MOST_ATTEMPTS):
        job = jobs.claim(engine.catalog, now=NOW)
        assert job is not None
        jobs.note_progress(engine.catalog, job.id, what="x", done=1, total=2, now=NOW, stored=True)
        jobs.recover(engine.catalog, now=NOW)
    engine.close()


def test_a_job_of_another_version_fails_with_what_to_do(house: Any) -> None:
    engine = house.open()
    jobs.accept(engine.catalog, kind="add", arguments={"folders": 1}, now=NOW)
    engine.close()
    with house.served():
        wait_until(lambda: listed(house.home)[0].state == "failed")
    assert "another version" in str(listed(house.home)[0].error)


@pytest.mark.parametrize("kind", ["add", "rebuild"])
def test_a_running_job_can_be_cancelled(house: Any, gate: Any, in_thread: Any, kind: str) -> None:
    stop = gate("b" if kind == "add" else "1")
    with house.served() as engine:
        engine.before_story = stop
        remote = house.remote()
        working = in_thread(lambda: list(remote.add(STORIES)) if kind == "add" else remote.rebuild())
        stop.wait_until_reached()
        assert cancel_job(house.home, 1, wait_seconds=0) == "running"
        stop.open()
        with pytest.raises(JobError, match=r"^Job 1 was cancelled"):
            working.result()
        assert cancel_job(house.home, 1, wait_seconds=0) == "cancelled"
    assert "/stories/c" not in house.stored


def test_a_waiting_job_is_cancelled_by_whom_or_without_a_holder(house: Any, gate: Any, in_thread: Any) -> None:
    stop = gate("b")
    with house.served(threads=1) as engine:
        engine.before_story = stop
        first = in_thread(lambda: list(house.remote().add(STORIES)))
        stop.wait_until_reached()
        second = in_thread(lambda: house.remote().rebuild())
        wait_until(lambda: len(listed(house.home)) == 2)
        assert cancel_job(house.home, 2, wait_seconds=0) == "cancelled"
        with pytest.raises(JobError, match="cancelled"):
            second.result()
        stop.open()
        first.result()
    with Catalog.open(house.home) as catalog:
        jobs.accept(catalog, kind="rebuild", arguments={"library": None, "token": ""}, now=NOW)
        jobs.claim(catalog, now=NOW)
    assert cancel_job(house.home, 3, wait_seconds=0) == "cancelled"
    with pytest.raises(JobError, match=r"^There is no job 4"):
        cancel_job(house.home, 4, wait_seconds=0)
    assert cancel_job(house.home, 1, wait_seconds=0) == "done"


def test_only_so_many_jobs_wait(house: Any, gate: Any, in_thread: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_WAITING", 2)
    stop = gate("b")
    with house.served(threads=1) as engine:
        engine.before_story = stop
        working = [in_thread(lambda: list(house.remote().add(STORIES)))]
        stop.wait_until_reached()
        for number in (2, 3):
            working.append(in_thread(lambda: list(house.remote().add(STORIES))))
            wait_until(lambda number=number: len(listed(house.home)) == number)
        with pytest.raises(TooManyJobsError, match="2 jobs are waiting already"):
            list(house.remote().add(STORIES))
        stop.open()
        for work in working:
            work.result()


def test_a_job_that_is_asked_for_twice_with_one_token_is_one_job(house: Any) -> None:
    engine = house.open()
    arguments = {"library": None, "token": "mine"}
    first = jobs.accept(engine.catalog, kind="rebuild", arguments=arguments, now=NOW)
    assert jobs.accept(engine.catalog, kind="rebuild", arguments=arguments, now=NOW).id == first.id
    assert jobs.accept(engine.catalog, kind="rebuild", arguments=arguments | {"token": ""}, now=NOW).id != first.id
    engine.close()


def test_a_job_whose_results_nobody_remembers_is_told_by_doing_it_again(
    house: Any, gate: Any, in_thread: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = gate("b")
    with house.served() as engine:
        engine.before_story = stop
        adding = in_thread(lambda: sources(house.remote().add(STORIES)))
        stop.wait_until_reached()
        engine.lock.release, release = (lambda: None), engine.lock.release
        threading.Timer(0.1, stop.open).start()
    engine.lock.release = release
    monkeypatch.setattr(feeds.Feed, "watch", lambda self: iter([Missed(), JobOver("done", None, None, None)]))
    with house.served(lock=engine.lock):
        wait_until(lambda: listed(house.home)[-1].state == "done")
        monkeypatch.undo()
        found = adding.result()
    assert [source for source, _ in found] == ["/stories/a", "/stories/b", "/stories/c"]


def test_finished_jobs_are_forgotten_in_time(house: Any) -> None:
    engine = house.open()
    for number in range(4):
        job = jobs.accept(engine.catalog, kind="rebuild", arguments={"library": None, "token": ""}, now=NOW)
        if number != 1:
            jobs.end(engine.catalog, job.id, state="done", now=NOW + timedelta(days=10 * number))
    with engine.catalog.writing() as connection:
        connection.execute(update(schema.jobs).where(schema.jobs.c.id == 2).values(changed_at="2000"))
    jobs.prune(engine.catalog, now=NOW + timedelta(days=31))
    assert [job.id for job in jobs.listed(engine.catalog)] == [4, 3, 2]
    jobs._MOST_KEPT, kept = 1, jobs._MOST_KEPT
    try:
        jobs.prune(engine.catalog, now=NOW + timedelta(days=31))
    finally:
        jobs._MOST_KEPT = kept
    assert [job.id for job in jobs.listed(engine.catalog)] == [4, 2]
    engine.close()


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


def test_names_that_are_not_utf_8_reach_the_holder(house: Any) -> None:
    with house.served() as engine:
        engine.stories = ["a"]
        list(house.remote().add([Path("/a\udcff")]))
        assert engine.calls[0][1][0] == ("/a\udcff",)


def test_jobs_are_logged_when_a_holder_died(house: Any, caplog: pytest.LogCaptureFixture) -> None:
    engine = house.open()
    jobs.accept(engine.catalog, kind="rebuild", arguments={"library": None, "token": ""}, now=NOW)
    jobs.claim(engine.catalog, now=NOW)
    engine.close()
    with caplog.at_level(logging.WARNING), house.served():
        assert "job 1 (rebuild) was not finished" in caplog.text
