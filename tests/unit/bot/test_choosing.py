"""Which stories are offered to someone who types a title."""

import time

from hypothesis import given
from hypothesis import strategies as st

from bot.choosing import LONGEST_CHOICE, MOST_CHOICES, choice_name, choices, matching
from bot.translating import Voice
from index.stories import StoryTitle

TITLES = [
    StoryTitle("a", "Ferry to Maren sails again", "2026-01-03"),
    StoryTitle("b", "Harbour of Maren floods", "2026-02-01T07:00:00+02:00"),
    StoryTitle("c", "Cup final goes to Tarn", None),
]


def ids(titles: list[StoryTitle]) -> list[str]:
    return [title.story_id for title in titles]


def test_without_a_word_the_newest_come_first_and_undated_ones_last() -> None:
    assert ids(matching(TITLES, "")) == ids(matching(TITLES, " ?! ")) == ["b", "a", "c"]


def test_misspelt_words_in_any_order_and_case_find_their_title() -> None:
    assert ids(matching(TITLES, "sails FERY"))[0] == "a"
    assert ids(matching(TITLES, "tarn cup"))[0] == "c"
    assert matching(TITLES, "zzzzqqqq") == []


def test_a_choice_tells_stories_of_one_title_apart() -> None:
    assert choices(TITLES, say=Voice()) == [
        ("Ferry to Maren sails again · 2026-01-03", "a"),
        ("Harbour of Maren floods · 2026-02-01", "b"),
        ("Cup final goes to Tarn", "c"),
    ]


@given(st.lists(st.text(max_size=300), max_size=60), st.text(max_size=120))
def test_whatever_titles_there_are_discord_takes_what_is_offered(titles: list[str], typed: str) -> None:
    found = choices(
        matching([StoryTitle(str(n), title, "2026-01-01") for n, title in enumerate(titles)], typed), say=Voice()
    )
    assert len(found) <= MOST_CHOICES
    assert all(1 <= len(name) <= LONGEST_CHOICE and "\n" not in name for name, _ in found)


def test_a_name_carries_nothing_that_turns_what_follows_or_cannot_be_seen() -> None:
    assert choice_name("\u202egpj.exe\u200b\n \x00", say=Voice()) == "gpj.exe"
    assert choice_name("\u200b", say=Voice()) == "Untitled story"
    assert choice_name("w" * 4_000, "2026-01-01", say=Voice()).endswith("w… · 2026-01-01")


def test_ten_thousand_titles_are_compared_within_what_a_typist_waits_for() -> None:
    many = [
        StoryTitle(str(n), f"Report {n} about the bridge, the ferry and the harbour of Maren", None)
        for n in range(10_000)
    ]
    began = time.perf_counter()
    assert len(matching(many, "the bridge of maren")) == MOST_CHOICES
    assert time.perf_counter() - began < 5  # an order of magnitude above what it takes
