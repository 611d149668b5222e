"""`storydesk doctor`: is everything in order?"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer
from rich.text import Text

from bot.cli import checking, context, libraries, printing
from bot.cli.checking import Check, Status
from bot.cli.options import AsJson
from bot.settings import Settings
from index.errors import StorageError
from index.settings import IndexSettings

_STYLES: dict[Status, str] = {"OK": "green", "WARN": "yellow", "FAIL": "bold red"}


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend the search indexes, and remove what belongs to nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the models, the data folder, the indexes, the jobs, the limits and the token.

    \b
    Example:
        storydesk doctor --fix

    Prints a line for each, beginning with OK, WARN or FAIL, and what to do. The exit code is 1
    when one fails. While the bot runs it is asked to do it. With --fix the indexes are mended from
    the catalog, without the model, and the lines say what was mended and how everything is then.
    --json prints one object: "checks" with "name", "status" and "message".
    """
    checks = run_checks(context.settings(), fix=fix, progress=partial(printing.progress_bars, hidden=as_json))
    if as_json:
        printing.print_json({"checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            text = printing.one_line(f"{check.name}: {check.message}")
            printing.say(Text.assemble((f"{check.status:<5}", _STYLES[check.status]), text))
    if any(check.status == "FAIL" for check in checks):
        raise typer.Exit(1)


def run_checks(
    settings: Settings,
    *,
    progress: Callable[[], AbstractContextManager[Callable[[str, int, int], None]]],
    fix: bool = False,
) -> list[Check]:
    """All checks, in the order in which to put things right."""
    store_checks, library_count = checking.check_store(
        settings.index,
        open_engine=context.open_engine,
        open_catalog=context.open_catalog,
        fix=fix,
        progress=progress,
    )
    token = settings.bot.discord_token
    home = settings.index.home
    try:
        disk_check = checking.check_disk(home, free_bytes=checking.free_bytes(home))
    except OSError as error:
        disk_check = Check("disk", "FAIL", f"The free space for {home} cannot be read: {error.strerror}.")
    return [
        checking.check_model(settings.index),
        *checking.check_chosen_models(settings.index),
        *store_checks,
        *_check_jobs(settings.index),
        *_check_servers(settings.index),
        checking.check_descriptors(library_count, hard_limit=checking.hard_descriptor_limit()),
        disk_check,
        checking.check_token(token.get_secret_value() if token is not None else None),
    ]


def _check_servers(settings: IndexSettings) -> list[Check]:
    """Whether all libraries of servers are some server's; nothing where no bot has run, or it cannot be found out."""
    try:
        found = libraries.nobodys_libraries(settings)
    except StorageError as error:
        return [Check("servers", "WARN", f"The libraries of servers were not looked at: {error}")]
    return [] if found is None else [checking.check_servers(found)]


def _check_jobs(settings: IndexSettings) -> list[Check]:
    """The jobs in the catalog; what is wrong with a catalog that cannot be read is another check's to say."""
    try:
        catalog = context.open_catalog(settings)
        if catalog is None:
            return []
        with catalog:
            return [checking.check_jobs(context.list_jobs(catalog), now=datetime.now(UTC))]
    except StorageError:
        return []
