"""Looks at every press whether the answer above a button may still be used by whoever presses it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import discord

from bot.access import asker_of, readable
from bot.desk import UnansweredError
from bot.reception import Reception
from bot.remembering import KeptAnswer, answers
from bot.shelf import RefusedError, Shelf
from index.stories import StoredStory


class GoneError(UnansweredError):
    """An answer is not kept, not for whoever presses, or rests on a story that is gone; nobody is told which."""

    def __init__(self) -> None:
        super().__init__("answer_gone")


@dataclass(frozen=True, slots=True)
class Kept:
    """What buttons under answers need. Answers are of use for the time `keeps`."""

    reception: Reception
    shelf: Shelf
    keeps: timedelta

    async def answer(self, interaction: discord.Interaction[Any], answer_id: str) -> KeptAnswer:
        """The answer of that id, given where the button is, all from stories that are there and may be read now.

        Raises GoneError, and what `Reception.facts` raises.
        """
        asker = asker_of(interaction)
        reception = self.reception
        kept = await reception.memory.run(answers.kept, answer_id)
        # Asked whatever was found: what takes longer tells nothing.
        facts = await reception.facts(asker)
        # Which library someone chose to read from now on is no matter of rights.
        names = readable(asker.place, replace(facts, chosen=None))
        if (
            kept is None
            or reception.now() - kept.asked_at > self.keeps
            or (kept.server_id, kept.channel_id) != (asker.place.server_id, asker.place.channel_id)
            or kept.library not in names
        ):
            raise GoneError
        there = {title.story_id for title in await reception.desk.titles(kept.library)}
        if not all(citation.story_id in there for citation in kept.answer.citations):
            raise GoneError
        return kept

    async def stories(self, kept: KeptAnswer) -> dict[str, StoredStory]:
        """The stories that an answer rests on, by their ids. Raises GoneError when one was removed."""
        story_ids = {citation.story_id for citation in kept.answer.citations}
        try:
            return {story_id: await self.shelf.story(kept.library, story_id) for story_id in sorted(story_ids)}
        except RefusedError:
            raise GoneError from None
