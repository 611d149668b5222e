"""Long content a page at a time, with buttons to turn them."""

from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot.acknowledging import defer_change
from bot.operating.metrics import Metrics
from bot.pressing.base import PersonsView
from bot.speaking import spoken

Draw = Callable[[discord.Interaction[Any], int], Awaitable[tuple[discord.Embed, int]]]
"""Given who looks now and the page wanted, from 0: the embed and how many pages there are.

It is asked at every turn, so it decides anew whether the person may still see it. A page over the last one is the
last one.
"""

_SECONDS = 600.0


async def show_pages(interaction: discord.Interaction[Any], draw: Draw, *, metrics: Metrics) -> None:
    """Show the first page in answer to a command that was deferred."""
    embed, pages = await draw(interaction, 0)
    view = _Pages(interaction, draw, pages, metrics) if pages > 1 else discord.utils.MISSING
    await interaction.edit_original_response(embed=embed, view=view, allowed_mentions=discord.AllowedMentions.none())


class _Pages(PersonsView):
    def __init__(self, asked: discord.Interaction[Any], draw: Draw, pages: int, metrics: Metrics) -> None:
        super().__init__(asked.user.id, metrics=metrics, seconds=_SECONDS)
        say = spoken(asked)
        self.back.label = say("previous_page")
        self.next.label = say("next_page")
        self._draw = draw
        self._page = 0
        self._pages = pages
        self._enable()

    @discord.ui.button(style=discord.ButtonStyle.secondary)
    async def back(self, interaction: discord.Interaction[Any], button: discord.ui.Button["_Pages"]) -> None:
        await self._turn(interaction, self._page - 1)

    @discord.ui.button(style=discord.ButtonStyle.secondary)
    async def next(self, interaction: discord.Interaction[Any], button: discord.ui.Button["_Pages"]) -> None:
        await self._turn(interaction, self._page + 1)

    async def _turn(self, interaction: discord.Interaction[Any], page: int) -> None:
        await defer_change(interaction)
        embed, self._pages = await self._draw(interaction, max(0, page))
        self._page = min(max(0, page), self._pages - 1)
        self._enable()
        await interaction.edit_original_response(
            embed=embed, view=self, allowed_mentions=discord.AllowedMentions.none()
        )

    def _enable(self) -> None:
        self.back.disabled = self._page == 0
        self.next.disabled = self._page >= self._pages - 1
