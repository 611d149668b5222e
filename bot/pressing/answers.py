"""The buttons under an answer: its passages, whether it helped, and a question that goes on from it.

Their custom ids say what is pressed and under which answer, and are recognised by their form, so that they work after
a restart too. Whoever presses is told privately.
"""

import re
import time
from typing import Any, Self

import discord
from discord import ui

from bot.access import asker_of
from bot.acknowledging import defer, in_time
from bot.conversing import Key, Turn, direct, following, replying_to
from bot.failing.telling import tell_failure
from bot.pressing.base import OF_ANSWERS, TellingModal, begin
from bot.pressing.kept import GoneError, Kept
from bot.pressing.pages import show_pages
from bot.reception import Question, Reception, Reply
from bot.remembering import KeptAnswer, votes
from bot.showing.answers import draw_answer
from bot.showing.look import draw_hint
from bot.showing.passages import QuoteGoneError, draw_passages, passage_pages
from bot.speaking import spoken
from bot.translating import Voice

LONGEST_QUESTION = 1_000
"""Characters of a question that Discord lets a person type."""
_NOBODY = discord.AllowedMentions.none()


def draw_reply(reply: Reply, *, say: Voice) -> ui.LayoutView:
    """An answer as it was given, with its buttons, if it is kept for them."""
    kept = reply.kept
    buttons = _buttons(kept, say) if reply.is_kept else []
    return draw_answer(kept.answer, now=kept.asked_at, buttons=[buttons] if buttons else [], say=say)


def remember(
    reception: Reception, reply: Reply, message_id: int, *, aloud: bool, channel_id: int | None = None
) -> None:
    """Remember that a reply was given in a message, so that what is asked next goes on from it.

    `channel_id` is that of a direct message with the bot, None anywhere else.
    """
    keys: list[Key] = [direct(channel_id)] if channel_id is not None else []
    keys.append(replying_to(message_id) if aloud else following(reply.kept.id))
    reception.said(reply, *keys)


def _buttons(kept: KeptAnswer, say: Voice) -> list[ui.Item[ui.LayoutView]]:
    passages = [_button("passages", kept.id, say("passages"))] if kept.answer.citations else []
    return [
        *passages,
        _button("follow", kept.id, say("follow_up")),
        _button("helpful", kept.id, say("helpful"), "👍"),
        _button("unhelpful", kept.id, say("not_helpful"), "👎"),
    ]


def _button(action: str, answer_id: str, label: str, emoji: str | None = None) -> ui.Item[ui.LayoutView]:
    return ui.Button(label=label, emoji=emoji, custom_id=f"{OF_ANSWERS}{action}:{answer_id}")


def answer_buttons(kept: Kept) -> type[ui.DynamicItem[ui.Button[Any]]]:
    """What the client is given to find pressed buttons with."""

    class AnswerButton(
        ui.DynamicItem[ui.Button[Any]],
        template=OF_ANSWERS + r"(?P<action>passages|follow|helpful|unhelpful):(?P<id>[0-9a-f]{12})",
    ):
        def __init__(self, button: ui.Button[Any], action: str, answer_id: str) -> None:
            super().__init__(button)
            self._action = action
            self._answer_id = answer_id

        @classmethod
        async def from_custom_id(
            cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
        ) -> Self:
            await begin(interaction)
            assert isinstance(item, ui.Button)
            return cls(item, match["action"], match["id"])

        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            try:
                await _pressed(kept, interaction, self._action, self._answer_id)
            except Exception as error:  # noqa: BLE001 - discord.py would only log it, and nobody would hear of it
                await tell_failure(interaction, error, metrics=kept.reception.desk.metrics)

    return AnswerButton


async def _pressed(kept: Kept, interaction: discord.Interaction[Any], action: str, answer_id: str) -> None:
    if action == "follow":
        await _ask_for_question(kept, interaction, answer_id)
        return
    await defer(interaction)
    if action == "passages":
        await _show_passages(kept, interaction, answer_id)
    else:
        await _vote(kept, interaction, answer_id, helpful=action == "helpful")


async def _show_passages(kept: Kept, interaction: discord.Interaction[Any], answer_id: str) -> None:
    reception = kept.reception

    async def draw(now: discord.Interaction[Any], page: int) -> tuple[discord.Embed, int]:
        found = await kept.answer(now, answer_id)
        stories = await kept.stories(found)
        try:
            pages = await reception.desk.quickly(passage_pages, found.answer, stories)
        except QuoteGoneError:
            raise GoneError from None
        count = max(1, len(pages))
        return draw_passages(pages, page=min(page, count - 1), now=reception.now(), say=spoken(now)), count

    await show_pages(interaction, draw, metrics=reception.desk.metrics)


async def _vote(kept: Kept, interaction: discord.Interaction[Any], answer_id: str, *, helpful: bool) -> None:
    reception = kept.reception
    await kept.answer(interaction, answer_id)
    person_id = interaction.user.id
    await reception.memory.run(votes.vote, answer_id, person_id, helpful=helpful, at=reception.now())
    said = spoken(interaction)("noted_helpful" if helpful else "noted_not_helpful")
    await interaction.edit_original_response(embed=draw_hint(said), allowed_mentions=_NOBODY)


async def _ask_for_question(kept: Kept, interaction: discord.Interaction[Any], answer_id: str) -> None:
    # A modal must be the first thing that Discord hears, and within three seconds.
    async with in_time():
        await kept.answer(interaction, answer_id)
    await interaction.response.send_modal(_FollowUp(kept, answer_id, spoken(interaction)))


class _FollowUp(TellingModal):
    """Asks for a question that goes on from an answer, and answers it where the answer is."""

    asks = True

    def __init__(self, kept: Kept, answer_id: str, say: Voice) -> None:
        super().__init__(title=say("follow_up"), metrics=kept.reception.desk.metrics)
        self._kept = kept
        self._answer_id = answer_id
        self._question: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=LONGEST_QUESTION, placeholder=say("follow_up_example")
        )
        self.add_item(ui.Label(text=say("your_question"), component=self._question))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        began = time.perf_counter()
        reception = self._kept.reception
        asker = asker_of(interaction)
        above = interaction.message
        # What follows an answer that only one person saw is for that person too.
        private = True if above is not None and above.flags.ephemeral else None
        hidden = await reception.admit_in_time(asker, private=private)
        await defer(interaction, hidden=hidden)
        kept = await self._kept.answer(interaction, self._answer_id)
        in_direct = asker.place.kind == "direct"
        aloud = not hidden and not in_direct
        earlier = self._conversation(kept, None if above is None else above.id)
        reply = await reception.answer(Question(self._question.value, asker, aloud, earlier=earlier))
        view = draw_reply(reply, say=spoken(interaction))
        message = await interaction.edit_original_response(view=view, allowed_mentions=_NOBODY)
        reception.desk.metrics.delivered(began)
        channel_id = asker.place.channel_id if in_direct else None
        remember(reception, reply, message.id, aloud=aloud, channel_id=channel_id)

    def _conversation(self, kept: KeptAnswer, message_id: int | None) -> Key:
        """The conversation that led to the answer; after a restart, or a while, just the answer itself."""
        conversations = self._kept.reception.conversations
        if message_id is not None and conversations.turns(replying_to(message_id)):
            return replying_to(message_id)
        key = following(kept.id)
        if not conversations.turns(key):
            conversations.remember(key, (), Turn(kept.asked_by, kept.library, kept.answer))
        return key
