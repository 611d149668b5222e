"""What all views and modals share: they count as work that a stop waits for, and no failure is silent."""

from typing import Any, Protocol, runtime_checkable

import discord

from bot.failing.telling import tell_failure
from bot.operating.metrics import Metrics
from bot.speaking import LearnsLanguage


@runtime_checkable
class NotesWork(Protocol):
    """A client that waits, when it is stopped, for the work it was told of."""

    def note_work(self) -> None: ...


SECONDS_TO_FILL_IN = 30 * 60.0
"""For a modal; one that is closed is never heard of again."""
OF_ANSWERS = "storydesk:"
"""What the custom ids of buttons under answers begin with; those of other buttons and forms are random."""
_TAKEN = "taken"


async def begin(interaction: discord.Interaction[Any]) -> None:
    """Let a stop wait for what is done for this interaction, which is somebody's to answer from now on.

    What is said is in the language that is found out here.
    """
    interaction.extras[_TAKEN] = True
    if isinstance(interaction.client, NotesWork):
        interaction.client.note_work()
    if isinstance(interaction.client, LearnsLanguage):
        await interaction.client.learn_language(interaction)


def is_taken(interaction: discord.Interaction[Any]) -> bool:
    """Whether a view, a modal or a button that is known answers this interaction."""
    return _TAKEN in interaction.extras


class PersonsView(discord.ui.View):
    """A view below a message that one person alone sees, or may press; its buttons live for a few minutes."""

    def __init__(self, person_id: int, *, metrics: Metrics, seconds: float) -> None:
        super().__init__(timeout=seconds)
        self._person_id = person_id
        self._metrics = metrics

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        if interaction.user.id != self._person_id:
            return False  # and nobody takes it
        await begin(interaction)
        return True

    async def on_error(
        self, interaction: discord.Interaction[Any], error: Exception, item: discord.ui.Item[Any], /
    ) -> None:
        await tell_failure(interaction, error, metrics=self._metrics)


class TellingModal(discord.ui.Modal):
    """A modal whose failures reach the person. `asks` says whether what is typed into it is a question."""

    asks = False

    def __init__(self, *, title: str, metrics: Metrics) -> None:
        super().__init__(title=title, timeout=SECONDS_TO_FILL_IN)
        self._metrics = metrics

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        await begin(interaction)
        return True

    async def on_error(  # type: ignore[override]
        self, interaction: discord.Interaction[Any], error: Exception, /
    ) -> None:
        await tell_failure(interaction, error, metrics=self._metrics, asked=self.asks)
