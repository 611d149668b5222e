"""Registers the slash commands with Discord at start, only if they changed since the last time; learns their ids."""

import asyncio
import hashlib
import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import aiohttp
import discord
from discord import app_commands

from bot.translating import CommandTranslator

ClientT = TypeVar("ClientT", bound=discord.Client)

_log = logging.getLogger(__name__)

_MESSAGE, _USER = discord.AppCommandType.message, discord.AppCommandType.user
_SCOPE_MISSING = (
    "Discord does not let this bot register its slash commands (code %s): it lacks the scope applications.commands. "
    "Invite it again with the link that is printed when it is connected; direct messages and mentions work meanwhile."
)


async def commands_digest(tree: app_commands.CommandTree[ClientT], *, application_id: int) -> str:
    """SHA-256, in hexadecimal, of what Discord would be sent, and of the application it would be registered for."""
    every = [*tree.get_commands(), *tree.walk_commands(type=_MESSAGE), *tree.walk_commands(type=_USER)]
    translator = tree.translator
    commands = [
        command.to_dict(tree) if translator is None else await command.get_translated_payload(tree, translator)
        for command in {id(command): command for command in every}.values()
    ]
    commands.sort(key=lambda command: (command["type"], command["name"]))
    payload = json.dumps([application_id, commands], sort_keys=True)
    return hashlib.sha256(payload.encode()).hexdigest()


async def sync_commands(tree: app_commands.CommandTree[ClientT], *, state_file: Path) -> bool:
    """Register the commands of `tree` unless `state_file` says that Discord has them; returns whether it did.

    Discord limits how often commands may be registered, and shows them anew to everyone. A failure is logged and not
    raised: direct messages, and commands that were registered before, work all the same. Remove `state_file` to
    register at the next start whatever it says.
    """
    await tree.set_translator(CommandTranslator())
    application_id = tree.client.application_id
    if application_id is None:
        raise RuntimeError("Commands can be registered only after login.")
    digest = await commands_digest(tree, application_id=application_id)
    if await asyncio.to_thread(_read, state_file) == digest:
        return False
    try:
        await tree.sync()
    except discord.Forbidden as error:
        _log.error(_SCOPE_MISSING, error.code)
        return False
    except (discord.HTTPException, aiohttp.ClientError, OSError):
        _log.exception("The slash commands could not be registered; the next start tries again")
        return False
    await asyncio.to_thread(_write, state_file, digest)
    return True


async def command_ids(tree: app_commands.CommandTree[ClientT]) -> dict[str, int]:
    """The ids of the commands that Discord has, by their English names, so that sentences can mention them.

    They are asked for, as other ways than ours may have registered them. A failure is logged and not raised: without
    ids, commands are called by their names.
    """
    try:
        return {command.name: command.id for command in await tree.fetch_commands()}
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        _log.warning("The ids of the slash commands could not be learned: %s", type(error).__name__)
        return {}


def _read(state_file: Path) -> str | None:
    try:
        return state_file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        _log.warning("%s cannot be read, so the slash commands are registered again: %s", state_file, error)
        return None


def _write(state_file: Path, digest: str) -> None:
    """Replace the file whole, so that a kill in the middle leaves no half of a digest."""
    unfinished = state_file.with_name(f"{state_file.name}.{os.getpid()}")
    try:
        unfinished.write_text(f"{digest}\n", encoding="ascii")
        unfinished.replace(state_file)
    except OSError as error:
        _log.warning("%s cannot be written, so the next start registers again: %s", state_file, error)
        with suppress(OSError):
            unfinished.unlink()
