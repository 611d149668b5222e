"""The Discord client: wires commands, messages, servers and error handling to the reception."""

import asyncio
import logging
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import discord
from discord import app_commands

from bot.access import Access, Members, fetch_from, place_of_message
from bot.commands import ASKS, add_asking, add_help, add_libraries, add_privacy, add_settings, add_stories, add_summary
from bot.conversing import Conversations
from bot.desk import Desk
from bot.failing.sentences import sentence_for
from bot.failing.telling import tell_failure
from bot.limiting import Cooldowns, Hints
from bot.messages import answer_message, is_for_bot, reply
from bot.operating import gateway
from bot.pressing.answers import answer_buttons
from bot.pressing.kept import Kept
from bot.pressing.stale import answer_stale
from bot.reception import Reception
from bot.remembering import Memory, servers
from bot.said import asked_in
from bot.settings import BotSettings
from bot.shelf import Shelf
from bot.showing.look import draw_failure
from bot.speaking import Languages, learn, spoken_at
from bot.sweeping import sweep, take_stock
from bot.syncing import command_ids, sync_commands
from bot.translating import LANGUAGES

_log = logging.getLogger(__name__)

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    read_message_history=True,
)
"""What the bot asks for when it is invited: enough to answer, nothing that changes a server."""


class StorydeskClient(discord.AutoShardedClient):
    """Answers commands, direct messages and mentions. It needs no privileged intent.

    `commands_file` is where it is kept which commands Discord has. `on_connected` is called once, with the link that
    invites the bot to a server. `vector_server` says whether vectors are on a server, as people are told. `now` gives
    the moment, with its offset.
    """

    def __init__(
        self,
        desk: Desk,
        memory: Memory,
        settings: BotSettings,
        *,
        commands_file: Path,
        on_connected: Callable[[str], None],
        vector_server: bool = False,
        now: Callable[[], datetime] = lambda: discord.utils.utcnow(),
    ) -> None:
        super().__init__(
            # Messages in servers arrive without their text unless they mention the bot. Bans end a right to read.
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True, moderation=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            http_trace=gateway.requests_traced(desk.metrics),
        )
        self.desk = desk
        self.memory = memory
        self.shelf = Shelf(desk.engine)
        self.reception = self._open_reception(desk, memory, settings, now)
        self._settings = settings
        self._now = now
        self.command_ids: Mapping[str, int] = {}
        self._commands_file = commands_file
        self._on_connected: Callable[[str], None] | None = on_connected
        self._in_progress: set[asyncio.Task[Any]] = set()
        self._answering: dict[int, asyncio.Task[Any]] = {}
        self._sweeping: asyncio.Task[None] | None = None
        gateway.watch_gateway(self, desk.metrics)
        self.tree = _Tree(self)
        add_asking(self.tree, self.reception)
        add_libraries(self.tree, self.reception)
        add_privacy(self.tree, self.reception, answer_days=settings.answer_days, vector_server=vector_server)
        add_stories(self.tree, self.reception, self.shelf)
        add_summary(self.tree, self.reception, self.shelf)
        add_settings(self.tree, self.reception, languages=dict(LANGUAGES.items()))
        add_help(self.tree)
        kept = Kept(self.reception, self.shelf, keeps=timedelta(days=settings.answer_days))
        self.add_dynamic_items(answer_buttons(kept))

    def _open_reception(
        self, desk: Desk, memory: Memory, settings: BotSettings, now: Callable[[], datetime]
    ) -> Reception:
        def clock() -> float:
            return asyncio.get_running_loop().time()

        access = Access(
            memory,
            Members(fetch_from(self), clock=clock),
            is_in=lambda server_id: self.get_guild(server_id) is not None,
            public=settings.public_library if settings.public_for_all else None,
            now=now,
        )
        return Reception(
            desk,
            memory,
            access,
            Conversations(clock=clock),
            Cooldowns(clock=clock),
            Hints(clock=clock),
            Languages(),
            direct_messages=settings.direct_messages,
            now=now,
            has_channel=self._has_channel,
        )

    def _has_channel(self, server_id: int, channel_id: int) -> bool:
        guild = self.get_guild(server_id)
        return guild is not None and guild.get_channel(channel_id) is not None

    async def login(self, token: str) -> None:
        # Here, as a connector can only be made where a loop runs, and before the first request.
        self.http.connector = gateway.ConnectorInTime(seconds=gateway.REQUEST_SECONDS)
        await super().login(token)

    async def setup_hook(self) -> None:
        await sync_commands(self.tree, state_file=self._commands_file)
        self.command_ids = await command_ids(self.tree)

    async def on_ready(self) -> None:
        is_taken = await self._try_to_take_stock()
        # Discord says ready again after every lost connection.
        on_connected, self._on_connected = self._on_connected, None
        if on_connected is not None and self.application_id is not None:
            on_connected(invite_link(self.application_id))
        while not is_taken:
            await asyncio.sleep(_SECONDS_BETWEEN_TRIES)
            is_taken = await self._try_to_take_stock()
        if self._sweeping is None:  # not before it is known which servers the bot is in
            self._sweeping = asyncio.create_task(self._keep_sweeping())

    async def _try_to_take_stock(self) -> bool:
        try:
            await take_stock(self.memory, [guild.id for guild in self.guilds], at=self._now())
        except Exception:  # noqa: BLE001 - without it no invitation would be shown, and nothing swept
            _log.exception("Noting in which servers the bot is failed; it is tried again soon")
            return False
        return True

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self.memory.run(servers.joined, guild.id, at=self._now())

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.reception.access.members.revoke_server(guild.id)
        await self.memory.run(servers.left, guild.id, at=self._now())

    async def on_member_ban(self, guild: discord.Guild, user: discord.User | discord.Member) -> None:
        await self.reception.access.gone(user.id, guild.id)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        await answer_stale(interaction)

    async def on_message(self, message: discord.Message) -> None:
        if self.user is None or not is_for_bot(message, self.user.id):
            return
        self.note_work()
        task = asyncio.current_task()
        assert task is not None
        self._answering[message.id] = task
        try:
            await answer_message(message, self.reception, self.user.id, commands=self.command_ids)
        finally:
            del self._answering[message.id]

    async def on_raw_message_delete(self, deleted: discord.RawMessageDeleteEvent) -> None:
        """Who deletes their question no longer wants its answer."""
        self._leave_unanswered(deleted.message_id)

    async def on_raw_bulk_message_delete(self, deleted: discord.RawBulkMessageDeleteEvent) -> None:
        """Nor does who clears a channel."""
        for message_id in deleted.message_ids:
            self._leave_unanswered(message_id)

    def _leave_unanswered(self, message_id: int) -> None:
        task = self._answering.get(message_id)
        if task is not None:
            task.cancel()

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """The one place where failures of messages arrive; those of commands arrive in the tree's `on_error`."""
        error = sys.exc_info()[1]
        message = args[0] if args and isinstance(args[0], discord.Message) else None
        if error is None or message is None:
            _log.exception("Handling %s failed", event_method)
            return
        self.desk.metrics.failed(error, asked=True)
        place, languages = place_of_message(message), self.reception.languages
        say = await spoken_at(place, message.author.id, self.memory, languages, self.command_ids)
        said = [message.content, asked_in(message, self.user.id if self.user is not None else 0)]
        sentence = sentence_for(error, said=said, language=say.language)
        if sentence is not None:
            try:
                await reply(message, draw_failure(say.named(sentence)))
            except (discord.HTTPException, aiohttp.ClientError, OSError) as untold:
                _log.warning("The person could not be told of a failure: %s", untold)

    async def _keep_sweeping(self) -> None:
        grace, answers_for = timedelta(days=self._settings.grace_days), timedelta(days=self._settings.answer_days)
        while True:
            try:
                swept = await sweep(
                    self.memory, self.desk.engine, now=self._now(), grace=grace, answers_for=answers_for
                )
                _log.info("Swept: %s", swept)
            except Exception:  # noqa: BLE001 - nobody would hear of it, and nothing be swept any more
                _log.exception("Sweeping failed; it is tried again later")
            await asyncio.sleep(_SECONDS_BETWEEN_SWEEPS)

    async def learn_language(self, interaction: discord.Interaction[Any]) -> None:
        """Find out in which language an interaction is answered; called before anything is said."""
        self.reception.languages.note(interaction)
        await learn(interaction, self.memory)

    def note_work(self) -> None:
        """Remember that the current task answers someone, so that a stop waits for it."""
        task = asyncio.current_task()
        if task is not None:
            self._in_progress.add(task)
            task.add_done_callback(self._in_progress.discard)

    async def finish(self, *, seconds: float) -> None:
        """Take no more questions, let accepted ones be answered within `seconds`, tell the rest, and disconnect."""
        self.desk.stop_accepting()
        if self._sweeping is not None:
            self._sweeping.cancel()  # what a library's removal leaves, the next start removes
        if self._in_progress:
            await asyncio.wait(self._in_progress, timeout=seconds)
        self.desk.give_up()
        self.shelf.close()
        if self._in_progress:
            await asyncio.wait(self._in_progress, timeout=_SECONDS_TO_TELL)
        try:
            # A gateway that has gone silent would be waited for.
            await asyncio.wait_for(self.close(), timeout=_SECONDS_TO_CLOSE)
        except TimeoutError:
            _log.warning("Discord did not close the connection in time")


class _Tree(app_commands.CommandTree[StorydeskClient]):
    async def interaction_check(self, interaction: discord.Interaction[StorydeskClient], /) -> bool:
        interaction.client.note_work()
        await interaction.client.learn_language(interaction)
        return True

    async def on_error(
        self, interaction: discord.Interaction[StorydeskClient], error: app_commands.AppCommandError, /
    ) -> None:
        asked = interaction.command is not None and bool(interaction.command.extras.get(ASKS))
        await tell_failure(interaction, error, metrics=interaction.client.desk.metrics, asked=asked)


def invite_link(application_id: int) -> str:
    """The link with which someone who manages a server invites the bot to it."""
    return discord.utils.oauth_url(application_id, permissions=PERMISSIONS, scopes=("bot", "applications.commands"))


_SECONDS_BETWEEN_SWEEPS = 3_600.0
_SECONDS_BETWEEN_TRIES = 60.0
_SECONDS_TO_TELL = 1.5
_SECONDS_TO_CLOSE = 1.0
