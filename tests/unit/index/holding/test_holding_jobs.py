"""Jobs: accepted, done by the holder, told to who waits, also by the next holder, and cancelled."""

import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from jobs_watched import ALL_ADDED, NOW, STORIES, listed, sources, wait_until

from index.errors import JobError, TooManyJobsError
from index.holding import feeds
from index.holding.cancelling import cancel_job
from index.holding.lock import take
from index.holding.protocol import JobOver, Missed
from index.stories import AddResult, LibraryHealth, Trouble
from index.storing import Catalog, jobs


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


def test_names_that_are_not_utf_8_reach_the_holder(house: Any) -> None:
    with house.served() as engine:
        engine.stories = ["a"]
        list(house.remote().add([Path("/a\udcff")]))
        assert engine.calls[0][1][0] == ("/a\udcff",)
