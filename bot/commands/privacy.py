"""`/privacy` says what is stored, `/forget` forgets a conversation or all that is stored of a person."""

from typing import TypeVar

import discord
from discord import app_commands

from bot.acknowledging import defer
from bot.reception import Reception
from bot.remembering import people
from bot.remembering.people import Kept
from bot.showing.look import draw_hint
from bot.speaking import spoken
from bot.translating import Voice

ClientT = TypeVar("ClientT", bound=discord.Client)

_NOBODY = discord.AllowedMentions.none()


def add_privacy(
    tree: app_commands.CommandTree[ClientT], reception: Reception, *, answer_days: int, vector_server: bool
) -> None:
    """Add `/privacy` and `/forget`.

    `answer_days` is for how many days answers and votes are kept, `vector_server` whether vectors are on a server.
    """

    @tree.command(name="privacy", description="What I store of you, and how to have it removed.")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def privacy(interaction: discord.Interaction[ClientT]) -> None:
        await defer(interaction)
        kept = await reception.memory.run(people.kept_of, interaction.user.id)
        await interaction.edit_original_response(
            embed=draw_hint(
                what_is_stored(kept, answer_days=answer_days, vector_server=vector_server, say=spoken(interaction))
            ),
            allowed_mentions=_NOBODY,
        )

    @tree.command(name="forget", description="Forget our conversation, or everything that I store of you.")
    @app_commands.describe(everything="Remove all that is stored of you, not just our conversation")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def forget(interaction: discord.Interaction[ClientT], everything: bool = False) -> None:
        await defer(interaction)
        await reception.forget(interaction.user.id, everything=everything)
        sentence = spoken(interaction)("all_forgotten" if everything else "forgotten")
        await interaction.edit_original_response(embed=draw_hint(sentence), allowed_mentions=_NOBODY)


def what_is_stored(kept: Kept, *, answer_days: int, vector_server: bool, say: Voice) -> str:
    """The whole of `/privacy`, with how much there is of the person who asks."""
    return "\n".join(
        [
            f"**{say('privacy_heading')}**",
            f"- {say('privacy_servers', count=kept.servers)}",
            f"- {say('privacy_answers', days=answer_days, count=kept.answers)}",
            f"- {say('privacy_votes', days=answer_days, count=kept.votes)}",
            f"- {say('privacy_library', count=1 if kept.chosen_library is not None else say('none'))}",
            "",
            f"{say('privacy_memory')} {say('privacy_vectors' if vector_server else 'privacy_stays')}",
            "",
            say("privacy_forget"),
        ]
    )
