"""What is remembered of people, their answers and votes, and that it is gone when they say so."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.remembering import FILE_NAME, KeptAnswer, Memory, answers, people, votes
from bot.remembering.people import Kept
from bot.remembering.votes import Counts
from index.stories import Answer, Citation, Figure

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANSWER = Answer(
    question="How many?",
    answered=True,
    reason=None,
    text="1,000 prisoners.",
    confidence=0.9,
    figures=(Figure("1,000 prisoners", 1000, "prisoners", "2025-05-16", (0,), "in all"),),
    citations=(Citation("s", "Títle \u202e", None, None, "2025-05-16", "s-0", 0, 4, "1,000 prisoners."),),
    elapsed_ms={"total": 12.5},
    short="1,000",
    understood_as="How many prisoners?",
)
KEPT = KeptAnswer("a1", 7, 100, 5, "server-100", "How many?", ANSWER, NOON)


def test_the_server_used_last_comes_first_and_each_once(memory: Memory) -> None:
    for hour, server_id in enumerate((100, 200, 100)):
        people.used(memory, 7, server_id, at=NOON + timedelta(hours=hour))
    people.used(memory, 8, 300, at=NOON)
    assert people.servers_of(memory, 7) == (100, 200)
    people.gone(memory, 7, 100)
    assert people.servers_of(memory, 7) == (200,)


def test_a_choice_replaces_the_one_before_and_can_be_taken_back(memory: Memory) -> None:
    assert people.chosen_library(memory, 7) is None
    for library in ("server-1", "server-2", None):
        people.choose_library(memory, 7, library, at=NOON)
        assert people.chosen_library(memory, 7) == library


def test_an_answer_comes_back_as_it_was_given(memory: Memory) -> None:
    answers.keep(memory, KEPT)
    elsewhere = replace(KEPT, id="a2", server_id=None, asked_at=NOON.astimezone(timezone(timedelta(hours=-5))))
    answers.keep(memory, replace(elsewhere, question="Who?"))
    assert answers.kept(memory, "a1") == KEPT
    assert answers.kept(memory, "a2") == replace(elsewhere, question="Who?")
    assert answers.kept(memory, "a3") is None


def test_ids_of_answers_differ() -> None:
    assert len({answers.new_id() for _ in range(1_000)}) == 1_000


def test_an_answer_in_a_form_of_another_version_is_no_longer_kept(memory: Memory, tmp_path: Path) -> None:
    answers.keep(memory, KEPT)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE answers SET answer = '{\"other\": 1}'")
    assert answers.kept(memory, "a1") is None


def test_answers_are_dropped_by_age(memory: Memory) -> None:
    for hours in range(4):
        answers.keep(memory, replace(KEPT, id=str(hours), asked_at=NOON + timedelta(hours=hours)))
    assert answers.drop_older_than(memory, NOON + timedelta(hours=2)) == 2
    assert [answers.kept(memory, str(hours)) is not None for hours in range(4)] == [False, False, True, True]


def test_a_person_has_one_vote_on_an_answer_and_may_change_it(memory: Memory) -> None:
    votes.vote(memory, "a1", 7, helpful=True, at=NOON)
    votes.vote(memory, "a1", 8, helpful=True, at=NOON)
    votes.vote(memory, "a1", 7, helpful=False, at=NOON)
    votes.vote(memory, "a2", 7, helpful=True, at=NOON)
    assert votes.counts(memory, "a1") == Counts(helpful=1, unhelpful=1)
    assert votes.counts(memory) == Counts(helpful=2, unhelpful=1)
    assert votes.counts(memory, "a3") == Counts()


def test_all_of_a_person_and_nothing_of_others_is_forgotten(memory: Memory, tmp_path: Path) -> None:
    for person in (7, 8):
        people.used(memory, person, 100, at=NOON)
        people.choose_library(memory, person, "server-100", at=NOON)
        answers.keep(memory, replace(KEPT, id=f"of {person}", asked_by=person))
        votes.vote(memory, "a1", person, helpful=True, at=NOON)
    before = people.kept_of(memory, 8)
    assert before == Kept(servers=1, answers=1, votes=1, chosen_library="server-100")
    people.forget(memory, 7)
    assert people.kept_of(memory, 7) == Kept(0, 0, 0, None)
    assert people.kept_of(memory, 8) == before
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f"SELECT * FROM {table}"):
                assert 7 not in row, f"{table} still knows the person"


@pytest.mark.parametrize("library", ["server-1'; DROP TABLE choices; --", "\u202e"])
def test_hostile_values_are_values(memory: Memory, library: str) -> None:
    people.choose_library(memory, 7, library, at=NOON)
    assert people.chosen_library(memory, 7) == library
