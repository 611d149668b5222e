"""Runs the Discord bot in this process until it is told to stop."""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import aiohttp
import discord

from bot.client import StorydeskClient
from bot.desk import Asks, Desk
from bot.settings import Settings
from index.errors import SettingsError, StorydeskError

COMMANDS_FILE = "discord-commands.sha256"
"""Name of the file in the data folder that says which commands Discord has."""

_log = logging.getLogger(__name__)

_SECONDS_TO_FINISH = 8.0
_TOKEN_REFUSED = (
    "Discord refused the token in DISCORD_TOKEN. Copy the bot's token again from "
    "https://discord.com/developers/applications (Bot, Reset Token)."
)
_CLOSED_FOR_WRONG_TOKEN = 4004


class AnsweringEngine(Asks, Protocol):
    """What running needs of an engine: it answers, and can load its model ahead of the first question."""

    def load_model(self) -> None: ...


def run_bot(settings: Settings, engine: AnsweringEngine, *, on_connected: Callable[[str], None]) -> None:
    """Connect to Discord and answer until SIGTERM or SIGINT; a second signal does not wait for open questions.

    `on_connected` is called once with the invite link. The log goes to standard error, without the token. Raises
    SettingsError when the token is missing or refused, StorydeskError when Discord cannot be reached at start,
    ModelError when the model cannot be loaded.
    """
    token = settings.bot.discord_token.get_secret_value().strip() if settings.bot.discord_token else ""
    if not token:
        raise SettingsError("DISCORD_TOKEN is not set; put the bot's token in the environment or in .env.")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise SettingsError(_TOKEN_REFUSED)
    with _log_to_standard_error(secret=token):
        asyncio.run(_run(settings, engine, token, on_connected))


async def _run(settings: Settings, engine: AnsweringEngine, token: str, on_connected: Callable[[str], None]) -> None:
    desk = Desk(engine, seconds=settings.bot.question_seconds)
    client = StorydeskClient(desk, commands_file=settings.index.home / COMMANDS_FILE, on_connected=on_connected)
    stop = asyncio.Event()
    logged_in = asyncio.Event()
    with _stopped_by_signals(stop):
        stopping = asyncio.create_task(stop.wait())
        connection = asyncio.create_task(_connect(client, token, logged_in))
        loading = asyncio.create_task(_load_model(engine, logged_in))
        pending = {stopping, connection, loading}
        try:
            while {stopping, connection} <= pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            _log.info("Stopping; open questions are answered first")
        finally:
            # The client is closed before its task is cancelled: discord.py may miss a cancellation while it connects.
            await client.finish(seconds=_SECONDS_TO_FINISH)
            for task in (stopping, connection, loading):
                task.cancel()
            await asyncio.gather(stopping, connection, loading, return_exceptions=True)


async def _connect(client: StorydeskClient, token: str, logged_in: asyncio.Event) -> None:
    """Log in and stay connected until the client is closed; raises StorydeskError."""
    with _explaining():
        await client.login(token)
        logged_in.set()
        await client.connect()


async def _load_model(engine: AnsweringEngine, logged_in: asyncio.Event) -> None:
    """Load the model while the bot connects, but not before the token is known to be right."""
    await logged_in.wait()
    await asyncio.to_thread(engine.load_model)


@contextmanager
def _explaining() -> Iterator[None]:
    """Raise what Discord and the network raise as a StorydeskError."""
    try:
        yield
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        raise _explained(error) from error


def _explained(error: Exception) -> StorydeskError:
    """The sentence for a connection that could not be made or was ended by Discord."""
    if isinstance(error, discord.LoginFailure) or (
        isinstance(error, discord.ConnectionClosed) and error.code == _CLOSED_FOR_WRONG_TOKEN
    ):
        return SettingsError(_TOKEN_REFUSED)
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return SettingsError(
            "Discord refused the connection because of a privileged intent, which this bot does not use; "
            "check the bot's page at https://discord.com/developers/applications."
        )
    if isinstance(error, discord.ConnectionClosed):
        return StorydeskError(f"Discord ended the connection (code {error.code}). Start the bot again.")
    if isinstance(error, discord.HTTPException):
        return StorydeskError(f"Discord answered with error {error.status}. Try again later.")
    return StorydeskError(
        f"Discord cannot be reached ({type(error).__name__}). Check this machine's network connection and start again."
    )


@contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
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


class _WithoutSecret(logging.Formatter):
    def __init__(self, secret: str) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace(self._secret, "[token]")


@contextmanager
def _log_to_standard_error(*, secret: str) -> Iterator[None]:
    """Warnings of everything and the news of the bot and of discord.py, without `secret`."""
    # Both warn that there is no voice support, which a bot that reads and writes does not need.
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False
    handler = logging.StreamHandler()
    handler.setFormatter(_WithoutSecret(secret))
    root = logging.getLogger()
    chatty = [logging.getLogger(name) for name in ("bot", "discord")]
    levels = [logger.level for logger in chatty]
    root.addHandler(handler)
    for logger in chatty:
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for logger, level in zip(chatty, levels, strict=True):
            logger.setLevel(level)
