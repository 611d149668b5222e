"""Conversations about stories that lie near each other, with the real model."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from index.engine import Engine
from index.samples import stories_folder
from index.settings import IndexSettings
from index.stories import Answer

Turn = tuple[str, dict[str, Any], str, str]
BestStory = Callable[[str], str | None]
pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parent.parent / "fixtures"
CONVERSATIONS = [
    json.loads(line) for line in (FIXTURES / "conversations.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with (
        Engine.open(IndexSettings(home=tmp_path_factory.mktemp("home"), read_passages=0)) as engine,
        stories_folder() as samples,
    ):
        results = list(engine.add([samples, FIXTURES / "stories", FIXTURES / "conversation_stories.jsonl"]))
        assert {result.status for result in results} == {"added"}
        yield engine


@pytest.fixture(scope="module")
def turns(engine: Engine) -> list[Turn]:
    """Every turn but the first ones: when it was written, the turn, how it was understood, the conversation."""
    found = []
    for record in CONVERSATIONS:
        conversation: list[Answer] = []
        for number, turn in enumerate(record["turns"]):
            answer = engine.ask(turn["question"], conversation=conversation)
            assert answer.question == turn["question"]
            conversation.append(answer)
            if number:
                found.append((record["written"], turn, answer.understood_as or turn["question"], record["id"]))
    return found


@pytest.fixture(scope="module")
def best(engine: Engine) -> BestStory:
    """The story that a question finds first, each question searched once."""
    known: dict[str, str | None] = {}

    def find(question: str) -> str | None:
        if question not in known:
            findings = engine.find(question, limit=1)
            known[question] = findings[0].story_id if findings else None
        return known[question]

    return find


@pytest.mark.parametrize("written", ["before", "after"])
def test_a_completed_question_finds_the_story_that_the_full_one_finds(
    best: BestStory, turns: list[Turn], written: str
) -> None:
    following = [turn for turn in turns if turn[0] == written and not turn[1]["change"]]
    missed = [
        (name, understood, turn["full"])
        for _, turn, understood, name in following
        if best(understood) != best(turn["full"])
    ]
    assert len(following) >= 40
    assert len(missed) <= 0.15 * len(following), missed


def test_questions_that_were_not_completed_would_miss_the_story(best: BestStory, turns: list[Turn]) -> None:
    following = [turn for written, turn, _, _ in turns if written == "before" and not turn["change"]]
    found = [turn for turn in following if best(turn["question"]) == best(turn["full"])]
    assert len(found) < 0.6 * len(following), "these conversations measure nothing"


def test_a_change_of_subject_is_not_dragged_back(best: BestStory, turns: list[Turn]) -> None:
    changes = [(turn, understood) for _, turn, understood, _ in turns if turn["change"]]
    dragged = [understood for turn, understood in changes if best(understood) != best(turn["question"])]
    assert len(changes) >= 6
    assert dragged == []
