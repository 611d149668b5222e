"""Asks whether something that cannot be undone is meant."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import discord

from bot.acknowledging import defer_change
from bot.operating.metrics import Metrics
from bot.pressing.base import PersonsView
from bot.showing.look import draw_hint
from bot.speaking import spoken

Do = Callable[[discord.Interaction[Any]], Awaitable[discord.Embed]]
"""Does it, after looking anew whether the person may, and says what came of it."""

SECONDS = 120.0


async def ask_to_confirm(
    interaction: discord.Interaction[Any], question: discord.Embed, *, yes: str, do: Do, metrics: Metrics
) -> None:
    """Ask in answer to a command that was deferred; with the button `yes`, `do` is called, once at most."""
    view = _Confirming(interaction, yes, do, metrics)
    await interaction.edit_original_response(embed=question, view=view, allowed_mentions=discord.AllowedMentions.none())


class _Confirming(PersonsView):
    def __init__(self, asked: discord.Interaction[Any], yes: str, do: Do, metrics: Metrics) -> None:
        super().__init__(asked.user.id, metrics=metrics, seconds=SECONDS)
        self._asked = asked
        self._do = do
        self._decided = False
        self.confirm.label = yes
        self.keep.label = spoken(asked)("keep_it")

    @discord.ui.button(style=discord.ButtonStyle.danger)
    async def confirm(self, interaction: discord.Interaction[Any], button: discord.ui.Button["_Confirming"]) -> None:
        if await self._decide(interaction):
            embed = await self._do(interaction)
            await interaction.edit_original_response(
                embed=embed, view=None, allowed_mentions=discord.AllowedMentions.none()
            )

    @discord.ui.button(style=discord.ButtonStyle.secondary)
    async def keep(self, interaction: discord.Interaction[Any], button: discord.ui.Button["_Confirming"]) -> None:
        if await self._decide(interaction):
            unchanged = draw_hint(spoken(interaction)("unchanged"))
            await interaction.edit_original_response(embed=unchanged, view=None)

    async def on_timeout(self) -> None:
        try:
            unchanged = draw_hint(spoken(self._asked)("unchanged_in_time"))
            await self._asked.edit_original_response(embed=unchanged, view=None)
        except (discord.HTTPException, aiohttp.ClientError, OSError):  # it was dismissed
            return

    async def _decide(self, interaction: discord.Interaction[Any]) -> bool:
        """Whether this is the first decision; a second press of a button changes nothing."""
        await defer_change(interaction)
        first = not self._decided
        self._decided = True
        self.stop()
        return first
