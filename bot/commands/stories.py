"""`/stories`: see, add and remove the stories of a server's libraries; and "Add as story" on a message."""

from collections.abc import Sequence
from typing import Any, TypeVar

import discord
from discord import app_commands

from bot import sent
from bot.acknowledging import defer, in_time
from bot.commands.managing import (
    managed_library,
    meant_story,
    offer_libraries,
    offer_managed_stories,
    title_of,
)
from bot.commands.progress import showing_progress
from bot.failing.confided import said_with
from bot.failing.sentences import sentence_for
from bot.operating.logs import audit
from bot.pressing.base import TellingModal
from bot.pressing.confirming import ask_to_confirm
from bot.pressing.pages import show_pages
from bot.reception import Reception
from bot.remembering import BoundLibrary
from bot.sent import NotTaken
from bot.shelf import Progress, RefusedError, Shelf
from bot.showing.stories import (
    FROM_PERSON,
    LeftOut,
    draw_added,
    draw_list,
    draw_removal,
    draw_removed,
    draw_story,
    list_pages,
    story_pages,
)
from bot.speaking import spoken
from bot.translating import Voice
from index.stories import AddResult, Document, StoryTitle

ClientT = TypeVar("ClientT", bound=discord.Client)
Interaction = discord.Interaction[Any]

LONGEST_TITLE = 200
_LONGEST_OPTION = 100
_LONGEST_TEXT = 6_000
_LONGEST_MODAL_TEXT = 4_000
_MOST_RECENT = 20
_NOBODY = discord.AllowedMentions.none()
_MANAGING = discord.Permissions(manage_guild=True)
_IN_SERVERS = app_commands.AppCommandContext(guild=True)
_FOR_SERVERS = app_commands.AppInstallationType(guild=True)

Option = app_commands.Range[str, 1, _LONGEST_OPTION]


def add_stories(tree: app_commands.CommandTree[ClientT], reception: Reception, shelf: Shelf) -> None:
    """Add `/stories` and the context menu "Add as story", in servers, for who may manage the server."""
    group: app_commands.Group = app_commands.Group(
        name="stories",
        description="The stories of this server",
        default_permissions=_MANAGING,
        allowed_contexts=_IN_SERVERS,
        allowed_installs=_FOR_SERVERS,
    )
    _add_looking(group, reception, shelf)
    _add_changing(group, reception, shelf)
    tree.add_command(group)

    @tree.context_menu(name="Add as story")
    @app_commands.default_permissions(_MANAGING)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def add_message(interaction: discord.Interaction[ClientT], message: discord.Message) -> None:
        await defer(interaction)
        library = await managed_library(interaction, reception, None)
        if interaction.client.user is not None and message.author.id == interaction.client.user.id:
            raise RefusedError("own_message")
        documents, not_taken = await sent.of_whole_message(message)
        await _store(interaction, reception, shelf, library, documents, not_taken)


def _add_looking(group: app_commands.Group, reception: Reception, shelf: Shelf) -> None:
    async def libraries(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await offer_libraries(interaction, reception, typed)

    async def stories(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await offer_managed_stories(interaction, reception, typed)

    @group.command(name="list", description="All stories, the newest first")
    @app_commands.describe(library="Another library than the one this server has from the start")
    @app_commands.autocomplete(library=libraries)
    async def list_stories(interaction: Interaction, library: Option | None = None) -> None:
        await defer(interaction)

        async def draw(now: Interaction, page: int) -> tuple[discord.Embed, int]:
            found = await managed_library(now, reception, library)
            say = spoken(now)
            return _list_page(await reception.desk.titles(found.name), page, title_of(found, say), say)

        await show_pages(interaction, draw, metrics=reception.desk.metrics)

    @group.command(name="recent", description="The stories that were added last")
    @app_commands.describe(library="Another library than the one this server has from the start")
    @app_commands.autocomplete(library=libraries)
    async def recent(interaction: Interaction, library: Option | None = None) -> None:
        await defer(interaction)

        async def draw(now: Interaction, page: int) -> tuple[discord.Embed, int]:
            found = await managed_library(now, reception, library)
            titles = sorted(await reception.desk.titles(found.name), key=lambda each: each.added_at, reverse=True)
            say = spoken(now)
            return _list_page(titles[:_MOST_RECENT], page, say("added_last", library=title_of(found, say)), say)

        await show_pages(interaction, draw, metrics=reception.desk.metrics)

    @group.command(name="show", description="One story with its text")
    @app_commands.describe(story="The story: type a part of its title", library="The library it is in")
    @app_commands.autocomplete(library=libraries, story=stories)
    async def show(interaction: Interaction, story: Option, library: Option | None = None) -> None:
        await defer(interaction)

        async def draw(now: Interaction, page: int) -> tuple[discord.Embed, int]:
            found = await managed_library(now, reception, library)
            meant = await meant_story(reception, found, story)
            whole = await shelf.story(found.name, meant.story_id)
            pages = await reception.desk.quickly(story_pages, whole)
            return draw_story(whole, pages, page=min(page, len(pages) - 1), say=spoken(now)), len(pages)

        await show_pages(interaction, draw, metrics=reception.desk.metrics)


def _add_changing(group: app_commands.Group, reception: Reception, shelf: Shelf) -> None:
    async def libraries(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await offer_libraries(interaction, reception, typed)

    async def stories(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await offer_managed_stories(interaction, reception, typed)

    @group.command(name="add", description="Add a story: a file, or a text; with neither I ask for a text")
    @app_commands.describe(
        file="A story as .txt, .md, .html, .pdf, .json or .jsonl, 10 MB at most",
        text="The story's text, if it is short",
        title="What to call it; without, its own title is looked for",
        published="The day it was published, like 2026-03-01",
        library="Another library than the one this server has from the start",
    )
    @app_commands.autocomplete(library=libraries)
    async def add(
        interaction: Interaction,
        file: discord.Attachment | None = None,
        text: app_commands.Range[str, 1, _LONGEST_TEXT] | None = None,
        title: app_commands.Range[str, 1, LONGEST_TITLE] | None = None,
        published: Option | None = None,
        library: Option | None = None,
    ) -> None:
        if file is None and text is None:
            async with in_time():  # a form must be the first thing that Discord hears
                await managed_library(interaction, reception, library)
            day = sent.day(published)
            modal = _AskForText(reception, shelf, title, day, library, spoken(interaction))
            await interaction.response.send_modal(modal)
            return
        await defer(interaction)
        found = await managed_library(interaction, reception, library)
        if file is not None and text is not None:
            raise RefusedError("file_or_text")
        day = sent.day(published)
        if file is not None:
            document = await sent.of_attachment(file, title=title, published_at=day)
        else:
            document = _written(interaction, text or "", title, day)
        await _store(interaction, reception, shelf, found, [document])

    @group.command(name="remove", description="Remove a story for everybody")
    @app_commands.describe(story="The story: type a part of its title", library="The library it is in")
    @app_commands.autocomplete(library=libraries, story=stories)
    async def remove(interaction: Interaction, story: Option, library: Option | None = None) -> None:
        await defer(interaction)
        found = await managed_library(interaction, reception, library)
        meant = await meant_story(reception, found, story)

        async def do(now: Interaction) -> discord.Embed:
            still = await managed_library(now, reception, found.name)
            reception.conversations.forget_story(still.name, meant.story_id)
            title = await shelf.remove(still.name, meant.story_id)
            _audit("story removed", now, library=still.name, story_id=meant.story_id)
            return draw_removed(title, say=spoken(now))

        say = spoken(interaction)
        question = draw_removal(await shelf.story(found.name, meant.story_id), say=say)
        await ask_to_confirm(interaction, question, yes=say("remove_it"), do=do, metrics=reception.desk.metrics)


class _AskForText(TellingModal):
    """Asks for a story's text, which may have several paragraphs."""

    def __init__(
        self,
        reception: Reception,
        shelf: Shelf,
        title: str | None,
        published: str | None,
        library: str | None,
        say: Voice,
    ) -> None:
        super().__init__(title=say("add_story"), metrics=reception.desk.metrics)
        self._reception = reception
        self._shelf = shelf
        self._published = published
        self._library = library
        self._title: discord.ui.TextInput[Any] = discord.ui.TextInput(
            max_length=LONGEST_TITLE, required=False, default=title
        )
        self._text: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=_LONGEST_MODAL_TEXT
        )
        optional = say("may_be_empty")
        self.add_item(discord.ui.Label(text=say("story_title"), description=optional, component=self._title))
        self.add_item(discord.ui.Label(text=say("story_text"), component=self._text))

    async def on_submit(self, interaction: Interaction, /) -> None:
        await defer(interaction)
        library = await managed_library(interaction, self._reception, self._library)
        document = _written(interaction, self._text.value, self._title.value.strip() or None, self._published)
        await _store(interaction, self._reception, self._shelf, library, [document])


def _written(interaction: Interaction, text: str, title: str | None, published: str | None) -> Document:
    identity = f"discord:interaction:{interaction.id}"
    return sent.of_text(text, identity=identity, source=FROM_PERSON, title=title, published_at=published)


async def _store(
    interaction: Interaction,
    reception: Reception,
    shelf: Shelf,
    library: BoundLibrary,
    documents: Sequence[Document],
    not_taken: Sequence[NotTaken] = (),
) -> None:
    """Add what was sent to a library that the person may change, in answer to an interaction that was deferred.

    Of several things that were sent each is told by itself: one that fails takes nothing back of those before it.
    """
    results: list[AddResult] = []
    say = spoken(interaction)
    left_out = [LeftOut(each.name, say.named(each.why.sentence(say.language))) for each in not_taken]
    async with showing_progress(interaction, say=say) as tell:
        for number, document in enumerate(documents):
            try:
                results += await _add(interaction, shelf, library, document, tell)
            except Exception as error:
                if len(documents) + len(not_taken) == 1:
                    raise
                sentence = sentence_for(error, said=said_with(interaction), language=say.language)
                if sentence is None:  # nobody is left to be told
                    return
                reception.desk.metrics.failed(error, asked=False)
                left_out.append(LeftOut(document.source, say.named(sentence)))
                left_out += [LeftOut(each.source, say("not_begun")) for each in documents[number + 1 :]]
                break
    await interaction.edit_original_response(embed=draw_added(results, left_out, say=say), allowed_mentions=_NOBODY)


async def _add(
    interaction: Interaction, shelf: Shelf, library: BoundLibrary, document: Document, tell: Progress
) -> list[AddResult]:
    # Written before as well: it goes on when nobody waits for it any more.
    _audit("story sent", interaction, library=library.name, bytes=len(document.data))
    added = await shelf.add(library.name, document, on_progress=tell)
    for each in added:
        if each.status != "failed":
            _audit(f"story {each.status}", interaction, library=library.name, story_id=each.story_id)
    return added


def _list_page(titles: Sequence[StoryTitle], page: int, heading: str, say: Voice) -> tuple[discord.Embed, int]:
    pages = list_pages(len(titles))
    return draw_list(titles, page=min(page, pages - 1), heading=heading, say=say), pages


def _audit(event: str, interaction: Interaction, **facts: str | int | None) -> None:
    audit(event, server_id=interaction.guild_id, person_id=interaction.user.id, **facts)
