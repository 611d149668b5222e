"""What `/privacy` says is what is so."""

import pytest

from bot.commands.privacy import what_is_stored
from bot.remembering import people
from bot.translating import Voice


@pytest.mark.parametrize(("vector_server", "stays"), [(False, True), (True, False)])
def test_that_nothing_leaves_the_machine_is_said_only_without_a_vector_server(vector_server: bool, stays: bool) -> None:
    kept = people.Kept(1, 2, 3, None)
    said = what_is_stored(kept, answer_days=7, vector_server=vector_server, say=Voice())
    assert ("Nothing leaves that machine" in said) is stays
    assert ("Chroma server" in said) is vector_server


def test_it_says_how_long_votes_are_kept_and_that_messages_can_become_stories() -> None:
    said = what_is_stored(people.Kept(1, 2, 3, None), answer_days=7, vector_server=False, say=Voice())
    assert "your votes on answers, for 7 days: 3" in said
    assert "Add as story" in said
