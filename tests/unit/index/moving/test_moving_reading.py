"""Reading an export: exact to the character, and nothing wrong goes in silently."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moving_exports import END, HEADER, STORY, write
from zstandard import ZstdCompressor

from index.moving import ExportHeader, ImportedLibrary, ImportedStory, importing, read_export
from index.moving.exporting import _line
from index.reading import ReadFailure
from index.stories import Story


def failures(path: Path) -> list[ReadFailure]:
    return [item for item in read_export(path) if isinstance(item, ReadFailure)]


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


@pytest.fixture(autouse=True)
def _leave_nothing_behind() -> Iterator[None]:
    threads = set(threading.enumerate())
    yield
    assert {thread for thread in threading.enumerate() if thread.name.startswith("preparing")} <= threads
