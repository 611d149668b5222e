"""`storydesk add`: files and folders of stories into a library."""

from collections import Counter
from pathlib import Path
from typing import Annotated, get_args

import typer

from bot.cli import context, printing
from bot.cli.options import DEFAULT_LIBRARY, AsJson, Library, NoWait
from index.errors import StorydeskError
from index.stories import AddResult, AddStatus


def register(app: typer.Typer) -> None:
    app.command()(add)


def add(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Files, and folders with files.", show_default=False)
    ],
    library: Library = DEFAULT_LIBRARY,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Add stories from files and folders.

    \b
    Example:
        storydesk add stories/ report.pdf

    What was added before is updated if it has changed; adding twice is harmless. A file that
    cannot be read is reported and the rest goes on; the exit code is 1 then. --json prints a
    line per story as soon as it is stored, with "source", "status" (added, updated, unchanged,
    duplicate or failed), "story_id", "title" and "error".

    While the bot runs it does the work, as a job that goes on when you stop this command
    (`storydesk jobs`).
    """
    counts: Counter[AddStatus] = Counter()
    # Where JSON scrolls by in the terminal it is the progress; a bar would be drawn into it.
    hidden = as_json and printing.console().is_terminal
    try:
        with (
            context.open_engine(context.settings().index, wait=not no_wait) as engine,
            printing.progress_bars(hidden=hidden) as show_progress,
        ):
            for result in engine.add(paths, library=library, on_progress=show_progress):
                counts[result.status] += 1
                report(result, as_json=as_json)
    except KeyboardInterrupt:
        stored = counts["added"] + counts["updated"]
        printing.note(f"Stopped: {_stories(stored)} stored before; running the same command again is safe.")
        raise typer.Exit(130) from None
    except StorydeskError:
        if counts and not as_json:
            printing.say(summary(counts))
        raise
    if not counts:
        names = ", ".join(str(path) for path in paths)
        printing.note(f"Error: no story was found in {names}; give files or folders that hold stories.")
        raise typer.Exit(1)
    if not as_json:
        printing.say(summary(counts))
    if counts["failed"]:
        raise typer.Exit(1)


def report(result: AddResult, *, as_json: bool) -> None:
    """Print what became of a story: as JSON always, for people only what they would not expect."""
    if as_json:
        printing.print_json(
            {
                "source": result.source,
                "status": result.status,
                "story_id": result.story_id,
                "title": result.title,
                "error": result.error,
            }
        )
    elif result.status == "failed":
        printing.note(f"failed: {result.source}: {result.error}")
    elif result.status in ("updated", "duplicate"):
        printing.say(printing.one_line(f"{result.status}: {result.source}: {result.title or 'untitled'}"))


def summary(counts: Counter[AddStatus]) -> str:
    """How many stories became what."""
    return ", ".join(f"{counts[status]} {status}" for status in get_args(AddStatus) if counts[status])


def _stories(number: int) -> str:
    return "1 story was" if number == 1 else f"{number} stories were"
