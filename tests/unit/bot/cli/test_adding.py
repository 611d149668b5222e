import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bot
from index.errors import LibraryNameError, StorageError
from index.stories import AddResult

Storydesk = Callable[..., Any]
ADDED = AddResult("a.txt", "added", "id-a", "A")
UPDATED = AddResult("b.txt", "updated", "id-b", "B\x1b[31m")
UNCHANGED = AddResult("c.txt", "unchanged", "id-c", "C")
DUPLICATE = AddResult("d.txt", "duplicate", "id-a", "A")
FAILED = AddResult("e.txt", "failed", error="The file is empty.")


def test_the_summary_counts_what_became_of_the_stories(storydesk: Storydesk, engine: Any) -> None:
    engine.results = [ADDED, UPDATED, UNCHANGED, DUPLICATE, ADDED]
    run = storydesk("add", "stories")
    assert run.code == 0
    assert run.out.splitlines() == [
        "updated: b.txt: B[31m",
        "duplicate: d.txt: A",
        "2 added, 1 updated, 1 unchanged, 1 duplicate",
    ]
    assert run.err == ""
    assert engine.closed


def test_paths_and_library_reach_the_engine(storydesk: Storydesk, engine: Any) -> None:
    engine.results = [ADDED]
    storydesk("add", "one", "two/three.txt", "--library", "city-desk")
    storydesk("add", "four")
    assert engine.called("add") == [
        {"paths": [Path("one"), Path("two/three.txt")], "library": "city-desk"},
        {"paths": [Path("four")], "library": "public"},
    ]


def test_a_failed_file_is_told_with_its_reason_and_code_1(storydesk: Storydesk, engine: Any) -> None:
    engine.results = [ADDED, FAILED]
    run = storydesk("add", "stories")
    assert run.code == 1
    assert run.out == "1 added, 1 failed\n"
    assert run.err == "failed: e.txt: The file is empty.\n"


def test_json_is_a_line_per_story_with_just_these_keys(storydesk: Storydesk, engine: Any) -> None:
    engine.results = [ADDED, FAILED]
    run = storydesk("add", "--json", "stories")
    assert run.code == 1
    assert run.err == ""
    assert run.json_lines == [
        {"source": "a.txt", "status": "added", "story_id": "id-a", "title": "A", "error": None},
        {"source": "e.txt", "status": "failed", "story_id": None, "title": None, "error": "The file is empty."},
    ]


def test_a_story_is_told_as_soon_as_it_is_stored(storydesk: Storydesk, engine: Any, capsys: Any) -> None:
    engine.results = [ADDED, UNCHANGED]
    seen: list[str] = []
    give = engine.add

    def add(*arguments: Any, **options: Any) -> Any:
        for result in give(*arguments, **options):
            yield result
            seen.append(capsys.readouterr().out)

    engine.add = add
    storydesk("add", "--json", "stories")
    assert [text.count("\n") for text in seen] == [1, 1]
    assert ["added" in seen[0], "unchanged" in seen[1]] == [True, True]


def test_nothing_found_to_add_is_told(storydesk: Storydesk, engine: Any) -> None:
    for options in ([], ["--json"]):
        run = storydesk("add", "empty-folder", *options)
        assert run.code == 1
        assert run.out == ""
        assert "empty-folder" in run.err
        assert run.err.count("\n") == 1


def test_a_full_disk_tells_what_was_stored_before(storydesk: Storydesk, engine: Any) -> None:
    engine.results = [ADDED, ADDED, StorageError("The disk is full.")]
    run = storydesk("add", "stories")
    assert (run.code, run.out, run.err) == (2, "2 added\n", "Error: The disk is full.\n")


def test_a_reserved_library_is_refused(storydesk: Storydesk, engine: Any) -> None:
    engine.results = [LibraryNameError("The library samples is reserved.")]
    run = storydesk("add", "stories", "--library", "samples")
    assert (run.code, run.out, run.err) == (2, "", "Error: The library samples is reserved.\n")


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([ADDED, UPDATED, UNCHANGED, KeyboardInterrupt()], "2 stories were stored"),
        ([ADDED, KeyboardInterrupt()], "1 story was stored"),
        ([KeyboardInterrupt()], "0 stories were stored"),
    ],
)
def test_ctrl_c_tells_how_many_were_stored(
    storydesk: Storydesk, engine: Any, results: list[Any], sentence: str
) -> None:
    engine.results = results
    run = storydesk("add", "stories", "--json")
    assert run.code == 130
    assert sentence in run.err
    assert "safe" in run.err
    assert run.err.count("\n") == 1
    assert engine.closed


def test_a_real_ctrl_c_ends_with_130(tmp_path: Path) -> None:
    code = """
import sys, time
from contextlib import nullcontext
from bot.cli import context, main
from index.stories import AddResult
class Engine:
    def add(self, paths, *, library, on_progress):
        yield AddResult("a.txt", "added", "id", "A")
        time.sleep(60)
context.open_engine = lambda settings, wait: nullcontext(Engine())
sys.exit(main(["add", "--json", "stories"]))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(bot.__file__).parents[1])},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert "added" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.startswith("Stopped: 1 story was stored")
