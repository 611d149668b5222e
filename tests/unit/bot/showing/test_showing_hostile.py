"""Whatever stories, their pages and people write: all that is drawn stays within limits and keeps its layout."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from discord_shown import markdown_of, problems_of
from hostile_texts import ADDRESSES, HOSTILE, INVISIBLE

from bot.showing import stories as drawn
from bot.showing.answers import draw_answer
from bot.showing.escaping import show, units, web_address
from bot.showing.passages import draw_passages, passage_pages
from bot.translating import Voice
from index.stories import AddResult, Answer, Citation, Figure, Quote, StoredStory, StorySummary, StoryTitle, Summary

NOW = datetime(2025, 11, 26, 12, tzinfo=UTC)
SAY = Voice(commands={"stories": 1})
PLAIN = "Plain words"
URL = "https://harbour-post.example/agreed"
SHORTENED = {"list", "removal", "removed", "added"}
ALL_SHOWN = SHORTENED | {"refusal", "nothing found", "sentences", "short", "figure", "disagreement", "summary"}
OURS = {"heading", "list", "quote", "strong", "link", "timestamp", "code"}


def everything(text: str, url: str | None = URL) -> Iterator[tuple[str, Any]]:
    """All that is drawn of stories and questions, with `text` in the place of every text."""
    day, added = "2025-05-16", "2025-05-17T00:00:00+00:00"
    cited = Citation("a", text, url, text, day, "p", 0, len(text), text)
    other = replace(cited, story_id="b")
    answer = Answer(text, True, None, text, 0.9, citations=(cited, other), note=text, understood_as=text)
    figures = (Figure(text, 1, None, day, (0,), label=text), Figure(text, 2, None, None, (1,), label=text))
    answers = {
        "sentences": answer,
        "short": replace(answer, short=text),
        "short_day": replace(answer, short="Friday", short_day=text),
        "figure": replace(answer, figures=figures[:1]),
        "disagreement": replace(answer, figures=figures),
        "refusal": replace(answer, answered=False, reason="not_answered"),
        "nothing found": Answer(text, False, "nothing_found", text, 0.0),
    }
    for name, each in answers.items():
        yield name, draw_answer(each, now=NOW, say=SAY)
    story = StoredStory("a", "l", text, url, text, (text, text), day, "en", text, added, 1, text)
    summary = StorySummary(**{name: getattr(story, name) for name in StorySummary.__dataclass_fields__})
    if text:
        for number, _ in enumerate(pages := passage_pages(answer, {"a": story, "b": replace(story, story_id="b")})):
            yield f"passages {number}", draw_passages(pages, page=number, now=NOW, say=SAY)
    titles = [StoryTitle(str(n), text, day, text, added) for n in range(12)]
    yield "list", drawn.draw_list(titles, page=0, heading=text, say=SAY)
    pages_of_story = drawn.story_pages(story)
    yield "story", drawn.draw_story(story, pages_of_story, page=0, say=SAY)
    yield "summary", drawn.draw_summary(Summary(summary, (Quote(0, 1, text), Quote(1, 2, text))), say=SAY)
    yield "removal", drawn.draw_removal(summary, say=SAY)
    yield "removed", drawn.draw_removed(text, say=SAY)
    statuses: list[Any] = ["added", "updated", "unchanged", "duplicate", "failed"]
    yield "added", drawn.draw_added([AddResult(text, status, "a", text, text) for status in statuses], say=SAY)


def layout(shown: Any, display: Callable) -> list[tuple[str, str]]:
    """Where markup takes effect, in order; how a link, a time or a heading reads counts, too."""
    return list(display(markdown_of(shown)).markup)


@pytest.mark.parametrize("text", [*HOSTILE, *INVISIBLE], ids=lambda text: ascii(text)[:30])
async def test_whatever_is_written_is_within_limits_and_takes_no_effect(text: str, display: Callable) -> None:
    for name, shown in everything(text):
        assert problems_of(shown) is None, name
        markup = layout(shown, display)
        assert {kind for kind, _ in markup} <= OURS, name
        assert {target for kind, target in markup if kind == "link"} <= {URL}, name
        assert "@everyone" not in markdown_of(shown).replace("\\@everyone", ""), name


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:30])
async def test_whatever_is_written_leaves_the_layout_as_it_is_with_plain_words(text: str, display: Callable) -> None:
    plain = {name: layout(shown, display) for name, shown in everything(PLAIN)}
    # What is long is neither large nor bold, and is shortened where it leaves no room for what comes after it.
    compared = ALL_SHOWN if units(show(text, limit=10_000)) <= 60 else SHORTENED
    for name, shown in everything(text):
        if name in compared:
            kinds = [kind for kind, _ in layout(shown, display)]
            assert kinds == [kind for kind, _ in plain[name]], name


@pytest.mark.parametrize("url", ADDRESSES, ids=lambda url: ascii(url)[:30])
async def test_a_storys_address_links_to_itself_or_not_at_all(url: str, display: Callable) -> None:
    for name, shown in everything("A title", url):
        assert problems_of(shown) is None, name
        targets = {target for kind, target in layout(shown, display) if kind == "link"}
        assert targets <= {web_address(url)}, name
        assert {kind for kind, _ in layout(shown, display)} <= OURS, name
        assert getattr(shown, "url", None) in (None, web_address(url)), name
