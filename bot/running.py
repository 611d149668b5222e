"""Runs the Discord bot in this process until it is told to stop."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import aiohttp
import discord

from bot.client import StorydeskClient
from bot.desk import Asks, Desk
from bot.operating.gateway import shards_connected
from bot.operating.health import Health
from bot.operating.lag import LoopLag
from bot.operating.logs import log_to
from bot.operating.metrics import Metrics
from bot.operating.page import monitored
from bot.operating.supervising import notify, supervised
from bot.remembering import Memory, votes
from bot.settings import Settings
from index.errors import SettingsError, StorydeskError

COMMANDS_FILE = "discord-commands.sha256"
"""Name of the file in the data folder that says which commands Discord has."""

_log = logging.getLogger(__name__)

_SECONDS_TO_FINISH = 6.5
_SECONDS_BETWEEN_COUNTS = 60.0
_PORTAL = "https://discord.com/developers/applications"
_TOKEN_REFUSED = (
    "Discord refused the token in DISCORD_TOKEN. Copy the bot's token again from "
    "https://discord.com/developers/applications (Bot, Reset Token)."
)
_INTENT_REFUSED = (
    "Discord refused the connection because of a privileged intent, which this bot does not use; "
    f"check the bot's page at {_PORTAL}."
)
_CLOSED: Mapping[int, StorydeskError] = {
    4004: SettingsError(_TOKEN_REFUSED),
    4010: StorydeskError("Discord refused the number of a shard. Start the bot again."),
    4011: StorydeskError("Discord wants this bot on more shards than it told us. Start the bot again."),
    4012: StorydeskError("Discord no longer speaks this version of its gateway. Install a newer Storydesk."),
    4013: SettingsError(_INTENT_REFUSED),
    4014: SettingsError(_INTENT_REFUSED),
}
"""Why Discord ends a connection for good, by its close codes."""


class AnsweringEngine(Asks, Protocol):
    """What running needs of an engine: it answers, and can load its model ahead of the first question."""

    def load_model(self) -> None: ...


def run_bot(
    settings: Settings,
    engine: AnsweringEngine,
    *,
    on_connected: Callable[[str], None],
    on_stopping: Callable[[], object] = lambda: None,
    count: Callable[[], Mapping[str, int]] | None = None,
) -> None:
    """Connect to Discord and answer until SIGTERM or SIGINT; a second signal does not wait for open questions.

    `on_connected` is called once with the invite link, `on_stopping` at the first signal. `count` says how much the
    index holds; it blocks, and is called in a thread once in a while. The log goes to standard error, without the
    token. Raises SettingsError when the token is missing or refused or the port for monitors cannot be used,
    StorydeskError when Discord cannot be reached at start, ModelError when the model cannot be loaded.
    """
    token = settings.bot.discord_token.get_secret_value().strip() if settings.bot.discord_token else ""
    if not token:
        raise SettingsError("DISCORD_TOKEN is not set; put the bot's token in the environment or in .env.")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise SettingsError(_TOKEN_REFUSED)
    # Both warn that there is no voice support, which a bot that reads and writes does not need.
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False
    with (
        log_to(sys.stderr, form=settings.bot.log_format, secrets=(token,)),
        Memory.open(settings.index.home) as memory,
    ):
        asyncio.run(_run(settings, engine, memory, token, on_connected, on_stopping, count))


async def _run(
    settings: Settings,
    engine: AnsweringEngine,
    memory: Memory,
    token: str,
    on_connected: Callable[[str], None],
    on_stopping: Callable[[], object],
    count: Callable[[], Mapping[str, int]] | None,
) -> None:
    metrics = Metrics()
    desk = Desk(engine, seconds=settings.bot.question_seconds, metrics=metrics)
    client = StorydeskClient(
        desk,
        memory,
        settings.bot,
        commands_file=settings.index.home / COMMANDS_FILE,
        on_connected=on_connected,
        vector_server=settings.index.chroma_url is not None,
    )
    stop = asyncio.Event()
    logged_in = asyncio.Event()
    loaded = asyncio.Event()
    lag = LoopLag(note=metrics.lagged)
    metrics.watch("storydesk_open_questions", "Questions that are worked on or wait", lambda: desk.open_questions)
    metrics.watch("storydesk_waiting_questions", "Questions that wait for their turn", lambda: desk.waiting_questions)
    metrics.watch(
        "storydesk_expected_wait_seconds",
        "How long a question that came now would wait for its turn",
        lambda: desk.expected_wait_seconds,
    )

    def health() -> Health:
        return Health(
            model_loaded=loaded.is_set(),
            ready=client.is_ready(),
            stopping=stop.is_set(),
            shards=shards_connected(client),
            open_questions=desk.open_questions,
            loop_lag_seconds=lag.worst_lately,
        )

    with stopped_by_signals(stop):
        async with monitored(settings.bot.metrics_port, metrics=metrics, health=health), supervised(health):
            stopping = asyncio.create_task(stop.wait())
            connection = asyncio.create_task(_connect(client, token, logged_in))
            loading = asyncio.create_task(_load_model(engine, logged_in, loaded))
            watching = [asyncio.create_task(lag.measure()), asyncio.create_task(_keep_counting(count, memory, metrics))]
            pending = {stopping, connection, loading}
            try:
                while {stopping, connection} <= pending:
                    done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        task.result()
                notify("STOPPING=1")
                on_stopping()
                _log.info("Stopping; open questions are answered first")
            finally:
                await client.finish(seconds=_SECONDS_TO_FINISH)
                await _end((stopping, connection, loading, *watching))


async def _end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they have ended: discord.py may miss a cancellation while it connects, and try again."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        done, pending = await asyncio.wait(pending, timeout=0.1)
        for task in done:
            if not task.cancelled():
                task.exception()  # whoever waits for it has it, or it came too late to matter


async def _connect(client: StorydeskClient, token: str, logged_in: asyncio.Event) -> None:
    """Log in and stay connected until the client is closed; raises StorydeskError."""
    with _explaining():
        await client.login(token)
        logged_in.set()
        await client.connect()


async def _load_model(engine: AnsweringEngine, logged_in: asyncio.Event, loaded: asyncio.Event) -> None:
    """Load the model while the bot connects, but not before the token is known to be right."""
    await logged_in.wait()
    await asyncio.to_thread(engine.load_model)
    loaded.set()


async def _keep_counting(count: Callable[[], Mapping[str, int]] | None, memory: Memory, metrics: Metrics) -> None:
    """Put the counts of the index and of votes into the metrics, now and every minute."""
    while True:
        try:
            counted = await memory.run(votes.counts)
            metrics.voted(helpful=counted.helpful, unhelpful=counted.unhelpful)
            if count is not None:
                metrics.counted(await asyncio.to_thread(count))
        except (StorydeskError, OSError) as error:
            _log.warning("The index or the votes could not be counted: %s", error)
        await asyncio.sleep(_SECONDS_BETWEEN_COUNTS)


@contextmanager
def _explaining() -> Iterator[None]:
    """Raise what Discord and the network raise as a StorydeskError."""
    try:
        yield
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        raise _explained(error) from error


def _explained(error: Exception) -> StorydeskError:
    """The sentence for a connection that could not be made or was ended by Discord."""
    if isinstance(error, discord.LoginFailure):
        return SettingsError(_TOKEN_REFUSED)
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return SettingsError(_INTENT_REFUSED)
    if isinstance(error, discord.ConnectionClosed):
        return _CLOSED.get(
            error.code, StorydeskError(f"Discord ended the connection (code {error.code}). Start the bot again.")
        )
    if isinstance(error, discord.GatewayNotFound):
        return StorydeskError("Discord does not say where its gateway is. Try again later.")
    if isinstance(error, discord.HTTPException):
        return StorydeskError(f"Discord answered with error {error.status}. Try again later.")
    return StorydeskError(
        f"Discord cannot be reached ({type(error).__name__}). Check this machine's network connection and start again."
    )


@contextmanager
def stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` at the first SIGTERM or SIGINT, and let the next one end the process as usual."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)

    def stop_once() -> None:
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)

    for number in signals:
        loop.add_signal_handler(number, stop_once)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
