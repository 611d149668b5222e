"""What tests of backing up and restoring share: reading a catalog's stories, and spoiling a file."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.engine import Engine
from index.storing import Catalog

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


OpenEngine = Callable[..., Engine]


def stories(catalog: Catalog) -> list[Any]:
    return [catalog.story(summary.story_id) for summary in catalog.summaries()]


def damage(path: Path) -> None:
    """Spoil a page of a table."""
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 4] = b"\x05" * 4096
    path.write_bytes(content)
