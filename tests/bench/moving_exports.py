"""What tests of exporting and importing share: records of an export, and files of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.moving.exporting import _line

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


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


def write(path: Path, *records: Any) -> Path:
    path.write_bytes(b"".join(record if isinstance(record, bytes) else _line(record) for record in records))
    return path
