"""A data folder with stories, to be examined."""

from typing import Any

import pytest

from index.engine import Engine


@pytest.fixture
def desk(engine: Engine, newsroom: Any, embedder: Any) -> Engine:
    """Five stories of one passage each in the library `public`; nothing is embedded from here on."""
    for number in range(5):
        newsroom.write(f"story{number}", f"Bridge {number} was closed by ship{number}.", title=f"Title{number}")
    newsroom.add(engine)
    embedder.embedded.clear()
    return engine
