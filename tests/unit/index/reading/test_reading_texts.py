import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from index.reading import FoundFile, ReadFailure, read_file
from index.stories import Story

TITLE = "Harbour Bridge Closed Until Autumn"
BODY = "The mayor said on Friday that 1,200 drivers a day have to take the road through the valley.\r\nIt is longer."
NOBODY = 65_534


def read(path: Path) -> Story:
    [story] = read_file(FoundFile(path, path.name))
    assert isinstance(story, Story), story
    return story


def failure(path: Path) -> str:
    [result] = read_file(FoundFile(path, path.name))
    assert isinstance(result, ReadFailure), result
    assert result.source == path.name
    # A sentence for a person: no traceback, no name of the file, which the result carries.
    assert path.name not in result.error
    assert result.error.endswith(".")
    assert "Traceback" not in result.error
    return result.error


def test_the_text_of_a_plain_file_is_exactly_what_it_says(tmp_path: Path) -> None:
    text = f"\ufeff{TITLE}\r\n\r\n{BODY}\n \t\rLast\u2028line\u00a0\u0301 \n\n"
    path = tmp_path / "story.txt"
    path.write_bytes(text.encode())
    story = read(path)
    assert story.text == text.removeprefix("\ufeff")
    assert story.title == TITLE
    assert story.source == "story.txt"
    assert story.identity == f"path:{path.resolve()}"
    assert story.language == "en"
    assert (story.url, story.publisher, story.authors, story.published_at) == (None, None, (), None)


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".json", ".jsonl", ".pdf"])
def test_an_empty_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"nothing{suffix}"
    path.write_bytes(b"")
    assert failure(path)


@pytest.mark.parametrize("content", [" \n\n\t\n", "\ufeff", "*** --- ***", "…"])
def test_a_file_without_words_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "nothing.txt"
    path.write_text(content, encoding="utf-8")
    assert "no words" in failure(path)


def test_a_picture_named_as_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.txt"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(2_000))
    assert "looks like a binary file" in failure(path)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1251"])
def test_a_file_in_another_encoding_reads_right(tmp_path: Path, encoding: str) -> None:
    text = "Мост закрыт до осени\n\nМэр сообщил в пятницу, что старый мост будет закрыт до осени. Объезд долгий."
    path = tmp_path / "story.txt"
    path.write_bytes(text.encode(encoding))
    story = read(path)
    assert (story.title, story.text, story.language) == ("Мост закрыт до осени", text, "ru")


def test_a_file_with_two_encodings_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes("Мост закрыт — до осени.\n".encode() * 5 + "The café said “no”.".encode("cp1252"))
    assert read(path).text == "Мост закрыт — до осени.\n" * 5 + "The café said “no”."


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".json"])
def test_a_file_of_50_megabytes_is_refused_without_being_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"large{suffix}"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    error = failure(path)
    assert "50 MB" in error
    assert "20 MB" in error


def test_a_text_just_within_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    path.write_bytes(b"It rained. " * (20 * 1024 * 1024 // 11))
    assert len(read(path).text) > 20_000_000


def test_a_file_that_is_gone_is_a_failure(tmp_path: Path) -> None:
    assert "no such file" in failure(tmp_path / "gone.txt")


def test_a_named_pipe_does_not_block(tmp_path: Path) -> None:
    path = tmp_path / "pipe.txt"
    os.mkfifo(path)
    assert "not a regular file" in failure(path)


def test_a_folder_named_like_a_text_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "folder.txt"
    path.mkdir()
    assert failure(path)


def test_a_file_that_may_not_be_read_is_a_failure() -> None:
    # The superuser may read everything: then the rest runs as another user, after a first story has loaded all code.
    program = """
import os, sys
from pathlib import Path
from index.reading import FoundFile, discover, read_file
folder = Path(sys.argv[1])
list(read_file(FoundFile(folder / "open.txt", "open.txt")))
if os.getuid() == 0:
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
for found in discover([folder]):
    results = read_file(found) if isinstance(found, FoundFile) else [found]
    for result in results:
        print(Path(result.source).name, "|", getattr(result, "error", "read"))
"""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "locked").mkdir()
        (folder / "locked" / "inside.txt").write_text("A story that nobody may see.")
        (folder / "open.txt").write_text("A story for everybody.")
        (folder / "secret.txt").write_text("A story that nobody may see.")
        folder.chmod(0o755)
        (folder / "secret.txt").chmod(0)
        (folder / "locked").chmod(0)
        command = [sys.executable, "-c", program, name, str(NOBODY)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        (folder / "locked").chmod(0o755)
    assert run.stdout.splitlines() == [
        "locked | You may not open this; ask its owner for permission to read it.",
        "open.txt | read",
        "secret.txt | You may not open this file; ask its owner for permission to read it.",
    ], run.stderr


FRONT_MATTER = """---
title: "Bridge: closed"
url: https://news.example/bridge?utm_source=x
publisher: The Harbour Gazette
authors: [Ada Lind, Bo Berg]
published_at: 2025-05-23T10:00:00-04:00
section: 7
---
"""


def test_front_matter_gives_the_fields_and_the_rest_is_the_text(tmp_path: Path) -> None:
    path = tmp_path / "story.md"
    path.write_bytes(f"{FRONT_MATTER}\r\n# Another heading\n\n{BODY}".encode())
    story = read(path)
    assert story.title == "Bridge: closed"
    assert story.text == f"\r\n# Another heading\n\n{BODY}"
    assert story.identity == "url:news.example/bridge"
    assert story.url == "https://news.example/bridge?utm_source=x"
    assert story.publisher == "The Harbour Gazette"
    assert story.authors == ("Ada Lind", "Bo Berg")
    assert story.published_at == "2025-05-23T10:00:00-04:00"


def test_front_matter_may_have_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "story.md"
    path.write_bytes(FRONT_MATTER.replace("\n", "\r\n").encode() + BODY.encode())
    assert (read(path).title, read(path).text) == ("Bridge: closed", BODY)


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("title: 2024", "title", "2024"),
        ("title: Yes", "title", "Yes"),
        ("authors: Ada Lind, Bo Berg", "authors", ("Ada Lind", "Bo Berg")),
        ("author: Ada Lind", "authors", ("Ada Lind",)),
        ("published_at: 2025-05-23", "published_at", "2025-05-23"),
        ("date: 2025-05-23 10:00 +0200", "published_at", "2025-05-23T10:00:00+02:00"),
        ("date: none\npublish_date: 2025/05/23", "published_at", "2025-05-23"),
        ("id: 7", "identity", "id:7"),
        ("url: javascript:alert(1)", "url", None),
        ("publisher:", "publisher", None),
        ("# a comment", "publisher", None),
    ],
)
def test_front_matter_is_plain_text_whatever_it_says(tmp_path: Path, line: str, field: str, value: object) -> None:
    path = tmp_path / "story.md"
    path.write_text(f"---\n{line}\n---\n{BODY}")
    assert getattr(read(path), field) == value


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("title: Bridge: closed", "not valid YAML"),
        ("title: [closed", "not valid YAML"),
        ("\ttitle: x", "not valid YAML"),
        ("title: !!python/object/apply:os.system [ls]", "field title"),
        ("title: [a, b]", "field title is a list"),
        ("- a\n- b", "no fields"),
        ("published_at: 05/06/2025", "could be two dates"),
        ("date: in spring", "field date"),
        ("authors: {a: b}", "field authors"),
        ("a: " + "[" * 5_000, "not valid YAML"),
    ],
)
def test_front_matter_that_cannot_be_read_is_refused(tmp_path: Path, block: str, problem: str) -> None:
    path = tmp_path / "story.md"
    path.write_text(f"---\n{block}\n---\n{BODY}")
    assert problem in failure(path)


def test_rules_around_ordinary_text_are_no_front_matter(tmp_path: Path) -> None:
    path = tmp_path / "story.md"
    text = f"---\nThe bridge stays closed\n---\n\n{BODY}"
    path.write_bytes(text.encode())
    assert read(path).text == text


def test_front_matter_without_a_body_has_no_story(tmp_path: Path) -> None:
    path = tmp_path / "story.md"
    path.write_text(FRONT_MATTER)
    assert "no words" in failure(path)


def test_a_file_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "story.docx"
    path.write_text(BODY)
    assert "cannot be read" in failure(path)


@pytest.mark.parametrize("name", ["story.txt", "story.md"])
def test_the_day_in_a_line_of_its_own_dates_the_story(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(f"{TITLE}\n\nBy Ada Lind, Harbour Post, 6 May 2025\n\n{BODY}", encoding="utf-8")
    story = read(path)
    assert (story.title, story.published_at) == (TITLE, "2025-05-06")


def test_the_day_that_front_matter_gives_counts_before_the_one_in_the_text(tmp_path: Path) -> None:
    path = tmp_path / "story.md"
    path.write_text(f"---\ndate: 2025-05-07\n---\n{TITLE}\n\nHarbour Post, 6 May 2025\n\n{BODY}", encoding="utf-8")
    assert read(path).published_at == "2025-05-07"


@pytest.mark.parametrize("day", ["31 February 2025", "6 May 2199", "6 May 1025"])
def test_a_story_whose_day_cannot_be_is_undated(tmp_path: Path, day: str) -> None:
    path = tmp_path / "story.txt"
    path.write_text(f"{TITLE}\n\nHarbour Post, {day}\n\n{BODY}", encoding="utf-8")
    assert read(path).published_at is None


def test_the_day_in_a_records_text_dates_it_where_it_names_none(tmp_path: Path) -> None:
    path = tmp_path / "stories.json"
    text = f"Harbour Post, 6 May 2025\n\n{BODY}"
    path.write_text(json.dumps([{"title": TITLE, "text": text}, {"title": "B", "text": text, "date": "2025-05-09"}]))
    found = read_file(FoundFile(path, path.name))
    assert [each.published_at for each in found if isinstance(each, Story)] == ["2025-05-06", "2025-05-09"]
