"""Writes a catalog as lines of JSON that another data folder can take in: one state of it, also while it is in use."""

import json
import re
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlalchemy import Connection, and_, func, select
from zstandard import ZstdCompressor

from index.errors import StorageError
from index.moving.writing import Progress, tell_nobody, writing_errors
from index.storing import Catalog
from index.storing.catalog import LIVE, PAGE
from index.storing.durable import complete_or_absent
from index.storing.schema import duplicates, libraries, stories, versions

FORMAT = 1
"""Version of the format: rises when a program that knows only the one before could lose something."""

_COMPRESSION = 9
# JSON escapes other controls by itself; some programs take these for ends of lines, and some terminals obey them.
_ESCAPED = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_LIVE_STORIES = versions.join(stories).join(libraries)
_ORDER = (libraries.c.name, stories.c.added_at, stories.c.id)
_CONTENT = ("title", "url", "publisher", "authors", "published_at", "language", "source", "text")


@dataclass(frozen=True, slots=True)
class Exported:
    """How much an export has of each kind."""

    libraries: int
    stories: int
    duplicates: int


def export(
    catalog: Catalog, path: Path, *, made_at: datetime, overwrite: bool = False, on_progress: Progress | None = None
) -> Exported:
    """Write everything in `catalog` to `path`, compressed when its name ends with .zst; complete or absent.

    Raises StorageError when `path` exists and not `overwrite`, and when it cannot be written.
    """
    _refuse_existing(path, overwrite)
    with writing_errors(path), complete_or_absent(path) as part:
        with part.open("wb") as file, _compressed(file, wanted=path.suffix == ".zst") as stream:
            exported = write_export(catalog, stream, made_at=made_at, on_progress=on_progress)
        _refuse_existing(path, overwrite)  # somebody may have made it since
    return exported


def write_export(
    catalog: Catalog, stream: BinaryIO, *, made_at: datetime, on_progress: Progress | None = None
) -> Exported:
    """Write everything in `catalog` as lines of JSON in UTF-8; what is added meanwhile is not among it.

    A header, the libraries, the stories by library (oldest addition first), the duplicates with the text they share,
    and an end that tells a whole export from one that was cut off. Raises StorageError, and OSError when `stream` does.
    """
    tell = on_progress or tell_nobody
    done = 0
    # What goes wrong in writing happens outside of the generator, so it is not taken for the catalog's fault.
    with closing(_records(catalog, made_at)) as records:
        header = next(records)
        exported = Exported(header["libraries"], header["stories"], header["duplicates"])
        stream.write(_line(header))
        for record in records:
            stream.write(_line(record))
            if record["kind"] in ("story", "duplicate"):
                done += 1
                tell("stories exported", done, exported.stories + exported.duplicates)
    stream.flush()
    return exported


def _records(catalog: Catalog, made_at: datetime) -> Generator[dict[str, Any], None, None]:
    with catalog.reading() as connection:
        names = list(connection.scalars(select(libraries.c.name).order_by(libraries.c.name)))
        counts = {
            "libraries": len(names),
            "stories": connection.scalar(select(func.count()).select_from(_LIVE_STORIES).where(LIVE)),
            "duplicates": connection.scalar(select(func.count()).select_from(duplicates).where(_text().exists())),
        }
        yield {"storydesk_export": FORMAT, "made_at": made_at.isoformat(), **counts}
        for name in names:
            yield {"kind": "library", "name": name}
        yield from _stories(connection)
        yield from _duplicates(connection)
        yield {"kind": "end", **counts}


def _stories(connection: Connection) -> Iterator[dict[str, Any]]:
    """The live stories, each text read by itself: a page of the longest ones would not fit into memory."""
    order = select(versions.c.id).select_from(_LIVE_STORIES).where(LIVE).order_by(*_ORDER)
    query = select(
        libraries.c.name.label("library"),
        stories.c.identity,
        stories.c.added_at,
        *(versions.c[name] for name in _CONTENT),
    ).select_from(_LIVE_STORIES)
    for page in connection.execute(order, execution_options={"yield_per": PAGE}).partitions():
        for (version_id,) in page:
            row = connection.execute(query.where(versions.c.id == version_id)).one()
            yield {"kind": "story", **row._mapping, "authors": json.loads(row.authors)}


def _duplicates(connection: Connection) -> Iterator[dict[str, Any]]:
    """What is remembered of stories that share a live story's text, each with that text."""
    query = (
        select(duplicates.c.library_id, libraries.c.name, duplicates.c.identity)
        .select_from(duplicates.join(libraries))
        .where(_text().exists())
        .order_by(libraries.c.name, duplicates.c.identity)
    )
    for page in connection.execute(query, execution_options={"yield_per": PAGE}).partitions():
        for library_id, library, identity in page:
            this = and_(duplicates.c.library_id == library_id, duplicates.c.identity == identity)
            row = connection.execute(
                select(duplicates.c.story, _text().limit(1).scalar_subquery().label("text")).where(this)
            ).one()
            remembered = json.loads(row.story) | {"text": row.text}
            content = {name: remembered[name] for name in _CONTENT}
            yield {"kind": "duplicate", "library": library, "identity": identity, **content}


def _text() -> Any:
    """The text of the live story that a duplicate shares."""
    return (
        select(versions.c.text)
        .select_from(versions.join(stories))
        .where(stories.c.library_id == duplicates.c.library_id, versions.c.text_hash == duplicates.c.text_hash, LIVE)
        .correlate(duplicates)
    )


def _line(record: dict[str, Any]) -> bytes:
    line = _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(record, ensure_ascii=False))
    return f"{line}\n".encode()


def _refuse_existing(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise StorageError(f"{path} is a folder; name a file to export to.")
    if path.exists() and not overwrite:
        raise StorageError(f"{path} exists; name another file, or give --force to replace it.")


@contextmanager
def _compressed(file: BinaryIO, *, wanted: bool) -> Iterator[BinaryIO]:
    if not wanted:
        yield file
        return
    compressor = ZstdCompressor(level=_COMPRESSION, write_checksum=True)
    with compressor.stream_writer(file, closefd=False) as stream:
        yield cast(BinaryIO, stream)
