"""Conversations in memory: bounded, forgotten after a while, and by whoever took part in them."""

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from index.conversations import TURNS, remembered
from index.stories import Answer

SECONDS = 30 * 60.0
"""How long a conversation is remembered after its last question."""
MOST = 1_000
"""Conversations; each may take some 56,000 characters."""

Key = tuple[Literal["direct", "reply", "answer"], int | str]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a person and the answer to it, from `library`; `stories` are the ids of those it rests on.

    These are the ones it cites, and those that completed the question.
    """

    person_id: int
    library: str
    answer: Answer
    stories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Conversation:
    turns: tuple[Turn, ...]
    until: float


def direct(channel_id: int) -> Key:
    """The conversation in a direct message."""
    return ("direct", channel_id)


def replying_to(message_id: int) -> Key:
    """The conversation that a reply to one of the bot's messages goes on with."""
    return ("reply", message_id)


def following(answer_id: str) -> Key:
    """The conversation that a question asked with the button under a kept answer goes on with."""
    return ("answer", answer_id)


class Conversations:
    """What was said before. For the event loop's thread. `clock` gives seconds that never go back."""

    def __init__(self, *, clock: Callable[[], float], seconds: float = SECONDS, most: int = MOST) -> None:
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._conversations: OrderedDict[Key, _Conversation] = OrderedDict()

    def turns(self, key: Key) -> tuple[Turn, ...]:
        """What was said in a conversation, the newest last; nothing when it is over or never was."""
        found = self._conversations.get(key)
        if found is None:
            return ()
        if self._clock() >= found.until:
            del self._conversations[key]
            return ()
        return found.turns

    def remember(self, key: Key, earlier: Collection[Turn], turn: Turn) -> None:
        """Let a conversation have been `earlier` and then `turn`."""
        (answer,) = remembered((turn.answer,))
        stories = frozenset(citation.story_id for citation in turn.answer.citations)
        if answer.understood_as is not None:  # in words of what was said before
            stories = stories.union(*(each.stories for each in earlier if each.library == turn.library))
        turns = (*earlier, Turn(turn.person_id, turn.library, answer, stories))[-TURNS:]
        self._conversations[key] = _Conversation(turns, self._clock() + self._seconds)
        self._conversations.move_to_end(key)
        while len(self._conversations) > self._most:
            self._conversations.popitem(last=False)

    def forget(self, person_id: int) -> bool:
        """Forget what a person asked, wherever; returns whether there was anything."""
        return self._keep(lambda turn: turn.person_id != person_id)

    def forget_library(self, library: str) -> None:
        """Forget what came from a library that is removed."""
        self._keep(lambda turn: turn.library != library)

    def forget_story(self, library: str, story_id: str) -> None:
        """Forget what was said of a story that is removed."""
        self._keep(lambda turn: turn.library != library or story_id not in turn.stories)

    def _keep(self, is_kept: Callable[[Turn], bool]) -> bool:
        changed = False
        for key, conversation in list(self._conversations.items()):
            turns = tuple(filter(is_kept, conversation.turns))
            if turns == conversation.turns:
                continue
            changed = True
            if turns:
                self._conversations[key] = _Conversation(turns, conversation.until)
            else:
                del self._conversations[key]
        return changed
