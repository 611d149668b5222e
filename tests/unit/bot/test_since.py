"""How long ago, in people's words."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.since import WrongSinceError, offered_days, parse_since

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
    for name, day in offered_days(text, today=TODAY):
        assert 1 <= len(name) <= 100
        assert date.fromisoformat(day) <= TODAY or day in text


def test_spans_are_offered_and_what_is_typed_is_understood_before_it_is_sent() -> None:
    assert ("The last 7 days", "2026-03-08") in offered_days("", today=TODAY)
    assert offered_days("2 weeks", today=TODAY) == [("Since 2026-03-01", "2026-03-01")]
    assert offered_days("30", today=TODAY) == [("The last 30 days", "2026-02-13")]
