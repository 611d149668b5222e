"""`storydesk export`, `import`, `backup` and `restore` on a real catalog, with an engine made of lists."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from bot.remembering import Memory, servers
from index.errors import ModelError
from index.stories import AddResult
from index.storing import Catalog, schema

Storydesk = Callable[..., Any]
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder with a story."""
    home = tmp_path / "home"
    home.mkdir()
    put(home, "bridge")
    return home


def put(home: Path, name: str) -> None:
    with Catalog.open(home) as catalog:
        library = catalog.make_library("public")
        story = {
            "id": name,
            "library_id": library.id,
            "identity": f"id:{name}",
            "added_at": "2025-06-01T00:00:00+00:00",
        }
        version = {
            "id": name,
            "story_id": name,
            "state": "live",
            "content_hash": name,
            "text_hash": name,
            "title": name.title(),
            "authors": "[]",
            "published_day": 0,
            "source": f"{name}.txt",
            "text": f"The {name}\r\n\x1b[31mopened.",
        }
        with catalog.writing() as connection:
            connection.execute(insert(schema.stories).values(**story))
            connection.execute(insert(schema.versions).values(**version))


def titles(home: Path) -> list[str]:
    catalog = Catalog.open_read_only(home)
    assert catalog is not None
    with catalog:
        return [summary.title for summary in catalog.summaries()]


def one_error(run: Any, words: str, *, code: int = 2) -> None:
    assert (run.code, run.out) == (code, "")
    assert run.err.startswith("Error: ")
    assert run.err.count("\n") == 1
    assert words in run.err


def test_export_writes_a_file_and_tells_what_is_in_it(storydesk: Storydesk, home: Path, tmp_path: Path) -> None:
    run = storydesk("export", "all.jsonl")
    assert (run.code, run.out, run.err) == (0, "exported 1 story of 1 library\n", "")
    records = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert [record["text"] for record in records if record.get("kind") == "story"] == ["The bridge\r\n\x1b[31mopened."]


def test_export_refuses_to_overwrite_unless_forced(storydesk: Storydesk, home: Path, tmp_path: Path) -> None:
    (tmp_path / "all.jsonl").write_text("precious")
    one_error(storydesk("export", "all.jsonl"), "all.jsonl exists; name another file, or give --force")
    assert (tmp_path / "all.jsonl").read_text() == "precious"
    run = storydesk("export", "all.jsonl", "--force", "--json")
    assert (run.code, run.json) == (0, {"libraries": 1, "stories": 1, "duplicates": 0})


def test_export_to_standard_output_is_the_export_and_nothing_else(storydesk: Storydesk, home: Path) -> None:
    run = storydesk("export", "-")
    assert [line.get("kind") for line in run.json_lines] == [None, "library", "story", "end"]
    assert run.err == "exported 1 story of 1 library\n"
    assert "\x1b" not in run.out
    one_error(storydesk("export", "-", "--json"), "--json would be mixed with the stories")


@pytest.mark.parametrize("arguments", [("export", "all.jsonl"), ("backup", "kept")])
def test_without_stories_there_is_nothing_to_move(storydesk: Storydesk, tmp_path: Path, arguments: list[str]) -> None:
    one_error(storydesk(*arguments), "`storydesk add`")
    assert not list(tmp_path.glob("*"))


def test_import_reports_what_became_of_the_stories(storydesk: Storydesk, engine: Any, tmp_path: Path) -> None:
    given: list[Path] = []

    def import_stories(path: Path, *, on_progress: Any = None) -> Iterator[AddResult]:
        given.append(path)
        yield AddResult("a.txt", "added", "1", "A")
        yield AddResult("all.jsonl#3", "failed", error="The field text is missing.")

    engine.import_stories = import_stories
    run = storydesk("import", "all.jsonl")
    assert (run.code, run.out) == (1, "1 added, 1 failed\n")
    assert run.err == "failed: all.jsonl#3: The field text is missing.\n"
    assert given == [tmp_path / "all.jsonl"], "another process may read it"
    assert engine.closed
    run = storydesk("import", "all.jsonl", "--json")
    assert [line["status"] for line in run.json_lines] == ["added", "failed"]
    assert run.code == 1


def test_import_of_an_empty_export_says_so(storydesk: Storydesk, engine: Any) -> None:
    engine.import_stories = lambda path, *, on_progress=None: iter(())
    run = storydesk("import", "all.jsonl")
    assert (run.code, run.out) == (0, "The export holds no stories.\n")


def test_import_that_is_stopped_tells_how_much_was_stored(storydesk: Storydesk, engine: Any) -> None:
    def import_stories(path: Path, *, on_progress: Any = None) -> Iterator[AddResult]:
        yield AddResult("a.txt", "added", "1", "A")
        raise KeyboardInterrupt

    engine.import_stories = import_stories
    run = storydesk("import", "all.jsonl")
    assert run.code == 130
    assert run.err == "Stopped: 1 story was stored before; running the same command again is safe.\n"


def test_import_that_fails_tells_what_was_stored_before(storydesk: Storydesk, engine: Any) -> None:
    def import_stories(path: Path, *, on_progress: Any = None) -> Iterator[AddResult]:
        yield AddResult("a.txt", "added", "1", "A")
        raise ModelError("There is no model; get one.")

    engine.import_stories = import_stories
    run = storydesk("import", "all.jsonl")
    assert (run.code, run.out, run.err) == (2, "1 added\n", "Error: There is no model; get one.\n")


def test_backup_and_restore_bring_the_stories_back(
    storydesk: Storydesk, engine: Any, home: Path, tmp_path: Path
) -> None:
    run = storydesk("backup", "kept")
    assert run.code == 0
    assert run.out.startswith("backed up 1 story (0.")
    put(home, "harbour")
    run = storydesk("restore", "kept", "--yes", "--json")
    assert run.code == 0
    assert run.json["backup"]["stories"] == 1
    assert titles(home) == ["Bridge"]
    assert titles(Path(run.json["replaced"])) == ["Bridge", "Harbour"]
    assert [name for name, _ in engine.calls] == ["open"], "the indexes are made"


def test_restore_into_an_empty_data_folder_asks_nothing(
    storydesk: Storydesk, engine: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storydesk("backup", "kept")
    monkeypatch.setenv("STORYDESK_HOME", str(tmp_path / "other"))
    run = storydesk("restore", "kept")
    assert (run.code, run.out.split(",")[0], run.err) == (0, "restored 1 story", "")
    assert "is kept in" not in run.out
    assert titles(tmp_path / "other") == ["Bridge"]


def test_restore_without_a_terminal_replaces_no_stories_unless_told_to(
    storydesk: Storydesk, engine: Any, home: Path
) -> None:
    storydesk("backup", "kept")
    put(home, "harbour")
    one_error(storydesk("restore", "kept", stdin="y\n"), "holds stories that would be replaced; give --yes")
    assert titles(home) == ["Bridge", "Harbour"]
    assert engine.calls == []


@pytest.mark.parametrize(("answer", "restored"), [("y\n", True), ("n\n", False), ("\n", False), ("", False)])
def test_restore_asks_at_a_terminal(
    storydesk: Storydesk, engine: Any, home: Path, monkeypatch: pytest.MonkeyPatch, answer: str, restored: bool
) -> None:
    storydesk("backup", "kept")
    put(home, "harbour")
    monkeypatch.setattr("io.StringIO", Terminal)
    run = storydesk("restore", "kept", stdin=answer)
    assert titles(home) == (["Bridge"] if restored else ["Bridge", "Harbour"])
    assert run.code == (0 if restored else 1)
    assert "Replace the stories in" in run.err
    assert ("Nothing was changed." in run.err) is not restored


def test_restore_of_a_damaged_backup_changes_nothing(
    storydesk: Storydesk, engine: Any, home: Path, tmp_path: Path
) -> None:
    storydesk("backup", "kept")
    with (tmp_path / "kept" / "catalog.sqlite3").open("ab") as file:
        file.write(b"x")
    put(home, "harbour")
    one_error(storydesk("restore", "kept", "--yes"), "is not as it was written")
    assert titles(home) == ["Bridge", "Harbour"]
    assert engine.calls == []


def test_backup_prints_what_it_is_as_json_and_refuses_a_folder_with_files(
    storydesk: Storydesk, home: Path, tmp_path: Path
) -> None:
    run = storydesk("backup", "kept", "--json")
    assert run.json == json.loads((tmp_path / "kept" / "manifest.json").read_text())
    one_error(storydesk("backup", "kept"), "is not empty; give a new folder")


def languages(home: Path) -> list[str]:
    """What a bot in the data folder remembers of servers 1 and 2."""
    with Memory.open(home) as memory:
        return [servers.settings_of(memory, server_id).language for server_id in (1, 2)]


def set_language(memory: Memory, server_id: int, language: str) -> None:
    servers.joined(memory, server_id, at=NOW)
    servers.change_settings(memory, server_id, language=language)


def test_what_the_bot_remembers_is_backed_up_while_it_runs_and_brought_back(
    storydesk: Storydesk, engine: Any, home: Path, tmp_path: Path
) -> None:
    with Memory.open(home) as running:
        set_language(running, 1, "de")
        assert storydesk("backup", "kept").code == 0, "the bot has it open, the change is not in the file itself"
        set_language(running, 2, "fr")
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"bot.sqlite3", "catalog.sqlite3", "manifest.json"}
    run = storydesk("restore", "kept", "--yes", "--json")
    assert (run.code, languages(home)) == (0, ["de", "en"])
    replaced = Path(run.json["replaced"])
    assert storydesk("restore", str(replaced), "--yes").code == 0, "what was there before is a backup like any other"
    assert languages(home) == ["de", "fr"]


def test_a_backup_without_a_bot_leaves_what_the_bot_remembers(storydesk: Storydesk, engine: Any, home: Path) -> None:
    assert storydesk("backup", "kept").code == 0
    with Memory.open(home) as memory:
        set_language(memory, 1, "es")
    assert storydesk("restore", "kept", "--yes").code == 0
    assert languages(home) == ["es", "en"]


def test_what_a_bot_remembers_is_kept_where_there_is_no_catalog(
    storydesk: Storydesk, engine: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Memory.open(home) as memory:
        set_language(memory, 1, "de")
    storydesk("backup", "kept")
    other = tmp_path / "other"
    other.mkdir()
    with Memory.open(other) as memory:
        set_language(memory, 1, "fr")
    monkeypatch.setenv("STORYDESK_HOME", str(other))
    run = storydesk("restore", "kept", "--json")
    assert languages(other) == ["de", "en"]
    assert languages(Path(run.json["replaced"])) == ["fr", "en"]


def test_a_damaged_copy_of_what_the_bot_remembers_changes_nothing(
    storydesk: Storydesk, engine: Any, home: Path, tmp_path: Path
) -> None:
    with Memory.open(home) as memory:
        set_language(memory, 1, "de")
    storydesk("backup", "kept")
    with (tmp_path / "kept" / "bot.sqlite3").open("ab") as file:
        file.write(b"x")
    put(home, "harbour")
    with Memory.open(home) as memory:
        set_language(memory, 1, "fr")
    one_error(storydesk("restore", "kept", "--yes"), "bot.sqlite3 is not as it was written")
    assert (titles(home), languages(home)) == (["Bridge", "Harbour"], ["fr", "en"])


def test_a_database_of_the_bot_that_is_damaged_is_no_backup(storydesk: Storydesk, home: Path, tmp_path: Path) -> None:
    (home / "bot.sqlite3").write_bytes(b"no database, " * 500)
    one_error(storydesk("backup", "kept"), "bot.sqlite3")
    assert not list((tmp_path / "kept").iterdir())
