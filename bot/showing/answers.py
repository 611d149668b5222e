"""Draws answers and refusals, within Discord's limits whatever the stories and the question contain.

They are drawn with Components V2, after looking at both side by side (`docs/pictures`): where a quote comes from is set
small below it and does not compete with the answer, the buttons stand inside of the frame, lines are wider, and it
takes no permission to embed links. All else is drawn as embeds: a message of components stays one, while questions,
progress, pages and failures, which only one person sees, take each other's place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import discord
from discord import ui

from bot.showing.dates import date_and_age, written_date
from bot.showing.escaping import clean, escape, link, show, units
from bot.showing.look import ANSWER_COLOUR, LONGEST_TITLE, REFUSAL_COLOUR
from bot.showing.sources import Source, number_sources
from bot.translating import Voice
from index.shaping import on_one_line
from index.stories import Answer, Citation, Figure

LONGEST_TEXT = 3_800
"""UTF-16 code units of all blocks; Discord takes 4,000 of a message, and may count the buttons' labels."""

_LONGEST_FIGURE = 160
_LONGEST_LARGE = 60
_LONGEST_LABEL = 80
_LONGEST_QUOTE = 900
_LONGEST_SOURCE = 1_000
_LONGEST_PUBLISHER = 80
_LONGEST_SENTENCE = 600
_LONGEST_BOLD = 120
_LONGEST_NOTE = 300
_MOST_FIGURES = 6
_MOST_NUMBERS = 5
_MOST_NEAREST = 5
_MOST_SOURCES = 10
# What is left of a quote must be worth reading.
_SHORTEST_QUOTE = 120
_ROOM_FOR_REMAINDER = 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn of an answer: a frame's colour, and blocks of Discord's markdown from top to bottom."""

    colour: discord.Colour
    head: str
    blocks: tuple[str, ...] = ()
    foot: str | None = None

    @property
    def text(self) -> str:
        """All of it, with an empty line between blocks."""
        return "\n\n".join(filter(None, [self.head, *self.blocks, self.foot]))


def draw_answer(
    answer: Answer,
    *,
    now: datetime,
    buttons: Sequence[Sequence[ui.Item[ui.LayoutView]]] = (),
    say: Voice,
) -> ui.LayoutView:
    """Any answer or refusal as a message, with rows of buttons below it; `now` has its offset.

    What is ours in it is said by `say`; stories are quoted in their own language.

    The buttons are not listened to by this view: what is pressed is found by its custom id, after a restart as well.
    """
    sheet = lay_out(answer, now=now, say=say)
    frame: ui.Container[ui.LayoutView] = ui.Container(accent_colour=sheet.colour)
    frame.add_item(ui.TextDisplay(sheet.head))
    if sheet.blocks:
        frame.add_item(ui.Separator())
    for block in sheet.blocks:
        frame.add_item(ui.TextDisplay(block))
    if sheet.foot is not None:
        frame.add_item(ui.TextDisplay(sheet.foot))
    if buttons:
        frame.add_item(ui.Separator())
    for row in buttons:
        frame.add_item(ui.ActionRow(*row))
    view = ui.LayoutView(timeout=None).add_item(frame)
    view.stop()  # else every answer would be held in memory for as long as the bot runs
    return view


def lay_out(answer: Answer, *, now: datetime, say: Voice) -> Sheet:
    """What is drawn of any answer or refusal, with all text of stories and of the question escaped."""
    question = show(answer.question, limit=LONGEST_TITLE)
    top = f"-# {question}" if question else ""
    if answer.understood_as is not None and (understood := show(answer.understood_as, limit=LONGEST_TITLE)):
        top += f"\n-# {say('understood_as', question=understood)}"
    foot = f"-# {note}" if (note := _note(answer, say)) else None
    room = LONGEST_TEXT - units(top) - units(foot or "")
    colour = ANSWER_COLOUR if answer.answered else REFUSAL_COLOUR
    lay = _answer_parts if answer.answered else _refusal_parts
    lead, blocks = lay(answer, room, now, say)
    head = "\n".join(filter(None, [top.strip(), lead])) or say("nothing_to_show")
    return Sheet(colour, head, tuple(blocks), foot)


def _note(answer: Answer, say: Voice) -> str:
    """How the answer was found when that was not as usual; the engine's own sentence, in English, when it is new."""
    if answer.note_reason is not None:
        return say(f"note_{answer.note_reason}")
    return show(answer.note or "", limit=_LONGEST_NOTE)


def _refused(answer: Answer, say: Voice) -> str:
    """Why there is no answer. The engine's own sentence is in English, and for who uses the command line."""
    if answer.stories_language is not None and (called := say.language_called(answer.stories_language)):
        return say("refused_other_language", stories=called)
    return say(f"refused_{answer.reason}") if answer.reason else show(answer.text, limit=_LONGEST_SENTENCE)


def _answer_parts(answer: Answer, room: int, now: datetime, say: Voice) -> tuple[str, list[str]]:
    sources = number_sources(answer.citations)[:_MOST_SOURCES]
    number_of = {source.story_id: source.number for source in sources}
    numbers = [number_of.get(citation.story_id, 0) for citation in answer.citations]
    figures = [figure for figure in answer.figures if clean(figure.text)]
    short = show(answer.short, limit=_LONGEST_FIGURE) if answer.short is not None and sources and not figures else ""
    lead = ""
    if figures:
        lead = _figure_lines(figures, numbers, shown=frozenset(numbers) - {0}, say=say)
    elif short:
        day = written_date(answer.short_day, say=say)
        lead = _large(f"{short} ({day})" if day else short, [1])
    elif not sources:
        lead = show(answer.text, limit=_LONGEST_SENTENCE)
    words = [figure.text for figure in figures] or [answer.short or ""]
    emphasis = _pattern_of(words) if lead else None
    room -= units(lead) + _ROOM_FOR_REMAINDER
    blocks, shown, written = _source_blocks(
        sources, room=room, emphasis=emphasis, bold_first=not lead, now=now, say=say
    )
    if figures:
        # Numbers of sources for which there was no room must not stay behind.
        lead = _figure_lines(figures, numbers, shown=shown, say=say)
    left_out = sum(len(source.quotes) for source in number_sources(answer.citations)) - written
    if left_out:
        more = say("more_passages", count=left_out) if left_out > 1 else say("one_more_passage")
        blocks.append(f"-# {more}")
    return lead, blocks


def _refusal_parts(answer: Answer, room: int, now: datetime, say: Voice) -> tuple[str, list[str]]:
    lead = _refused(answer, say)
    if lead and len(lead) <= _LONGEST_BOLD:
        lead = f"**{lead}**"
    nearest = number_sources(answer.citations)[:_MOST_NEAREST]
    if not nearest:
        return lead, []
    limit = min((room - units(lead) - _ROOM_FOR_REMAINDER) // len(nearest) - 3, _LONGEST_SOURCE)
    lines = [f"- {source_line(source.citation, limit=limit, now=now, say=say)}" for source in nearest]
    heading = say("nearest_stories" if len(lines) > 1 else "nearest_story")
    return lead, ["\n".join([heading, *lines])]


def _figure_lines(figures: Sequence[Figure], numbers: Sequence[int], *, shown: frozenset[int], say: Voice) -> str:
    """One line a figure, in the answer's order; when there are several, a line in front says that they differ.

    `numbers` has the number of the source of each citation; those that are not `shown` are left out.
    """
    lines = []
    for figure in figures[:_MOST_FIGURES]:
        cited = sorted({numbers[index] for index in figure.citations if numbers[index] in shown})[:_MOST_NUMBERS]
        words = show(figure.text, limit=_LONGEST_FIGURE)
        label = show(figure.label, limit=_LONGEST_LABEL) if figure.label is not None else ""
        if len(figures) == 1:
            return "\n".join(filter(None, [_large(words, cited), label]))
        line = (
            f"**{words}**"
            + (f", {label}" if label else "")
            + f" · {written_date(figure.published_at, say=say) or say('undated')}"
        )
        lines.append(" ".join([line, *map(_mark, cited)]))
    if len(figures) > _MOST_FIGURES:
        lines.append(say("more_figures", count=len(figures) - _MOST_FIGURES))
    return "\n".join([say("stories_differ"), *lines])


def _large(words: str, numbers: Sequence[int]) -> str:
    """What was asked for, larger than all else unless it is long."""
    line = " ".join([f"**{words}**", *map(_mark, numbers)])
    return line if len(words) > _LONGEST_LARGE else f"## {line}"


def _source_blocks(
    sources: Sequence[Source],
    *,
    room: int,
    emphasis: re.Pattern[str] | None,
    bold_first: bool,
    now: datetime,
    say: Voice,
) -> tuple[list[str], frozenset[int], int]:
    """The quotes with their sources in `room` code units, the numbers of the sources shown, how many quotes were.

    A quote that does not fit is shortened; one for which there is hardly any room is left out with all after it.
    """
    blocks: list[str] = []
    shown: set[int] = set()
    written = 0
    for source in filter(lambda source: source.quotes, sources):
        attribution = (
            f"-# {_mark(source.number)} {source_line(source.citation, limit=_LONGEST_SOURCE, now=now, say=say)}"
        )
        left = room - units(attribution)
        lines: list[str] = []
        for quoted in source.quotes:
            limit = min(_LONGEST_QUOTE, left - len("> ****\n"))
            line = show(quoted, limit=limit) if limit >= _SHORTEST_QUOTE else ""
            if not line:
                break
            if bold_first and not blocks and not lines:
                line = f"**{line}**"
            elif emphasis is not None and left >= units(line) + len("> ****\n"):
                line = emphasis.sub(r"**\g<0>**", line, count=1)
            lines.append(f"> {line}")
            left -= units(lines[-1]) + len("\n")
            written += 1
        if not lines:
            break
        blocks.append("\n".join([*lines, attribution]))
        shown.add(source.number)
        room = left
        if len(lines) < len(source.quotes):
            break
    return blocks, frozenset(shown), written


def _pattern_of(words: Sequence[str]) -> re.Pattern[str] | None:
    """Finds any of the texts, as they are written in an escaped line, where no longer word goes on."""
    lines = sorted((clean(on_one_line(text)) for text in words), key=len, reverse=True)
    escaped = [re.escape(escape(line)) for line in lines if line]
    return re.compile(rf"(?<![\w\\*])(?<!\d[.,])(?:{'|'.join(escaped)})(?![\w*])(?![.,]\d)") if escaped else None


def source_line(citation: Citation, *, limit: int, now: datetime, say: Voice) -> str:
    """Title, linked if the story has a web address, publisher, day and age, in `limit` code units."""
    facts = source_facts(citation, now=now, say=say)
    title = citation.title if clean(citation.title) else say("untitled")
    room = limit - sum(units(fact) + len(" · ") for fact in facts)
    return " · ".join([link(title, citation.url, limit=room, opens=say("open")), *facts])


def source_facts(citation: Citation, *, now: datetime, say: Voice) -> list[str]:
    """Publisher, day and age, as far as they are known."""
    publisher = show(citation.publisher or "", limit=_LONGEST_PUBLISHER)
    return list(filter(None, [publisher, date_and_age(citation.published_at, now=now, say=say)]))


def _mark(number: int) -> str:
    return f"\\[{number}\\]"
