"""What tests of examining and mending share: reading what is told of a library."""

from collections.abc import Callable
from typing import Any

from index.engine import Engine
from index.stories import LibraryHealth
from index.storing.catalog import Generation

InStep = Callable[[Engine], None]


def current(engine: Engine, library: str = "public") -> Generation:
    found = engine.catalog.library(library)
    assert found is not None
    assert found.current is not None
    return found.current


def health_of(engine: Engine, library: str | None = "public", **options: Any) -> LibraryHealth:
    (found,) = [health for health in engine.check(**options) if health.library == library]
    return found


def kinds(health: LibraryHealth) -> list[str]:
    return sorted(trouble.kind for trouble in health.troubles)
