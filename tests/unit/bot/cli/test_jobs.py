"""`storydesk jobs`, and commands that work through the process that holds the data folder."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli import context
from index.errors import StorageError
from index.holding import remote
from index.holding.lock import take
from index.holding.serving import serve
from index.stories import AddResult
from index.storing import Catalog, jobs

Storydesk = Callable[..., Any]
ARGUMENTS = {"paths": ["/x"], "library": "public", "token": ""}
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def served(home: Path, engine: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """Serves the engine of these tests on the data folder; the real way to it is back for the commands."""
    real = context.open_engine
    monkeypatch.undo()
    monkeypatch.setenv("STORYDESK_HOME", str(home))
    monkeypatch.chdir(home.parent)
    assert context.open_engine is not real
    with ExitStack() as opened:

        def begin() -> Any:
            lock = take(home)
            assert lock is not None
            opened.callback(lock.release)
            engine.catalog = opened.enter_context(Catalog.open(home))
            opened.enter_context(serve(engine, home=home))
            return engine

        yield begin


def accept(home: Path, *states: Any) -> None:
    home.mkdir(exist_ok=True)
    with Catalog.open(home) as catalog:
        for state in states:
            job = jobs.accept(catalog, kind="add", arguments=ARGUMENTS, now=NOW)
            if state == "waiting":
                continue
            jobs.claim(catalog, now=NOW, job_id=job.id)
            jobs.note_progress(catalog, job.id, what="stories stored", done=16, total=40, now=NOW)
            if state != "running":
                outcome = {"counts": {"added": 3, "failed": 1}, "failed": [], "value": None}
                error = "The disk\x1b[2J is full." if state == "failed" else None
                jobs.end(catalog, job.id, state=state, now=NOW, outcome=outcome, error=error)


def test_jobs_are_listed_newest_first_with_what_to_do_about_those_left(storydesk: Storydesk, home: Path) -> None:
    accept(home, "done", "failed", "running", "waiting")
    run = storydesk("jobs")
    assert run.code == 0
    assert run.out.splitlines() == [
        f"   4  waiting    {NOW:%Y-%m-%d %H:%M} add",
        f"   3  running    {NOW:%Y-%m-%d %H:%M} add; stories stored 16/40",
        f"   2  failed     {NOW:%Y-%m-%d %H:%M} add; 3 added, 1 failed; The disk[2J is full.",
        f"   1  done       {NOW:%Y-%m-%d %H:%M} add; 3 added, 1 failed",
    ]
    assert run.err == "2 jobs are left and no bot runs; `storydesk run` or `storydesk jobs --work` goes on.\n"


def test_jobs_are_listed_for_programs_while_the_folder_is_held(storydesk: Storydesk, home: Path) -> None:
    accept(home, "failed", "done")
    lock = take(home)
    assert lock is not None
    run = storydesk("jobs", "--json")
    lock.release()
    assert [line["id"] for line in run.json_lines] == [2, 1]
    assert run.json_lines[1] == {
        "id": 1,
        "kind": "add",
        "state": "failed",
        "progress": {"what": "stories stored", "done": 16, "total": 40},
        "accepted_at": NOW.isoformat(),
        "changed_at": NOW.isoformat(),
        "attempts": 1,
        "outcome": {"counts": {"added": 3, "failed": 1}, "failed": [], "value": None},
        "error": "The disk\x1b[2J is full.",
    }
    assert run.err == ""


def test_without_jobs_that_is_said(storydesk: Storydesk, home: Path) -> None:
    assert storydesk("jobs").err.startswith("No jobs")
    home.mkdir()
    Catalog.open(home).close()
    run = storydesk("jobs", "--json")
    assert (run.code, run.out) == (0, "")
    assert run.err.startswith("No jobs")


def test_a_job_is_cancelled_without_a_bot(storydesk: Storydesk, home: Path) -> None:
    accept(home, "waiting", "running", "done")
    run = storydesk("jobs", "--cancel", "1")
    assert (run.code, run.out, run.err) == (0, "Job 1 is cancelled; what it had stored before stays.\n", "")
    assert storydesk("jobs", "--cancel", "2", "--json").json == {"id": 2, "state": "cancelled"}
    run = storydesk("jobs", "--cancel", "3")
    assert (run.code, run.err) == (1, "Error: job 3 is over already (done).\n")
    run = storydesk("jobs", "--cancel", "4")
    assert (run.code, run.err) == (1, "Error: There is no job 4; `storydesk jobs` lists them.\n")
    assert [line["state"] for line in storydesk("jobs", "--json").json_lines] == ["done", "cancelled", "cancelled"]


def test_cancelling_and_working_do_not_go_together(storydesk: Storydesk) -> None:
    run = storydesk("jobs", "--cancel", "1", "--work")
    assert run.code == 2
    assert run.err.startswith("Error: ")


def test_waiting_jobs_are_done_on_request(
    storydesk: Storydesk, home: Path, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(home, "waiting", "running", "cancelled")
    engine.results = [AddResult("/x/a", "added", "id", "T")]
    with Catalog.open(home) as catalog:
        monkeypatch.setattr("index.engine.Engine", type(engine))
        engine.catalog = catalog
        run = storydesk("jobs", "--work")
    assert run.code == 0
    assert [line.split()[:2] for line in run.out.splitlines()] == [["1", "done"], ["2", "done"]]
    assert "1 added" in run.out
    assert storydesk("jobs").err == ""


def test_a_job_that_fails_here_is_told_with_code_1(
    storydesk: Storydesk, home: Path, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    with Catalog.open(home) as catalog:
        jobs.accept(catalog, kind="add", arguments={"other": 1}, now=NOW)
        monkeypatch.setattr("index.engine.Engine", type(engine))
        engine.catalog = catalog
        run = storydesk("jobs", "--work")
        assert run.code == 1
        assert "another version" in run.out
        jobs.accept(catalog, kind="add", arguments=ARGUMENTS, now=NOW)
        engine.results = [StorageError("The disk is full.")]
        run = storydesk("jobs", "--work")
    assert (run.code, run.err) == (2, "Error: The disk is full.\n")
    assert storydesk("jobs", "--json").json_lines[0]["state"] == "waiting"


def test_a_folder_that_is_held_and_not_served_fails_at_once_when_asked_to(storydesk: Storydesk, home: Path) -> None:
    lock = take(home)
    assert lock is not None
    commands = (["add", "x"], ["ask", "who?"], ["find", "x"], ["remove", "a"], ["rebuild"], ["chat"])
    for command in (*commands, ["jobs", "--cancel", "1"], ["jobs", "--work"]):
        run = storydesk(*command, "--no-wait")
        assert (run.code, run.out) == (1, "")
        assert run.err.startswith("Error: ")
        assert run.err.endswith("stop it or try again later.\n")
        assert run.err.count("\n") == 1
    lock.release()


def test_commands_work_through_the_bot_without_a_word_about_it(
    storydesk: Storydesk, served: Callable[[], Any], home: Path
) -> None:
    engine = served()
    engine.results = [
        AddResult(str(home.parent / "in" / "a.txt"), "added", "id", "T"),
        AddResult("/e", "failed", error="E."),
    ]
    engine.passages = {"public": 3}
    engine.notes = ["Only words were searched."]
    run = storydesk("add", "in", "--library", "city", "--no-wait", "--json")
    assert run.code == 1
    assert [line["source"] for line in run.json_lines] == ["in/a.txt", "/e"]
    assert run.err == ""
    assert engine.called("add") == [{"paths": [home.parent / "in"], "library": "city"}]
    run = storydesk("ask", "Who?")
    assert (run.code, run.out, run.err) == (0, "The stories do not say.\n", "")
    run = storydesk("find", "x", "--json", "--no-wait")
    assert (run.json["findings"], run.err) == ([], "Only words were searched.\n")
    assert storydesk("rebuild").out == "public: 3 passages\n"
    assert storydesk("jobs").err == ""
    assert [line["kind"] for line in storydesk("jobs", "--json").json_lines] == ["rebuild", "add"]
    assert "The bot runs" in storydesk("jobs", "--work").err
    assert "The stories do not say." in storydesk("chat", stdin="who?\n").out


def test_ctrl_c_says_which_job_goes_on(
    storydesk: Storydesk, served: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    engine = served()
    done = threading.Event()
    give = engine.add

    def add(*arguments: Any, **options: Any) -> Any:
        yield from give(*arguments, **options)
        assert done.wait(60)

    engine.add = add
    engine.results = [AddResult("/x/a", "added", "id", "T")]
    report = "bot.cli.adding.report"

    def interrupt(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(report, interrupt)
        run = storydesk("add", "/x")
    assert run.code == 130
    assert run.err == (
        "Stopped waiting; job 1 goes on in the process that holds the data folder (`storydesk jobs` shows it, "
        "`storydesk jobs --cancel 1` stops it).\n"
    )
    assert storydesk("jobs", "--json").json_lines[0]["state"] == "running"
    (home / "holder.json").write_text('{"pid": 1, "command": "run"}')
    with monkeypatch.context() as patched:
        patched.setattr(report, interrupt)
        assert "job 2 goes on in the bot (" in storydesk("add", "/x").err
    done.set()


def test_ctrl_c_while_nothing_was_accepted_is_as_ever(
    storydesk: Storydesk, served: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    served()

    def interrupt(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(remote.RemoteEngine, "ask", interrupt)
    run = storydesk("ask", "Who?")
    assert (run.code, run.err) == (130, "Stopped.\n")


def test_only_a_chat_with_a_person_serves_others(
    storydesk: Storydesk, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    storydesk("chat", stdin="who?\n")
    assert not engine.served
    monkeypatch.setattr("bot.cli.chatting._interactive", lambda: True)
    monkeypatch.setattr("builtins.input", lambda prompt="": "exit")
    storydesk("chat", "--json")
    assert engine.served


def test_the_bot_serves_from_before_it_is_connected(
    storydesk: Storydesk, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def run_bot(settings: Any, engine: Any, *, on_connected: Any) -> None:
        seen.append(engine.served)

    monkeypatch.setenv("DISCORD_TOKEN", "token")
    monkeypatch.setattr(context, "run_bot", run_bot)
    assert storydesk("run").code == 0
    assert storydesk("start").code == 0
    assert seen == [True, True]
