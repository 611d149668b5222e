"""The bot that the tests of bad days run, stopped when a test takes too long."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bot_running import Bot


@pytest.fixture
def bot(prepared_engine: Any, tmp_path: Path) -> Iterator[Bot]:
    timer = threading.Timer(120, lambda: os.kill(os.getpid(), signal.SIGTERM))
    timer.daemon = True
    timer.start()
    yield Bot(prepared_engine, tmp_path)
    timer.cancel()
