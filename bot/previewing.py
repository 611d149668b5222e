"""Shows the bot in a browser of this machine: it runs in a simulated Discord, and nothing leaves the machine.

The simulation is simcord's, which is for development and not needed by the bot itself.
"""

import asyncio
import importlib.util
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import discord

from bot.client import StorydeskClient
from bot.desk import Asks, Desk
from bot.remembering import Memory, people, servers
from bot.running import COMMANDS_FILE, stopped_by_signals
from bot.settings import BotSettings, Settings
from index.errors import SettingsError
from index.samples import stories_folder
from index.settings import IndexSettings
from index.stories import AddResult

_NEEDED = ("simcord", "markdown_it", "linkify_it", "regex", "PIL")
_MISSING = (
    "`storydesk preview` needs simcord, a simulation of Discord that is not installed. Run `make preview` in "
    "Storydesk's folder, or install the extra there: `pip install -e '.[preview]' -c constraints.txt`."
)
_SECONDS_TO_SETTLE = 300.0
"""For all that follows one click: the model may read on a slow machine."""


class PreviewEngine(Asks, Protocol):
    """What a preview needs of an engine: it answers, and takes the sample stories in."""

    def add(self, paths: Sequence[Path], *, library: str) -> Iterator[AddResult]: ...

    def load_model(self) -> None: ...


def require_simcord() -> None:
    """Raise SettingsError, which says how to install it, when what draws the page is missing."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise SettingsError(_MISSING)


def run_preview(
    settings: Settings,
    *,
    open_engine: Callable[[IndexSettings], AbstractContextManager[PreviewEngine]],
    on_ready: Callable[[str], None],
    port: int = 0,
    direct: bool = False,
) -> None:
    """Serve the page until SIGINT or SIGTERM, or until the session is ended in it; see `show_preview`.

    The stories are the samples, in a data folder that is thrown away: the user's own is not touched.
    """
    require_simcord()
    with tempfile.TemporaryDirectory(prefix="storydesk-preview-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        no_server = {"chroma_url": None, "chroma_headers": None, "chroma_ca_file": None}
        with open_engine(settings.index.model_copy(update={"home": home, **no_server})) as engine:
            asyncio.run(_run(engine, home, settings.bot.question_seconds, on_ready, port, direct))


async def _run(
    engine: PreviewEngine, home: Path, seconds: float, on_ready: Callable[[str], None], port: int, direct: bool
) -> None:
    # Both would warn that there is no voice support.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    stop = asyncio.Event()
    with stopped_by_signals(stop):
        await asyncio.to_thread(engine.load_model)
        await show_preview(engine, home=home, seconds=seconds, on_ready=on_ready, stop=stop, port=port, direct=direct)


async def show_preview(
    engine: PreviewEngine,
    *,
    home: Path,
    seconds: float,
    on_ready: Callable[[str], None],
    stop: asyncio.Event,
    port: int = 0,
    direct: bool = False,
) -> None:
    """Serve the page on a loopback port (0: a free one) until `stop` is set or the session is ended in the page.

    A made-up server has the sample stories; Mira manages it and Noor reads in it. With `direct` it is the direct
    message of one of them that is shown. `home` is a folder to use and throw away, `seconds` the time limit of a
    question. `on_ready` gets the page's address, which lets in whoever knows it. Raises SettingsError.
    """
    require_simcord()
    import simcord

    with Memory.open(home) as memory:
        client = StorydeskClient(
            Desk(engine, seconds=seconds),
            memory,
            BotSettings(),
            commands_file=home / COMMANDS_FILE,
            on_connected=lambda invite: None,
        )
        running = simcord.run(client, shard_count=1, settle_timeout=_SECONDS_TO_SETTLE, check_errors=False)
        async with running as env:
            env.backend.bot_user.name = "Storydesk"
            noor, mira = env.create_user("noor", global_name="Noor"), env.create_user("mira", global_name="Mira")
            guild = env.create_guild("The Harbour Post", owner=mira)
            channel = guild.create_text_channel("questions")
            reader, manager = guild.add_member(noor), guild.add_member(mira)
            await env.settle()
            client.command_ids = {}  # the page does not draw mentions of commands
            servers.joined(memory, guild.id, at=discord.utils.utcnow())
            # The simulated clock stands still between clicks: nobody would ever have waited long enough.
            servers.change_settings(memory, guild.id, cooldown_seconds=0)
            for person in (noor, mira):  # so that direct messages are answered from the server's stories at once
                people.used(memory, person.id, guild.id, at=discord.utils.utcnow())
            await asyncio.to_thread(_add_samples, engine, servers.default_library(guild.id))
            place, viewers = (mira.dm_channel, [mira]) if direct else (channel, [manager, reader])
            try:
                async with env.preview(place, viewers=viewers, layout="channel", port=port) as preview:
                    on_ready(preview.url)
                    await _first_of(stop.wait(), preview.wait_closed())
            except simcord.SetupError as error:
                raise SettingsError(f"The page cannot be shown ({error}).") from error


def _add_samples(engine: PreviewEngine, library: str) -> None:
    with stories_folder() as folder:
        for result in engine.add([folder], library=library):
            if result.status == "failed":
                raise RuntimeError(f"sample story {result.source}: {result.error}")


async def _first_of(*waits: Coroutine[Any, Any, object]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
