"""Options that several commands share."""

from datetime import UTC, date, datetime, time
from typing import Annotated

import typer

DEFAULT_LIBRARY = "public"


def parse_day(text: str) -> date:
    """A day in ISO 8601. Raises typer.BadParameter."""
    day = _day(text)
    if day is None:
        raise typer.BadParameter(f"{text!r} is not a day such as 2025-06-01.")
    return day


def parse_moment(text: str) -> datetime:
    """A date or a date and time in ISO 8601, with an offset; without one it is UTC, a date is its last second.

    Raises typer.BadParameter.
    """
    day = _day(text)
    if day is not None:
        return datetime.combine(day, time(23, 59, 59), UTC)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date such as 2025-06-01 or 2025-06-01T18:00+02:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def question_text(words: list[str]) -> str:
    """The words of a question as one text; bytes that are no text become question marks."""
    return " ".join(words).encode("utf-8", "replace").decode("utf-8")


Library = Annotated[str, typer.Option("--library", metavar="NAME", help="The library of stories to use.")]
AnyLibrary = Annotated[
    str | None, typer.Option("--library", metavar="NAME", help="Look in this library only.", show_default="all")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Fail at once when another command keeps the data folder busy.")
]
Now = Annotated[
    datetime | None,
    typer.Option(
        "--now",
        parser=parse_moment,
        metavar="DATE",
        help="When the question is asked, as 2025-06-01 or 2025-06-01T18:00+02:00.",
        show_default="the clock",
    ),
]
Since = Annotated[
    date | None,
    typer.Option(
        "--since",
        parser=parse_day,
        metavar="DATE",
        help="Leave out stories published before that day, and undated ones.",
        show_default="all",
    ),
]
Question = Annotated[
    list[str],
    typer.Argument(metavar="QUESTION", help="The question; quotes may be left out.", show_default=False),
]
