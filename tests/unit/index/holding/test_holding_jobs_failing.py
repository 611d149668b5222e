"""Jobs that fail, are tried again, given back, or outlive a holder that was killed; and are forgotten."""

import logging
import threading
from datetime import timedelta
from typing import Any

import pytest
from jobs_watched import ALL_ADDED, NOW, STORIES, listed, sources, wait_until
from sqlalchemy import update

from index.errors import JobError, StorageError
from index.storing import jobs, schema


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


def test_jobs_are_logged_when_a_holder_died(house: Any, caplog: pytest.LogCaptureFixture) -> None:
    engine = house.open()
    jobs.accept(engine.catalog, kind="rebuild", arguments={"library": None, "token": ""}, now=NOW)
    jobs.claim(engine.catalog, now=NOW)
    engine.close()
    with caplog.at_level(logging.WARNING), house.served():
        assert "job 1 (rebuild) was not finished" in caplog.text
