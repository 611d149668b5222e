"""`storydesk doctor`: is everything in order?"""

from dataclasses import asdict

import typer
from rich.text import Text

from bot.cli import checking, context, printing
from bot.cli.checking import Check, Status
from bot.cli.options import AsJson
from bot.settings import Settings

_STYLES: dict[Status, str] = {"OK": "green", "WARN": "yellow", "FAIL": "bold red"}


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(as_json: AsJson = False) -> None:
    """Check the model, the data folder, the indexes, the limits and the token.

    \b
    Example:
        storydesk doctor

    Prints a line for each, beginning with OK, WARN or FAIL, and what to do. The exit code is 1
    when one fails. --json prints one object: "checks" with "name", "status" and "message".
    """
    with printing.working("Checking"):
        checks = run_checks(context.settings())
    if as_json:
        printing.print_json({"checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            text = printing.one_line(f"{check.name}: {check.message}")
            printing.say(Text.assemble((f"{check.status:<5}", _STYLES[check.status]), text))
    if any(check.status == "FAIL" for check in checks):
        raise typer.Exit(1)


def run_checks(settings: Settings) -> list[Check]:
    """All checks, in the order in which to put things right."""
    store_checks, libraries = checking.check_store(
        settings.index, open_engine=context.open_engine, open_catalog=context.open_catalog
    )
    token = settings.bot.discord_token
    home = settings.index.home
    try:
        disk_check = checking.check_disk(home, free_bytes=checking.free_bytes(home))
    except OSError as error:
        disk_check = Check("disk", "FAIL", f"The free space for {home} cannot be read: {error.strerror}.")
    return [
        checking.check_model(settings.index),
        *store_checks,
        checking.check_descriptors(libraries, hard_limit=checking.hard_descriptor_limit()),
        disk_check,
        checking.check_token(token.get_secret_value() if token is not None else None),
    ]
