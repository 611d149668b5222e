"""`storydesk export`, `import`, `backup` and `restore`: stories to and from files, and the whole catalog."""

import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import adding, context, printing
from bot.cli.options import AsJson, NoWait
from index.errors import StorageError, StorydeskError
from index.settings import IndexSettings
from index.stories import AddStatus

_STANDARD_OUTPUT = Path("-")


def register(app: typer.Typer) -> None:
    app.command("export")(export_stories)
    app.command("import")(import_stories)
    app.command()(backup)
    app.command()(restore)


def export_stories(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The file to write; - is standard output.", show_default=False),
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE when it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write every story of every library to a file of JSON lines.

    \b
    Example:
        storydesk export stories.jsonl.zst

    A name that ends with .zst is compressed. The file is complete or not there at all. It can be
    read with any program, and taken in elsewhere with `storydesk import`. Exporting needs no
    model, does not wait for other commands and may be done while the bot runs. --json prints one
    object with the numbers of "libraries", "stories" and "duplicates".
    """
    from index.moving import export, write_export

    if file == _STANDARD_OUTPUT and as_json:
        raise typer.BadParameter("--json would be mixed with the stories on standard output; name a file.")
    settings = context.settings().index
    catalog = context.open_catalog(settings)
    if catalog is None:
        raise StorageError(f"There are no stories in {settings.home} to export; `storydesk add` adds some.")
    made_at = datetime.now(UTC)
    hidden = file == _STANDARD_OUTPUT and printing.console().is_terminal
    with catalog, printing.progress_bars(hidden=hidden) as show_progress:
        if file == _STANDARD_OUTPUT:
            sys.stdout.flush()
            exported = write_export(catalog, sys.stdout.buffer, made_at=made_at, on_progress=show_progress)
        else:
            exported = export(catalog, file, made_at=made_at, overwrite=force, on_progress=show_progress)
    if as_json:
        printing.print_json(asdict(exported))
        return
    libraries = _count(exported.libraries, "library", "libraries")
    summary = f"exported {_count(exported.stories, 'story', 'stories')} of {libraries}"
    if exported.duplicates:
        summary += f", and {_count(exported.duplicates, 'duplicate', 'duplicates')}"
    if file == _STANDARD_OUTPUT:
        printing.note(summary)
    else:
        printing.say(summary)


def import_stories(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file that `storydesk export` wrote.", show_default=False)
    ],
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Take in the stories of an export, each into the library it was in.

    \b
    Example:
        storydesk import stories.jsonl.zst

    Stories keep their text, their dates and when they were added. Importing twice is harmless. A
    line that cannot be read is reported and the rest goes on; the exit code is 1 then. --json
    prints a line per story as `storydesk add` does.

    While the bot runs it does the work, as a job that goes on when you stop this command
    (`storydesk jobs`).
    """
    counts: Counter[AddStatus] = Counter()
    hidden = as_json and printing.console().is_terminal
    try:
        with (
            context.open_engine(context.settings().index, wait=not no_wait) as engine,
            printing.progress_bars(hidden=hidden) as show_progress,
        ):
            for result in engine.import_stories(file.absolute(), on_progress=show_progress):
                counts[result.status] += 1
                adding.report(result, as_json=as_json)
    except KeyboardInterrupt:
        stored = counts["added"] + counts["updated"]
        done = "1 story was" if stored == 1 else f"{stored} stories were"
        printing.note(f"Stopped: {done} stored before; running the same command again is safe.")
        raise typer.Exit(130) from None
    except StorydeskError:
        if counts and not as_json:
            printing.say(adding.summary(counts))
        raise
    if not as_json:
        printing.say(adding.summary(counts) or "The export holds no stories.")
    if counts["failed"]:
        raise typer.Exit(1)


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Copy the catalog to a folder, from which `restore` brings it back.

    \b
    Example:
        storydesk backup backups/2026-03-01

    The catalog holds all that the search indexes are made from. The copy is one state of it, also
    while the bot runs and stories are added, and is checked before it counts as made. What the bot
    remembers of servers, their libraries and people is copied with it. Keep it on another disk.
    --json prints one object that says what the backup is.
    """
    from bot.remembering.memory import BACKED_UP
    from index.moving import back_up

    settings = context.settings().index
    with printing.progress_bars() as show_progress:
        manifest = back_up(
            settings.home.absolute(),
            folder.absolute(),
            made_at=datetime.now(UTC),
            further=[BACKED_UP],
            on_progress=show_progress,
        )
    if as_json:
        printing.print_json(manifest.model_dump(mode="json"))
    else:
        megabytes = f"{manifest.bytes / 1_000_000:,.1f} MB"
        printing.say(f"backed up {_count(manifest.stories, 'story', 'stories')} ({megabytes}) to {folder}")


def restore(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that `storydesk backup` wrote.", show_default=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before stories are replaced.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a backup the catalog, in the place of the present one.

    \b
    Example:
        storydesk restore backups/2026-03-01

    Stop the bot before. The backup is checked first; a damaged one changes nothing. The present
    catalog, and what the bot remembers if the backup brings that too, is kept in a folder
    "replaced-..." in the data folder, a backup like any other. Then the search indexes are made
    anew, without the model. --json prints one object with "backup" and
    "replaced", the folder of the present catalog or null.
    """
    from bot.remembering.memory import BACKED_UP
    from index.moving import restore as restore_backup

    settings = context.settings().index
    if not yes and _has_stories(settings):
        _confirm(settings, folder)
    with printing.progress_bars() as show_progress:
        restored = restore_backup(
            folder.absolute(),
            settings.home.absolute(),
            now=datetime.now(UTC),
            further=[BACKED_UP],
            on_progress=show_progress,
        )
    if as_json:
        printing.print_json(
            {
                "backup": restored.backup.model_dump(mode="json"),
                "replaced": str(restored.replaced) if restored.replaced else None,
            }
        )
    else:
        day = f"{restored.backup.made_at:%Y-%m-%d %H:%M %Z}"
        printing.say(f"restored {_count(restored.backup.stories, 'story', 'stories')}, backed up at {day}")
        if restored.replaced:
            printing.say(f"what was there before is kept in {restored.replaced}")
    with context.open_engine(settings):
        pass  # opening makes the indexes that are missing, and shows it


def _has_stories(settings: IndexSettings) -> bool:
    """Whether restoring replaces stories; a catalog that cannot be read may hold some."""
    try:
        catalog = context.open_catalog(settings)
        if catalog is None:
            return False
        with catalog:
            return catalog.count_stories() > 0
    except StorageError:
        return True


def _confirm(settings: IndexSettings, folder: Path) -> None:
    """Leave the command unless the person at the terminal says yes. Raises StorageError when there is none."""
    if not sys.stdin.isatty():
        raise StorageError(f"{settings.home} holds stories that would be replaced; give --yes to replace them.")
    question = f"Replace the stories in {settings.home} by the backup in {folder}?"
    try:
        agreed = typer.confirm(printing.one_line(question), err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        printing.note("Nothing was changed.")
        raise typer.Exit(1)


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
