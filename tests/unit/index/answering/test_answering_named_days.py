"""The day that a story's words mean, told by the day it was published."""

from datetime import date

import pytest

from index.answering.named_days import named_day

THURSDAY = date(2025, 2, 27)


@pytest.mark.parametrize(
    ("words", "sentence", "day"),
    [
        ("Wednesday", "The tower was handed over on Wednesday.", "2025-02-26"),
        ("Thursday", "Voters chose on Thursday.", "2025-02-27"),
        ("on Tuesday", "Voters on Tuesday chose a mayor, who will speak on Friday.", "2025-02-25"),
        ("Friday", "Voters on Tuesday chose a mayor, who will speak on Friday.", "2025-02-28"),
        ("Friday", "They called off a strike that was to begin on Friday, after the union settled.", "2025-02-28"),
        ("Monday", "Until the ship arrives from Narva on Monday, power will be shared out.", "2025-03-03"),
        ("Sunday evening", "All homes lost power on Sunday evening when a ship dragged its anchor.", "2025-02-23"),
        ("early on Monday", "Thieves broke in early on Monday.", "2025-02-24"),
        ("6 p.m. on Friday", "The talks ended at 6 p.m. on Friday.", "2025-02-21"),
        ("Friday, 6 p.m.", "The talks will end on Friday, 6 p.m.", "2025-02-28"),
        ("Monday", "The shop had to close on Monday.", "2025-02-24"),
        ("this Friday", "The shop will close this Friday.", "2025-02-28"),
        ("last Thursday", "It sank last Thursday.", "2025-02-20"),
        ("next Thursday", "It sails next Thursday.", None),
        ("next Monday", "It sails next Monday.", "2025-03-03"),
        ("yesterday", "It sank yesterday.", "2025-02-26"),
        ("Last night", "Last night it sank.", "2025-02-26"),
        ("tomorrow", "It sails tomorrow.", "2025-02-28"),
        ("July 24", "They vote until July 24.", "2025-07-24"),
        ("the 30th of December", "It closed on the 30th of December.", "2024-12-30"),
        ("Dec. 30", "It closed on Dec. 30.", "2024-12-30"),
    ],
)
def test_days_of_the_week_and_of_a_month_are_told(words: str, sentence: str, day: str | None) -> None:
    told = named_day(words, sentence, published=THURSDAY)
    assert told == (date.fromisoformat(day) if day else None)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("Monday", "The library is open every day but Monday."),  # neither over nor to come
        ("Thursday", "She will speak on Thursday."),  # today, or in a week
        ("this Friday", "Auditions this Friday at the hall."),
        ("29 February", "It closed on 29 February."),
        ("31 June", "It closed on 31 June."),
        ("27 August", "It closed on 27 August."),  # half a year away, either way
        ("6 May 2024", "It closed on 6 May 2024."),
        ("2021", "It closed in 2021."),
        ("May", "It closed in May."),
        ("Mondays and Tuesdays", "It was open on Mondays and Tuesdays."),
        ("nine years", "The first ferry in nine years sailed."),
        ("", "It was open."),
    ],
)
def test_what_is_no_single_day_or_not_sure_is_not_told(words: str, sentence: str) -> None:
    assert named_day(words, sentence, published=THURSDAY) is None
