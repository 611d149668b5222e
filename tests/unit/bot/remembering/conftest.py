"""A memory of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.remembering import Memory


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory.open(tmp_path) as memory:
        yield memory
