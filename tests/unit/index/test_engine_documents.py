"""Documents that are sent: read like files, under an identity of their own, whatever they are called."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.engine import Engine
from index.errors import LibraryNameError, StorageError
from index.stories import AddResult, Document

TEXT = b"The old bridge was closed on Friday. Forty boats waited in the harbour until noon."


def send(engine: Engine, data: bytes, name: str, **options: Any) -> list[AddResult]:
    how = {name: options.pop(name) for name in ("library", "on_progress") if name in options}
    document = Document(data, name, **({"source": name, "identity": "sent:1"} | options))
    return engine.add_document(document, **({"library": "server-1"} | how))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bridge-closed.txt", TEXT),
        ("Bridge-Closed.TXT", TEXT),
        ("bridge-closed.md", TEXT),
        ("notes.json", json.dumps({"title": "Bridge closed", "text": TEXT.decode()}).encode()),
        ("notes.html", b"<html><head><title>Bridge closed</title></head><body><article><h1>Bridge closed</h1><p>"
                       + 5 * TEXT + b"</p></article></body></html>"),
    ],
)  # fmt: skip
def test_each_kind_of_file_is_read_and_its_title_is_made_as_ever(engine: Engine, name: str, data: bytes) -> None:
    (result,) = send(engine, data, name)
    assert (result.status, (result.title or "").lower()) == ("added", "bridge closed")
    story = engine.story(result.story_id or "", library="server-1")
    assert "Forty boats" in story.text
    assert story.source == name


def test_the_same_identity_is_the_same_story_and_an_id_of_its_own_comes_first(engine: Engine) -> None:
    (first,) = send(engine, TEXT, "a.txt")
    (second,) = send(engine, TEXT + b" It opened again.", "b.txt")
    assert (second.status, second.story_id) == ("updated", first.story_id)
    (other,) = send(engine, TEXT, "a.txt", identity="sent:2")
    assert (other.status, other.story_id != first.story_id) == ("added", True)
    (same,) = send(engine, TEXT, "a.txt", identity="sent:3")
    assert (same.status, same.story_id) == ("duplicate", other.story_id)
    (given,) = send(engine, b"---\nid: wire-7\n---\nThe tower was opened.", "c.md", identity="sent:4")
    (again,) = send(engine, b"---\nid: wire-7\n---\nThe tower was closed.", "c.md", identity="sent:5")
    assert (again.status, again.story_id) == ("updated", given.story_id)


def test_a_document_of_several_stories_numbers_them_and_fails_line_by_line(engine: Engine) -> None:
    lines = [
        {"title": "A", "text": "The bridge was closed."},
        {"text": 5},
        {"title": "B", "text": "The tower is open."},
    ]
    data = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    results = send(engine, data, "wire.jsonl", title="Not for several")
    assert [(each.status, each.title) for each in results] == [("added", "A"), ("failed", None), ("added", "B")]
    assert [each.status for each in send(engine, data, "wire.jsonl")] == ["unchanged", "failed", "unchanged"]


def test_a_given_title_takes_the_place_of_the_storys_own(engine: Engine) -> None:
    (result,) = send(engine, TEXT, "a.txt", title="  The\nbridge \x07 ")
    assert result.title == "The bridge"


@pytest.mark.parametrize(
    "name",
    ["../../../etc/cron.d/x.txt", "/etc/passwd.txt", "..\\..\\x.txt", "a\x00b.txt", f"{'x' * 4000}.txt", ".txt",
     "\u202etxt.exe.txt", "\ud800.txt", "~root.txt", "//.txt"],
)  # fmt: skip
def test_nothing_of_a_name_reaches_a_path(
    name: str, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = tmp_path / "unpacked"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    written: list[Path] = []
    write = Path.write_bytes

    def note(path: Path, data: bytes) -> int:
        written.append(path)
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", note)
    (result,) = send(engine, b"forty boats waited in the harbour", name)
    assert result.status == "added"
    assert [(path.parent.parent, path.name) for path in written] == [(place, "document.txt")]
    assert list(place.iterdir()) == []
    story = engine.story(result.story_id or "")
    for shown in (story.title, story.source):
        assert not any(character in shown for character in "\x00\u202e\ud800")
        assert len(shown) <= 300


@pytest.mark.parametrize("name", ["a.exe", "a", "", "a.txt.zip", "txt"])
def test_other_kinds_fail_with_the_kinds_that_can_be_read(name: str, engine: Engine) -> None:
    (result,) = send(engine, TEXT, name)
    assert result.status == "failed"
    assert ".pdf" in (result.error or "")


@pytest.mark.parametrize(("data", "name"), [(b"", "a.txt"), (b"%PDF-1.4 broken", "a.pdf"), (b"{", "a.json")])
def test_what_cannot_be_read_fails_with_a_sentence(data: bytes, name: str, engine: Engine) -> None:
    (result,) = send(engine, data, name)
    assert result.status == "failed"
    assert result.error
    assert "/" not in result.error


def test_too_much_is_refused_before_anything_is_written(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.reading.received.MAX_TEXT_BYTES", 10)
    monkeypatch.setattr(Path, "write_bytes", lambda *_: pytest.fail("written"))
    (result,) = send(engine, TEXT, "a.txt")
    assert "limit" in (result.error or "")


def test_a_library_that_takes_no_stories_is_refused(engine: Engine) -> None:
    with pytest.raises(LibraryNameError):
        send(engine, TEXT, "a.txt", library="samples")


def test_no_room_to_unpack_is_a_sentence(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match="No space left"):
        send(engine, TEXT, "a.txt")


def test_progress_is_told(engine: Engine) -> None:
    steps: list[tuple[str, int, int]] = []
    tell: Callable[[str, int, int], None] = lambda *step: steps.append(step)  # noqa: E731
    send(engine, TEXT, "a.txt", on_progress=tell)
    assert steps[-1] == ("stories stored", 1, 1)


def test_a_given_day_takes_the_place_of_the_storys_own_and_dates_those_of_several_that_have_none(
    engine: Engine,
) -> None:
    def days(name: str, data: bytes, identity: str) -> list[str | None]:
        results = send(engine, data, name, identity=identity, published_at="2025-05-23")
        return [engine.story(each.story_id or "", library="server-1").published_at for each in results]

    assert days("a.txt", TEXT, "sent:1") == ["2025-05-23"]
    assert days("b.md", b"---\npublished_at: 2020-01-01\n---\nThe tower was opened.", "sent:2") == ["2025-05-23"]
    lines = [{"text": "The pier burned.", "published_at": "2020-01-01"}, {"text": "The pier was rebuilt."}]
    several = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    assert days("c.jsonl", several, "sent:3") == ["2020-01-01", "2025-05-23"]
