"""Buttons pressed by who may not, or no longer: gone, in the same words, after the same work as for no button."""

from typing import Any

import pytest
from discord_shown import custom_ids_of, text_of

from bot.pressing.kept import GoneError
from bot.remembering import libraries, votes
from bot.remembering.votes import Counts

ACTIONS = ["passages", "follow", "helpful", "unhelpful"]
NONE_SUCH = "f" * 12


def answer_id_of(message: Any) -> str:
    return str(custom_ids_of(message)[0].split(":")[2])


async def editors_answer(siege: Any) -> Any:
    """An answer for Noor from the library of the editors, in a channel where others are."""
    nothing = type(siege.engine.answer)("", False, "nothing_found", "Nothing.", 0.0)
    siege.engine.by_library[f"server-{siege.tarn.id}"] = nothing
    answer = await siege.noor.slash(siege.square, "ask", question="Who?")
    assert answer.ephemeral
    assert siege.engine.by_library[siege.desk].citations[0].quote in text_of(answer.response)
    return answer


def said(result: Any) -> tuple[str, bool]:
    assert result.modal is None
    assert not result.followups
    return text_of(result.response), bool(result.response.ephemeral)


@pytest.mark.parametrize("action", ACTIONS)
async def test_an_answer_that_is_not_yours_is_one_that_does_not_exist(siege: Any, action: str) -> None:
    elsewhere = await siege.noor_at_sea.slash(siege.harbour, "ask", question="Who?")
    for_editors = await editors_answer(siege)
    asked = len(siege.engine.asked)
    outcomes = set()
    for answer_id in (NONE_SUCH, answer_id_of(elsewhere.response), answer_id_of(for_editors.response)):
        result, looked_up = await siege.looking(siege.press(f"storydesk:{action}:{answer_id}"))
        outcomes.add((said(result), tuple(looked_up)))
    assert len(outcomes) == 1, outcomes
    ((told, private), looked_up) = outcomes.pop()
    assert "kept" in looked_up  # what is tried is looked for
    assert "no longer available" in told
    assert private
    assert len(siege.engine.asked) == asked
    assert votes.counts(siege.bot.memory) == Counts(0, 0)


@pytest.mark.parametrize("how", ["left", "banned"])
async def test_who_left_or_was_banned_presses_in_vain_in_direct_messages(siege: Any, how: str) -> None:
    await siege.eve.slash(siege.square, "ask", question="Who?")
    await siege.eve.send_dm("Who?")
    direct = siege.eve.user.dm_channel
    answer = direct.last_message
    shown = await siege.eve.user.click(answer, label="Ask a follow-up")
    (text_input,) = custom_ids_of({"components": shown.modal["components"]})
    assert "It took a day." in text_of((await siege.eve.user.click(answer, label="Passages")).response)
    if how == "left":
        siege.tarn.remove_member(siege.eve)
        await siege.env.advance_time(121)  # what Discord said is believed for two minutes
    else:
        siege.env.backend.apply_ban(siege.tarn.id, siege.eve.id, None)
        await siege.env.settle()
    asked = len(siege.engine.asked)
    labels = ("Passages", "Helpful", "Not helpful", "Ask a follow-up")
    told = {said(await siege.eve.user.click(answer, label=label))[0] for label in labels}
    told.add(said(await siege.eve.user.submit_modal(shown, {text_input: "And when?"}))[0])
    assert len(told) == 1, told
    assert "no longer available" in told.pop()
    assert len(siege.engine.asked) == asked
    assert votes.counts(siege.bot.memory) == Counts(0, 0)
    assert [type(error) for error in siege.env.errors] == [GoneError]  # the form's; buttons tell theirs themselves


async def test_who_lost_a_role_presses_in_vain_below_what_they_were_shown(siege: Any) -> None:
    answer = await editors_answer(siege)
    shown = await siege.noor.click(answer.response, label="Ask a follow-up")
    (text_input,) = custom_ids_of({"components": shown.modal["components"]})
    libraries.bind(siege.bot.memory, siege.desk, role_id=siege.tarn.create_role("chiefs").id)
    asked = len(siege.engine.asked)
    told = {said(await siege.noor.click(answer.response, label=label))[0] for label in ("Passages", "Helpful")}
    told.add(said(await siege.noor.submit_modal(shown, {text_input: "And when?"}))[0])
    assert len(told) == 1, told
    assert "no longer available" in told.pop()
    assert len(siege.engine.asked) == asked
    assert [type(error) for error in siege.env.errors] == [GoneError]


async def test_a_forged_form_asks_nothing(siege: Any) -> None:
    elsewhere = await siege.noor_at_sea.slash(siege.harbour, "ask", question="Who?")
    asked = len(siege.engine.asked)
    data = {
        "custom_id": f"storydesk:follow:{answer_id_of(elsewhere.response)}",
        "components": [{"type": 1, "components": [{"type": 4, "custom_id": "question", "value": "And when?"}]}],
    }
    result = await siege.raw(5, data, who=siege.eve, where=siege.square, guild=siege.tarn)
    assert len(siege.engine.asked) == asked
    assert result.response is None or "1,000" not in text_of(result.response)
