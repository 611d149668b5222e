"""How moments are written in the bot's database."""

from datetime import UTC, datetime


def written(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, so that texts sort as moments do. Raises ValueError without an offset."""
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset is none")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def read(text: str) -> datetime:
    """The moment that `written` wrote."""
    return datetime.fromisoformat(text)
