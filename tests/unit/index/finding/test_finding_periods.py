"""Which days a question asks about, and what only looks like days."""

from datetime import date

import pytest

from index.finding.periods import Period, asked_period

NOW = date(2025, 6, 12)  # a Thursday

ASKED = [
    ("What happened yesterday?", "2025-06-11", "2025-06-11"),
    ("What happened the day before yesterday?", "2025-06-10", "2025-06-10"),
    ("What happened today in Kyiv?", "2025-06-12", "2025-06-12"),
    ("Who was arrested last night?", "2025-06-11", "2025-06-11"),
    ("What did he say this morning?", "2025-06-12", "2025-06-12"),
    ("what happened last week", "2025-06-02", "2025-06-08"),
    ("What has happened this week?", "2025-06-09", "2025-06-12"),
    ("What happened the week before last?", "2025-05-26", "2025-06-01"),
    ("How many died this month?", "2025-06-01", "2025-06-12"),
    ("How many died last month?", "2025-05-01", "2025-05-31"),
    ("Who won last year?", "2024-01-01", "2024-12-31"),
    ("What has the council decided this year?", "2025-01-01", "2025-06-12"),
    ("What happened in the past week?", "2025-06-05", "2025-06-12"),
    ("What changed over the last three weeks?", "2025-05-22", "2025-06-12"),
    ("Who resigned in the last 10 days?", "2025-06-02", "2025-06-12"),
    ("What happened in the past 48 hours?", "2025-06-10", "2025-06-12"),
    ("What happened over the past few months?", "2025-03-12", "2025-06-12"),
    ("what happened over the weekend", "2025-06-07", "2025-06-08"),
    ("How many came home at the weekend?", "2025-06-07", "2025-06-08"),
    ("Who won last weekend?", "2025-06-07", "2025-06-08"),
    ("What was agreed two weeks ago?", "2025-05-26", "2025-06-01"),
    ("What was agreed a week ago?", "2025-06-02", "2025-06-08"),
    ("Who was freed three days ago?", "2025-06-09", "2025-06-09"),
    ("Who was elected 3 months ago?", "2025-03-01", "2025-03-31"),
    ("What did it cost a couple of years ago?", "2023-01-01", "2023-12-31"),
    ("Who was freed on Friday?", "2025-06-06", "2025-06-06"),
    ("What happened on Thursday?", "2025-06-12", "2025-06-12"),
    ("What happened last Thursday?", "2025-06-05", "2025-06-05"),
    ("who was freed last friday?", "2025-06-06", "2025-06-06"),
    ("What was said on Monday night?", "2025-06-09", "2025-06-09"),
    ("What has been reported since Monday?", "2025-06-09", "2025-06-12"),
    ("How many prisoners were freed in May?", "2025-05-01", "2025-05-31"),
    ("how many prisoners were freed in may", "2025-05-01", "2025-05-31"),
    ("How many prisoners were freed in May 2025?", "2025-05-01", "2025-05-31"),
    ("What happened in March 2023?", "2023-03-01", "2023-03-31"),
    ("March 2023 earthquake deaths", "2023-03-01", "2023-03-31"),
    ("Who won in November?", "2024-11-01", "2024-11-30"),
    ("What happened in early May?", "2025-05-01", "2025-05-10"),
    ("What happened in late April 2025?", "2025-04-20", "2025-04-30"),
    ("What has happened since March?", "2025-03-01", "2025-06-12"),
    ("What happened between March and May 2025?", "2025-03-01", "2025-05-31"),
    ("What happened from 16 May to 25 May?", "2025-05-16", "2025-05-25"),
    ("What happened on 23 May?", "2025-05-23", "2025-05-23"),
    ("What happened on May 23rd?", "2025-05-23", "2025-05-23"),
    ("What happened on the 23rd of May, 2025?", "2025-05-23", "2025-05-23"),
    ("What happened on May 23, 2024?", "2024-05-23", "2024-05-23"),
    ("What happened on Sept. 18, 2024?", "2024-09-18", "2024-09-18"),
    ("What happened on 24 December?", "2024-12-24", "2024-12-24"),
    ("What happened on 2025-05-23?", "2025-05-23", "2025-05-23"),
    ("What happened on 23.5.2025?", "2025-05-23", "2025-05-23"),
    ("What happened on 5/23/2025?", "2025-05-23", "2025-05-23"),
    ("How many were freed on 23–25 May?", "2025-05-23", "2025-05-25"),
    ("How many agency nurses were hired in 2024?", "2024-01-01", "2024-12-31"),
    ("What has changed since 2022?", "2022-01-01", "2025-06-12"),
    ("What happened in 2025?", "2025-01-01", "2025-06-12"),
    ("What happened in the summer of 2024?", "2024-06-01", "2024-08-31"),
    ("What happened last summer?", "2024-06-01", "2024-08-31"),
    ("What happened this spring?", "2025-03-01", "2025-05-31"),
    ("What happened last winter?", "2024-12-01", "2025-02-28"),
    ("What did the mayor say after May 30?", "2025-05-31", "2025-06-12"),
]

EVENTS = [
    ("Who planned the 7 October attacks?", "2024-10-07", "2024-10-07"),
    ("How many voted in the 2024 election?", "2024-01-01", "2024-12-31"),
    ("Who won the 2025 Continental Cup?", "2025-01-01", "2025-06-12"),
]

NOT_ASKED = [
    "How many prisoners are being exchanged?",
    "How many of the 1,000 prisoners came home?",
    "What did Theresa May say?",
    "Did May resign?",
    "May I ask who won?",
    "How may people help?",
    "Who joined the march?",
    "What did June Abernathy say?",
    "Who is April Jones?",
    "What are the Black Friday sales worth?",
    "Who wrote Bloody Sunday?",
    "Who plays for Sheffield Wednesday?",
    "Is the library open on Mondays?",
    "Does the ferry sail every Friday?",
    "Is the museum closed until Saturday?",
    "What happens next week?",
    "When does it open next Friday?",
    "What will happen on Friday?",
    "Will taxes rise in September?",
    "Will the 2026 World Cup be held in Norrvale?",
    "What is planned for 2030?",
    "How many wafers a month will it make by 2029?",
    "How long is the 30-day ceasefire?",
    "Does it take 11 hours or two days?",
    "How many people lost power for three weeks?",
    "How high is the fine of 2000 euros?",
    "Who flew the Boeing 737?",
    "Were 2,024 people there?",
    "What happened in the 1990s?",
    "What happened in 1954?",
    "Who died on 31 February 2025?",
    "Did 12/05 happen?",
    "What happened on 05/06/2025?",
    "Did sales fall?",
    "Does the river rise in the rainy season?",
    "When was the flood?",
    "What is the latest on the talks?",
    "",
]


def days(period: Period | None) -> tuple[str, str] | None:
    return None if period is None else (period.first.isoformat(), period.last.isoformat())


@pytest.mark.parametrize(("question", "first", "last"), ASKED)
def test_a_period_is_resolved_against_today(question: str, first: str, last: str) -> None:
    period = asked_period(question, now=NOW)
    assert days(period) == (first, last)
    assert period is not None
    assert period.text in " ".join(question.split())


@pytest.mark.parametrize(("question", "first", "last"), EVENTS)
def test_the_date_in_the_name_of_an_event_is_less_sure(question: str, first: str, last: str) -> None:
    period = asked_period(question, now=NOW)
    assert days(period) == (first, last)
    assert period is not None
    assert period.sure == 0.5


@pytest.mark.parametrize("question", [question for question, _, _ in ASKED if "earthquake" not in question])
def test_other_periods_are_sure(question: str) -> None:
    period = asked_period(question, now=NOW)
    assert period is not None
    assert period.sure == 1.0


@pytest.mark.parametrize("question", NOT_ASKED)
def test_what_is_no_past_period_is_none(question: str) -> None:
    assert asked_period(question, now=NOW) is None


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [
        (date(2025, 6, 7), "2025-06-07", "2025-06-07"),
        (date(2025, 6, 8), "2025-06-07", "2025-06-08"),
        (date(2025, 6, 9), "2025-06-07", "2025-06-08"),
    ],
)
def test_the_weekend_is_the_last_that_has_begun(now: date, first: str, last: str) -> None:
    assert days(asked_period("What happened over the weekend?", now=now)) == (first, last)


def test_a_day_that_the_year_does_not_have_is_no_error() -> None:
    assert days(asked_period("Who was born on 29 February?", now=date(2024, 3, 1))) == ("2024-02-29", "2024-02-29")
    assert asked_period("Who was born on 29 February?", now=date(2025, 3, 1)) is None
    assert asked_period("What happened 999 years ago?", now=date(100, 1, 1)) is None


def test_the_shortest_of_several_periods_counts() -> None:
    assert days(asked_period("Who, in 2025, was freed on 23 May?", now=NOW)) == ("2025-05-23", "2025-05-23")


@pytest.mark.parametrize(("day", "away"), [("2025-05-01", 0), ("2025-05-31", 0), ("2025-06-03", 3), ("2025-04-29", 2)])
def test_how_far_a_day_lies_outside(day: str, away: int) -> None:
    assert Period(date(2025, 5, 1), date(2025, 5, 31), "in May").days_away(date.fromisoformat(day)) == away


def test_hostile_text_takes_no_time_to_speak_of() -> None:
    assert asked_period("in the " * 40_000 + "last " * 40_000, now=NOW) is None
    assert asked_period("99 99 99 May " * 5_000, now=NOW) is None
