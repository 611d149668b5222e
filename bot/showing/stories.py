"""Draws lists of stories, single stories, summaries, and what became of stories that were added."""

import re
from collections.abc import Sequence
from datetime import datetime
from math import ceil

import discord

from bot.showing.dates import written_date
from bot.showing.escaping import clean, link, show, units
from bot.showing.look import ANSWER_COLOUR, LONGEST_TITLE, REFUSAL_COLOUR, STORIES_COLOUR
from index.shaping import paragraphs
from index.stories import AddResult, StoredStory, StorySummary, StoryTitle, Summary

PAGE_LINES = 10
_PAGE_CHARACTERS = 3_200
_MOST_PAGES = 60
_LONGEST_LINE_TITLE = 150
_LONGEST_PUBLISHER = 80
_LONGEST_SOURCE = 120
_LONGEST_QUOTE = 700
_LONGEST_LINK = 500
_LONGEST_ERROR = 250
_MOST_RESULTS = 12
_UNTITLED = "Untitled story"
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s)|[。！？]")


def list_pages(count: int) -> int:
    """How many pages a list of so many stories has; at least one."""
    return max(1, ceil(count / PAGE_LINES))


def draw_list(titles: Sequence[StoryTitle], *, page: int, heading: str) -> discord.Embed:
    """A page, counted from 0, of a list of stories under a heading of ours or the title of a library."""
    embed = discord.Embed(title=show(heading, limit=LONGEST_TITLE), colour=STORIES_COLOUR)
    if not titles:
        embed.description = "There are no stories yet. `/stories add` takes a file or a text."
        return embed
    first = page * PAGE_LINES
    lines = [_line(number, title) for number, title in enumerate(titles[first : first + PAGE_LINES], start=first + 1)]
    embed.description = "\n".join(lines)
    count = f"{len(titles):,} {'story' if len(titles) == 1 else 'stories'}"
    pages = list_pages(len(titles))
    embed.set_footer(text=f"{count} · page {page + 1} of {pages}" if pages > 1 else count)
    return embed


def story_pages(story: StoredStory) -> list[str]:
    """The story's text, safe to show, in pages that end at the end of a paragraph where that can be."""
    pages: list[str] = []
    page = ""
    for start, end in paragraphs(story.text):
        for part in _parts(story.text[start:end]):
            if page and units(page) + units(part) + 2 > _PAGE_CHARACTERS:
                pages.append(page)
                page = ""
                if len(pages) == _MOST_PAGES:
                    return pages
            page = f"{page}\n\n{part}" if page else part
    return [*pages, page] if page or not pages else pages


def draw_story(story: StoredStory, pages: Sequence[str], *, page: int) -> discord.Embed:
    """A page, counted from 0, of a story with all that is known of it."""
    facts = _facts(story)
    # A title of its own would show a link's markup.
    heading = f"**{link(_title(story.title), story.url, limit=_LONGEST_LINK)}**"
    head = "\n".join([heading, *([" · ".join(facts)] if facts else [])])
    body = pages[page] if page < len(pages) else ""
    embed = discord.Embed(description=f"{head}\n\n{body}", colour=STORIES_COLOUR)
    source = clean(story.source)[:_LONGEST_SOURCE]
    parts = [f"id {story.story_id}", source, f"page {page + 1} of {len(pages)}" if len(pages) > 1 else ""]
    embed.set_footer(text=" · ".join(filter(None, parts)))
    return embed


def draw_summary(summary: Summary) -> discord.Embed:
    """A few sentences of a story's own, with where they come from."""
    story = summary.story
    quotes = [show(quote.text, limit=_LONGEST_QUOTE) for quote in summary.quotes]
    lines = [f"> {quote}" for quote in quotes if quote] or ["The story has no sentence that can stand for it."]
    facts = _facts(story)
    source = " · ".join([link(_title(story.title), story.url, limit=_LONGEST_LINK), *facts])
    embed = discord.Embed(
        description="\n".join([f"**In the story's own words**\n{source}\n", *lines]), colour=STORIES_COLOUR
    )
    embed.set_footer(text=f"{len(quotes)} sentences of the story, in its order" if len(quotes) > 1 else None)
    return embed


def draw_added(results: Sequence[AddResult]) -> discord.Embed:
    """What became of the stories that were to be added."""
    good = [result for result in results if result.status != "failed"]
    lines = [_result_line(result) for result in results[:_MOST_RESULTS]]
    if len(results) > _MOST_RESULTS:
        left = results[_MOST_RESULTS:]
        failed = sum(result.status == "failed" for result in left)
        lines.append(f"… and {len(left):,} more" + (f", {failed:,} of them failed" if failed else ""))
    return discord.Embed(
        description="\n".join(lines) or "There was nothing to add.",
        colour=ANSWER_COLOUR if len(good) == len(results) and good else REFUSAL_COLOUR,
    )


def draw_removed(title: str) -> discord.Embed:
    """That a story was removed."""
    return discord.Embed(
        description=f"Removed: {_bold(title)}\nNo answer is given from it any more.", colour=ANSWER_COLOUR
    )


def draw_removal(story: StorySummary) -> discord.Embed:
    """The question whether a story is to be removed."""
    facts = " · ".join(_facts(story))
    return discord.Embed(
        title="Remove this story?",
        description=f"{_bold(story.title)}\n{facts}\n\nIt is removed for everybody, and cannot be brought back.",
        colour=REFUSAL_COLOUR,
    )


def _line(number: int, title: StoryTitle) -> str:
    publisher = show(title.publisher or "", limit=_LONGEST_PUBLISHER)
    details = [publisher, written_date(title.published_at) or "undated", _added(title.added_at)]
    shown = show(_title(title.title), limit=_LONGEST_LINE_TITLE)
    return f"{number}\\. **{shown}**\n{' · '.join(filter(None, details))}"


def _result_line(result: AddResult) -> str:
    if result.status == "failed":
        error = show(result.error or "It could not be read.", limit=_LONGEST_ERROR)
        return f"✗ {show(result.source, limit=_LONGEST_SOURCE)}: {error}"
    said = {
        "added": "Added",
        "updated": "Updated; it was here in an older form",
        "unchanged": "Here already, unchanged",
        "duplicate": "Here already, with the same text",
    }[result.status]
    return f"✓ {_bold(result.title or '')} · {said}"


def _facts(story: StorySummary) -> list[str]:
    authors = show(", ".join(story.authors), limit=_LONGEST_PUBLISHER)
    publisher = show(story.publisher or "", limit=_LONGEST_PUBLISHER)
    return list(
        filter(None, [publisher, authors, written_date(story.published_at) or "undated", _added(story.added_at)])
    )


def _added(added_at: str) -> str:
    """When a story was added, as a moment that Discord shows in the reader's own words; empty when it is not known."""
    try:
        return f"added <t:{int(datetime.fromisoformat(added_at).timestamp())}:R>"
    except (ValueError, OverflowError):
        return ""


def _bold(title: str) -> str:
    return f"**{show(_title(title), limit=_LONGEST_LINE_TITLE)}**"


def _title(title: str) -> str:
    return title if clean(title) else _UNTITLED


def _parts(paragraph: str) -> list[str]:
    """A paragraph, escaped, in as many parts as it takes to fit onto pages: at ends of sentences if there are any."""
    parts: list[str] = []
    rest = clean(paragraph)
    while rest:
        cut = _cut(rest)
        shown = show(rest[:cut], limit=_PAGE_CHARACTERS)
        if shown:
            parts.append(shown)
        rest = rest[cut:].lstrip()
    return parts


def _cut(line: str) -> int:
    """Where to part a line so that what is before it fits onto a page however much of it must be escaped."""
    half = _PAGE_CHARACTERS // 2
    if len(line) <= half:
        return len(line)
    ends = [match.end() for match in _SENTENCE_END.finditer(line, half // 2, half)]
    return ends[-1] if ends else max(line.rfind(" ", half // 2, half), 0) or half
