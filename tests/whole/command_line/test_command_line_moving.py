"""Stories and catalogs on their way to another data folder, by real processes."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

QUESTION = "How much did the new bridge over the Orla cost?"


def lines(path: Path) -> list[Any]:
    """The records of an export, without when it was made."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    del records[0]["made_at"]
    return records


def answer(storydesk: Any, **options: Any) -> Any:
    said = storydesk("ask", QUESTION, "--now", "2025-07-01", "--json", **options).json
    return {name: value for name, value in said.items() if name != "elapsed_ms"}


def vectors(home: Path) -> list[Any]:
    """The vectors of a catalog, in the order in which they were embedded."""
    with closing(sqlite3.connect(home / "catalog.sqlite3")) as connection:
        return connection.execute("SELECT rowid, * FROM vectors ORDER BY rowid").fetchall()


def test_what_is_exported_and_imported_elsewhere_is_exported_again_the_same(desk: Any, tmp_path: Path) -> None:
    name = "all.jsonl.zst"
    here = desk.storydesk
    elsewhere = replace(here, home=tmp_path / "elsewhere")
    run = here("export", tmp_path / name)
    assert (run.code, run.err) == (0, "")
    run = elsewhere("import", tmp_path / name, "--json")
    assert run.code == 0
    assert {line["status"] for line in run.json_lines} == {"added"}
    for storydesk, file in ((here, "here.jsonl"), (elsewhere, "elsewhere.jsonl")):
        assert storydesk("export", tmp_path / file).code == 0
    assert lines(tmp_path / "elsewhere.jsonl") == lines(tmp_path / "here.jsonl")
    assert elsewhere("list", "--json").out == here("list", "--json").out
    assert answer(elsewhere)["text"] == answer(here)["text"]


def test_a_backup_made_while_the_folder_is_held_gives_the_same_stories_and_answers_elsewhere(
    desk: Any, tmp_path: Path
) -> None:
    here = desk.storydesk
    elsewhere = replace(here, home=tmp_path / "elsewhere")
    holder = here.start("chat", "--library", "public")
    try:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(f"{QUESTION}\n")
        holder.stdin.flush()
        assert holder.stdout.readline()  # it answers, so it holds the folder
        backup = here("backup", tmp_path / "kept", "--json")
        assert backup.code == 0, backup.err
        refused = here("restore", tmp_path / "kept", "--yes")
        assert refused.code == 1
        assert "stop it before you restore" in refused.err
    finally:
        holder.communicate("exit\n", timeout=60)
    restored = elsewhere("restore", tmp_path / "kept", "--json")
    assert restored.code == 0, restored.err
    assert restored.json == {"backup": backup.json, "replaced": None}
    assert elsewhere("list", "--json").out == here("list", "--json").out
    assert vectors(elsewhere.home) == vectors(here.home)
    assert answer(elsewhere) == answer(here)
    assert elsewhere("doctor").code == 0


def test_restoring_puts_removed_stories_back_and_keeps_what_was_there(desk: Any, tmp_path: Path) -> None:
    storydesk = replace(desk.storydesk, home=tmp_path / "home")
    assert storydesk("add", desk.stories / "bridge.md", desk.stories / "harbour.md").code == 0
    before = storydesk("list", "--json").out
    assert storydesk("backup", tmp_path / "kept").code == 0
    (bridge, _) = storydesk("list", "--json").json_lines
    assert storydesk("remove", bridge["story_id"]).code == 0
    run = storydesk("restore", tmp_path / "kept")
    assert (run.code, run.out) == (2, "")
    assert "give --yes" in run.err
    run = storydesk("restore", tmp_path / "kept", "--yes", "--json")
    assert run.code == 0, run.err
    assert storydesk("list", "--json").out == before
    assert storydesk("doctor").code == 0
    assert storydesk("restore", run.json["replaced"], "--yes").code == 0
    assert len(storydesk("list", "--json").json_lines) == 1
