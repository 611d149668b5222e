"""Reads what an export wrote: every line checked before anything of it is stored, every problem a sentence."""

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from zstandard import ZstdDecompressor, ZstdError

from index.errors import ReadingError
from index.moving.exporting import FORMAT
from index.reading import ReadFailure, storable
from index.reading.drafts import MAX_STORY_CHARACTERS
from index.reading.files import opened
from index.reading.identities import web_url
from index.stories import Story
from index.storing.catalog import LIBRARY_NAME

MAX_LINE_BYTES = 6 * MAX_STORY_CHARACTERS + 1024 * 1024
"""Most bytes of a line: the longest text that can be stored with every character escaped, and the other fields."""

_ZSTD_MARK = b"\x28\xb5\x2f\xfd"
_MAX_WINDOW_BYTES = 128 * 1024 * 1024  # what a compressed file may make us keep in memory; zstd's own default
_READ_AT_ONCE = 256 * 1024
_MAX_NAME_CHARACTERS = 20_000  # a path whose every byte is written as an escape
_HAS_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class ExportHeader:
    """What an export says it holds, before it does: for showing how far importing is."""

    libraries: int
    stories: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class ImportedLibrary:
    """A library that is to be there, with stories or without."""

    name: str


@dataclass(frozen=True, slots=True)
class ImportedStory:
    """A story for `library`, exactly as it was stored; `line` is where it stands, `path#number`.

    `added_at` is None for a story that was remembered as a duplicate of another one.
    """

    library: str
    story: Story
    added_at: str | None
    line: str


Imported = ExportHeader | ImportedLibrary | ImportedStory | ReadFailure


def _checked_storable(value: str) -> str:
    if storable(value) != value:
        raise ValueError("has a character that cannot be stored (NUL, half a pair)")
    return value


def _checked_text(value: str) -> str:
    if not _HAS_WORD.search(value):
        raise ValueError("has no words")
    return value


def _checked_url(value: str) -> str:
    if web_url(value) != value:
        raise ValueError("is not the address of a web page")
    return value


def _checked_day(value: str) -> str:
    if datetime.fromisoformat(value).date().isoformat() != value[:10]:
        raise ValueError("is not a date such as 2025-06-01")
    return value


def _checked_moment(value: str) -> str:
    if datetime.fromisoformat(value).utcoffset() is None:
        raise ValueError("has no offset from UTC")
    return value


_Storable = Annotated[str, AfterValidator(_checked_storable)]
_Name = Annotated[_Storable, Field(min_length=1, max_length=_MAX_NAME_CHARACTERS)]
_Count = Annotated[int, Field(ge=0)]
_LibraryName = Annotated[str, Field(pattern=f"^{LIBRARY_NAME}$")]


class _Record(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Header(_Record):
    storydesk_export: int
    made_at: str
    libraries: _Count
    stories: _Count
    duplicates: _Count


class _Library(_Record):
    kind: Literal["library"]
    name: _LibraryName


class _Content(_Record):
    library: _LibraryName
    identity: Annotated[_Name, Field(pattern=r"^(id|url|path):")]
    title: _Name
    url: Annotated[str, AfterValidator(_checked_url)] | None
    publisher: _Name | None
    authors: Annotated[tuple[_Name, ...], Field(max_length=1_000)]
    published_at: Annotated[str, Field(max_length=40), AfterValidator(_checked_day)] | None
    language: Annotated[str, Field(pattern=r"^[a-z]{2,8}$")] | None
    source: _Name
    text: Annotated[_Storable, Field(max_length=MAX_STORY_CHARACTERS), AfterValidator(_checked_text)]


class _Story(_Content):
    kind: Literal["story"]
    added_at: Annotated[str, Field(max_length=32), AfterValidator(_checked_moment)]


class _Duplicate(_Content):
    kind: Literal["duplicate"]


class _End(_Record):
    kind: Literal["end"]
    libraries: _Count
    stories: _Count
    duplicates: _Count


_RECORDS: TypeAdapter[_Library | _Story | _Duplicate | _End] = TypeAdapter(
    Annotated[_Library | _Story | _Duplicate | _End, Field(discriminator="kind")]
)


def read_export(path: Path) -> Iterator[Imported]:
    """What an export holds, line by line: a header first, and failures for what cannot be taken in.

    A line that is wrong is a failure and the others go on. A file that is no export, or of a newer format, gives one
    failure; one that was cut off or damaged gives what is whole before that and then a failure. Nothing is raised.
    """
    try:
        with opened(path) as file, _decompressed(file) as stream:
            yield from _read(path, stream)
    except ReadingError as error:
        yield ReadFailure(str(path), str(error))


def _read(path: Path, stream: BinaryIO) -> Iterator[Imported]:
    lines = _lines(stream)
    yield _header(next(lines, b""))
    seen = 0
    for number, line in enumerate(lines, start=2):
        where = f"{path}#{number}"
        try:
            record = _record(line)
        except ReadingError as error:
            if not line.endswith(b"\n"):
                raise _cut_off(number) from error
            seen += 1
            yield ReadFailure(where, str(error))
            continue
        if isinstance(record, _End):
            told = record.libraries + record.stories + record.duplicates
            if told != seen:
                raise ReadingError(f"This export should have {told} records and has {seen}; get it whole again.")
            if next(lines, None) is not None:
                raise ReadingError(f"There is more after the end in line {number}; import each export by itself.")
            return
        seen += 1
        if isinstance(record, _Library):
            yield ImportedLibrary(record.name)
        else:
            added_at = record.added_at if isinstance(record, _Story) else None
            content = {field.name: getattr(record, field.name) for field in fields(Story)}
            yield ImportedStory(record.library, Story(**content), added_at, where)
    raise _cut_off(seen + 1)


def _cut_off(number: int) -> ReadingError:
    return ReadingError(f"This export was cut off in or after line {number}; get it whole, or export again.")


def _header(line: bytes) -> ExportHeader:
    """What the first line says. Raises ReadingError when it is not the first line of an export that can be read."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        content = None
    version = content.get("storydesk_export") if isinstance(content, dict) else None
    if not isinstance(version, int):
        raise ReadingError("This is no export of Storydesk; `storydesk add` takes files of stories.")
    if version > FORMAT:
        raise ReadingError(f"This export was made by a newer Storydesk (format {version}); upgrade Storydesk first.")
    try:
        header = _Header.model_validate_json(line)
    except ValidationError as error:
        raise ReadingError(_sentence(error)) from error
    return ExportHeader(header.libraries, header.stories, header.duplicates)


def _record(line: bytes) -> _Library | _Story | _Duplicate | _End:
    try:
        return _RECORDS.validate_json(line)
    except ValidationError as error:
        raise ReadingError(_sentence(error)) from error


def _sentence(error: ValidationError) -> str:
    """What is wrong with a line; repeats nothing of a story's text."""
    problem = error.errors(include_input=False, include_url=False)[0]
    place = problem["loc"]
    field = place[min(1, len(place) - 1)] if place else ""  # where there are more, the first is the kind of the line
    match problem["type"]:
        case "json_invalid":
            what = f"This line is not valid JSON ({problem['msg'].removeprefix('Invalid JSON: ')})"
        case "model_attributes_type" | "model_type" | "dict_type":
            what = "This line is no JSON object"
        case "union_tag_not_found":
            what = "The field kind is missing"
        case "union_tag_invalid":
            return "This line is of a kind that this Storydesk does not know; upgrade Storydesk, or correct the line."
        case "missing":
            what = f"The field {field} is missing"
        case "extra_forbidden":
            what = f"The field {field} is not known"
        case _:
            what = f"The field {field} is wrong ({problem['msg'].removeprefix('Value error, ')})"
    return f"{what}; correct it, or export again."


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines with their line ends, none of them ever held beyond the limit. Raises ReadingError."""
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(MAX_LINE_BYTES + 1)
        except ZstdError as error:
            raise ReadingError(
                f"The compressed data is damaged in or after line {number} ({error}); get it whole, or export again."
            ) from error
        if not line:
            return
        if len(line) > MAX_LINE_BYTES:  # what follows may be as endless: compressed, terabytes are a small file
            raise ReadingError(f"Line {number} is longer than any story; this is no export of Storydesk.")
        yield line


@contextmanager
def _decompressed(file: BinaryIO) -> Iterator[BinaryIO]:
    """The bytes of `file`, decompressed as they are read when it is compressed, whatever its name."""
    compressed = file.read(len(_ZSTD_MARK)) == _ZSTD_MARK
    file.seek(0)
    if not compressed:
        yield file
        return
    decompressor = ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
    with decompressor.stream_reader(file, read_across_frames=True, closefd=False) as stream:
        yield io.BufferedReader(cast(io.RawIOBase, stream), _READ_AT_ONCE)
