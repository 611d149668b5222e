"""Questions that follow others, asked of the engine."""

from typing import Any

import pytest

from index.stories import Answer


@pytest.fixture
def floods(newsroom: Any, engine: Any) -> Any:
    """An engine with two stories that only their towns tell apart."""
    newsroom.write("velmora", "The flood in Velmora killed 11 people, the coroner said.", title="velmora")
    newsroom.write("orsa", "The flood in Orsa killed 5 people, the mayor said.", title="orsa")
    newsroom.add(engine)
    return engine


def ask(engine: Any, question: str, *before: Answer) -> Answer:
    answer: Answer = engine.ask(question, conversation=before, least_confidence=0.0)
    return answer


def test_a_question_that_follows_is_completed_before_the_search_and_the_answer_says_how(floods: Any) -> None:
    first = ask(floods, "How many people did the flood in Velmora kill?")
    assert first.understood_as is None

    second = ask(floods, "and in Orsa?", first)
    assert second.question == "and in Orsa?"
    assert second.understood_as == "How many people did the flood in Orsa kill?"
    assert second.citations[0].title == "orsa"
    assert ask(floods, "and in Orsa?").understood_as is None


def test_a_refused_question_says_how_it_was_understood_so_that_the_next_can_follow(engine: Any, newsroom: Any) -> None:
    refused = ask(engine, "and in Orsa?", Answer("Who died in Velmora?", True, None, "Ann.", 0.9))
    assert (refused.answered, refused.question) == (False, "and in Orsa?")
    assert refused.understood_as == "Who died in Orsa?"
    assert ask(engine, "and when?", refused).understood_as == "When was it that somebody died in Orsa?"


def test_a_change_of_subject_and_small_talk_are_taken_as_they_are(floods: Any) -> None:
    first = ask(floods, "How many people did the flood in Velmora kill?")
    changed = ask(floods, "Who spoke in Orsa?", first)
    assert (changed.question, changed.understood_as) == ("Who spoke in Orsa?", None)
    for text, reason in (("thanks", "not_a_question"), ("who are you?", "about_the_bot")):
        answer = ask(floods, text, first)
        assert (answer.reason, answer.understood_as) == (reason, None)
    counted = ask(floods, "How many stories mention it?", first)
    assert (counted.reason, counted.understood_as) == ("counts_over_stories", None)


def test_what_cannot_be_stored_is_no_trouble_in_a_conversation(floods: Any) -> None:
    first = ask(floods, "Who died in Velmora\udce9?")
    assert ask(floods, "and when?", first).understood_as is not None
    assert ask(floods, "and \udce9 when?", Answer("\udce9 \x00 Who?", True, None, "\udce9", 0.9)).question
