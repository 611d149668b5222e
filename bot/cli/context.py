"""What commands work with: settings, engine, catalog. Tests put their own in place of these functions."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from bot.cli.printing import note, progress_bars
from bot.settings import Settings, load_settings
from index.errors import StorageError
from index.settings import IndexSettings

if TYPE_CHECKING:
    from index.engine import Engine
    from index.holding.remote import RemoteEngine
    from index.storing import Catalog
    from index.storing.jobs import Job, JobState

STOPPED = 130
"""What a shell reports for a process that Ctrl-C ended."""


@dataclass
class Invocation:
    """What the options before the command's name say."""

    debug: bool = False


def settings() -> Settings:
    """The settings of the working folder and the environment. Raises SettingsError."""
    return load_settings()


@contextmanager
def open_engine(index_settings: IndexSettings, *, wait: bool = True) -> "Iterator[Engine | RemoteEngine]":
    """The engine of the data folder: opened here, or the one of the bot when that runs.

    Says so on standard error when another process keeps the folder busy and is waited for; with `wait` false that is
    an error. Ctrl-C tells which job goes on without this process. Raises StorydeskError.
    """
    from index.holding.joining import join

    with progress_bars() as show_progress:
        joined = join(index_settings, on_wait=note, on_progress=show_progress, wait=wait)
    with joined as engine:
        try:
            yield engine
        except KeyboardInterrupt:
            goes_on = _what_goes_on(engine, index_settings)
            if goes_on is None:
                raise
            note(goes_on)
            raise typer.Exit(STOPPED) from None


def _what_goes_on(engine: "Engine | RemoteEngine", index_settings: IndexSettings) -> str | None:
    """The sentence for who stops waiting for a job that another process has accepted; None when there is none."""
    from index.holding.lock import held_by_bot
    from index.holding.remote import RemoteEngine

    if not isinstance(engine, RemoteEngine) or engine.waiting_for is None:
        return None
    where = "the bot" if held_by_bot(index_settings.home) else "the process that holds the data folder"
    job_id = engine.waiting_for
    return (
        f"Stopped waiting; job {job_id} goes on in {where} (`storydesk jobs` shows it, "
        f"`storydesk jobs --cancel {job_id}` stops it)."
    )


@contextmanager
def hold_engine(index_settings: IndexSettings) -> "Iterator[Engine]":
    """The engine of the data folder, opened here and served to other commands. Raises StorydeskError."""
    from index.engine import Engine

    with progress_bars() as show_progress:
        opened = Engine.open(index_settings, on_wait=note, on_progress=show_progress)
    with opened as engine, serving(engine, index_settings):
        yield engine


@contextmanager
def serving(engine: "Engine | RemoteEngine", index_settings: IndexSettings) -> Iterator[None]:
    """Let other commands work with `engine`, and do the jobs that wait; nothing when it is another process's."""
    from index.engine import Engine
    from index.holding.serving import serve

    if not isinstance(engine, Engine):
        yield
        return
    with serve(engine, home=index_settings.home.absolute()):
        yield


def open_catalog(index_settings: IndexSettings) -> "Catalog | None":
    """The catalog for reading, without the data folder's lock; None when there is none yet. Raises StorageError."""
    from index.storing import Catalog

    if index_settings.home.exists() and not index_settings.home.is_dir():
        raise StorageError(f"STORYDESK_HOME is {index_settings.home}, which is not a folder; set it to one.")
    return Catalog.open_read_only(index_settings.home)


def run_bot(settings: Settings, engine: "Engine", *, on_connected: Callable[[str], None]) -> None:
    """Run the Discord bot until it is stopped; `on_connected` gets its invite link. Raises StorydeskError."""
    from bot import running
    from bot.operating.stopping import end_process_soon

    # The bot logs by itself, without its token: what the command line set up would repeat each line.
    logging.basicConfig(level=logging.WARNING, handlers=[], force=True)
    running.run_bot(
        settings,
        engine,
        on_connected=on_connected,
        on_stopping=end_process_soon,
        count=engine.count,
    )


def show_preview(settings: Settings, *, port: int, direct: bool, on_ready: Callable[[str], None]) -> None:
    """Show the bot in a browser until it is stopped; `on_ready` gets the page's address. Raises StorydeskError."""
    from bot.previewing import require_simcord, run_preview

    require_simcord()  # before the model is loaded for nothing
    from index.engine import Engine

    run_preview(settings, open_engine=Engine.open, port=port, direct=direct, on_ready=on_ready)


def list_jobs(catalog: "Catalog") -> "list[Job]":
    """The jobs of the data folder, newest first. Raises StorageError."""
    from index.storing.jobs import listed

    return listed(catalog)


def is_served(index_settings: IndexSettings) -> bool:
    """Whether a process serves the data folder now."""
    from index.holding.joining import connect

    connection = connect(index_settings.home.absolute())
    if connection is None:
        return False
    connection.close()
    return True


def cancel_job(index_settings: IndexSettings, job_id: int, *, wait: bool = True) -> "JobState":
    """Cancel a job, in the bot or where no bot runs in the catalog; returns its state. Raises StorydeskError."""
    from index.holding.cancelling import cancel_job

    seconds = index_settings.lock_wait_seconds if wait else 0.0
    return cancel_job(index_settings.home.absolute(), job_id, wait_seconds=seconds, on_wait=note)


def do_waiting_jobs(
    engine: "Engine | RemoteEngine", *, on_progress: Callable[[str, int, int], None]
) -> "Iterator[Job] | None":
    """Do the waiting jobs one after the other, giving each when it is over; None when another process does them."""
    from index.engine import Engine
    from index.holding.performing import do_waiting

    return do_waiting(engine, engine.catalog, on_progress=on_progress) if isinstance(engine, Engine) else None
