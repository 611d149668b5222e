"""Conversations about stories that lie near each other, with the real model."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from index.answering import complete
from index.engine import Engine
from index.samples import stories_folder
from index.settings import IndexSettings
from index.shaping.words import content_words
from index.stories import Answer, Citation, Finding

pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parent.parent / "fixtures"
CONVERSATIONS = [
    json.loads(line) for line in (FIXTURES / "conversations.jsonl").read_text(encoding="utf-8").splitlines()
]


@dataclass(frozen=True)
class Turn:
    """A question that came after others: `full` is how one would have asked it first."""

    conversation: str
    written: str
    typed: str
    full: str
    understood: str
    changes_subject: bool


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
def found(engine: Engine) -> Callable[[str], Finding]:
    """The passage that a question finds first; each question is searched once."""
    known: dict[str, Finding] = {}

    def find(question: str) -> Finding:
        if question not in known:
            known[question] = engine.find(question, limit=1)[0]
        return known[question]

    return find


@pytest.fixture(scope="module")
def turns(found: Callable[[str], Finding]) -> list[Turn]:
    """Every turn but the first ones.

    What was shown before is the sentence of the best passage that has most of the question's words: to have hundreds of
    questions answered would take minutes.
    """
    turns = []
    for record in CONVERSATIONS:
        conversation: list[Answer] = []
        for number, turn in enumerate(record["turns"]):
            understood = complete(turn["question"], conversation)
            conversation.append(replace(shown(understood, found(understood)), question=turn["question"]))
            if number:
                full = turn["question"] if turn["change"] else turn["full"]
                turns.append(
                    Turn(record["id"], record["written"], turn["question"], full, understood, bool(turn["change"]))
                )
    return turns


def shown(question: str, finding: Finding) -> Answer:
    asked = set(content_words(question))
    sentences = re.split(r"(?<=[.?!”])\s+", finding.text)
    quote = max(sentences, key=lambda sentence: len(asked & set(content_words(sentence))))
    citation = Citation(finding.story_id, finding.title, None, None, None, finding.passage_id, 0, len(quote), quote)
    return Answer(question, True, None, quote, 0.9, citations=(citation,), understood_as=question)


def misses(turns: list[Turn], found: Callable[[str], Finding]) -> list[Turn]:
    return [turn for turn in turns if found(turn.understood).story_id != found(turn.full).story_id]


@pytest.mark.parametrize("written", ["before", "after"])
def test_a_completed_question_finds_the_story_that_the_full_one_finds(
    found: Callable[[str], Finding], turns: list[Turn], written: str
) -> None:
    following = [turn for turn in turns if turn.written == written and not turn.changes_subject]
    missed = misses(following, found)
    assert len(following) >= 40
    assert len(missed) <= 0.15 * len(following), missed


def test_questions_that_were_not_completed_would_miss_the_story(
    found: Callable[[str], Finding], turns: list[Turn]
) -> None:
    following = [replace(turn, understood=turn.typed) for turn in turns if not turn.changes_subject]
    assert len(misses(following, found)) > 0.4 * len(following), "these conversations measure nothing"


def test_a_change_of_subject_is_not_dragged_back(found: Callable[[str], Finding], turns: list[Turn]) -> None:
    changes = [turn for turn in turns if turn.changes_subject]
    assert len(changes) >= 12
    assert misses(changes, found) == []


def test_a_conversation_with_real_answers(engine: Engine) -> None:
    conversation: list[Answer] = []
    for question in ("How many prisoners did Dravia and Ostmark exchange?", "and where?", "what about Ukraine?"):
        conversation.append(engine.ask(question, conversation=conversation))
    first, second, third = conversation
    assert first.understood_as is None
    assert second.understood_as == "Where did Dravia and Ostmark exchange prisoners?"
    assert "Karst" in second.citations[0].title
    assert third.understood_as == "Where did Ukraine exchange prisoners?"
    assert "Ukraine" in third.citations[0].title
