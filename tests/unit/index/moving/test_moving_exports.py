"""Exporting and importing: what comes out goes in again, exact to the character, and nothing wrong goes in silently."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zstandard import ZstdCompressor, ZstdDecompressor

from index.engine import Engine
from index.errors import StorageError
from index.moving import ExportHeader, ImportedLibrary, ImportedStory, export, importing, read_export, write_export
from index.moving.exporting import _line
from index.reading import ReadFailure
from index.settings import IndexSettings
from index.stories import Story
from index.storing import Catalog
from index.storing.catalog import FILE_NAME

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OpenEngine = Callable[..., Engine]
HEADER = {"storydesk_export": 1, "made_at": NOW.isoformat(), "libraries": 0, "stories": 1, "duplicates": 0}
END = {"kind": "end", "libraries": 0, "stories": 1, "duplicates": 0}
STORY: dict[str, Any] = {
    "kind": "story",
    "library": "public",
    "identity": "id:bridge",
    "added_at": "2025-06-01T10:00:00.000+00:00",
    "title": "Bridge",
    "url": "https://orla-post.example/bridge",
    "publisher": "The Orla Post",
    "authors": ["Ann", "Bo"],
    "published_at": "2025-05-16T10:00:00+03:00",
    "language": "en",
    "source": "stories/bridge.txt",
    "text": "The bridge opened.",
}


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


def write(path: Path, *records: Any) -> Path:
    path.write_bytes(b"".join(record if isinstance(record, bytes) else _line(record) for record in records))
    return path


def failures(path: Path) -> list[ReadFailure]:
    return [item for item in read_export(path) if isinstance(item, ReadFailure)]


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


ANY_TEXT = st.text(
    st.one_of(
        st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"),
        st.sampled_from("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\t\x01\x7f\x9b\ufeff\u0301\u200d\u202e😀é\\\"'"),
    ),
    max_size=200,
)


@settings(max_examples=300, deadline=None)
@given(text=ANY_TEXT, title=ANY_TEXT, names=st.lists(ANY_TEXT.filter(bool), max_size=3), compressed=st.booleans())
def test_any_text_is_read_exactly_as_it_was_written(
    text: str, title: str, names: list[str], compressed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    record = STORY | {"text": f"{text}a", "title": f"a{title}", "authors": names, "source": f"/{title}"}
    content = b"".join(_line(each) for each in (HEADER, record, END))
    # Lines stay lines for every program that reads them, and nothing in them steers a terminal.
    assert len(content.decode().splitlines()) == 3
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(ZstdCompressor().compress(content) if compressed else content)
    header, item = read_export(path)
    assert header == ExportHeader(0, 1, 0)
    assert isinstance(item, ImportedStory)
    assert (item.story.text, item.story.title, item.story.source) == (f"{text}a", f"a{title}", f"/{title}")
    assert item.story.authors == tuple(names)


def test_every_field_of_a_story_is_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        HEADER | {"libraries": 1},
        {"kind": "library", "name": "city"},
        STORY,
        END | {"libraries": 1},
    )
    _, library, item = read_export(path)
    assert library == ImportedLibrary("city")
    fields = {name: STORY[name] for name in Story.__dataclass_fields__} | {"authors": ("Ann", "Bo")}
    assert item == ImportedStory("public", Story(**fields), STORY["added_at"], f"{path}#3")


def test_fields_that_are_not_known_of_a_story_may_be_null(tmp_path: Path) -> None:
    unknown = dict.fromkeys(("url", "publisher", "published_at", "language"))
    _, item = read_export(write(tmp_path / "a.jsonl", HEADER, STORY | unknown | {"authors": []}, END))
    assert isinstance(item, ImportedStory)
    assert item.story == replace(item.story, url=None, publisher=None, published_at=None, language=None, authors=())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"library": "Not A Name"}, "The field library is wrong"),
        ({"library": "../x"}, "The field library is wrong"),
        ({"identity": "x"}, "The field identity is wrong"),
        ({"title": ""}, "The field title is wrong"),
        ({"title": None}, "The field title is wrong"),
        ({"text": "a\x00b"}, "The field text is wrong (has a character that cannot be stored"),
        ({"text": "?!"}, "The field text is wrong (has no words)"),
        ({"text": 7}, "The field text is wrong"),
        ({"url": "javascript:alert(1)"}, "The field url is wrong (is not the address of a web page)"),
        ({"authors": "Ann"}, "The field authors is wrong"),
        ({"published_at": "2025-99-01"}, "The field published_at is wrong"),
        ({"published_at": "20250516T10:00"}, "The field published_at is wrong"),
        ({"language": "English"}, "The field language is wrong"),
        ({"added_at": "2025-06-01T10:00:00"}, "The field added_at is wrong (has no offset from UTC)"),
        ({"more": 1}, "The field more is not known"),
        ({"kind": "feed"}, "This line is of a kind that this Storydesk does not know"),
    ],
)
def test_a_field_that_cannot_be_stored_is_named(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    path = write(tmp_path / "a.jsonl", HEADER, STORY | change, END)
    (failure,) = failures(path)
    assert failure.source == f"{path}#2"
    assert failure.error.startswith(words)
    assert "\n" not in failure.error


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"[1]\n", "This line is no JSON object"),
        (b'"story"\n', "This line is no JSON object"),
        (b"\n", "This line is not valid JSON"),
        (b"{\n", "This line is not valid JSON"),
        (b"{}\n", "The field kind is missing"),
        (b"\xff\n", "This line is not valid JSON"),
        (b'{"kind": "library", "name": "\\ud800"}\n', "This line is not valid JSON"),
        (b"[" * 100_000 + b"\n", "This line is not valid JSON"),
        (b'{"kind": "library"}\n', "The field name is missing"),
    ],
)
def test_a_line_that_is_no_record_is_named_and_the_others_go_on(tmp_path: Path, line: bytes, words: str) -> None:
    path = write(tmp_path / "a.jsonl", HEADER | {"stories": 2}, line, STORY, END | {"stories": 2})
    _, failure, item = read_export(path)
    assert isinstance(failure, ReadFailure)
    assert failure.source == f"{path}#2"
    assert failure.error.startswith(words)
    assert isinstance(item, ImportedStory)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This is no export of Storydesk"),
        (b"Once upon a time\n", "This is no export of Storydesk"),
        (b'{"title": "A", "text": "B"}\n', "This is no export of Storydesk"),
        (b'{"storydesk_export": "1"}\n', "This is no export of Storydesk"),
        (b'{"storydesk_export": 2}\n', "This export was made by a newer Storydesk (format 2)"),
        (b'{"storydesk_export": 1}\n', "The field made_at is missing"),
        (b"[" * 100_000, "This is no export of Storydesk"),
    ],
)
def test_a_file_that_is_no_export_gives_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    (failure,) = read_export(path)
    assert isinstance(failure, ReadFailure)
    assert failure.error.startswith(words)


def test_a_file_that_is_not_there_gives_one_sentence(tmp_path: Path) -> None:
    (failure,) = read_export(tmp_path / "nothing.jsonl")
    assert isinstance(failure, ReadFailure)
    assert failure.error.startswith("There is no such file")


@pytest.mark.parametrize("compressed", [False, True])
def test_an_export_cut_off_anywhere_is_told_and_gives_only_whole_stories(tmp_path: Path, compressed: bool) -> None:
    content = b"".join(
        map(
            _line, (HEADER | {"stories": 3}, *(STORY | {"identity": f"id:{n}"} for n in range(3)), END | {"stories": 3})
        )
    )
    if compressed:
        content = ZstdCompressor(write_checksum=True).compress(content)
    path = tmp_path / "a.jsonl"
    # Without the last line's end, or without the four bytes of the checksum, it is still whole.
    for length in range(len(content) - (4 if compressed else 1)):
        path.write_bytes(content[:length])
        items = list(read_export(path))
        assert isinstance(items[-1], ReadFailure), length
        assert sum(isinstance(item, ReadFailure) for item in items) == 1
        for item in items:
            if isinstance(item, ImportedStory):
                assert item.story.text == STORY["text"]


def test_damaged_compressed_data_is_told(tmp_path: Path) -> None:
    content = bytearray(ZstdCompressor(write_checksum=True).compress(b"".join(map(_line, (HEADER, STORY, END)))))
    content[-2] ^= 1
    path = tmp_path / "a.jsonl.zst"
    path.write_bytes(content)
    (failure,) = failures(path)
    assert "compressed data is damaged" in failure.error


def test_lines_that_were_taken_out_are_missed(tmp_path: Path) -> None:
    (failure,) = failures(write(tmp_path / "a.jsonl", HEADER, END))
    assert failure.error.startswith("This export should have 1 records and has 0")


def test_a_second_export_behind_the_first_is_not_passed_over(tmp_path: Path) -> None:
    (failure,) = failures(write(tmp_path / "a.jsonl", HEADER, STORY, END, HEADER, STORY, END))
    assert failure.error.startswith("There is more after the end in line 3")


def test_a_line_without_end_is_not_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MAX_LINE_BYTES", 1_000_000)
    path = tmp_path / "bomb.jsonl.zst"
    with path.open("wb") as file, ZstdCompressor().stream_writer(file) as stream:
        stream.write(_line(HEADER))
        for _ in range(400):
            stream.write(b"a" * 1_000_000)
    assert path.stat().st_size < 100_000
    (failure,) = failures(path)
    assert failure.error.startswith("Line 2 is longer than any story")


def test_the_longest_story_fits_into_a_line() -> None:
    longest = _line(STORY | {"text": "\x01" * importing.MAX_STORY_CHARACTERS})
    assert len(longest) < importing.MAX_LINE_BYTES


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
