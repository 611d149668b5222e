"""What a person may write to leave out older stories: a day, or how long ago, in any language the bot speaks."""

import re
import unicodedata
from datetime import date, timedelta

from bot.desk import UnansweredError
from bot.translating import Voice

_UNITS = {
    1: "d|days?|tag|tage[ns]?|j|jours?|dias?",
    7: "w|weeks?|wochen?|semaines?|semanas?",
    30: "months?|monat|monate[ns]?|mois|mes|meses",
    365: "y|years?|jahr|jahre[ns]?|ans?|annees?|anos?",
}
"""Words for a span of so many days, without accents, in all languages: what one writes depends on no setting."""
_AROUND = (
    "the|last|past|ago|a|one|die|das|der|den|dem|vor|seit|letzte[nmrs]?|vergangene[nmrs]?|ein|eine[mnr]?|"
    r"les?|la|derniere?s?|passee?s?|il\sy\sa|depuis|une?|hace|desde|los?|las|el|ultim[oa]s?|pasad[oa]s?|una"
)
"""Words that may stand around it and change nothing: the last 7 days, vor 7 Tagen, les 7 derniers jours."""
_SPAN = "|".join(f"(?P<of{days}>{words})" for days, words in _UNITS.items())
_AGO = re.compile(rf"(?:(?:{_AROUND}) )*(?:(?P<number>\d{{1,4}}) ?)?(?:(?:{_AROUND}) )*(?:{_SPAN})(?: (?:{_AROUND}))*")
_TODAY, _YESTERDAY = ("today", "heute", "aujourd'hui", "hoy"), ("yesterday", "gestern", "hier", "ayer")
_OFFERED = ((7, "last_days", 7), (30, "last_days", 30), (90, "last_days", 90), (365, "last_months", 12))


class WrongSinceError(UnansweredError):
    """What was written is no day and no time ago."""


def parse_since(text: str, *, today: date) -> date:
    """The first day whose stories count. Raises WrongSinceError."""
    words = _plain(text)
    if words in (*_TODAY, *_YESTERDAY):
        return today - timedelta(days=words in _YESTERDAY)
    if found := _AGO.fullmatch(words):
        days = next(days for days in _UNITS if found[f"of{days}"])
        try:
            return today - timedelta(days=days * int(found["number"] or 1))
        except OverflowError:  # before the first year there is
            return date.min
    if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", words):
        try:
            return date(*map(int, words.split("-")))
        except ValueError:
            raise WrongSinceError("wrong_since") from None
    raise WrongSinceError("wrong_since")


def offered_days(typed: str, *, today: date, say: Voice) -> list[tuple[str, str]]:
    """What to offer someone who has typed `typed`: names, and the days they stand for."""
    offered = [(say(key, count=count), (today - timedelta(days=days)).isoformat()) for days, key, count in _OFFERED]
    if not typed.strip():
        return offered
    try:
        day = parse_since(typed, today=today)
    except WrongSinceError:
        return [(name, day) for name, day in offered if _plain(typed) in _plain(name)]
    return [(say("since_day", day=say.day(day)), day.isoformat())]


def _plain(text: str) -> str:
    """Small letters without accents, with one space between words."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join("".join(each for each in decomposed if not unicodedata.combining(each)).split())
