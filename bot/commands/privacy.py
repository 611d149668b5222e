"""`/privacy` says what is stored, `/forget` forgets a conversation or all that is stored of a person."""

from typing import TypeVar

import discord
from discord import app_commands

from bot.access import asker_of
from bot.acknowledging import defer
from bot.reception import Reception
from bot.remembering import people
from bot.remembering.people import Kept
from bot.showing.look import draw_hint
from bot.speaking import spoken
from bot.translating import Voice

ClientT = TypeVar("ClientT", bound=discord.Client)

_NOBODY = discord.AllowedMentions.none()


def add_privacy(tree: app_commands.CommandTree[ClientT], reception: Reception, *, answer_days: int) -> None:
    """Add `/privacy` and `/forget`. `answer_days` is for how many days answers are kept."""

    @tree.command(name="privacy", description="What I store of you, and how to have it removed.")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def privacy(interaction: discord.Interaction[ClientT]) -> None:
        await defer(interaction)
        kept = await reception.memory.run(people.kept_of, interaction.user.id)
        await interaction.edit_original_response(
            embed=draw_hint(what_is_stored(kept, answer_days=answer_days, say=spoken(interaction))),
            allowed_mentions=_NOBODY,
        )

    @tree.command(name="forget", description="Forget our conversation, or everything that I store of you.")
    @app_commands.describe(everything="Remove all that is stored of you, not just our conversation")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def forget(interaction: discord.Interaction[ClientT], everything: bool = False) -> None:
        await defer(interaction)
        person_id = asker_of(interaction).person_id
        reception.conversations.forget(person_id)
        if everything:
            reception.access.forget(person_id)
            reception.languages.forget(person_id)
            await reception.memory.run(people.forget, person_id)
        sentence = spoken(interaction)("all_forgotten" if everything else "forgotten")
        await interaction.edit_original_response(embed=draw_hint(sentence), allowed_mentions=_NOBODY)


def what_is_stored(kept: Kept, *, answer_days: int, say: Voice) -> str:
    """The whole of `/privacy`, with how much there is of the person who asks."""
    return "\n".join(
        [
            f"**{say('privacy_heading')}**",
            f"- {say('privacy_servers', count=kept.servers)}",
            f"- {say('privacy_answers', days=answer_days, count=kept.answers)}",
            f"- {say('privacy_votes', count=kept.votes)}",
            f"- {say('privacy_library', count=1 if kept.chosen_library is not None else say('none'))}",
            "",
            say("privacy_memory"),
            "",
            say("privacy_forget"),
        ]
    )
