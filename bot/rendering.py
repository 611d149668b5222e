"""Draws answers, refusals and failures as Discord embeds that Discord accepts whatever the stories contain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import discord

from bot.showing.escaping import clean, link, show, units
from index.stories import Answer, Citation, Figure

LONGEST_TITLE = 256
LONGEST_DESCRIPTION = 4_096

_ANSWER_COLOUR = discord.Colour(0x2A9D8F)
_REFUSAL_COLOUR = discord.Colour(0xE9A23B)
_FAILURE_COLOUR = discord.Colour(0xD64545)

_LONGEST_FIGURE = 160
_LONGEST_LABEL = 80
_LONGEST_QUOTE = 900
_LONGEST_SOURCE = 1_000
_LONGEST_PUBLISHER = 80
_LONGEST_TEXT = 600
_LONGEST_NOTE = 300
_MOST_FIGURES = 6
_MOST_NUMBERS = 5
_MOST_NEAREST = 5
# What is left of a quote must be worth reading.
_SHORTEST_QUOTE = 120
_ROOM_FOR_REMAINDER = 60

_NOTHING = "There is nothing to show."
# fmt: off
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on


@dataclass(frozen=True, slots=True)
class _Source:
    """A story that is cited, with the number it has in this answer and its quotes in the answer's order."""

    number: int
    citation: Citation
    quotes: tuple[str, ...]


def render(answer: Answer) -> discord.Embed:
    """The embed for any answer: within Discord's limits, with all text of stories and of the question escaped."""
    embed = _render_answer(answer) if answer.answered else _render_refusal(answer)
    embed.title = show(answer.question, limit=LONGEST_TITLE) or None
    # Discord refuses an embed with nothing in it.
    embed.description = embed.description or _NOTHING
    if answer.note is not None and (note := clean(answer.note)):
        embed.set_footer(text=note[:_LONGEST_NOTE])  # where no markup takes effect
    return embed


def render_failure(sentence: str) -> discord.Embed:
    """The embed for a sentence of ours that says why there is no answer."""
    return discord.Embed(description=sentence, colour=_FAILURE_COLOUR)


def render_hint(sentence: str) -> discord.Embed:
    """The embed for a sentence of ours that says what to do."""
    return discord.Embed(description=sentence, colour=_REFUSAL_COLOUR)


def written_date(published_at: str | None) -> str | None:
    """The day as the publisher gave it, like "23 May 2025" with no-break spaces; None when there is none.

    No time zone moves it: a story of the 23rd is of the 23rd wherever it is read.
    """
    moment = _moment(published_at)
    return f"{moment.day}\xa0{_MONTHS[moment.month - 1]}\xa0{moment.year}" if moment else None


def _render_answer(answer: Answer) -> discord.Embed:
    sources = _number_sources(answer.citations)
    number_of = {source.citation.story_id: source.number for source in sources}
    numbers = [number_of[citation.story_id] for citation in answer.citations]
    figures = [figure for figure in answer.figures if clean(figure.text)]
    short = show(answer.short, limit=_LONGEST_FIGURE) if answer.short is not None and sources and not figures else ""
    if figures:
        lead = _figure_lines(figures, numbers, shown=frozenset(numbers))
    elif short:
        lead = f"**{short}** {_mark(numbers[0])}"
    elif not sources:
        lead = show(answer.text, limit=_LONGEST_TEXT)
    else:
        lead = ""
    room = LONGEST_DESCRIPTION - units(lead) - _ROOM_FOR_REMAINDER
    blocks, shown, left_out = _source_blocks(sources, room=room, emphasise_first=not figures and not short)
    if figures:
        # Numbers of sources for which there was no room must not stay behind.
        lead = _figure_lines(figures, numbers, shown=frozenset(shown))
    if left_out:
        blocks.append(f"… and {left_out} more passage{'s' if left_out > 1 else ''}.")
    return discord.Embed(description="\n\n".join(filter(None, [lead, *blocks])), colour=_ANSWER_COLOUR)


def _render_refusal(answer: Answer) -> discord.Embed:
    parts = [show(answer.text, limit=_LONGEST_TEXT)]
    nearest = _number_sources(answer.citations)[:_MOST_NEAREST]
    if nearest:
        room = (LONGEST_DESCRIPTION - _LONGEST_TEXT - _ROOM_FOR_REMAINDER) // _MOST_NEAREST
        lines = [f"- {_source_line(source.citation, limit=min(room - 3, _LONGEST_SOURCE))}" for source in nearest]
        parts.append("\n".join([f"Nearest {'stories' if len(lines) > 1 else 'story'}:", *lines]))
    return discord.Embed(description="\n\n".join(filter(None, parts)), colour=_REFUSAL_COLOUR)


def _figure_lines(figures: Sequence[Figure], numbers: Sequence[int], *, shown: frozenset[int]) -> str:
    """One line a figure, in the answer's order; when there are several, a line in front says that they differ.

    `numbers` has the number of the source of each citation; those that are not `shown` are left out.
    """
    lines = []
    for figure in figures[:_MOST_FIGURES]:
        cited = sorted({numbers[index] for index in figure.citations if numbers[index] in shown})
        line = f"**{show(figure.text, limit=_LONGEST_FIGURE)}**"
        if figure.label is not None and (label := show(figure.label, limit=_LONGEST_LABEL)):
            line += f", {label}"
        if len(figures) > 1:
            line += f" · {written_date(figure.published_at) or 'undated'}"
        lines.append(" ".join([line, *(_mark(number) for number in cited[:_MOST_NUMBERS])]))
    if len(figures) > _MOST_FIGURES:
        lines.append(f"… and {len(figures) - _MOST_FIGURES} more")
    return "\n".join(["The stories differ, newest first:", *lines] if len(figures) > 1 else lines)


def _source_blocks(sources: Sequence[_Source], *, room: int, emphasise_first: bool) -> tuple[list[str], set[int], int]:
    """The quotes with their sources in `room` code units, the numbers of the sources shown, how many quotes were not.

    A quote that does not fit is shortened; one for which there is hardly any room is left out with all after it.
    """
    blocks: list[str] = []
    shown: set[int] = set()
    total = sum(len(source.quotes) for source in sources)
    written = 0
    for source in filter(lambda source: source.quotes, sources):
        attribution = f"> {_mark(source.number)} {_source_line(source.citation, limit=_LONGEST_SOURCE)}"
        left = room - units(attribution) - len("\n\n")
        lines: list[str] = []
        for quoted in source.quotes:
            limit = min(_LONGEST_QUOTE, left - len("> ****\n"))
            line = show(quoted, limit=limit) if limit >= _SHORTEST_QUOTE else ""
            if not line:
                break
            bold = emphasise_first and not blocks and not lines
            lines.append(f"> **{line}**" if bold else f"> {line}")
            left -= units(lines[-1]) + len("\n")
            written += 1
        if not lines:
            break
        blocks.append("\n".join([*lines, attribution]))
        shown.add(source.number)
        room = left
        if len(lines) < len(source.quotes):
            break
    return blocks, shown, total - written


def _source_line(citation: Citation, *, limit: int) -> str:
    """Title, linked if the story has a web address, publisher and date, in `limit` code units."""
    details = [show(citation.publisher or "", limit=_LONGEST_PUBLISHER), written_date(citation.published_at) or ""]
    tail = "".join(f" · {detail}" for detail in details if detail)
    title = citation.title if clean(citation.title) else "Untitled story"
    return link(title, citation.url, limit=limit - units(tail)) + tail


def _number_sources(citations: Sequence[Citation]) -> list[_Source]:
    """The cited stories in the order in which they are first cited, numbered from 1; no quote twice."""
    quotes: dict[str, list[str]] = {}
    first: dict[str, Citation] = {}
    for citation in citations:
        first.setdefault(citation.story_id, citation)
        of_story = quotes.setdefault(citation.story_id, [])
        if clean(citation.quote) and citation.quote not in of_story:
            of_story.append(citation.quote)
    return [
        _Source(number, citation, tuple(quotes[story_id]))
        for number, (story_id, citation) in enumerate(first.items(), start=1)
    ]


def _mark(number: int) -> str:
    return f"\\[{number}\\]"


def _moment(published_at: str | None) -> datetime | None:
    """The moment that an ISO 8601 date or date and time names, in the offset it gives."""
    try:
        return datetime.fromisoformat(published_at) if published_at else None
    except ValueError:
        return None
