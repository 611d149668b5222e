"""`/library`: choose what to read in direct messages; `/libraries`: a server's own, for who manages it."""

import asyncio
import logging
from dataclasses import replace
from typing import Any, TypeVar

import discord
from discord import app_commands

from bot.access import Asker, Facts, Place, asker_of, readable, searched
from bot.acknowledging import defer
from bot.commands.managing import library_choices, managed_libraries, managed_library, offer_libraries, title_of
from bot.desk import UnansweredError
from bot.operating.logs import audit
from bot.pressing.confirming import ask_to_confirm
from bot.reception import MOST_LIBRARIES as MOST_SEARCHED
from bot.reception import Reception
from bot.remembering import BoundLibrary, libraries, people
from bot.remembering.libraries import LONGEST_TITLE, MOST_LIBRARIES, TitleTakenError, TooManyLibrariesError
from bot.shelf import RefusedError
from bot.showing.escaping import clean, show
from bot.showing.look import draw_hint
from bot.speaking import spoken
from bot.sweeping import remove_library
from bot.translating import Voice
from index.errors import StorydeskError

ClientT = TypeVar("ClientT", bound=discord.Client)

_ALL = "all"
_DIRECT = Place("direct", 0)
_NOBODY = discord.AllowedMentions.none()
_SECONDS_TO_OFFER = 2.0
_LONGEST_SHOWN = 200
_log = logging.getLogger(__name__)


class NoSuchLibraryError(UnansweredError):
    """No such library, or none that the person may read or manage; nobody is told which."""


def add_libraries(tree: app_commands.CommandTree[ClientT], reception: Reception) -> None:
    """Add `/library` and `/libraries`."""
    _add_choosing(tree, reception)
    group: app_commands.Group = app_commands.Group(
        name="libraries",
        description="The libraries of this server and who may read them",
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True),
        allowed_installs=app_commands.AppInstallationType(guild=True),
    )
    _add_managing(group, reception)
    tree.add_command(group)


def _add_choosing(tree: app_commands.CommandTree[ClientT], reception: Reception) -> None:
    @tree.command(name="library", description="Choose the library that you read in direct messages with me.")
    @app_commands.describe(library="The library; without it, the ones you may read are shown")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def library(
        interaction: discord.Interaction[ClientT], library: app_commands.Range[str, 1, 100] | None = None
    ) -> None:
        await defer(interaction)
        asker = asker_of(interaction)
        await reception.access.note_use(asker)
        facts = await _elsewhere(asker, reception, wanted=library)
        if library is None:
            sentence = _overview(facts, interaction)
        elif library == _ALL:
            await reception.memory.run(people.choose_library, asker.person_id, None, at=reception.now())
            sentence = spoken(interaction)("all_chosen", most=MOST_SEARCHED)
        elif library in _readable_there(facts):
            await reception.memory.run(people.choose_library, asker.person_id, library, at=reception.now())
            sentence = spoken(interaction)("one_chosen", library=_title(library, facts, interaction))
        else:
            raise NoSuchLibraryError("no_such_library")
        await interaction.edit_original_response(embed=draw_hint(sentence), allowed_mentions=_NOBODY)

    @library.autocomplete("library")
    async def offer(interaction: discord.Interaction[ClientT], typed: str) -> list[app_commands.Choice[str]]:
        try:
            async with asyncio.timeout(_SECONDS_TO_OFFER):
                facts = await _elsewhere(asker_of(interaction), reception)
        except (UnansweredError, StorydeskError, TimeoutError) as error:
            _log.info("No libraries were offered: %s", type(error).__name__)
            return []
        offered = [(_plain_title(name, facts, interaction), name) for name in _readable_there(facts)]
        say = spoken(interaction)
        return library_choices([*offered, (say("all_libraries"), _ALL)] if offered else [], typed, say)


def _add_managing(group: app_commands.Group, reception: Reception) -> None:
    async def offer(interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return await offer_libraries(interaction, reception, typed)

    @group.command(name="list", description="The libraries of this server")
    async def show_all(interaction: discord.Interaction[ClientT]) -> None:
        await defer(interaction)
        found = await managed_libraries(interaction, reception)
        say = spoken(interaction)
        await _tell(interaction, "\n".join(f"- {_line(library, say)}" for library in found))

    @group.command(name="add", description="Give this server another library")
    @app_commands.describe(title="What to call it", role="Only who has this role may read it; without, everybody here")
    async def add(
        interaction: discord.Interaction[ClientT],
        title: app_commands.Range[str, 1, LONGEST_TITLE],
        role: discord.Role | None = None,
    ) -> None:
        await defer(interaction)
        (first, *_) = await managed_libraries(interaction, reception)
        try:
            added = await reception.memory.run(
                libraries.add, first.server_id, clean(title), role_id=role.id if role else None, at=reception.now()
            )
        except TooManyLibrariesError:
            raise RefusedError("too_many_libraries", most=MOST_LIBRARIES) from None
        except TitleTakenError:
            raise RefusedError("title_taken") from None
        except ValueError:
            raise RefusedError("title_length", most=LONGEST_TITLE) from None
        _audit("library added", added, interaction)
        await _tell(interaction, _said("library_added", added, interaction))

    @group.command(name="bind", description="Say who may read a library of this server")
    @app_commands.describe(library="The library", role="Only who has this role may read it; without, everybody here")
    @app_commands.autocomplete(library=offer)
    async def bind(
        interaction: discord.Interaction[ClientT],
        library: app_commands.Range[str, 1, 100],
        role: discord.Role | None = None,
    ) -> None:
        await defer(interaction)
        found = await managed_library(interaction, reception, library)
        role_id = role.id if role else None
        await reception.memory.run(libraries.bind, found.name, role_id=role_id)
        bound = replace(found, role_id=role_id)
        _audit("library bound", bound, interaction)
        await _tell(interaction, _said("library_changed", bound, interaction))

    @group.command(name="remove", description="Remove a library of this server with all of its stories")
    @app_commands.describe(library="The library")
    @app_commands.autocomplete(library=offer)
    async def remove(interaction: discord.Interaction[ClientT], library: app_commands.Range[str, 1, 100]) -> None:
        await defer(interaction)
        found = await managed_library(interaction, reception, library)
        if found.is_default:
            raise RefusedError("first_library_stays")

        async def do(pressed: discord.Interaction[Any]) -> discord.Embed:
            library_now = await managed_library(pressed, reception, found.name)
            return await _remove(library_now, pressed, reception)

        question = draw_hint(_said("library_remove", found, interaction))
        yes = spoken(interaction)("remove_it")
        await ask_to_confirm(interaction, question, yes=yes, do=do, metrics=reception.desk.metrics)


async def _remove(library: BoundLibrary, interaction: discord.Interaction[Any], reception: Reception) -> discord.Embed:
    reception.conversations.forget_library(library.name)
    _audit("library removed", library, interaction)
    done = await remove_library(reception.memory, reception.desk.engine, library.name, at=reception.now())
    return draw_hint(_said("library_removed" if done else "library_removed_partly", library, interaction))


async def _elsewhere(asker: Asker, reception: Reception, *, wanted: str | None = None) -> Facts:
    """What the person may read in direct messages, were none chosen, and which one is."""
    return await reception.facts(Asker(asker.person_id, _DIRECT), wanted=wanted)


def _readable_there(facts: Facts) -> tuple[str, ...]:
    return readable(_DIRECT, replace(facts, chosen=None))


def _overview(facts: Facts, interaction: discord.Interaction[Any]) -> str:
    say = spoken(interaction)
    names = _readable_there(facts)
    if not names:
        return say("no_library_yet")
    chosen = facts.chosen if facts.chosen in names else None
    read = searched(names, facts, most=MOST_SEARCHED)
    if chosen:
        lines = [say("reads_marked")]
    elif len(read) < len(names):
        names = read
        lines = [say("reads_most", count=len(read))]
    else:
        lines = [say("reads_all")]
    for name in names:
        mark = f" ← {say('chosen')}" if name == chosen else ""
        lines.append(f"- {_title(name, facts, interaction)}{mark}")
    return "\n".join([*lines, say("choose_library")])


def _plain_title(name: str, facts: Facts, interaction: discord.Interaction[Any]) -> str:
    say = spoken(interaction)
    if name == facts.public:
        return say("public_library")
    library = next(library for library in facts.libraries if library.name == name)
    guild = interaction.client.get_guild(library.server_id)
    server = guild.name if guild is not None else say("a_server")
    return server if library.is_default else f"{server}: {library.title}"


def _title(name: str, facts: Facts, interaction: discord.Interaction[Any]) -> str:
    return show(_plain_title(name, facts, interaction), limit=_LONGEST_SHOWN)


def _line(library: BoundLibrary, say: Voice) -> str:
    title = show(title_of(library, say), limit=_LONGEST_SHOWN)
    if library.role_id is None:
        return say("read_by_all", title=title)
    return say("read_by_role", title=title, role=f"<@&{library.role_id}>")


def _said(key: str, library: BoundLibrary, interaction: discord.Interaction[Any]) -> str:
    say = spoken(interaction)
    return say(key, library=_line(library, say))


async def _tell(interaction: discord.Interaction[Any], sentence: str) -> None:
    await interaction.edit_original_response(embed=draw_hint(sentence), allowed_mentions=_NOBODY)


def _audit(event: str, library: BoundLibrary, interaction: discord.Interaction[Any]) -> None:
    audit(
        event,
        server_id=library.server_id,
        person_id=interaction.user.id,
        library=library.name,
        role_id=library.role_id,
    )
