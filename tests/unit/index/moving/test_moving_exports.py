"""Exporting and importing: what comes out goes in again, whole or not at all."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moving_exports import END, HEADER, NOW, STORY, write
from zstandard import ZstdDecompressor

from index.engine import Engine
from index.errors import StorageError
from index.moving import export, write_export
from index.settings import IndexSettings
from index.storing import Catalog
from index.storing.catalog import FILE_NAME

OpenEngine = Callable[..., Engine]


@pytest.fixture
def filled(engine: Engine, newsroom: Any) -> Engine:
    """Three libraries, one of them without stories, and a story that is known as a duplicate."""
    newsroom.add(
        engine,
        newsroom.write("bridge", "The bridge opened.\r\n\r\nIt rained.", id="b", authors=["Ann"], publisher="Post"),
        newsroom.write("harbour", "The harbour closed.\u2028Boats left.", url="https://coast.example/1"),
    )
    newsroom.add(engine, newsroom.write("again", "The harbour closed.\u2028Boats left.", title="Again"))
    newsroom.add(engine, newsroom.write("council", "The council met."), library="city")
    engine.catalog.make_library("empty")
    return engine


def lines(catalog: Catalog) -> list[bytes]:
    stream = io.BytesIO()
    write_export(catalog, stream, made_at=NOW)
    return stream.getvalue().splitlines(keepends=True)


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.zst"])
def test_an_export_imported_elsewhere_exports_the_same_lines(
    filled: Engine, open_engine: OpenEngine, settings: IndexSettings, tmp_path: Path, name: str
) -> None:
    exported = export(filled.catalog, tmp_path / name, made_at=NOW)
    assert (exported.libraries, exported.stories, exported.duplicates) == (3, 3, 1)
    elsewhere = open_engine(settings.model_copy(update={"home": tmp_path / "elsewhere"}))
    results = list(elsewhere.import_stories(tmp_path / name))
    assert [result.status for result in results] == ["added", "added", "added", "duplicate"]
    assert lines(elsewhere.catalog) == lines(filled.catalog)
    assert list(elsewhere.catalog.summaries()) == list(filled.catalog.summaries())
    assert elsewhere.find("harbour boats", leg="words")[0].title == "A story"


def test_an_export_has_a_header_libraries_stories_duplicates_and_an_end(filled: Engine) -> None:
    records = [json.loads(line) for line in lines(filled.catalog)]
    counts = {"libraries": 3, "stories": 3, "duplicates": 1}
    assert records[0] == {"storydesk_export": 1, "made_at": NOW.isoformat(), **counts}
    assert records[-1] == {"kind": "end", **counts}
    assert [record["kind"] for record in records[1:-1]] == ["library"] * 3 + ["story"] * 3 + ["duplicate"]
    assert [record["name"] for record in records[1:4]] == ["city", "empty", "public"]
    bridge = next(record for record in records if record.get("identity") == "id:b")
    assert bridge["text"] == "The bridge opened.\r\n\r\nIt rained."
    assert (bridge["authors"], bridge["publisher"], bridge["library"]) == (["Ann"], "Post", "public")
    assert bridge["added_at"] == filled.story(next(iter(filled.catalog.summaries("public"))).story_id).added_at
    assert (records[-2]["title"], records[-2]["text"]) == ("Again", "The harbour closed.\u2028Boats left.")


def test_a_duplicate_takes_the_story_over_after_it_was_carried_elsewhere(
    filled: Engine, open_engine: OpenEngine, settings: IndexSettings, newsroom: Any, tmp_path: Path
) -> None:
    export(filled.catalog, tmp_path / "all.jsonl", made_at=NOW)
    elsewhere = open_engine(settings.model_copy(update={"home": tmp_path / "elsewhere"}))
    list(elsewhere.import_stories(tmp_path / "all.jsonl"))
    newsroom.add(elsewhere, newsroom.write("harbour", "The harbour opened.", url="https://coast.example/1"))
    assert {story.title for story in elsewhere.catalog.summaries("public")} == {"A story", "Again"}


def test_importing_again_changes_nothing(filled: Engine, tmp_path: Path) -> None:
    before = lines(filled.catalog)
    export(filled.catalog, tmp_path / "all.jsonl", made_at=NOW)
    results = list(filled.import_stories(tmp_path / "all.jsonl"))
    assert [result.status for result in results] == ["unchanged", "unchanged", "unchanged", "duplicate"]
    assert lines(filled.catalog) == before


def test_importing_tells_how_far_it_is_over_all_libraries(filled: Engine, tmp_path: Path) -> None:
    export(filled.catalog, tmp_path / "all.jsonl", made_at=NOW)
    told: list[tuple[str, int, int]] = []
    list(filled.import_stories(tmp_path / "all.jsonl", on_progress=lambda *call: told.append(call)))
    assert [call for call in told if call[0] == "stories stored"] == [
        ("stories stored", number, 4) for number in range(1, 5)
    ]


def test_what_is_wrong_is_a_failed_result_and_the_rest_goes_in(engine: Engine, tmp_path: Path) -> None:
    bad = STORY | {"identity": "id:x", "published_at": "soon"}
    path = write(tmp_path / "a.jsonl", HEADER | {"stories": 2}, STORY, bad, END | {"stories": 2})
    results = list(engine.import_stories(path))
    assert [(result.status, result.source) for result in results] == [
        ("added", "stories/bridge.txt"),
        ("failed", f"{path}#3"),
    ]
    (stored,) = engine.catalog.summaries()
    assert (stored.added_at, stored.source, stored.library) == (STORY["added_at"], STORY["source"], "public")


@pytest.mark.parametrize("library", ["samples", "public"])
def test_any_library_may_be_imported(engine: Engine, tmp_path: Path, library: str) -> None:
    path = write(tmp_path / "a.jsonl", HEADER, STORY | {"library": library}, END)
    assert [result.status for result in engine.import_stories(path)] == ["added"]
    assert engine.catalog.libraries() == [library]


def test_an_existing_file_is_replaced_only_when_that_is_wanted(filled: Engine, tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text("precious")
    with pytest.raises(StorageError, match=r"all\.jsonl exists; name another file, or give --force"):
        export(filled.catalog, path, made_at=NOW)
    assert path.read_text() == "precious"
    export(filled.catalog, path, made_at=NOW, overwrite=True)
    assert path.read_bytes() == b"".join(lines(filled.catalog))
    with pytest.raises(StorageError, match="is a folder"):
        export(filled.catalog, tmp_path, made_at=NOW, overwrite=True)


def test_a_file_is_complete_or_absent(filled: Engine, tmp_path: Path) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        assert list(tmp_path.glob("all.jsonl.part"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(filled.catalog, tmp_path / "all.jsonl", made_at=NOW, on_progress=interrupt)
    assert not list(tmp_path.glob("all*"))


def test_a_place_that_cannot_be_written_is_named_and_not_the_data_folder(filled: Engine, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "all.jsonl"
    with pytest.raises(StorageError) as raised:
        export(filled.catalog, path, made_at=NOW)
    assert str(raised.value).startswith(f"{path} cannot be written (No such file or directory)")


def test_a_compressed_export_is_ordinary_zstandard(filled: Engine, tmp_path: Path) -> None:
    export(filled.catalog, tmp_path / "all.jsonl.zst", made_at=NOW)
    with (tmp_path / "all.jsonl.zst").open("rb") as file, ZstdDecompressor().stream_reader(file) as stream:
        assert stream.read() == b"".join(lines(filled.catalog))


def test_an_export_is_one_state_and_holds_up_nobody_who_writes(filled: Engine, newsroom: Any, home: Path) -> None:
    before = lines(filled.catalog)
    late = newsroom.write("late", "It came late.")
    added = threading.Event()

    def write_meanwhile(what: str, done: int, total: int) -> None:
        if done == 1:
            newsroom.add(filled, late)
            added.set()

    stream = io.BytesIO()
    reader = Catalog.open_read_only(home)
    assert reader is not None
    with reader:
        write_export(reader, stream, made_at=NOW, on_progress=write_meanwhile)
    assert added.is_set()
    assert stream.getvalue().splitlines(keepends=True) == before
    assert filled.catalog.count_stories() == 4


def test_exporting_reads_more_than_a_page(engine: Engine, newsroom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.moving.exporting.PAGE", 2)
    newsroom.add(engine, newsroom.write_lines("many", [{"id": n, "text": f"Story number {n}."} for n in range(9)]))
    exported = [json.loads(line)["identity"] for line in lines(engine.catalog)[2:-1]]
    assert sorted(exported) == [f"id:{n}" for n in range(9)]


@pytest.fixture(autouse=True)
def _leave_nothing_behind() -> Iterator[None]:
    threads = set(threading.enumerate())
    yield
    assert {thread for thread in threading.enumerate() if thread.name.startswith("preparing")} <= threads


def test_the_catalogs_file_is_not_touched_by_exporting(filled: Engine, home: Path) -> None:
    filled.close()
    before = (home / FILE_NAME).read_bytes()
    reader = Catalog.open_read_only(home)
    assert reader is not None
    with reader:
        lines(reader)
    assert (home / FILE_NAME).read_bytes() == before
