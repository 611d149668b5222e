"""The buttons under an answer, pressed by people, after restarts, too late, and by those who may not."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from discord_shown import custom_ids_of, problems_of, text_of

from bot.pressing.kept import GoneError
from bot.remembering import libraries, votes
from bot.remembering.votes import Counts
from bot.translating import text
from index.stories import Answer

ACTIONS = ["passages", "follow", "helpful", "unhelpful"]
LABELS = ["Passages", "Ask a follow-up", "Helpful", "Not helpful"]


def id_of(answer: Any) -> str:
    return custom_ids_of(answer)[0].split(":")[2]


def said(result: Any) -> str:
    """What a response says, with the command that it mentions by name."""
    return re.sub(r"</ask:\d+>", "`/ask`", text_of(result.response))


def is_gone(result: Any, key: str = "answer_gone") -> bool:
    """Whether all that was said is, privately, that it is gone: the sentence of that key."""
    return bool(
        result.modal is None
        and result.response is not None
        and result.response.ephemeral
        and said(result) == text(key, language="en")
        and not result.followups
    )


async def follow(newsroom: Any, answer: Any, question: str, *, by: Any = None) -> Any:
    who = by or newsroom.mira
    shown = await who.click(answer, label="Ask a follow-up")
    (text_input,) = custom_ids_of({"components": shown.modal["components"]})
    return await who.submit_modal(shown, {text_input: question})


async def test_an_answer_has_its_buttons_and_a_refusal_without_stories_no_passages(newsroom: Any) -> None:
    answer = await newsroom.ask()
    assert custom_ids_of(answer) == [f"storydesk:{action}:{id_of(answer)}" for action in ACTIONS]
    newsroom.engine.answer = Answer("", False, "nothing_found", "Nothing.", 0.0)
    await newsroom.env.advance_time(60)
    assert [custom_id.split(":")[1] for custom_id in custom_ids_of(await newsroom.ask())] == ACTIONS[1:]


async def test_passages_are_private_and_paged(newsroom: Any) -> None:
    answer = await newsroom.ask()
    found = await newsroom.noor.click(answer, label="Passages")
    assert found.response.ephemeral
    assert "**Each side will hand over 1,000 prisoners.** It took a day." in text_of(found.response)
    assert problems_of(found.response) is None


async def test_long_passages_are_turned_page_by_page(newsroom: Any) -> None:
    citation = newsroom.engine.answer.citations[0]
    story = newsroom.engine.story("a", library=newsroom.library)
    quotes = ["Paragraph 4.", "Paragraph 8.", "Paragraph 11."]
    cited = [replace(citation, start=story.text.index(quote), quote=quote) for quote in quotes]
    newsroom.engine.answer = replace(
        newsroom.engine.answer, figures=(), citations=tuple(replace(c, end=c.start + len(c.quote)) for c in cited)
    )
    found = await newsroom.mira.click(await newsroom.ask(), label="Passages")
    assert "**Paragraph 4.**" in text_of(found.response)
    assert "page 1 of 3" in text_of(found.response)
    await newsroom.mira.click(found.response, label="Next")
    assert "**Paragraph 8.**" in text_of(found.response)
    assert "page 2 of 3" in text_of(found.response)
    newsroom.engine.stories[newsroom.library] = ()
    await newsroom.mira.click(found.response, label="Next")
    assert said(found) == text("answer_gone", language="en")
    assert [type(error) for error in newsroom.env.errors] == [GoneError]


async def test_a_follow_up_goes_on_from_the_answer(newsroom: Any) -> None:
    answer = await newsroom.ask("How many prisoners?")
    result = await follow(newsroom, answer, "And when?")
    assert "-# And when?" in text_of(result.response)
    assert not result.response.ephemeral
    assert newsroom.engine.asked[-1] == ("And when?", newsroom.library)
    assert newsroom.engine.options[-1]["earlier"] == ["How many prisoners?"]
    await newsroom.env.advance_time(60)
    again = await follow(newsroom, result.response, "And where?")
    assert newsroom.engine.options[-1]["earlier"] == ["How many prisoners?", "And when?"]
    assert custom_ids_of(again.response)


async def test_in_direct_messages_the_buttons_work_until_the_person_is_banned(newsroom: Any) -> None:
    await newsroom.ask()
    await newsroom.env.advance_time(60)
    await newsroom.mira_alone.send_dm("And how many came home?")
    answer = newsroom.mira_alone.dm_channel.last_message
    assert "It took a day." in text_of((await newsroom.mira_alone.click(answer, label="Passages")).response)
    await newsroom.env.advance_time(60)
    result = await follow(newsroom, answer, "And when?", by=newsroom.mira_alone)
    assert "-# And when?" in text_of(result.response)
    assert newsroom.engine.options[-1]["earlier"] == ["And how many came home?"]
    newsroom.env.backend.apply_ban(newsroom.server.id, newsroom.mira.id, None)
    await newsroom.env.settle()
    for label in LABELS:
        assert is_gone(await newsroom.mira_alone.click(answer, label=label)), label


async def test_what_follows_a_private_answer_is_private(newsroom: Any) -> None:
    answer = await newsroom.ask(private=True)
    assert answer.ephemeral
    result = await follow(newsroom, answer, "And when?")
    assert result.response.ephemeral
    assert newsroom.engine.options[-1]["earlier"] == ["How many prisoners?"]


async def test_a_vote_is_private_changeable_and_one_per_person(newsroom: Any) -> None:
    answer = await newsroom.ask()
    memory, answer_id = newsroom.bot.memory, id_of(answer)
    for label in ("Helpful", "Helpful", "Not helpful"):
        told = await newsroom.mira.click(answer, label=label)
        assert told.response.ephemeral
        assert "Thank you" in text_of(told.response)
    assert votes.counts(memory, answer_id) == Counts(0, 1)
    await newsroom.noor.click(answer, label="Helpful")
    assert votes.counts(memory, answer_id) == Counts(1, 1)


async def test_all_buttons_work_after_a_restart(newsroom: Any) -> None:
    answer = await newsroom.ask()
    await newsroom.restart()
    assert "It took a day." in text_of((await newsroom.mira.click(answer, label="Passages")).response)
    assert "Thank you" in text_of((await newsroom.noor.click(answer, label="Helpful")).response)
    result = await follow(newsroom, answer, "And when?")
    assert "-# And when?" in text_of(result.response)
    assert newsroom.engine.options[-1]["earlier"] == ["How many prisoners?"]


async def test_nothing_of_an_answer_is_held_in_memory_for_its_buttons(newsroom: Any) -> None:
    await newsroom.ask()
    assert newsroom.bot.persistent_views == []


async def expired(newsroom: Any, answer: Any) -> None:
    newsroom.clock.pass_by(days=8)


async def story_removed(newsroom: Any, answer: Any) -> None:
    newsroom.engine.stories[newsroom.library] = ()


async def library_removed(newsroom: Any, answer: Any) -> None:
    libraries.remove(newsroom.bot.memory, newsroom.library, at=newsroom.clock())


async def right_lost(newsroom: Any, answer: Any) -> None:
    editors = newsroom.server.create_role("editors")
    libraries.bind(newsroom.bot.memory, newsroom.library, role_id=editors.id)


async def restarted_and_expired(newsroom: Any, answer: Any) -> None:
    newsroom.clock.pass_by(days=8)
    await newsroom.restart()


@pytest.mark.parametrize(
    "happen",
    [expired, story_removed, library_removed, right_lost, restarted_and_expired],
    ids=lambda each: each.__name__,
)
async def test_what_is_no_longer_there_or_no_longer_theirs_is_gone_with_one_sentence(
    newsroom: Any, happen: Any
) -> None:
    answer = await newsroom.ask()
    await happen(newsroom, answer)
    for label in LABELS:
        assert is_gone(await newsroom.mira.click(answer, label=label)), label
    assert votes.counts(newsroom.bot.memory) == Counts(0, 0)


FORGED = [
    "storydesk:passages:ffffffffffff",
    "storydesk:helpful:ffffffffffff",
    "storydesk:follow:ffffffffffff",
    "storydesk:passages:",
    "storydesk:remove:ffffffffffff",
    "storydesk:passages:ffffffffffff' OR 1=1",
    "someone-elses",
    "x" * 100,
]


async def test_forged_and_foreign_custom_ids_are_gone_with_the_same_sentence_for_all_of_answers(newsroom: Any) -> None:
    answer = await newsroom.ask()
    for custom_id in FORGED:
        key = "answer_gone" if custom_id.startswith("storydesk:") else "over"
        assert is_gone(await newsroom.press_raw(answer, custom_id), key), custom_id


async def test_an_answer_of_another_channel_is_gone(newsroom: Any) -> None:
    answer = await newsroom.ask()
    other = newsroom.server.create_text_channel("other")
    for action in ACTIONS:
        assert is_gone(await newsroom.press_raw(answer, f"storydesk:{action}:{id_of(answer)}", channel=other)), action
    assert votes.counts(newsroom.bot.memory) == Counts(0, 0)


async def test_pages_of_before_a_restart_are_gone_too(newsroom: Any) -> None:
    answer = await newsroom.ask()
    await newsroom.restart()
    assert is_gone(await newsroom.press_raw(answer, "6f1d8a0c1c0d4a0f9b2f3a4b5c6d7e8f"), "over")


async def test_an_answer_that_went_while_the_question_was_typed_is_gone(newsroom: Any) -> None:
    answer = await newsroom.ask()
    shown = await newsroom.mira.click(answer, label="Ask a follow-up")
    newsroom.engine.stories[newsroom.library] = ()
    asked = len(newsroom.engine.asked)
    (text_input,) = custom_ids_of({"components": shown.modal["components"]})
    result = await newsroom.mira.submit_modal(shown, {text_input: "And when?"})
    assert said(result) == text("answer_gone", language="en")
    assert len(newsroom.engine.asked) == asked
    assert [type(error) for error in newsroom.env.errors] == [GoneError]


async def test_of_what_fails_under_an_answer_only_a_follow_up_is_a_failed_question(newsroom: Any) -> None:
    def failed() -> float:
        labels = {"outcome": "failed"}
        return newsroom.bot.desk.metrics.registry.get_sample_value("storydesk_questions_total", labels) or 0.0

    answer = await newsroom.ask()
    shown = await newsroom.mira.click(answer, label="Ask a follow-up")
    newsroom.engine.stories[newsroom.library] = ()
    await newsroom.mira.click(answer, label="Passages")
    assert failed() == 0
    (text_input,) = custom_ids_of({"components": shown.modal["components"]})
    await newsroom.mira.submit_modal(shown, {text_input: "And when?"})
    assert failed() == 1
    newsroom.env.errors.clear()


async def test_a_failure_under_a_button_is_told_with_its_number(
    newsroom: Any, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await newsroom.ask()

    def fail(library: str) -> None:
        raise OSError("No space left on device")

    newsroom.engine.titles = fail
    told = await newsroom.mira.click(answer, label="Passages")
    number = text_of(told.response).split("`")[1]
    assert told.response.ephemeral
    assert number in caplog.text


async def test_pressing_pings_nobody(newsroom: Any) -> None:
    answer = await newsroom.ask()
    for label in ("Passages", "Helpful"):
        await newsroom.mira.click(answer, label=label)
    await follow(newsroom, answer, "@everyone?")
    for request in newsroom.env.http_requests:
        body = request.json if isinstance(request.json, dict) else {}
        body = body.get("data") or body if "callback" in request.path else body
        if any(map(body.get, ("embeds", "components", "content"))) and "title" not in body:
            assert body["allowed_mentions"]["parse"] == [], json.dumps(body)
