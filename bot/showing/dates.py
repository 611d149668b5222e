"""Writes when a story was published: the day as its publisher gave it, and how long ago that was."""

from datetime import UTC, datetime, time, timedelta

from bot.translating import Voice

# Of all times of a day in UTC the one that is of the same day for most readers: from 10:30 behind to 13:29 ahead.
_OF_THE_DAY = time(10, 30, tzinfo=UTC)
# A day without a time says nothing of hours.
_HOURS_ARE_OVER = timedelta(hours=60)
# Before that, a year is a slip of the pen.
_EARLIEST_YEAR = 1900


def written_date(published_at: str | None, *, say: Voice) -> str | None:
    """The day as the publisher gave it, like "23 May 2025" with no-break spaces; None when there is none.

    No time zone moves it: a story of the 23rd is of the 23rd wherever it is read.
    """
    moment = _moment(published_at)
    return say.day(moment.date()) if moment else None


def date_and_age(published_at: str | None, *, now: datetime, say: Voice) -> str | None:
    """The day, with how long ago that was in the words of the reader's own Discord; None when there is no date.

    A day without a time, or a time without its offset from UTC, gets an age when that is a matter of days, whichever
    hour was meant. `now` has its offset; what is dated after it gets no age.
    """
    day = written_date(published_at, say=say)
    age = _age(published_at, now)
    return f"{day} · {age}" if day and age else day


def timestamp(moment: datetime) -> str:
    """A moment, with its offset, that Discord shows as how long ago it was."""
    return f"<t:{int(moment.timestamp())}:R>"


def _age(published_at: str | None, now: datetime) -> str | None:
    moment = _moment(published_at)
    if moment is None or moment.year < _EARLIEST_YEAR:
        return None
    if moment.tzinfo is not None:
        return timestamp(moment) if moment <= now else None
    of_the_day = datetime.combine(moment.date(), _OF_THE_DAY)
    return timestamp(of_the_day) if now - of_the_day >= _HOURS_ARE_OVER else None


def _moment(published_at: str | None) -> datetime | None:
    """The moment that an ISO 8601 date or date and time names, in the offset it gives."""
    try:
        return datetime.fromisoformat(published_at) if published_at else None
    except ValueError:
        return None
