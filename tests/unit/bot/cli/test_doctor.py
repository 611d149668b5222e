import resource
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.cli import checking, context
from bot.cli.checking import Check
from index.errors import HomeBusyError, ModelError, OutdatedIndexError, StorageError
from index.finding import model_files
from index.settings import IndexSettings
from index.stories import LibraryHealth, Trouble
from index.storing.jobs import Job

Storydesk = Callable[..., Any]
NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
GOOD_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB"


@pytest.fixture(autouse=True)
def _good_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "check_digest", lambda settings: "ab" * 32)
    monkeypatch.setattr(model_files, "model_folder", lambda settings: Path("/model"))


def named(checks: list[Any], name: str) -> Any:
    (check,) = [check for check in checks if check["name"] == name]
    return check


def test_all_is_well(storydesk: Storydesk, engine: Any, catalog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "list_jobs", lambda catalog: [])
    monkeypatch.setenv("DISCORD_TOKEN", GOOD_TOKEN)
    monkeypatch.setattr(checking, "free_bytes", lambda home: 10**12)
    engine.healths = [LibraryHealth(None), LibraryHealth("public", 3, 3, 3, looked_up=3)]
    run = storydesk("doctor")
    assert run.code == 0
    lines = run.out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "OK   model",
        "OK   store",
        "OK   catalog",
        "OK   counts",
        "OK   lookup",
        "OK   generations",
        "OK   orphans",
        "OK   jobs",
        "OK   descriptors",
        "OK   disk",
        "OK   token",
    ]
    assert GOOD_TOKEN not in run.out
    assert engine.closed
    assert engine.called("check") == [{"fix": False}]
    checks = storydesk("doctor", "--json").json["checks"]
    assert [list(check) for check in checks] == [["name", "status", "message"]] * 11
    assert {check["status"] for check in checks} == {"OK"}
    assert named(checks, "counts")["message"].startswith("1 library, 3 passages; ")
    assert named(checks, "lookup")["message"] == "Looked up by their own vectors and found: 3 passages of 1 library."


def test_a_reader_and_a_ranker_that_are_named_are_tried(
    storydesk: Storydesk, engine: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def load_reader(settings: IndexSettings) -> Any:
        assert settings.reader_model == "someone/reader"
        return SimpleNamespace(name="someone/reader@0123456789ab")

    monkeypatch.setattr("index.answering.reader.load_reader", load_reader)
    monkeypatch.setenv("STORYDESK_READER_MODEL", "someone/reader")
    monkeypatch.setenv("STORYDESK_RANKER_MODEL", str(tmp_path / "gone"))
    run = storydesk("doctor", "--json")
    assert run.code == 1
    assert named(run.json["checks"], "reader")["status"] == "OK"
    assert "someone/reader@0123456789ab" in named(run.json["checks"], "reader")["message"]
    assert named(run.json["checks"], "ranker")["status"] == "FAIL"
    assert f"{tmp_path / 'gone'}, which does not exist" in named(run.json["checks"], "ranker")["message"]


def test_a_warning_is_no_failure(storydesk: Storydesk, engine: Any) -> None:
    run = storydesk("doctor", "--json")
    assert run.code == 0
    assert named(run.json["checks"], "token")["status"] == "WARN"


def test_indexes_out_of_step_fail_with_what_to_do(storydesk: Storydesk, engine: Any) -> None:
    missing = Trouble("counts", "missing_vectors", "1 passage is missing in the vector index")
    engine.healths = [
        LibraryHealth(None),
        LibraryHealth("city", 2, 2, 2),
        LibraryHealth("public", 3, 2, 3, troubles=(missing,)),
    ]
    run = storydesk("doctor")
    assert run.code == 1
    (line,) = [line for line in run.out.splitlines() if line.startswith("FAIL")]
    assert line == ("FAIL counts: public: 1 passage is missing in the vector index; `storydesk doctor --fix` mends it.")


def test_what_was_mended_is_told_and_is_no_failure(storydesk: Storydesk, engine: Any) -> None:
    mended = Trouble("counts", "missing_vectors", "1 passage is missing in the vector index", mended=True)
    engine.healths = [LibraryHealth(None), LibraryHealth("public", 3, 3, 3, troubles=(mended,))]
    run = storydesk("doctor", "--fix", "--json")
    assert run.code == 0
    assert engine.called("check") == [{"fix": True}]
    assert [call["wait"] for call in engine.called("open")] == [True]
    assert named(run.json["checks"], "counts") == {
        "name": "counts",
        "status": "OK",
        "message": "Mended: public: 1 passage is missing in the vector index. "
        "1 library, 3 passages; both search indexes are in step with the catalog.",
    }


def test_what_is_not_serious_is_a_warning(storydesk: Storydesk, engine: Any) -> None:
    orphan = Trouble("orphans", "collections", "2 vector indexes belong to no library", serious=False)
    half_built = Trouble(
        "generations",
        "half_built",
        "its next indexes have 3 passages so far; `storydesk rebuild` goes on",
        serious=False,
    )
    engine.healths = [LibraryHealth(None, troubles=(orphan,)), LibraryHealth("public", troubles=(half_built,))]
    run = storydesk("doctor", "--json")
    assert run.code == 0
    assert named(run.json["checks"], "orphans") == {
        "name": "orphans",
        "status": "WARN",
        "message": "2 vector indexes belong to no library; `storydesk doctor --fix` mends it.",
    }
    assert named(run.json["checks"], "generations") == {
        "name": "generations",
        "status": "WARN",
        "message": "public: its next indexes have 3 passages so far; `storydesk rebuild` goes on.",
    }


def test_a_damaged_catalog_fails_with_a_way_that_mends_it(storydesk: Storydesk, engine: Any) -> None:
    damaged = Trouble("catalog", "damaged", "the catalog is damaged (page 7); `storydesk restore` brings it back")
    engine.healths = [LibraryHealth(None, troubles=(damaged,))]
    run = storydesk("doctor", "--json")
    assert run.code == 1
    message = named(run.json["checks"], "catalog")["message"]
    assert message == "The catalog is damaged (page 7); `storydesk restore` brings it back."


def test_the_same_trouble_of_hundreds_of_libraries_is_one_short_line(storydesk: Storydesk, engine: Any) -> None:
    trouble = Trouble("counts", "missing_words", "1 passage is missing in the word index")
    engine.healths = [LibraryHealth(f"city-{number:03}", troubles=(trouble,)) for number in range(500)]
    message = named(storydesk("doctor", "--json").json["checks"], "counts")["message"]
    assert message.startswith("city-000, city-001, ")
    assert " and 490 more libraries: 1 passage is missing in the word index;" in message
    assert "city-010" not in message


def test_another_model_fails(storydesk: Storydesk, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def check_digest(settings: IndexSettings) -> str:
        raise ModelError("The model is not the expected one.")

    def open_engine(settings: IndexSettings, *, wait: bool) -> Any:
        return check_digest(settings)

    monkeypatch.setattr(model_files, "check_digest", check_digest)
    monkeypatch.setattr(context, "open_engine", open_engine)
    run = storydesk("doctor", "--json")
    assert run.code == 1
    assert named(run.json["checks"], "model") == {
        "name": "model",
        "status": "FAIL",
        "message": "The model is not the expected one.",
    }
    assert named(run.json["checks"], "store")["status"] == "WARN"


def test_a_folder_that_cannot_be_used_fails(storydesk: Storydesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_engine(settings: IndexSettings, *, wait: bool) -> Any:
        raise StorageError("The folder is read-only.")

    monkeypatch.setattr(context, "open_engine", open_engine)
    run = storydesk("doctor", "--json")
    assert run.code == 1
    assert named(run.json["checks"], "store")["message"] == "The folder is read-only."


def test_indexes_that_cannot_be_examined_fail(storydesk: Storydesk, engine: Any) -> None:
    engine.healths = OutdatedIndexError("Run `storydesk rebuild`.")
    run = storydesk("doctor", "--json")
    assert run.code == 1
    assert named(run.json["checks"], "store")["status"] == "OK"
    assert named(run.json["checks"], "counts") == {
        "name": "counts",
        "status": "FAIL",
        "message": "Run `storydesk rebuild`.",
    }


def test_a_folder_in_use_is_not_waited_for_and_its_counts_are_not_compared(
    storydesk: Storydesk, catalog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[bool] = []

    def open_engine(settings: IndexSettings, *, wait: bool) -> Any:
        waits.append(wait)
        raise HomeBusyError("Another process has it.")

    monkeypatch.setattr(context, "open_engine", open_engine)
    monkeypatch.setattr(context, "list_jobs", lambda catalog: [])
    run = storydesk("doctor", "--json")
    assert run.code == 0
    assert waits == [False]
    assert named(run.json["checks"], "store")["status"] == "OK"
    assert named(run.json["checks"], "counts")["status"] == "WARN"
    assert catalog.closed
    run = storydesk("doctor", "--fix", "--json")
    assert run.code == 1
    assert waits == [False, True]
    message = named(run.json["checks"], "counts")["message"]
    assert message == "Nothing was mended: Another process has it."


def test_a_folder_in_use_whose_catalog_cannot_be_read_fails(
    storydesk: Storydesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_engine(settings: IndexSettings, *, wait: bool) -> Any:
        raise HomeBusyError("Another process has it.")

    def open_catalog(settings: IndexSettings) -> Any:
        raise StorageError("The catalog is damaged.")

    monkeypatch.setattr(context, "open_engine", open_engine)
    monkeypatch.setattr(context, "open_catalog", open_catalog)
    run = storydesk("doctor", "--json")
    assert run.code == 1
    assert named(run.json["checks"], "store")["message"] == "The catalog is damaged."


@pytest.mark.parametrize(
    ("libraries", "hard_limit", "status"),
    [
        (0, 1024, "OK"),
        (153, 1024, "OK"),
        (154, 1024, "WARN"),
        (500, 1024, "WARN"),
        (500, 20_000, "OK"),
        (10**6, resource.RLIM_INFINITY, "OK"),
    ],
)
def test_open_files_must_do_for_all_libraries(libraries: int, hard_limit: int, status: str) -> None:
    check = checking.check_descriptors(libraries, hard_limit=hard_limit)
    assert check.status == status
    assert ("searching more than 153 in turn is slower" in check.message) == (status == "WARN")


def job(job_id: int, state: Any, *, days_ago: int = 0, error: str | None = None) -> Job:
    moment = (NOW - timedelta(days=days_ago)).isoformat()
    return Job(job_id, "add", {}, state, 1, moment, moment, None, 0, 0, None, error)


def test_jobs_that_failed_lately_are_a_warning_with_the_last_reason() -> None:
    jobs = [
        job(4, "waiting"),
        job(3, "failed", error="The disk is full."),
        job(2, "failed", days_ago=1),
        job(1, "done"),
    ]
    check = checking.check_jobs(jobs, now=NOW)
    assert check.status == "WARN"
    assert check.message == (
        "2 failed in the last 7 days, the last of them was job 3 (The disk is full); "
        "1 waiting, 0 running; `storydesk jobs` shows them."
    )


def test_jobs_that_wait_or_failed_long_ago_are_fine() -> None:
    check = checking.check_jobs([job(2, "running"), job(1, "failed", days_ago=8)], now=NOW)
    assert (check.status, check.message) == ("OK", "None has failed in the last 7 days; 0 waiting, 1 running.")


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (None, "WARN"),
        ("secret", "WARN"),
        (f"Bot {GOOD_TOKEN}", "WARN"),
        (f'"{GOOD_TOKEN}"', "WARN"),
        (GOOD_TOKEN, "OK"),
    ],
)
def test_a_token_is_missing_malformed_or_fine_and_never_repeated(token: str | None, status: str) -> None:
    check = checking.check_token(token)
    assert check.status == status
    if token is not None:
        assert token not in check.message


@pytest.mark.parametrize(("free", "status"), [(10**12, "OK"), (400_000_000, "WARN"), (1_000_000, "FAIL")])
def test_the_disk_needs_room(free: int, status: str) -> None:
    assert checking.check_disk(Path("/home/x"), free_bytes=free).status == status


def test_free_space_is_that_of_the_disk_where_the_folder_will_be(tmp_path: Path) -> None:
    assert checking.free_bytes(tmp_path / "not" / "there" / "yet") > 0


def test_no_stories_yet_is_fine() -> None:
    checks = checking.check_healths([LibraryHealth(None)])
    assert {check.status for check in checks} == {"OK"}
    assert Check("counts", "OK", "No stories yet; `storydesk add` adds some.") in checks


def test_free_space_that_cannot_be_read_fails(
    storydesk: Storydesk, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def free_bytes(home: Path) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(checking, "free_bytes", free_bytes)
    run = storydesk("doctor", "--json")
    assert run.code == 1
    assert "Permission denied" in named(run.json["checks"], "disk")["message"]
