import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.cli import checking, context
from bot.cli.checking import Check
from index.errors import HomeBusyError, ModelError, OutdatedIndexError, StorageError
from index.finding import model_files
from index.settings import IndexSettings

Storydesk = Callable[..., Any]
GOOD_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB"


@pytest.fixture(autouse=True)
def _good_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "check_digest", lambda settings: "ab" * 32)
    monkeypatch.setattr(model_files, "model_folder", lambda settings: Path("/model"))


def named(checks: list[Any], name: str) -> Any:
    (check,) = [check for check in checks if check["name"] == name]
    return check


def test_all_is_well(storydesk: Storydesk, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", GOOD_TOKEN)
    monkeypatch.setattr(checking, "free_bytes", lambda home: 10**12)
    engine.counted = {"public": (3, 3, 3)}
    run = storydesk("doctor")
    assert run.code == 0
    lines = run.out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "OK   model",
        "OK   store",
        "OK   counts",
        "OK   descriptors",
        "OK   disk",
        "OK   token",
    ]
    assert GOOD_TOKEN not in run.out
    assert engine.closed
    checks = storydesk("doctor", "--json").json["checks"]
    assert [list(check) for check in checks] == [["name", "status", "message"]] * 6
    assert {check["status"] for check in checks} == {"OK"}


def test_a_warning_is_no_failure(storydesk: Storydesk, engine: Any) -> None:
    run = storydesk("doctor", "--json")
    assert run.code == 0
    assert named(run.json["checks"], "token")["status"] == "WARN"


def test_indexes_out_of_step_fail_with_what_to_do(storydesk: Storydesk, engine: Any) -> None:
    engine.counted = {"city": (2, 2, 2), "public": (3, 2, 3)}
    run = storydesk("doctor")
    assert run.code == 1
    (line,) = [line for line in run.out.splitlines() if line.startswith("FAIL")]
    assert "public has 3 passages, 2 vectors and 3 word entries" in line
    assert "storydesk rebuild" in line
    assert "city" not in line


def test_another_model_fails(storydesk: Storydesk, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def check_digest(settings: IndexSettings) -> str:
        raise ModelError("The model is not the expected one.")

    def open_engine(settings: IndexSettings) -> Any:
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
    def open_engine(settings: IndexSettings) -> Any:
        raise StorageError("The folder is read-only.")

    monkeypatch.setattr(context, "open_engine", open_engine)
    run = storydesk("doctor", "--json")
    assert run.code == 1
    assert named(run.json["checks"], "store")["message"] == "The folder is read-only."


def test_an_index_of_another_model_fails(storydesk: Storydesk, engine: Any) -> None:
    def counts() -> Any:
        raise OutdatedIndexError("Run `storydesk rebuild`.")

    engine.counts = counts
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
    waits: list[float] = []

    def open_engine(settings: IndexSettings) -> Any:
        waits.append(settings.lock_wait_seconds)
        raise HomeBusyError("Another process has it.")

    monkeypatch.setattr(context, "open_engine", open_engine)
    run = storydesk("doctor", "--json")
    assert run.code == 0
    assert waits == [0]
    assert named(run.json["checks"], "store")["status"] == "OK"
    assert named(run.json["checks"], "counts")["status"] == "WARN"
    assert catalog.closed


def test_a_folder_in_use_whose_catalog_cannot_be_read_fails(
    storydesk: Storydesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_engine(settings: IndexSettings) -> Any:
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
        (100, 1024, "OK"),
        (150, 1024, "WARN"),
        (204, 1024, "FAIL"),
        (10**6, resource.RLIM_INFINITY, "OK"),
    ],
)
def test_open_files_must_do_for_all_libraries(libraries: int, hard_limit: int, status: str) -> None:
    assert checking.check_descriptors(libraries, hard_limit=hard_limit).status == status


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
    assert checking.check_counts({}) == Check("counts", "OK", "No stories yet; `storydesk add` adds some.")


def test_free_space_that_cannot_be_read_fails(
    storydesk: Storydesk, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def free_bytes(home: Path) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(checking, "free_bytes", free_bytes)
    run = storydesk("doctor", "--json")
    assert run.code == 1
    assert "Permission denied" in named(run.json["checks"], "disk")["message"]
