"""`storydesk list`, `show`, `remove` and `rebuild`: what is stored, and keeping it."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from bot.cli import context, printing
from bot.cli.options import DEFAULT_LIBRARY, AnyLibrary, AsJson, Library, NoWait
from index.errors import UnknownStoryError
from index.stories import StoredStory, StorySummary

StoryId = Annotated[
    str,
    typer.Argument(metavar="STORY", help="A story's id, or a beginning that no other id has.", show_default=False),
]


def register(app: typer.Typer) -> None:
    app.command("list")(list_stories)
    app.command()(show)
    app.command()(remove)
    app.command()(rebuild)


def list_stories(library: Library = DEFAULT_LIBRARY, as_json: AsJson = False) -> None:
    """List the stories of a library: id, day, title and publisher.

    \b
    Example:
        storydesk list --json | jq -r .title

    --json prints a line per story. Listing needs no model and does not wait for other commands.
    """
    catalog = context.open_catalog(context.settings().index)
    if catalog is None:
        printing.note("No stories yet; add some with `storydesk add`.")
        return
    with catalog:
        empty = True
        for summary in catalog.summaries(library):
            empty = False
            if as_json:
                printing.print_json(asdict(summary))
            else:
                printing.say(_summary_line(summary))
        if empty:
            others = [name for name in catalog.libraries() if name != library]
            elsewhere = f"; other libraries: {', '.join(others)}" if others else ""
            printing.note(f"No stories in the library {library}{elsewhere}.")


def show(story: StoryId, library: AnyLibrary = None, as_json: AsJson = False) -> None:
    """Show a story as it is stored, with its text.

    \b
    Example:
        storydesk show 3f2a

    Offsets of quotes in answers count characters of the "text" that --json prints.
    """
    catalog = context.open_catalog(context.settings().index)
    if catalog is None:
        raise UnknownStoryError(f"There is no story {story}: no story was added yet; `storydesk add` adds some.")
    with catalog:
        stored = catalog.story(story, library)
    if as_json:
        printing.print_json(asdict(stored))
    else:
        _show_story(stored)


def remove(
    stories: Annotated[
        list[str],
        typer.Argument(metavar="STORY", help="Ids of stories, or their unique beginnings.", show_default=False),
    ],
    library: AnyLibrary = None,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Remove stories with all that was derived from them.

    \b
    Example:
        storydesk remove 3f2a 91bc

    The files that they were added from stay. An unknown id is reported, the other stories are
    removed, and the exit code is 1. --json prints a line per story with "story_id", "status"
    (removed or failed), "title" and "error".
    """
    failed = False
    with context.open_engine(context.settings().index, wait=not no_wait) as engine:
        for story_id in stories:
            title, problem = None, None
            try:
                title = engine.remove(story_id, library=library)
            except UnknownStoryError as error:
                problem, failed = str(error), True
            if as_json:
                status = "removed" if problem is None else "failed"
                printing.print_json({"story_id": story_id, "status": status, "title": title, "error": problem})
            elif problem is None:
                printing.say(printing.one_line(f"removed: {title}"))
            else:
                printing.note(f"Error: {problem}")
    if failed:
        raise typer.Exit(1)


def rebuild(
    library: Annotated[
        str | None, typer.Option("--library", metavar="NAME", help="Rebuild this library only.", show_default="all")
    ] = None,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Make the search indexes anew from the catalog.

    \b
    Example:
        storydesk rebuild

    Needed when `storydesk doctor` says that an index is not in step. No story is read again.
    --json prints one object: "passages" with the number of passages by library.
    """
    with (
        context.open_engine(context.settings().index, wait=not no_wait) as engine,
        printing.progress_bars() as show_progress,
    ):
        passages = engine.rebuild(library=library, on_progress=show_progress)
    if as_json:
        printing.print_json({"passages": passages})
    elif not passages:
        where = "no library" if library is None else f"no library {library}"
        printing.say(f"Nothing to rebuild: there is {where} with stories.")
    else:
        for name, number in passages.items():
            printing.say(f"{name}: {number} passage{'' if number == 1 else 's'}")


def _summary_line(summary: StorySummary) -> Text:
    day = (summary.published_at or "undated")[:10]
    publisher = f" ({printing.one_line(summary.publisher)})" if summary.publisher else ""
    return Text.assemble(
        (summary.story_id, "cyan"), f"  {printing.one_line(day):<10}  {printing.one_line(summary.title)}{publisher}"
    )


def _show_story(story: StoredStory) -> None:
    printing.say(Text(printing.one_line(story.title), style="bold"))
    passages = f"{story.passages} passage{'' if story.passages == 1 else 's'}"
    facts = [
        ("id", story.story_id),
        ("library", story.library),
        ("publisher", story.publisher),
        ("published", story.published_at),
        ("authors", ", ".join(story.authors)),
        ("url", story.url),
        ("language", story.language),
        ("source", story.source),
        ("added", f"{story.added_at}, {passages}"),
    ]
    for name, value in facts:
        if value:
            printing.say(Text.assemble((f"{name + ':':<11}", "dim"), printing.one_line(value)))
    printing.say()
    printing.say(story.text)
