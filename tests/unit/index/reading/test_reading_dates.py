from datetime import UTC, date, datetime

import pytest

from index.errors import ReadingError
from index.reading.dates import iso_date


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("2025-05-23", "2025-05-23"),
        (" 2025-05-23 ", "2025-05-23"),
        ("20250523", "2025-05-23"),
        ("2025/05/23", "2025-05-23"),
        ("2025/5/3", "2025-05-03"),
        ("2025-05-23T10:00:00-04:00", "2025-05-23T10:00:00-04:00"),
        ("2025-05-23T10:00:00Z", "2025-05-23T10:00:00+00:00"),
        ("2025-05-23 10:00", "2025-05-23T10:00:00+00:00"),
        ("2025-05-23T10:00:00", "2025-05-23T10:00:00+00:00"),
        ("Fri, 23 May 2025 10:00:00 -0400", "2025-05-23T10:00:00-04:00"),
        ("Fri, 23 May 2025 10:00:00 GMT", "2025-05-23T10:00:00+00:00"),
        ("May 23, 2025 10:00 AM EDT", "2025-05-23T10:00:00-04:00"),
        ("May 23, 2025, 10:00 p.m. PST", "2025-05-23T22:00:00-08:00"),
        ("23 May 2025 10:00 CEST", "2025-05-23T10:00:00+02:00"),
        ("May 23 2025, 10:00 GMT+2", "2025-05-23T10:00:00+02:00"),
        ("May 23 2025, 10:00 UTC-03:30", "2025-05-23T10:00:00-03:30"),
        ("23 May 2025", "2025-05-23"),
        ("March 3rd, 2024", "2024-03-03"),
        ("Thursday, Feb. 29, 2024", "2024-02-29"),
        ("25/12/2025", "2025-12-25"),
        ("12/25/2025", "2025-12-25"),
        ("5/5/2025", "2025-05-05"),
        ("31.01.2025", "2025-01-31"),
        (1748008800, "2025-05-23T14:00:00+00:00"),
        (-86_400, "1969-12-31T00:00:00+00:00"),
        (date(2025, 5, 23), "2025-05-23"),
        (datetime(2025, 5, 23, 10, tzinfo=UTC), "2025-05-23T10:00:00+00:00"),
        ("1600-01-01", "1600-01-01"),
        ("2200-12-31", "2200-12-31"),
    ],
)
def test_dates_are_read_as_they_are_written(written: object, expected: str | None) -> None:
    assert iso_date(written) == expected


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("05/06/2025", "could be two dates"),
        ("5-6-2025", "could be two dates"),
        ("05.06.2025 10:00", "could be two dates"),
        ("1 2 2025", "could be two dates"),
        ("May 2025", "has no full date"),
        ("2025", "has no full date"),
        ("2025-05", "has no full date"),
        ("Friday", "has no year"),
        ("10:00", "has no year"),
        ("23 May", "has no year"),
        ("5/23/25", "has no year"),
        ("yesterday", "has no year"),
        ("2025-02-30", "cannot be read|can be read"),
        ("2025-05-23T10:00:00+99:00", "can be read"),
        ("2025-05-23 10:00 IST", "can be read"),
        ("2025-05-23 10:00 EST+3", "can be read"),
        ("the year 2025 was long", "can be read"),
        ("0001-01-01", "in the year 1;"),
        ("1599-12-31", "in the year 1599;"),
        ("2201-01-01", "in the year 2201;"),
        ("9" * 5_000, "too long"),
        (1748008800000, "milliseconds"),
        (10**30, "no number of seconds"),
        (True, "must be a date"),
        (1.5, "must be a date"),
        (["2025-05-23"], "must be a date"),
    ],
)
def test_what_is_no_single_day_is_refused_with_how_to_write_it(written: object, problem: str) -> None:
    with pytest.raises(ReadingError, match=problem) as refusal:
        iso_date(written, field="publish_date")
    assert "The field publish_date" in str(refusal.value)
    assert "write it like 2025-05-23" in str(refusal.value)


def test_the_day_on_which_a_date_is_read_does_not_matter() -> None:
    with pytest.raises(ReadingError):
        iso_date("the 5th of 2025")
