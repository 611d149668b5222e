"""What all that is drawn has in common: colours, Discord's limits, and sentences of ours that stand alone."""

import discord

LONGEST_TITLE = 256
LONGEST_DESCRIPTION = 4_096
LONGEST_FIELD = 1_024
LONGEST_FOOTER = 2_048
LONGEST_EMBED = 6_000
"""UTF-16 code units; of a whole message's embeds together for the last."""

ANSWER_COLOUR = discord.Colour(0x2A9D8F)
REFUSAL_COLOUR = discord.Colour(0xE9A23B)
FAILURE_COLOUR = discord.Colour(0xD64545)
STORIES_COLOUR = discord.Colour(0x3A6EA5)


def draw_hint(sentence: str) -> discord.Embed:
    """A sentence of ours that says what was done, or what to do."""
    return discord.Embed(description=sentence, colour=STORIES_COLOUR)


def draw_failure(sentence: str) -> discord.Embed:
    """A sentence of ours that says why there is no answer."""
    return discord.Embed(description=sentence, colour=FAILURE_COLOUR)
