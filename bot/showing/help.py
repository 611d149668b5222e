"""Draws `/help`: what the bot does, how to ask, what its answers are worth, how to run it in a server."""

import discord

from bot.showing.look import STORIES_COLOUR

_WHAT = (
    "I answer questions from the news stories that this server keeps, in the stories' own words. Every answer shows "
    "the sentences it rests on, with publisher and date, so that you can see for yourself."
)
_ASKING = (
    "`/ask question:` *How many prisoners are being exchanged?*\n"
    "`story:` looks into one story only, `since:` leaves out older ones (*7 days*), `private:` shows the answer to "
    "you alone. Mention me in a channel, or right-click a message and choose *Apps › Ask the stories about this*."
)
_FOLLOWING = (
    "Reply to an answer, press *Ask a follow-up* below it, or go on in a direct message: *and when did it begin?* "
    "I know what we spoke of. `/forget` begins anew."
)
_DIRECT = (
    "Write to me as you would to a person. I read the stories of the servers in which you have used me; `/library` "
    "chooses one of them."
)
_WORTH = (
    "I make nothing up: no number, name or date that does not stand in a quoted sentence. When stories disagree, I "
    "show the figures side by side with their dates. When they do not say, I say so and name the nearest stories. "
    "*Passages* shows you where a quote stands, *Helpful* and *Not helpful* tell whoever runs me what to mend. "
    "I read, I do not reason: ask for what a sentence can answer, one thing at a time."
)
_SUMMARY = "`/summary story:` gives a few of a story's own sentences."
_PRIVATE = (
    "`/privacy` says what I store of you; `/forget everything:` removes it. Only you see an answer that others there "
    "may not read."
)
_MANAGING = (
    "1. `/stories add` takes a file (.txt, .md, .html, .pdf, .json, .jsonl) or a text; or right-click a message: "
    "*Apps › Add as story*.\n"
    "2. Try `/ask`. `/stories list`, `show`, `recent` and `remove` look after what is there.\n"
    "3. `/settings` says in which channels I answer, whether in direct messages and to mentions, and how often.\n"
    "4. `/libraries` keeps stories apart that only some roles may read.\n\n"
    "Who may use these commands is set under *Server Settings › Integrations*; I ask for Manage Server besides."
)


def draw_help(*, in_server: bool, manages: bool) -> discord.Embed:
    """The help for someone who may manage the server where they ask for it, or not."""
    embed = discord.Embed(title="Ask the stories", description=_WHAT, colour=STORIES_COLOUR)
    embed.add_field(name="Ask", value=_ASKING, inline=False)
    embed.add_field(name="Go on asking", value=_FOLLOWING, inline=False)
    embed.add_field(name="In direct messages", value=_DIRECT, inline=False)
    embed.add_field(name="What an answer is worth", value=_WORTH, inline=False)
    embed.add_field(name="Shorter than the story", value=_SUMMARY, inline=False)
    embed.add_field(name="Your privacy", value=_PRIVATE, inline=False)
    if in_server and manages:
        embed.add_field(name="For you, who manage this server", value=_MANAGING, inline=False)
    return embed
