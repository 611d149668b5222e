"""A data folder with stories, and where its backup goes."""

from pathlib import Path
from typing import Any

import pytest

from index.engine import Engine
from index.settings import IndexSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "first"


@pytest.fixture
def elsewhere(settings: IndexSettings, tmp_path: Path) -> IndexSettings:
    """The settings of another data folder."""
    return settings.model_copy(update={"home": tmp_path / "elsewhere"})


@pytest.fixture
def filled(engine: Engine, newsroom: Any) -> Engine:
    newsroom.add(
        engine, newsroom.write("bridge", "The bridge opened.\r\nIt rained."), newsroom.write("quay", "A quay.")
    )
    newsroom.add(engine, newsroom.write("again", "A quay.", title="Again"))
    newsroom.add(engine, newsroom.write("council", "The council met."), library="city")
    return engine
