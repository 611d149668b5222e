"""The Discord client: wires commands, direct messages and error handling to the desk."""

import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import discord
from discord import app_commands

from bot.commands import add_ask
from bot.desk import Desk
from bot.direct_messages import answer_message, is_question, reply
from bot.failures import sentence_for
from bot.rendering import render_failure
from bot.syncing import sync_commands

_log = logging.getLogger(__name__)

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    read_message_history=True,
)
"""What the bot asks for when it is invited: enough to answer, nothing that changes a server."""


class StorydeskClient(discord.Client):
    """Answers `/ask` and direct messages from the desk. It needs no privileged intent.

    `commands_file` is where it is kept which commands Discord has. `on_connected` is called once, with the link that
    invites the bot to a server.
    """

    def __init__(self, desk: Desk, *, commands_file: Path, on_connected: Callable[[str], None]) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
        )
        self.desk = desk
        self._commands_file = commands_file
        self._on_connected: Callable[[str], None] | None = on_connected
        self._in_progress: set[asyncio.Task[Any]] = set()
        self.tree = _Tree(self)
        add_ask(self.tree, desk)

    async def setup_hook(self) -> None:
        await sync_commands(self.tree, state_file=self._commands_file)

    async def on_ready(self) -> None:
        # Discord says ready again after every lost connection.
        on_connected, self._on_connected = self._on_connected, None
        if on_connected is not None and self.application_id is not None:
            on_connected(invite_link(self.application_id))

    async def on_message(self, message: discord.Message) -> None:
        if is_question(message):
            self.note_work()
            await answer_message(message, self.desk)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """The one place where failures of messages arrive; those of commands arrive in the tree's `on_error`."""
        error = sys.exc_info()[1]
        message = args[0] if args and isinstance(args[0], discord.Message) else None
        if error is None or message is None:
            _log.exception("Handling %s failed", event_method)
            return
        sentence = sentence_for(error, question=message.content)
        if sentence is not None:
            try:
                await reply(message, render_failure(sentence))
            except (discord.HTTPException, aiohttp.ClientError, OSError) as untold:
                _log.warning("The person could not be told of a failure: %s", untold)

    def note_work(self) -> None:
        """Remember that the current task answers someone, so that a stop waits for it."""
        task = asyncio.current_task()
        if task is not None:
            self._in_progress.add(task)
            task.add_done_callback(self._in_progress.discard)

    async def finish(self, *, seconds: float) -> None:
        """Take no more questions, let accepted ones be answered within `seconds`, tell the rest, and disconnect."""
        self.desk.stop_accepting()
        if self._in_progress:
            await asyncio.wait(self._in_progress, timeout=seconds)
        self.desk.give_up()
        if self._in_progress:
            await asyncio.wait(self._in_progress, timeout=_SECONDS_TO_TELL)
        await self.close()


class _Tree(app_commands.CommandTree[StorydeskClient]):
    async def interaction_check(self, interaction: discord.Interaction[StorydeskClient], /) -> bool:
        interaction.client.note_work()
        return True

    async def on_error(
        self, interaction: discord.Interaction[StorydeskClient], error: app_commands.AppCommandError, /
    ) -> None:
        sentence = sentence_for(error, question=str(getattr(interaction.namespace, "question", "")))
        if sentence is None:
            return
        embed = render_failure(sentence)
        try:
            if interaction.response.is_done():
                await interaction.edit_original_response(embed=embed, allowed_mentions=discord.AllowedMentions.none())
            else:
                await interaction.response.send_message(
                    embed=embed, ephemeral=True, allowed_mentions=discord.AllowedMentions.none()
                )
        except (discord.HTTPException, aiohttp.ClientError, OSError) as untold:
            _log.warning("The person could not be told of a failure: %s", untold)


def invite_link(application_id: int) -> str:
    """The link with which someone who manages a server invites the bot to it."""
    return discord.utils.oauth_url(application_id, permissions=PERMISSIONS, scopes=("bot", "applications.commands"))


_SECONDS_TO_TELL = 2.0
