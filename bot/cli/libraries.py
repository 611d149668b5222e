"""`storydesk libraries`: which libraries there are, and removing one that no server has."""

from typing import Annotated, Literal

import typer

from bot.cli import context, printing
from bot.cli.options import AsJson, NoWait
from index.errors import LibraryNameError
from index.settings import IndexSettings

Owner = Literal["operator", "server", "nobody"]


def register(app: typer.Typer) -> None:
    app.command("libraries")(list_libraries)


def list_libraries(
    remove: Annotated[
        str | None,
        typer.Option("--remove", metavar="NAME", help="Remove a server's library that the bot knows nothing of."),
    ] = None,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """List the libraries: name, number of stories, and whose they are.

    \b
    Example:
        storydesk libraries

    A library is an operator's, a server's, or nobody's: named like a server's, while the bot
    remembers no such library, as after a backup without `bot.sqlite3` was restored. --remove takes
    only one of the last kind, and removes its stories. --json prints a line per library with
    "library", "stories" and "owner" (operator, server or nobody), or what was removed.
    """
    settings = context.settings().index
    if remove is not None:
        _remove(settings, remove, wait=not no_wait, as_json=as_json)
        return
    nobodys = nobodys_libraries(settings)
    for name, stories in _stories_by_library(settings).items():
        owner = _owner(name, nobodys)
        if as_json:
            printing.print_json({"library": name, "stories": stories, "owner": owner})
        else:
            whose = {"operator": "", "server": ", a server's", "nobody": ", nobody's"}[owner]
            printing.say(f"{name}: {_count(stories)}{whose}")


def nobodys_libraries(settings: IndexSettings) -> tuple[str, ...] | None:
    """The libraries with stories that no server has, though they are named so; None where no bot has run.

    Raises StorageError.
    """
    from bot.remembering import Memory, libraries

    memory = Memory.open_read_only(settings.home)
    if memory is None:
        return None
    with memory:
        return libraries.nobodys(memory, [name for name, stories in _stories_by_library(settings).items() if stories])


def _stories_by_library(settings: IndexSettings) -> dict[str, int]:
    catalog = context.open_catalog(settings)
    if catalog is None:
        return {}
    with catalog:
        return {name: catalog.count_stories(name) for name in catalog.libraries()}


def _owner(name: str, nobodys: tuple[str, ...] | None) -> Owner:
    from bot.remembering import libraries

    if name in (nobodys or ()):
        return "nobody"
    return "server" if libraries.is_given_name(name) else "operator"


def _remove(settings: IndexSettings, name: str, *, wait: bool, as_json: bool) -> None:
    """Remove the stories of a library, one after the other, as the bot may be at work; raises LibraryNameError."""
    with context.open_engine(settings, wait=wait) as engine:
        # Looked up when nobody else can change the folder, or by who may: a server may have got it meanwhile.
        if name not in (nobodys_libraries(settings) or ()):
            raise LibraryNameError(
                f"{printing.one_line(name)} is not a library with stories that only a server could have and none has; "
                "`storydesk libraries` shows them, `storydesk remove` removes single stories."
            )
        catalog = context.open_catalog(settings)
        assert catalog is not None, "it has stories"
        with catalog:
            story_ids = [summary.story_id for summary in catalog.summaries(name)]
        for story_id in story_ids:
            engine.remove(story_id, library=name)
    if as_json:
        printing.print_json({"library": name, "stories": len(story_ids)})
    else:
        printing.say(f"removed: {name}, {_count(len(story_ids))}")


def _count(stories: int) -> str:
    return f"{stories} stor{'y' if stories == 1 else 'ies'}"
