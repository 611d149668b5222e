"""`/ask`, and "Ask the stories about this" on a message: answers a question where it is asked."""

import time
from typing import TypeVar

import discord
from discord import app_commands

from bot.access import asker_of
from bot.acknowledging import defer
from bot.commands.offering import offer_stories
from bot.conversing import direct
from bot.pressing.answers import LONGEST_QUESTION, draw_reply, remember
from bot.reception import Question, Reception
from bot.said import all_said, as_question
from bot.showing.look import draw_hint
from bot.since import offered_days, parse_since
from bot.speaking import spoken

ClientT = TypeVar("ClientT", bound=discord.Client)

ASKS = "asks"
"""Marks, among a command's extras, those whose failures are failed questions."""
_LONGEST_OPTION = 100
_NOBODY = discord.AllowedMentions.none()


def add_asking(tree: app_commands.CommandTree[ClientT], reception: Reception) -> None:
    """Add `/ask` and the context menu, usable everywhere, installed for a server or for a user."""

    @tree.command(name="ask", description="Ask what the news stories say. The answer quotes them.", extras={ASKS: True})
    @app_commands.describe(
        question='Your question, for example "How many prisoners are being exchanged?"',
        story="Look into one story only",
        since="Leave out older stories: a day like 2026-03-01, or 7 days",
        private="Show the answer to you only",
    )
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def ask(
        interaction: discord.Interaction[ClientT],
        question: app_commands.Range[str, 1, LONGEST_QUESTION],
        story: app_commands.Range[str, 1, _LONGEST_OPTION] | None = None,
        since: app_commands.Range[str, 1, _LONGEST_OPTION] | None = None,
        private: bool | None = None,
    ) -> None:
        began = time.perf_counter()
        asker = asker_of(interaction)
        today = reception.now().date()
        first_day = parse_since(since, today=today) if since is not None else None
        hidden = await reception.admit_in_time(asker, private=private)
        # Discord forgets an interaction that is not acknowledged within 3 seconds, so nothing slow comes before this.
        await defer(interaction, hidden=hidden)
        in_direct = asker.place.kind == "direct"
        earlier = direct(asker.place.channel_id) if in_direct else None
        aloud = not hidden and not in_direct
        given = await reception.answer(Question(question, asker, aloud, story, first_day, earlier))
        message = await interaction.edit_original_response(
            view=draw_reply(given, say=spoken(interaction)), allowed_mentions=_NOBODY
        )
        reception.desk.metrics.delivered(began)
        channel_id = asker.place.channel_id if in_direct else None
        remember(reception, given, message.id, aloud=aloud, channel_id=channel_id)

    @ask.autocomplete("story")
    async def offer_titles(interaction: discord.Interaction[ClientT], typed: str) -> list[app_commands.Choice[str]]:
        titles = reception.titles(asker_of(interaction))
        return await offer_stories(interaction, reception, typed, of=titles)

    @ask.autocomplete("since")
    async def offer_days(interaction: discord.Interaction[ClientT], typed: str) -> list[app_commands.Choice[str]]:
        offered = offered_days(typed, today=reception.now().date(), say=spoken(interaction))
        return [app_commands.Choice(name=name, value=day) for name, day in offered]

    @tree.context_menu(name="Ask the stories about this", extras={ASKS: True})
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def ask_about(interaction: discord.Interaction[ClientT], message: discord.Message) -> None:
        began = time.perf_counter()
        asker = asker_of(interaction)
        question = as_question(message, all_said(message))[:LONGEST_QUESTION]
        if not question:
            no_text = draw_hint(spoken(interaction)("no_text"))
            await interaction.response.send_message(embed=no_text, ephemeral=True, allowed_mentions=_NOBODY)
            return
        await reception.admit_in_time(asker, private=True)
        # About what somebody else wrote, and for who wants to know only.
        await defer(interaction)
        given = await reception.answer(Question(question, asker, aloud=False))
        await interaction.edit_original_response(
            view=draw_reply(given, say=spoken(interaction)), allowed_mentions=_NOBODY
        )
        reception.desk.metrics.delivered(began)
