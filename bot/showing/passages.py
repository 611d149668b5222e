"""Draws where an answer stands in its stories: the quotes in bold, with the paragraphs around them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

import discord

from bot.showing.answers import source_facts
from bot.showing.escaping import clean, escape, looks_like_address, show, units, web_address
from bot.showing.look import STORIES_COLOUR
from bot.showing.sources import Source, number_sources
from bot.translating import Voice
from index.shaping import paragraphs
from index.stories import Answer, Citation, StoredStory

_LONGEST_PAGE = 2_600
_LONGEST_PIECE = 1_200
"""Characters that are never parted from each other by a page, each of which may be escaped."""
_LONGEST_TITLE = 240
_MOST_PAGES = 40

Span = tuple[int, int]


class QuoteGoneError(Exception):
    """A story is not among those given, or no longer has the words that are quoted of it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a story's text, safe to show, with the number that the story has under the answer."""

    number: int
    citation: Citation
    text: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text that is shown as one, escaped, and what stands between it and the piece in front."""

    between: Literal["", " ", "\n\n"]
    text: str


def passage_pages(answer: Answer, stories: Mapping[str, StoredStory]) -> list[Page]:
    """The passages of all that the answer quotes, in its order, in pages; `stories` are by their ids.

    A passage is the paragraphs that have the quotes, and one in front and behind. Raises QuoteGoneError.
    """
    pages: list[Page] = []
    for source in number_sources(answer.citations):
        story = stories.get(source.story_id)
        if story is None:
            raise QuoteGoneError(source.story_id)
        quotes = _joined(sorted(_located(story.text, citation) for citation in source.cited))
        blocks = paragraphs(story.text)
        for first, last in _around(blocks, quotes):
            pages += _pages(source, story.text, blocks, first, last, quotes)
    return pages[:_MOST_PAGES]


def draw_passages(pages: Sequence[Page], *, page: int, now: datetime, say: Voice) -> discord.Embed:
    """A page, counted from 0; `now` has its offset."""
    if not pages:
        return discord.Embed(description=say("no_passage"), colour=STORIES_COLOUR)
    shown = pages[page]
    citation = shown.citation
    title = show(citation.title, limit=_LONGEST_TITLE) or say("untitled")
    facts = " · ".join(source_facts(citation, now=now, say=say))
    embed = discord.Embed(title=f"\\[{shown.number}\\] {title}", colour=STORIES_COLOUR)
    embed.description = "\n\n".join(filter(None, [facts, shown.text]))
    if not looks_like_address(citation.title):
        embed.url = web_address(citation.url)
    return embed.set_footer(text=say("page", page=page + 1, pages=len(pages)) if len(pages) > 1 else None)


def _located(text: str, citation: Citation) -> Span:
    """Where the quote stands in the story's text as it is now."""
    start, end = citation.start, citation.end
    if text[start:end] != citation.quote:
        start = text.find(citation.quote)
        end = start + len(citation.quote)
    if start < 0:
        raise QuoteGoneError(citation.story_id)
    return start, end


def _joined(spans: Sequence[Span]) -> list[Span]:
    """The spans in order, those that touch or overlap as one."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _around(blocks: Sequence[Span], quotes: Sequence[Span]) -> list[Span]:
    """The first and the last block of each passage, those that would share a block as one."""
    ranges = []
    for start, end in quotes:
        inside = [index for index, block in enumerate(blocks) if block[0] < end and start < block[1]]
        if inside:
            ranges.append((max(0, inside[0] - 1), min(len(blocks) - 1, inside[-1] + 1)))
    return _joined(sorted(ranges))


def _pages(
    source: Source, text: str, blocks: Sequence[Span], first: int, last: int, quotes: Sequence[Span]
) -> Iterator[Page]:
    page = "…\n\n" if first > 0 else ""
    begun = False
    for start, end in blocks[first : last + 1]:
        for piece in _pieces(text, start, end, quotes):
            if begun and units(page) + len(piece.between) + units(piece.text) > _LONGEST_PAGE:
                yield Page(source.number, source.citation, page.rstrip())
                page, begun = "", False
            page += f"{piece.between}{piece.text}" if begun else piece.text
            begun = True
    if begun:
        yield Page(source.number, source.citation, f"{page}\n\n…" if last < len(blocks) - 1 else page)


def _pieces(text: str, start: int, end: int, quotes: Sequence[Span]) -> Iterator[_Piece]:
    """A block, parted where quotes begin and end, and where it is too long."""
    inside = [(max(start, quote[0]), min(end, quote[1])) for quote in quotes if quote[0] < end and start < quote[1]]
    cuts = sorted({start, end, *(position for quote in inside for position in quote)})
    between: Literal["", " ", "\n\n"] = "\n\n"
    after_bold = False
    for part_start, part_end in pairwise(cuts):
        part = text[part_start:part_end]
        bold = (part_start, part_end) in inside and len(part) <= _LONGEST_PIECE
        if not between and (part[:1].isspace() or (bold and after_bold)):
            between = " "
        for piece in _cut(clean(part)):
            shown = escape(piece)
            yield _Piece(between, f"**{shown}**" if bold else shown)
            between, after_bold = "", bold
        if not between and part[-1:].isspace():
            between = " "


def _cut(line: str) -> Iterator[str]:
    """A line in pieces that end at the end of a word where there is one."""
    while len(line) > _LONGEST_PIECE:
        space = line.rfind(" ", _LONGEST_PIECE // 2, _LONGEST_PIECE)
        cut = space + 1 if space > 0 else _LONGEST_PIECE
        yield line[:cut]
        line = line[cut:]
    if line:
        yield line
