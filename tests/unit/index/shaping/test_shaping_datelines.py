"""The day that a story's own first lines name, and days that they only tell of."""

import pytest

from index.shaping import date_in_opening, is_dateline

LINES = {
    "By Ada Lind, Harbour Post, 6 May 2025": "6 May 2025",
    "By Ada Lind in Oslo, 6 May 2025": "6 May 2025",
    "By Ada Lind 6 May 2025": "6 May 2025",
    "*Harbour Post, 6 May 2025*": "6 May 2025",
    "The St. Mary's Post, Tuesday, May 6th, 2025.": "May 6th, 2025",
    "Harbour Post | Sept. 6, 2025, 10:30 a.m.": "Sept. 6, 2025",
    "Tuesday 6 May 2025": "6 May 2025",
    "2025-05-06": "2025-05-06",
    "Published: 6 May 2025 at 10:30 am BST | Updated 7 May 2025": "6 May 2025",
    "Staff and wire reports - last updated 6 May 2025": "6 May 2025",
}
NO_LINES = [
    "The flood of 6 May 2025",
    "The next meeting: 6 May 2025",
    "The Queen in London, 2 June 1953",
    "Born in Narva, 6 May 1925",
    "Ada Lind 6 May 2025",
    "May 2025",
    "6 May",
    "From 6 May 2025 to 9 May 2025",
    "Harbour Post",
    "The bridge was opened on Tuesday, 6 May 2025.",
]


@pytest.mark.parametrize(("line", "date"), LINES.items())
def test_a_line_of_names_and_a_day_gives_the_storys_day(line: str, date: str) -> None:
    assert is_dateline(line)
    assert date_in_opening(f"Ferry sinks off Orla\r\n\r\n{line}\r\n\r\nIt sank on 3 March 2020.") == date


@pytest.mark.parametrize("line", NO_LINES)
def test_days_that_a_line_tells_of_are_not_the_storys(line: str) -> None:
    assert not is_dateline(line)
    assert date_in_opening(f"Ferry sinks off Orla\n\n{line}\n\nIt sank in the night.") is None


@pytest.mark.parametrize(
    "before",
    [
        "OSLO, May 6, 2025 (Agency) - ",
        "NEW NARVA, May 6, 2025 /Wire/ -- ",
        "Oslo (May 6, 2025) — ",
        "**OSLO** May 6, 2025 – ",
    ],
)
def test_a_place_and_a_day_before_the_first_sentence_count(before: str) -> None:
    assert date_in_opening(f"Ferry sinks\n\n{before}The ferry sank.") == "May 6, 2025"


@pytest.mark.parametrize(
    "text",
    [
        "On May 6, 1882 — a Tuesday — ten thousand people walked.",
        "Kim Rogers (May 6, 1938 - March 20, 2020) sang.",
        "The trial of May 6, 2025 - the second - was short.",
    ],
)
def test_a_day_in_a_sentence_is_one_it_tells_of(text: str) -> None:
    assert date_in_opening(f"A look back\n\n{text}") is None


def test_a_day_below_the_beginning_of_the_text_is_a_heading() -> None:
    opening = "The ferry sank in the night, with nobody on board but the captain, who had been asleep. " * 3
    assert date_in_opening(f"Diary\n\n{opening}\n\n6 May 2025\n\nWe waited.") is None


def test_the_first_of_two_such_lines_counts() -> None:
    assert date_in_opening("Ferry sinks\n\nPublished 6 May 2025\n\nUpdated 7 May 2025\n\nIt sank.") == "6 May 2025"


def test_nothing_has_no_day() -> None:
    assert date_in_opening("") is None
