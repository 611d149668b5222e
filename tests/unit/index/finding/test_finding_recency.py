"""What a story's day says for it."""

from datetime import date, timedelta

import pytest

from index.finding.recency import Timing, freshness, recency, timing

TODAY = date(2025, 5, 23)
ASKED = Timing(TODAY)


def worth(day: date, asked: Timing = ASKED) -> float:
    return recency(day.toordinal(), timing=asked)


def test_stories_of_these_days_are_equally_new_and_then_fade_to_nothing() -> None:
    worths = [worth(TODAY - timedelta(days=age)) for age in (0, 3, 5, 10, 30, 365)]
    assert worths[:3] == [1.0, 1.0, 1.0]
    assert sorted(set(worths), reverse=True) == [1.0, *worths[3:]]
    assert worths[-1] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("days_later", [1, 365])
def test_stories_from_later_gain_nothing(days_later: int) -> None:
    assert worth(TODAY + timedelta(days=days_later)) == 0.0


def test_undated_stories_gain_nothing() -> None:
    assert recency(0, timing=ASKED) == 0.0


def test_days_long_past_that_the_question_names_count_more_than_newness() -> None:
    asked = timing("How many homes were flooded in May 2023?", now=TODAY)
    gain = {
        day: worth(date.fromisoformat(day), asked) for day in ("2025-05-22", "2023-05-20", "2023-06-07", "2022-05-20")
    }
    assert gain["2023-05-20"] > gain["2023-06-07"] > gain["2025-05-22"] > 0.25
    assert gain["2022-05-20"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("question", ["What happened on Wednesday?", "What was closed last week?"])
def test_days_just_past_are_news(question: str) -> None:
    assert timing(question, now=TODAY) == ASKED


def test_newness_by_itself_fades_from_the_first_day_whatever_is_asked() -> None:
    fresh = [freshness((TODAY - timedelta(days=age)).toordinal(), now=TODAY) for age in (0, 1, 14, 60)]
    assert fresh[0] == 1.0
    assert fresh == sorted(fresh, reverse=True)
    assert fresh[2] == pytest.approx(0.368, abs=0.001)
    assert fresh[3] < 0.02


def test_undated_and_coming_stories_are_not_new() -> None:
    assert freshness(0, now=TODAY) == 0.0
    assert freshness((TODAY + timedelta(days=1)).toordinal(), now=TODAY) == 0.0
