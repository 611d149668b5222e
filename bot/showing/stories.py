"""Draws lists of stories, single stories, summaries, and what became of stories that were added."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

import discord

from bot.showing.dates import timestamp, written_date
from bot.showing.escaping import clean, link, show, units
from bot.showing.look import ANSWER_COLOUR, LONGEST_TITLE, REFUSAL_COLOUR, STORIES_COLOUR
from bot.translating import Voice, error_in
from index.shaping import paragraphs
from index.stories import AddResult, AddStatus, StoredStory, StorySummary, StoryTitle, Summary

PAGE_LINES = 10
_PAGE_CHARACTERS = 3_200
_MOST_PAGES = 60
_LONGEST_LINE_TITLE = 150
_LONGEST_PUBLISHER = 80
_LONGEST_SOURCE = 120
_LONGEST_QUOTE = 700
_LONGEST_LINK = 500
_LONGEST_ERROR = 250
_LONGEST_LEFT_OUT = 60
_MOST_RESULTS = 10
FROM_PERSON, FROM_MESSAGE = "written in Discord", "a message in Discord"
"""What is stored as the source of a story that came as no file."""
_SOURCES = {FROM_PERSON: "from_person", FROM_MESSAGE: "from_message"}
_RESULTS: dict[AddStatus, str] = {
    "added": "result_added",
    "updated": "result_updated",
    "unchanged": "result_unchanged",
    "duplicate": "result_duplicate",
}
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s)|[。！？]")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was sent and is not added, and why: a sentence of ours in the person's language."""

    name: str
    why: str


def list_pages(count: int) -> int:
    """How many pages a list of so many stories has; at least one."""
    return max(1, ceil(count / PAGE_LINES))


def draw_list(titles: Sequence[StoryTitle], *, page: int, heading: str, say: Voice) -> discord.Embed:
    """A page, counted from 0, of a list of stories under a heading of ours or the title of a library."""
    embed = discord.Embed(title=show(heading, limit=LONGEST_TITLE), colour=STORIES_COLOUR)
    if not titles:
        embed.description = say("no_stories_yet")
        return embed
    first = page * PAGE_LINES
    shown = titles[first : first + PAGE_LINES]
    lines = [_line(number, title, say) for number, title in enumerate(shown, start=first + 1)]
    embed.description = "\n".join(lines)
    count = say("stories_count", count=len(titles)) if len(titles) > 1 else say("one_story")
    pages = list_pages(len(titles))
    embed.set_footer(text=f"{count} · {say('page', page=page + 1, pages=pages)}" if pages > 1 else count)
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


def draw_story(story: StoredStory, pages: Sequence[str], *, page: int, say: Voice) -> discord.Embed:
    """A page, counted from 0, of a story with all that is known of it."""
    facts = _facts(story, say)
    # A title of its own would show a link's markup.
    heading = f"**{_linked(story, say)}**"
    head = "\n".join([heading, *([" · ".join(facts)] if facts else [])])
    body = pages[page] if page < len(pages) else ""
    embed = discord.Embed(description=f"{head}\n\n{body}", colour=STORIES_COLOUR)
    source = clean(_source(story.source, say))[:_LONGEST_SOURCE]
    place = say("page", page=page + 1, pages=len(pages)) if len(pages) > 1 else ""
    parts = [say("story_id", id=story.story_id), source, place]
    embed.set_footer(text=" · ".join(filter(None, parts)))
    return embed


def draw_summary(summary: Summary, *, say: Voice) -> discord.Embed:
    """A few sentences of a story's own, with where they come from."""
    story = summary.story
    quotes = [show(quote.text, limit=_LONGEST_QUOTE) for quote in summary.quotes]
    lines = [f"> {quote}" for quote in quotes if quote] or [say("no_sentence")]
    facts = _facts(story, say)
    source = " · ".join([_linked(story, say), *facts])
    embed = discord.Embed(description="\n".join([f"**{say('own_words')}**\n{source}\n", *lines]), colour=STORIES_COLOUR)
    embed.set_footer(text=say("sentences_in_order", count=len(quotes)) if len(quotes) > 1 else None)
    return embed


def draw_added(results: Sequence[AddResult], left_out: Sequence[LeftOut] = (), *, say: Voice) -> discord.Embed:
    """What became of the stories that were to be added; `left_out` is what no story was made of, ten at most."""
    good = [result for result in results if result.status != "failed"]
    room = max(1, _MOST_RESULTS - len(left_out))
    lines = [_result_line(result, say) for result in results[:room]]
    if len(results) > room:
        left = results[room:]
        failed = sum(result.status == "failed" for result in left)
        more = say("more_results_failed", count=len(left), failed=failed) if failed else ""
        lines.append(more or say("more_figures", count=len(left)))
    lines += [f"✗ {show(_source(each.name, say), limit=_LONGEST_LEFT_OUT)}: {each.why}" for each in left_out]
    all_added = len(good) == len(results) > 0 and not left_out
    return discord.Embed(
        description="\n".join(lines) or say("nothing_to_add"),
        colour=ANSWER_COLOUR if all_added else REFUSAL_COLOUR,
    )


def draw_removed(title: str, *, say: Voice) -> discord.Embed:
    """That a story was removed."""
    return discord.Embed(
        description=f"{say('story_removed', title=_bold(title, say))}\n{say('no_answer_from_it')}", colour=ANSWER_COLOUR
    )


def draw_removal(story: StorySummary, *, say: Voice) -> discord.Embed:
    """The question whether a story is to be removed."""
    facts = " · ".join(_facts(story, say))
    return discord.Embed(
        title=say("story_remove"),
        description=f"{_bold(story.title, say)}\n{facts}\n\n{say('removed_for_all')}",
        colour=REFUSAL_COLOUR,
    )


def _line(number: int, title: StoryTitle, say: Voice) -> str:
    shown = show(_title(title.title, say), limit=_LONGEST_LINE_TITLE)
    return f"{number}\\. **{shown}**\n{' · '.join(_facts(title, say))}"


def _result_line(result: AddResult, say: Voice) -> str:
    if result.status == "failed":
        error = error_in(say.language, result.error) if result.error else say("not_readable")
        source = show(_source(result.source, say), limit=_LONGEST_SOURCE)
        return f"✗ {source}: {show(error, limit=_LONGEST_ERROR)}"
    return f"✓ {_bold(result.title or '', say)} · {say(_RESULTS[result.status])}"


def _facts(story: StorySummary | StoryTitle, say: Voice) -> list[str]:
    publisher = show(story.publisher or "", limit=_LONGEST_PUBLISHER)
    authors = show(", ".join(story.authors), limit=_LONGEST_PUBLISHER) if isinstance(story, StorySummary) else ""
    day = written_date(story.published_at, say=say) or say("undated")
    return list(filter(None, [publisher, authors, day, _added(story.added_at, say)]))


def _added(added_at: str, say: Voice) -> str:
    """When a story was added, as a moment that Discord shows in the reader's own words; empty when it is not known."""
    try:
        return say("added", when=timestamp(datetime.fromisoformat(added_at)))
    except (ValueError, OverflowError):
        return ""


def _bold(title: str, say: Voice) -> str:
    return f"**{show(_title(title, say), limit=_LONGEST_LINE_TITLE)}**"


def _title(title: str, say: Voice) -> str:
    return title if clean(title) else say("untitled")


def _linked(story: StorySummary, say: Voice) -> str:
    return link(_title(story.title, say), story.url, limit=_LONGEST_LINK, opens=say("open"))


def _source(source: str, say: Voice) -> str:
    """Where a story is from: a file's name, or what we call where there was none."""
    return say(_SOURCES[source]) if source in _SOURCES else source


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
