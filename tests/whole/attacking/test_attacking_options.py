"""What is typed into options by who knows ids that are not theirs: the same words and the same work as for no id."""

from typing import Any

import pytest
from discord_shown import text_of

NONE_SUCH = ["id-of-nothing", "*", "id-of-server-0' OR 1=1 --"]


def said(result: Any) -> tuple[str, bool]:
    assert not result.followups
    return text_of(result.response), bool(result.response.ephemeral)


@pytest.mark.parametrize("command", ["ask", "summary"])
@pytest.mark.parametrize("where", ["server", "direct"])
async def test_a_story_that_is_not_yours_is_one_that_does_not_exist(siege: Any, command: str, where: str) -> None:
    await siege.eve.slash(siege.square, "ask", question="Who?")  # so that direct messages read something
    question = {"question": "Who?"} if command == "ask" else {}
    outcomes = []
    for story in [*NONE_SUCH, *siege.not_hers, *(f"Secret of {each[6:]}" for each in siege.not_hers)]:
        if where == "server":
            tried = siege.eve.slash(siege.square, command, story=story, **question)
        else:
            tried = siege.eve.user.slash(command, story=story, **question)
        result, looked_up = await siege.looking(tried)
        outcomes.append((said(result), tuple(looked_up)))
    assert len(set(outcomes)) == 1, outcomes
    assert "There is no such story here" in outcomes[0][0][0]
    assert "titles" in outcomes[0][1]
    assert len(siege.env.errors) == len(outcomes)


@pytest.mark.parametrize("command", ["ask", "summary"])
async def test_typing_offers_nothing_of_what_is_not_yours(siege: Any, command: str) -> None:
    question = {"question": "Who?"} if command == "ask" else {}
    looked_up = set()
    for typed in ("secret", siege.desk, f"server-{siege.orla.id}", "id-of-", "zzzz"):
        offered, looked = await siege.looking(siege.eve.autocomplete(siege.square, command, "story", typed, **question))
        assert {choice["value"] for choice in offered} <= {siege.own}
        looked_up.add(tuple(looked))
    assert len(looked_up) == 1


async def test_typing_in_a_direct_message_offers_nothing_after_a_ban(siege: Any) -> None:
    await siege.eve.slash(siege.square, "ask", question="Who?")
    offered, _ = await siege.looking(siege.eve.user.autocomplete("ask", "story", "secret", question="Who?"))
    assert [choice["value"] for choice in offered] == [siege.own]
    siege.env.backend.apply_ban(siege.tarn.id, siege.eve.id, None)
    await siege.env.settle()
    for command, question in (("ask", {"question": "Who?"}), ("summary", {})):
        offered, _ = await siege.looking(siege.eve.user.autocomplete(command, "story", "secret", **question))
        assert offered == []
    offered, _ = await siege.looking(siege.eve.user.autocomplete("library", "library", ""))
    assert offered == []


async def test_who_manages_one_server_reaches_no_story_and_no_library_of_another(siege: Any) -> None:
    outcomes = set()
    for story in (*NONE_SUCH, siege.own, siege.not_hers[1]):
        for command in ("stories show", "stories remove"):
            result, looked_up = await siege.looking(siege.noor_at_sea.slash(siege.harbour, command, story=story))
            outcomes.add((said(result), tuple(looked_up)))
    assert len(outcomes) == 1, outcomes
    outcomes.clear()
    tried = 0
    for library in ("server-1", "public", f"server-{siege.tarn.id}", siege.desk):
        for command, more in (("stories list", {}), ("stories recent", {}), ("stories add", {"text": "A text."})):
            result, looked_up = await siege.looking(
                siege.noor_at_sea.slash(siege.harbour, command, library=library, **more)
            )
            outcomes.add((said(result), tuple(looked_up)))
            tried += 1
        offered, _ = await siege.looking(
            siege.noor_at_sea.autocomplete(siege.harbour, "stories show", "story", "secret", library=library)
        )
        assert offered == []
    assert len(outcomes) == 1, outcomes
    assert len(siege.env.errors) == tried + 10


async def test_who_manages_nothing_is_told_the_same_whatever_they_name(siege: Any) -> None:
    siege.env.backend.find_command("stories", None, type=1)["default_member_permissions"] = None
    outcomes = set()
    for library in (None, "server-1", siege.desk, f"server-{siege.orla.id}"):
        options = {"story": siege.own} if library is None else {"story": siege.own, "library": library}
        result, looked_up = await siege.looking(siege.eve.slash(siege.square, "stories show", **options))
        outcomes.add((said(result), tuple(looked_up)))
    assert len(outcomes) == 1, outcomes
    assert len(siege.env.errors) == 4
    offered, _ = await siege.looking(siege.eve.autocomplete(siege.square, "stories show", "story", "secret"))
    assert offered == []
