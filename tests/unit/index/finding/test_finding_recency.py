"""What a story's day says for it."""

from datetime import date

import pytest

from index.finding.recency import Timing, recency, timing

TODAY = date(2025, 5, 23)


@pytest.mark.parametrize("for_news", [True, False])
def test_newer_stories_are_worth_more_and_very_old_ones_as_much_as_undated_ones(for_news: bool) -> None:
    gains = [recency(TODAY.toordinal() - age, timing=Timing(TODAY, for_news)) for age in (0, 1, 10, 30, 365)]
    assert gains == sorted(gains, reverse=True)
    assert len(set(gains)) == len(gains)
    assert gains[4] == pytest.approx(0.0, abs=1e-4)


def test_a_question_about_the_week_weighs_the_day_more() -> None:
    yesterday = TODAY.toordinal() - 1
    assert recency(yesterday, timing=Timing(TODAY, True)) > recency(yesterday, timing=Timing(TODAY, False))


@pytest.mark.parametrize("day", [0, TODAY.toordinal() + 1, TODAY.toordinal() + 365])
def test_undated_stories_and_those_from_later_gain_nothing(day: int) -> None:
    assert recency(day, timing=Timing(TODAY, True)) == 0.0


def test_a_new_story_that_hardly_matches_does_not_pass_an_old_one_that_does() -> None:
    asked = Timing(TODAY, True)
    assert 0.3 + recency(TODAY.toordinal(), timing=asked) < 1.0 + recency(TODAY.toordinal() - 700, timing=asked)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which bridge was closed this week?", True),
        ("What is the latest on the strike?", True),
        ("Who recently left the cabinet?", True),
        ("Who was Orla's first mayor?", False),
        ("What was known of the latests?", False),
    ],
)
def test_questions_about_what_happened_lately_are_told_by_their_words(question: str, expected: bool) -> None:
    assert timing(question, now=TODAY).for_news is expected


def test_days_long_past_that_the_question_names_count_instead_of_newness() -> None:
    asked = timing("How many homes were flooded in May 2023?", now=TODAY)
    gain = {
        day: recency(date.fromisoformat(day).toordinal(), timing=asked)
        for day in ("2025-05-22", "2023-05-20", "2023-06-07", "2022-05-20")
    }
    assert gain["2023-05-20"] > gain["2023-06-07"] > gain["2025-05-22"] == pytest.approx(0.0, abs=1e-6)
    assert gain["2022-05-20"] == pytest.approx(0.0, abs=1e-6)


def test_days_just_past_are_news() -> None:
    asked = timing("What happened on Wednesday?", now=TODAY)
    assert asked == Timing(TODAY, for_news=False)
    assert timing("What was closed last week?", now=TODAY).for_news
