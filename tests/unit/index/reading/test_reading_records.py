import json
from pathlib import Path
from typing import Any

import pytest

from index.reading import FoundFile, ReadFailure, read_file
from index.stories import Story

TEXT = "The mayor said on Friday that 1,200 drivers a day have to take the road through the valley."
RECORD: dict[str, Any] = {
    "id": 7,
    "title": "Bridge closed",
    "text": TEXT,
    "url": "https://news.example/bridge",
    "publisher": "The Harbour Gazette",
    "authors": ["Ada Lind", "Bo Berg"],
    "published_at": "2025-05-23",
    "section": {"unknown": True},
}


def results(path: Path) -> list[Story | ReadFailure]:
    return list(read_file(FoundFile(path, path.name)))


def read_record(tmp_path: Path, **changes: Any) -> Story | ReadFailure:
    path = tmp_path / "story.json"
    path.write_text(json.dumps({**RECORD, **changes}))
    [result] = results(path)
    return result


def story(result: Story | ReadFailure) -> Story:
    assert isinstance(result, Story), result
    return result


def test_an_object_is_a_story(tmp_path: Path) -> None:
    assert read_record(tmp_path) == Story(
        title="Bridge closed",
        text=TEXT,
        source="story.json",
        identity="id:7",
        url="https://news.example/bridge",
        publisher="The Harbour Gazette",
        authors=("Ada Lind", "Bo Berg"),
        published_at="2025-05-23",
        language="en",
    )


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_list_gives_its_stories_with_numbers_and_failures_in_their_places(tmp_path: Path, wrapped: bool) -> None:
    path = tmp_path / "stories.json"
    records = [RECORD, {"title": "No text"}, 5, {"text": TEXT}]
    path.write_text(json.dumps({"stories": records} if wrapped else records))
    first, second, third, fourth = results(path)
    assert (story(first).source, story(first).identity) == ("stories.json#1", "id:7")
    assert second == ReadFailure("stories.json#2", "The field text is missing or empty; put the story's text in it.")
    assert isinstance(third, ReadFailure)
    assert third.source == "stories.json#3"
    assert story(fourth).identity == f"path:{path.resolve()}#4"


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"id": "a b\n c"}, "identity", "id:a b c"),
        ({"id": ""}, "identity", "url:news.example/bridge"),
        ({"id": None}, "identity", "url:news.example/bridge"),
        ({"id": 0}, "identity", "id:0"),
        ({"authors": "Ada Lind; Bo Berg"}, "authors", ("Ada Lind", "Bo Berg")),
        ({"authors": None}, "authors", ()),
        ({"authors": ["Ada Lind", "", "Ada Lind"]}, "authors", ("Ada Lind",)),
        ({"published_at": None, "publish_date": "2022/08/13"}, "published_at", "2022-08-13"),
        ({"published_at": None, "date": "May 23, 2025"}, "published_at", "2025-05-23"),
        ({"publish_date": "2022/08/13", "date": "soon"}, "published_at", "2025-05-23"),
        ({"published_at": None}, "published_at", None),
        ({"published_at": ""}, "published_at", None),
        ({"published_at": 1748008800}, "published_at", "2025-05-23T14:00:00+00:00"),
        ({"url": "javascript:alert(1)"}, "url", None),
        ({"url": ""}, "url", None),
        ({"publisher": "  "}, "publisher", None),
        ({"title": " Two\n lines\x00 "}, "title", "Two lines"),
        ({"title": None}, "title", TEXT),
        ({"title": ""}, "title", TEXT),
        ({"title": "\u200b\x00"}, "title", TEXT),
        ({"text": f"  {TEXT}\r\n\u2028"}, "text", f"  {TEXT}\r\n\u2028"),
        ({"text": f"{TEXT}\ud800\x00"}, "text", f"{TEXT}\ufffd\ufffd"),
    ],
)
def test_fields_are_read_as_they_are_written(
    tmp_path: Path, changes: dict[str, Any], field: str, value: object
) -> None:
    assert getattr(story(read_record(tmp_path, **changes)), field) == value


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"text": 5}, "The field text is a number"),
        ({"text": ["a"]}, "The field text is a list"),
        ({"text": "  "}, "The field text is missing or empty"),
        ({"text": "— …"}, "no words"),
        ({"title": 5}, "The field title is a number"),
        ({"url": {}}, "The field url is an object"),
        ({"publisher": True}, "The field publisher is true or false"),
        ({"authors": [1]}, "The field authors"),
        ({"authors": {"name": "Ada"}}, "The field authors"),
        ({"id": 1.5}, "The field id"),
        ({"id": True}, "The field id"),
        ({"id": "x" * 501}, "The field id"),
        ({"id": "\ud800"}, "The field id has a character"),
        ({"id": "a\x00b"}, "The field id has a character"),
        ({"published_at": "05/06/2025"}, "The field published_at could be two dates"),
        ({"published_at": None, "publish_date": "soon"}, "The field publish_date"),
        ({"published_at": None, "date": "soon"}, "The field date"),
        ({"published_at": []}, "The field published_at"),
    ],
)
def test_a_field_of_the_wrong_type_is_named(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    result = read_record(tmp_path, **changes)
    assert isinstance(result, ReadFailure)
    assert problem in result.error


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[]", "is empty"),
        ('{"stories": []}', "is empty"),
        ('"a text"', "This is not a story"),
        ("null", "This is not a story"),
        ("{", "not valid JSON"),
        ('{"title": "x",}', "not valid JSON"),
        ('{"text": "a"} {"text": "b"}', "not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"text": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"id": ' + "9" * 10_000 + ', "text": "a"}', "too long"),
    ],
)
def test_json_that_holds_no_story_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "story.json"
    path.write_text(content)
    [result] = results(path)
    assert isinstance(result, ReadFailure)
    assert result.source == "story.json"
    assert problem in result.error


def test_the_place_of_a_mistake_is_told(tmp_path: Path) -> None:
    path = tmp_path / "story.json"
    path.write_text('{\n  "title": "x"\n  "text": "y"\n}')
    [result] = results(path)
    assert isinstance(result, ReadFailure)
    assert "line 3, column 3" in result.error


def test_broken_lines_of_jsonl_are_failures_and_the_rest_goes_in(tmp_path: Path) -> None:
    path = tmp_path / "stories.jsonl"
    lines = [
        b'{"title": "One", "text": "One came."}',
        b"",
        b"{broken",
        b"   \r",
        b"\xff\xfe\x00binary\x00",
        b"[" * 50_000,
        b'"text"',
        '{"title": "Zwei", "text": "Zwei Brücken sind gesperrt."}'.encode("cp1252"),
        b'{"title": "Three", "text": "Three stayed."}\r',
        b'{"text": "Last one."}',
    ]
    path.write_bytes(b"\n".join(lines))
    found = results(path)
    assert [result.source for result in found] == [f"stories.jsonl#{line}" for line in (1, 3, 5, 6, 7, 8, 9, 10)]
    assert [result.title for result in found if isinstance(result, Story)] == [
        "One",
        "Zwei",
        "Three",
        "Last one.",
    ]
    assert story(found[5]).text == "Zwei Brücken sind gesperrt."
    assert story(found[0]).identity == f"path:{path.resolve()}#1"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_jsonl_may_begin_with_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "stories.jsonl"
    path.write_bytes('{"title": "Мост", "text": "Мост закрыт."}\n\n{"text": "Конец."}\n'.encode(encoding))
    assert [(result.source, story(result).text) for result in results(path)] == [
        ("stories.jsonl#1", "Мост закрыт."),
        ("stories.jsonl#3", "Конец."),
    ]


def test_separators_inside_a_text_do_not_end_a_line(tmp_path: Path) -> None:
    path = tmp_path / "stories.jsonl"
    path.write_text(json.dumps({"text": "One\u2028two\x85three\nfour"}, ensure_ascii=False) + "\n", encoding="utf-8")
    [result] = results(path)
    assert story(result).text == "One\u2028two\x85three\nfour"


def test_a_line_over_the_limit_is_a_failure_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.reading.records.MAX_TEXT_BYTES", 1_000)
    path = tmp_path / "stories.jsonl"
    path.write_text(f'{{"text": "{"a " * 3_000_000}"}}\n{{"text": "{TEXT}"}}\n')
    first, second = results(path)
    assert isinstance(first, ReadFailure)
    assert (first.source, "longer than the limit" in first.error) == ("stories.jsonl#1", True)
    assert (second.source, story(second).text) == ("stories.jsonl#2", TEXT)


def test_jsonl_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "stories.jsonl"
    path.write_text(f'{{"text": "{TEXT}"}}\n')
    stories = read_file(FoundFile(path, path.name))
    with path.open("a") as file:
        file.write(f'{{"text": "{TEXT}"}}\n' * 100_000)
    assert story(next(stories)).source == "stories.jsonl#1"
    # Only the beginning is read ahead: what is cut off now is never seen.
    path.write_text("")
    assert len(list(stories)) < 50_000


def test_jsonl_without_lines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stories.jsonl"
    path.write_text("\n\n  \n")
    [result] = results(path)
    assert isinstance(result, ReadFailure)
    assert "one story a line" in result.error
