"""How long ago, in people's words."""

import re
from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.since import WrongSinceError, offered_days, parse_since
from bot.translating import Language, Voice

TODAY = date(2026, 3, 15)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01", "2026-03-01"),
        (" 2026-3-1 ", "2026-03-01"),
        ("today", "2026-03-15"),
        ("Yesterday", "2026-03-14"),
        ("7 days", "2026-03-08"),
        ("7d", "2026-03-08"),
        ("2 weeks ago", "2026-03-01"),
        ("last week", "2026-03-08"),
        ("The last 3  months", "2025-12-15"),
        ("past year", "2025-03-15"),
        ("9999 years", "0001-01-01"),
    ],
)
def test_days_and_spans_are_understood(text: str, day: str) -> None:
    assert parse_since(text, today=TODAY).isoformat() == day


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30", "2026-13-01", "0000-01-01", "15/03/2026", "-5 days", "٣ days x"]
)
def test_anything_else_is_told_what_to_write(text: str) -> None:
    with pytest.raises(WrongSinceError, match="like 2026-03-01"):
        parse_since(text, today=TODAY)


@given(st.text(max_size=100))
def test_no_text_does_anything_worse_than_being_refused(text: str) -> None:
    for name, day in offered_days(text, today=TODAY, say=Voice()):
        assert 1 <= len(name) <= 100
        assert date.fromisoformat(day) <= TODAY or day in text


def test_spans_are_offered_and_what_is_typed_is_understood_before_it_is_sent() -> None:
    assert ("The last 7 days", "2026-03-08") in offered_days("", today=TODAY, say=Voice())
    assert offered_days("2 weeks", today=TODAY, say=Voice()) == [("Since 1\xa0March\xa02026", "2026-03-01")]
    assert offered_days("30", today=TODAY, say=Voice()) == [("The last 30 days", "2026-02-13")]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("7 Tage", "2026-03-08"),
        ("vor 2 Wochen", "2026-03-01"),
        ("die letzten 3 Monate", "2025-12-15"),
        ("letztes Jahr", "2025-03-15"),
        ("Gestern", "2026-03-14"),
        ("2 semaines", "2026-03-01"),
        ("il y a 3 mois", "2025-12-15"),
        ("les 7 derniers jours", "2026-03-08"),
        ("un an", "2025-03-15"),
        ("aujourd’hui", "2026-03-15"),
        ("3 semanas", "2026-02-22"),
        ("hace 7 días", "2026-03-08"),
        ("los últimos 30 dias", "2026-02-13"),
        ("el año pasado", "2025-03-15"),
        ("ayer", "2026-03-14"),
    ],
)
def test_every_language_is_understood_whatever_is_spoken(text: str, day: str) -> None:
    assert parse_since(text, today=TODAY).isoformat() == day


@pytest.mark.parametrize("language", get_args(Language))
def test_what_is_offered_and_told_to_write_is_understood(language: Language) -> None:
    say = Voice(language)
    offered = offered_days("", today=TODAY, say=say)
    assert [day for _, day in offered] == ["2026-03-08", "2026-02-13", "2025-12-15", "2025-03-15"]
    for name, day in offered:
        assert abs((parse_since(name, today=TODAY) - date.fromisoformat(day)).days) <= 5
    for example in re.findall(r"\b[0-9]+ \w{3,}", say("wrong_since")):
        assert parse_since(example, today=TODAY) < TODAY
    (typed, last) = {
        "en": ("30", "last"),
        "de": ("30 t", "letzten"),
        "fr": ("30 de", "derniers"),
        "es": ("ultimos 30", "últimos"),
    }[language]
    assert [last in name for name, _ in offered_days(typed, today=TODAY, say=say)] == [True]
