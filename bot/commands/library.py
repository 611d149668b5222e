"""`/library`: choose what to read in direct messages; `/libraries`: a server's own, for who manages it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import discord
from discord import app_commands

from bot.access import Asker, Facts, Place, asker_of, manageable, may_manage, readable
from bot.choosing import MOST_CHOICES, choice_name
from bot.desk import UnansweredError
from bot.pressing.confirming import ask_to_confirm
from bot.reception import NotHereError, Reception
from bot.remembering import BoundLibrary, libraries, people
from bot.remembering.libraries import LONGEST_TITLE, MOST_LIBRARIES, TitleTakenError, TooManyLibrariesError
from bot.showing.escaping import show
from bot.showing.look import draw_hint
from bot.sweeping import remove_library
from index.errors import StorydeskError

ClientT = TypeVar("ClientT", bound=discord.Client)

_ALL = "all"
_DIRECT = Place("direct", 0)
_NOBODY = discord.AllowedMentions.none()
_SECONDS_TO_OFFER = 2.0
_NO_SUCH = "There is no such library that you may read. Choose one from the list that appears while you type."
_NOT_YOURS = "Only who manages this server (Manage Server) may do that."
_NONE_HERE = "There is no such library in this server. Choose one from the list that appears while you type."

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
        await interaction.response.defer(thinking=True, ephemeral=True)
        asker = asker_of(interaction)
        await reception.access.note_use(asker)
        facts = await _elsewhere(asker, reception)
        if library is None:
            sentence = _overview(facts, interaction.client)
        elif library == _ALL:
            await reception.memory.run(people.choose_library, asker.person_id, None, at=reception.now())
            sentence = "In direct messages I now look into all libraries that you may read."
        elif library in _readable_there(facts):
            await reception.memory.run(people.choose_library, asker.person_id, library, at=reception.now())
            sentence = f"In direct messages I now look into **{_title(library, facts, interaction.client)}** only."
        else:
            raise NoSuchLibraryError(_NO_SUCH)
        await interaction.edit_original_response(embed=draw_hint(sentence), allowed_mentions=_NOBODY)

    @library.autocomplete("library")
    async def offer(interaction: discord.Interaction[ClientT], typed: str) -> list[app_commands.Choice[str]]:
        try:
            async with asyncio.timeout(_SECONDS_TO_OFFER):
                facts = await _elsewhere(asker_of(interaction), reception)
        except (UnansweredError, StorydeskError, TimeoutError) as error:
            _log.info("No libraries were offered: %s", type(error).__name__)
            return []
        offered = [(_plain_title(name, facts, interaction.client), name) for name in _readable_there(facts)]
        return _choices([*offered, ("All that I may read", _ALL)] if offered else [], typed)


def _add_managing(group: app_commands.Group, reception: Reception) -> None:
    @group.command(name="list", description="The libraries of this server")
    async def show_all(interaction: discord.Interaction[ClientT]) -> None:
        facts = await _managed(interaction, reception)
        lines = [f"- {_line(library)}" for library in manageable(asker_of(interaction).place, facts)]
        await _tell(interaction, "\n".join(lines))

    @group.command(name="add", description="Give this server another library")
    @app_commands.describe(title="What to call it", role="Only who has this role may read it; without, everybody here")
    async def add(
        interaction: discord.Interaction[ClientT],
        title: app_commands.Range[str, 1, LONGEST_TITLE],
        role: discord.Role | None = None,
    ) -> None:
        facts = await _managed(interaction, reception)
        (membership,) = facts.memberships
        try:
            added = await reception.memory.run(
                libraries.add, membership.server_id, title, role_id=role.id if role else None, at=reception.now()
            )
        except TooManyLibrariesError:
            raise UnansweredError(
                f"A server can have {MOST_LIBRARIES} libraries. Remove one with `/libraries remove` first."
            ) from None
        except TitleTakenError:
            raise UnansweredError("This server has a library of that title already. Choose another title.") from None
        except ValueError:
            raise UnansweredError(f"A title has 1 to {LONGEST_TITLE} characters that can be seen.") from None
        _audit("added", added, interaction)
        await _tell(interaction, f"Added: {_line(added)}.")

    @group.command(name="bind", description="Say who may read a library of this server")
    @app_commands.describe(library="The library", role="Only who has this role may read it; without, everybody here")
    @app_commands.autocomplete(library=_offer_managed(reception))
    async def bind(
        interaction: discord.Interaction[ClientT],
        library: app_commands.Range[str, 1, 100],
        role: discord.Role | None = None,
    ) -> None:
        found = await _managed_library(interaction, reception, library)
        role_id = role.id if role else None
        await reception.memory.run(libraries.bind, found.name, role_id=role_id)
        bound = replace(found, role_id=role_id)
        _audit("bound", bound, interaction)
        await _tell(interaction, f"Changed: {_line(bound)}.")

    @group.command(name="remove", description="Remove a library of this server with all of its stories")
    @app_commands.describe(library="The library")
    @app_commands.autocomplete(library=_offer_managed(reception))
    async def remove(interaction: discord.Interaction[ClientT], library: app_commands.Range[str, 1, 100]) -> None:
        found = await _managed_library(interaction, reception, library)
        if found.is_default:
            raise UnansweredError("The library that a server has from the start stays; its stories can be removed.")

        async def do(pressed: discord.Interaction[Any]) -> discord.Embed:
            library_now = await _managed_library(pressed, reception, found.name)
            return await _remove(library_now, pressed, reception)

        await interaction.response.defer(thinking=True, ephemeral=True)
        question = draw_hint(f"Remove {_line(found)} with all of its stories? That cannot be undone.")
        await ask_to_confirm(interaction, question, yes="Remove it", do=do, metrics=reception.desk.metrics)


async def _remove(library: BoundLibrary, interaction: discord.Interaction[Any], reception: Reception) -> discord.Embed:
    reception.conversations.forget_library(library.name)
    _audit("removed", library, interaction)
    done = await remove_library(reception.memory, reception.desk.engine, library.name, at=reception.now())
    sentence = f"Removed: {_line(library)}."
    if not done:
        sentence += " Nobody can read it any more; what is left of it is cleaned up later."
    return draw_hint(sentence)


def _offer_managed(
    reception: Reception,
) -> Callable[[discord.Interaction[Any], str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]:
    async def offer(interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        asker = asker_of(interaction)
        try:
            facts = await reception.access.facts(asker)
        except StorydeskError as error:
            _log.info("No libraries were offered: %s", type(error).__name__)
            return []
        return _choices([(_own_title(library), library.name) for library in manageable(asker.place, facts)], typed)

    return offer


async def _managed(interaction: discord.Interaction[Any], reception: Reception) -> Facts:
    """The facts for someone who manages the server where they use a command. Raises NotHereError."""
    asker = asker_of(interaction)
    facts = await reception.access.facts(asker)
    if asker.place.kind != "server" or asker.place.server_id is None or not may_manage(asker.place.server_id, facts):
        raise NotHereError(_NOT_YOURS)
    return facts


async def _managed_library(interaction: discord.Interaction[Any], reception: Reception, name: str) -> BoundLibrary:
    """The library of that name, of the server that the person manages. Raises NotHereError, NoSuchLibraryError."""
    facts = await _managed(interaction, reception)
    for library in manageable(asker_of(interaction).place, facts):
        if library.name == name:
            return library
    raise NoSuchLibraryError(_NONE_HERE)


async def _elsewhere(asker: Asker, reception: Reception) -> Facts:
    """What the person may read in direct messages, were none chosen, and which one is."""
    return await reception.facts(Asker(asker.person_id, _DIRECT))


def _readable_there(facts: Facts) -> tuple[str, ...]:
    return readable(_DIRECT, replace(facts, chosen=None))


def _overview(facts: Facts, client: discord.Client) -> str:
    names = _readable_there(facts)
    if not names:
        return (
            "There is no library yet that you may read in direct messages. Use `/ask` once in a server where I am, "
            "then its libraries appear here, unless the server does not want that."
        )
    chosen = facts.chosen if facts.chosen in names else None
    lines = ["In direct messages I look into " + ("the library marked here:" if chosen else "all of these:")]
    lines += [f"- {_title(name, facts, client)}{' ← chosen' if name == chosen else ''}" for name in names]
    return "\n".join([*lines, "Choose one with `/library library:`."])


def _plain_title(name: str, facts: Facts, client: discord.Client) -> str:
    if name == facts.public:
        return "Stories that everybody may read"
    library = next(library for library in facts.libraries if library.name == name)
    guild = client.get_guild(library.server_id)
    server = guild.name if guild is not None else "A server"
    return server if library.is_default else f"{server}: {library.title}"


def _title(name: str, facts: Facts, client: discord.Client) -> str:
    return show(_plain_title(name, facts, client), limit=200)


def _own_title(library: BoundLibrary) -> str:
    return "This server's library" if library.is_default else library.title


def _line(library: BoundLibrary) -> str:
    readers = f"read by <@&{library.role_id}>" if library.role_id is not None else "read by everybody here"
    return f"**{show(_own_title(library), limit=200)}**, {readers}"


def _choices(offered: list[tuple[str, str]], typed: str) -> list[app_commands.Choice[str]]:
    fitting = [(title, name) for title, name in offered if typed.strip().casefold() in title.casefold()]
    return [app_commands.Choice(name=choice_name(title), value=name) for title, name in fitting[:MOST_CHOICES]]


async def _tell(interaction: discord.Interaction[Any], sentence: str) -> None:
    await interaction.response.send_message(embed=draw_hint(sentence), ephemeral=True, allowed_mentions=_NOBODY)


def _audit(action: str, library: BoundLibrary, interaction: discord.Interaction[Any]) -> None:
    _log.info(
        "Library %s (role %s) of server %s %s by person %s",
        library.name, library.role_id, library.server_id, action, interaction.user.id,
    )  # fmt: skip
