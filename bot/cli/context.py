"""What commands work with: settings, engine, catalog. Tests put their own in place of these functions."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cli.printing import note
from bot.settings import Settings, load_settings
from index.errors import StorageError
from index.settings import IndexSettings

if TYPE_CHECKING:
    from index.engine import Engine
    from index.storing import Catalog


@dataclass
class Invocation:
    """What the options before the command's name say."""

    debug: bool = False


def settings() -> Settings:
    """The settings of the working folder and the environment. Raises SettingsError."""
    return load_settings()


def open_engine(index_settings: IndexSettings) -> "AbstractContextManager[Engine]":
    """Take the data folder; says so on standard error when another process holds it. Raises StorydeskError."""
    from index.engine import Engine

    return Engine.open(index_settings, on_wait=note)


def open_catalog(index_settings: IndexSettings) -> "Catalog | None":
    """The catalog for reading, without the data folder's lock; None when there is none yet. Raises StorageError."""
    from index.storing import Catalog

    if index_settings.home.exists() and not index_settings.home.is_dir():
        raise StorageError(f"STORYDESK_HOME is {index_settings.home}, which is not a folder; set it to one.")
    return Catalog.open_read_only(index_settings.home)


def run_bot(settings: Settings, engine: "Engine", *, on_connected: Callable[[str], None]) -> None:
    """Run the Discord bot until it is stopped; `on_connected` gets its invite link. Raises StorydeskError."""
    from bot import running

    # The bot logs by itself, without its token: what the command line set up would repeat each line.
    logging.basicConfig(level=logging.WARNING, handlers=[], force=True)
    running.run_bot(settings, engine, on_connected=on_connected)
