"""Stories in JSON files, and in JSONL files with one story a line."""

import codecs
import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from index.errors import ReadingError
from index.reading.decoding import decode
from index.reading.drafts import Draft, finished
from index.reading.fields import authors_field, date_field, id_field, text_field
from index.reading.files import MAX_TEXT_BYTES, opened, read_bytes
from index.reading.results import FoundFile, ReadFailure
from index.reading.titles import title_of_body
from index.stories import Story

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_json(found: FoundFile) -> Iterator[Story | ReadFailure]:
    """The stories of a JSON file: one object, a list of objects, or an object with such a list as `stories`.

    Each has `title` and `text`, and may have `id`, `url`, `publisher`, `authors` and `published_at` (or `publish_date`
    or `date`). Stories of a list are numbered from 1: `path#1`. Raises ReadingError when there is none in the file.
    """
    advice = "save it as JSONL, one story a line"
    content = _parsed(decode(read_bytes(found.path, limit=MAX_TEXT_BYTES, advice=advice)))
    if isinstance(content, dict) and "text" not in content and isinstance(content.get("stories"), list):
        content = content["stories"]
    if isinstance(content, list):
        if not content:
            raise ReadingError("This list of stories is empty; put an object with title and text in it.")
        for number, record in enumerate(content, start=1):
            yield _story_or_failure(record, found, number)
    else:
        yield _story(content, found, None)


def read_jsonl(found: FoundFile) -> Iterator[Story | ReadFailure]:
    """The stories of a JSONL file, line by line: a line that is no story is a failure and the others go on.

    Blank lines are passed over. Raises ReadingError when the file cannot be opened or has no line at all.
    """
    number_of_records = 0
    with opened(found.path) as file:
        for number, line in _lines(file):
            number_of_records += 1
            if isinstance(line, ReadingError):
                yield ReadFailure(_numbered(found, number), str(line))
                continue
            try:
                record = _parsed(line)
            except ReadingError as error:
                yield ReadFailure(_numbered(found, number), str(error))
            else:
                yield _story_or_failure(record, found, number)
    if not number_of_records:
        raise ReadingError("This file is empty; put one story a line in it, each a JSON object with title and text.")


def _lines(file: BinaryIO) -> Iterator[tuple[int, str | ReadingError]]:
    """The lines that are not blank with their numbers from 1, none of them ever held beyond the size limit."""
    beginning = file.read(2)
    file.seek(0)
    source: BinaryIO | io.TextIOWrapper = file
    if beginning in _UTF_16_MARKS:
        source = io.TextIOWrapper(file, encoding="utf-16", errors="replace", newline="\n")
    number = 0
    while line := source.readline(MAX_TEXT_BYTES + 1):
        number += 1
        if len(line) > MAX_TEXT_BYTES:
            _skip_rest_of_line(source, line)
            yield number, ReadingError("This line is longer than the limit of 20 MB; split it into its stories.")
            continue
        try:
            text = decode(line) if isinstance(line, bytes) else line
        except ReadingError as error:
            yield number, error
            continue
        if text.strip():
            yield number, text


def _skip_rest_of_line(source: BinaryIO | io.TextIOWrapper, line: bytes | str) -> None:
    newline = b"\n" if isinstance(line, bytes) else "\n"
    while line and line[-1:] != newline:
        line = source.readline(1024 * 1024)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise ReadingError(f"This is not valid JSON ({error.msg} at {where}); correct it.") from error
    except RecursionError as error:
        raise ReadingError("This JSON is nested too deeply; give a flat object with title and text.") from error
    except ValueError as error:
        raise ReadingError("This JSON has a number that is too long; correct it.") from error


def _story_or_failure(record: Any, found: FoundFile, number: int) -> Story | ReadFailure:
    try:
        return _story(record, found, number)
    except ReadingError as error:
        return ReadFailure(_numbered(found, number), str(error))


def _story(record: Any, found: FoundFile, number: int | None) -> Story:
    if not isinstance(record, dict):
        raise ReadingError("This is not a story; write an object with title and text, or a list of such objects.")
    text = text_field(record, "text")
    if text is None:
        raise ReadingError("The field text is missing or empty; put the story's text in it.")
    draft = Draft(
        title=text_field(record, "title") or title_of_body(text),
        text=text,
        given_id=id_field(record),
        url=text_field(record, "url"),
        publisher=text_field(record, "publisher"),
        authors=authors_field(record),
        published_at=date_field(record),
    )
    return finished(draft, source=_numbered(found, number), path=found.path, number=number)


def _numbered(found: FoundFile, number: int | None) -> str:
    return found.source if number is None else f"{found.source}#{number}"
