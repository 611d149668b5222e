"""Takes a question from someone somewhere to the desk: may they ask now, which libraries may they read, what was said.

Commands and messages both come here, so that neither can forget a rule.
"""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from weakref import WeakSet

from bot.access import Access, Asker, CouldNotVerifyError, Facts, must_be_private, readable, searched, shareable
from bot.acknowledging import in_time
from bot.choosing import meant
from bot.conversing import Conversations, Key, Turn
from bot.desk import Desk, NoSuchStoryError, UnansweredError
from bot.limiting import Cooldowns, Hints
from bot.remembering import KeptAnswer, Memory, ServerSettings, answers, people, servers
from bot.speaking import Languages
from index.errors import StorageError
from index.stories import StoryTitle

_log = logging.getLogger(__name__)

MOST_LIBRARIES = 10
"""That are searched for one question; what everybody may read is always among them."""


class NotNowError(UnansweredError):
    """The person, or all of the server together, asked too much just now."""


class NotHereError(UnansweredError):
    """Whoever manages the server, or runs the bot, does not want questions there."""


class NothingToReadError(UnansweredError):
    """There is no library that may be read for the person, or shown, there."""


class NotVerifiedError(UnansweredError):
    """Discord did not say in which servers the person is."""


@dataclass(frozen=True, slots=True)
class Question:
    """What someone asks. `aloud` says whether others will read the answer.

    `story` is the id of the one to be searched, `earlier` the conversation that the question goes on with.
    """

    text: str
    asker: Asker
    aloud: bool
    story: str | None = None
    since: date | None = None
    earlier: Key | None = None


@dataclass(eq=False)
class Asked:
    """A question that is being answered, and what its person wished to have forgotten meanwhile."""

    person_id: int
    conversation_forgotten: bool = False
    everything_forgotten: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it is kept, and what was said before it. `is_kept` is false when the database could not."""

    kept: KeptAnswer
    earlier: tuple[Turn, ...]
    is_kept: bool
    asked: Asked


class Reception:
    """Answers people. For the event loop's thread. `now` is the moment, with its offset.

    `has_channel` says whether a server has a channel now; those that were set may have been deleted.
    """

    def __init__(
        self,
        desk: Desk,
        memory: Memory,
        access: Access,
        conversations: Conversations,
        cooldowns: Cooldowns,
        hints: Hints,
        languages: Languages,
        *,
        direct_messages: bool,
        now: Callable[[], datetime],
        has_channel: Callable[[int, int], bool] = lambda server_id, channel_id: True,
    ) -> None:
        self.desk = desk
        self.memory = memory
        self.access = access
        self.conversations = conversations
        self.hints = hints
        self.languages = languages
        self.now = now
        self._cooldowns = cooldowns
        self._direct_messages = direct_messages
        self._has_channel = has_channel
        # As long as they are answered: nobody else holds them.
        self._being_answered: WeakSet[Asked] = WeakSet()

    async def settings(self, asker: Asker) -> ServerSettings:
        """The settings of the server that the bot is in where something is asked, elsewhere the usual ones."""
        if asker.place.kind != "server" or asker.place.server_id is None:
            return servers.DEFAULT
        return await self.memory.run(servers.settings_of, asker.place.server_id)

    async def admit(self, asker: Asker, settings: ServerSettings | None = None) -> None:
        """Count a question that someone is about to ask. Raises NotNowError, NotHereError."""
        place = asker.place
        if place.kind == "direct" and not self._direct_messages:
            raise NotHereError("direct_messages_off")
        settings = settings or await self.settings(asker)
        if place.kind == "server" and not is_answered_in(settings, place.channel_id, place.parent_id):
            raise self._not_here(place.server_id or 0, settings)
        server_id = place.server_id if place.kind == "server" else None
        seconds = self._cooldowns.take(asker.person_id, server_id, seconds=settings.cooldown_seconds)
        if seconds > 0:
            whole = math.ceil(seconds)
            raise NotNowError("cooldown", seconds=whole) if whole > 1 else NotNowError("cooldown_one")

    def _not_here(self, server_id: int, settings: ServerSettings) -> NotHereError:
        """Where to ask instead. When all channels that were set are gone, who manages the server can mend that."""
        there = [each for each in sorted(settings.channels) if self._has_channel(server_id, each)]
        if not there:
            return NotHereError("channels_gone")
        return NotHereError("not_here", channels=" ".join(f"<#{channel_id}>" for channel_id in there[:10]))

    async def admit_in_time(self, asker: Asker, *, private: bool | None) -> bool:
        """`admit` someone who uses a command, and say whether the answer must be hidden from others.

        That takes far less than the three seconds within which Discord wants to hear. `private` is what the person
        wishes, None for nothing. Raises NotNowError, NotHereError, BusyError.
        """
        async with in_time():
            await self.admit(asker)
            return await self._is_hidden(asker, private)

    async def libraries(self, asker: Asker, *, aloud: bool) -> tuple[str, ...]:
        """The libraries that are searched for someone, those to prefer first.

        With `aloud` only those that everybody there may read. Raises NothingToReadError, NotVerifiedError,
        StorageError.
        """
        facts = await self.facts(asker)
        found = shareable(asker.place, facts) if aloud else readable(asker.place, facts)
        if found:
            return searched(found, facts, most=MOST_LIBRARIES)
        if aloud and readable(asker.place, facts):
            raise NothingToReadError("not_for_everybody")
        # One sentence for whatever the reason: who was banned learns no more than who never was there.
        raise NothingToReadError("nothing_to_read")

    async def answer(self, question: Question) -> Reply:
        """Answer a question of someone who was admitted.

        Raises UnansweredError with the sentence for the person, and what the engine raises.
        """
        asker = question.asker
        asked = Asked(asker.person_id)
        self._being_answered.add(asked)
        libraries = await self.libraries(asker, aloud=question.aloud)
        await self.access.note_use(asker)
        said = self.conversations.turns(question.earlier) if question.earlier is not None else ()
        earlier = await self._still_there(said, libraries)
        story = None
        if question.story is not None:
            library, story = await self.meant_story(question.story, libraries)
            libraries = (library,)
        given = await self.desk.ask(
            question.text,
            libraries=libraries,
            story=story,
            since=question.since,
            conversation=tuple(turn.answer for turn in earlier),
        )
        answer = given.answer
        kept = KeptAnswer(
            id=answers.new_id(),
            asked_by=asker.person_id,
            server_id=asker.place.server_id,
            channel_id=asker.place.channel_id,
            library=given.library,
            question=answer.question,
            answer=answer,
            asked_at=self.now(),
        )
        return Reply(kept, earlier, await self._keep(kept, asked), asked)

    def said(self, reply: Reply, *keys: Key) -> None:
        """Remember that `reply` was given, so that the conversations `keys` go on from it."""
        if reply.asked.conversation_forgotten:
            return
        turn = Turn(reply.kept.asked_by, reply.kept.library, reply.kept.answer)
        for key in keys:
            self.conversations.remember(key, reply.earlier, turn)

    async def forget(self, person_id: int, *, everything: bool) -> None:
        """Forget the conversations of a person or everything of them, what is being answered included."""
        for asked in self._being_answered:
            if asked.person_id == person_id:
                asked.conversation_forgotten = True
                asked.everything_forgotten |= everything
        self.conversations.forget(person_id)
        if everything:
            self.access.forget(person_id)
            self.languages.forget(person_id)
            await self.memory.run(people.forget, person_id)

    async def titles(self, asker: Asker) -> list[StoryTitle]:
        """The titles of all stories that someone may read, library by library. Raises what `libraries` raises."""
        found: list[StoryTitle] = []
        for library in await self.libraries(asker, aloud=False):
            found.extend(await self.desk.titles(library))
        return found

    async def _still_there(self, turns: Sequence[Turn], libraries: Sequence[str]) -> tuple[Turn, ...]:
        """What was said from libraries that one may read still, of stories that nobody removed meanwhile."""
        readable_now = [turn for turn in turns if turn.library in libraries]
        there: dict[str, set[str]] = {}
        for library in {turn.library for turn in readable_now}:
            there[library] = {title.story_id for title in await self.desk.titles(library)}
        return tuple(turn for turn in readable_now if turn.stories <= there[turn.library])

    async def meant_story(self, wanted: str, libraries: Sequence[str]) -> tuple[str, str]:
        """Library and id of the story with that id, or of the only one with that title. Raises NoSuchStoryError."""
        library_of: dict[str, str] = {}
        titles: list[StoryTitle] = []
        for library in libraries:
            found = await self.desk.titles(library)
            titles += found
            library_of.update((title.story_id, library) for title in found)
        story = meant(titles, wanted)
        if story is None:
            raise NoSuchStoryError("no_such_story")
        return library_of[story.story_id], story.story_id

    async def _is_hidden(self, asker: Asker, private: bool | None) -> bool:
        place = asker.place
        if place.kind == "direct":
            return bool(private)
        if place.kind != "server":
            # Only what everybody may read can be shown to people of whom nothing is known.
            return private is not False or self.access.public is None
        if private is not None:
            return private
        facts = await self.facts(asker)
        return any(must_be_private(library, place, facts) for library in readable(place, facts))

    async def facts(self, asker: Asker, *, wanted: str | None = None) -> Facts:
        """What the access rules look at; see `Access.facts`. Raises NotVerifiedError, StorageError."""
        try:
            return await self.access.facts(asker, wanted=wanted)
        except CouldNotVerifyError as error:
            raise NotVerifiedError("not_verified") from error

    async def _keep(self, kept: KeptAnswer, asked: Asked) -> bool:
        try:
            await self.memory.run(answers.keep, kept)
            if asked.everything_forgotten:  # looked at last: it may just have been written
                await self.memory.run(answers.drop, kept.id)
                return False
        except StorageError as error:  # an answer that cannot be kept is an answer all the same
            _log.warning("An answer could not be kept: %s", error)
            return False
        return True


def is_answered_in(settings: ServerSettings, channel_id: int, parent_id: int | None) -> bool:
    """Whether the bot answers in a channel, or in a thread of the channel `parent_id`."""
    return not settings.channels or channel_id in settings.channels or parent_id in settings.channels
