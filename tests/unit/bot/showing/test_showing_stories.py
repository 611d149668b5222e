"""Lists, stories, summaries and results: within Discord's limits, and harmless whatever they contain."""

import re
from dataclasses import replace

import discord
import pytest

from bot.showing import stories as drawn
from bot.showing.escaping import units
from bot.showing.look import ANSWER_COLOUR, REFUSAL_COLOUR
from bot.translating import Voice
from index.stories import AddResult, Quote, StoredStory, StorySummary, StoryTitle, Summary

SAY = Voice()
HOSTILE = [
    "@everyone @here <@1> <@&2> <#3>",
    "[click](https://evil.example)",
    "**bold** __x__ ||spoiler|| `code` ```fence",
    "# heading\n> quote\n- list",
    "\u202eesrever\u202c\u200b\ufeff",
    "https://evil.example/x <https://evil.example>",
    "x" * 4_000,
    "*" * 4_000,
    "😀" * 3_000,
    "<t:1:R> :smile: \\",
    "",
    "\n\n",
]


def story(text: str = "Text.", **fields: object) -> StoredStory:
    made = StoredStory(
        story_id="0123456789abcdef", library="server-1", title="Bridge closed", url=None, publisher="Wire",
        authors=("Ann",), published_at="2026-03-01", language="en", source="a.txt",
        added_at="2026-03-02T10:00:00.000+00:00", passages=1, text=text,
    )  # fmt: skip
    return replace(made, **fields)  # type: ignore[arg-type]


def assert_accepted(embed: discord.Embed) -> None:
    description = embed.description or ""
    assert 1 <= units(description) <= 4_096
    assert units(embed.title or "") <= 256
    assert units(embed.footer.text or "") <= 2_048
    assert len(embed) <= 6_000
    shown = re.sub(r"<t:\d+:R>|\]\(https://post\.example/a\)", "", description)  # ours
    assert not re.search(r"(?<!\\)(?:\\\\)*[@<`|~]|\]\(|[\u202e\u202c\u200b\ufeff]", shown)
    assert not re.search(r"(?<!\\):(?:smile|//)", shown)
    assert not re.search(r"^\s*(?:#|- )", shown, re.MULTILINE)


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_story_contains_is_drawn_within_limits_and_harmless(text: str) -> None:
    hostile = story(
        text=f"{text}\n\n{text}", title=text, publisher=text, authors=(text, text), source=text,
        published_at=text, added_at=text, url="https://post.example/a",
    )  # fmt: skip
    pages = drawn.story_pages(hostile)
    for page in range(len(pages)):
        assert_accepted(drawn.draw_story(hostile, pages, page=page, say=SAY))
    titles = [StoryTitle(str(number), text, text, text, text) for number in range(25)]
    for page in range(drawn.list_pages(len(titles))):
        assert_accepted(drawn.draw_list(titles, page=page, heading=text or "x", say=SAY))
    assert_accepted(drawn.draw_removal(hostile, say=SAY))
    assert_accepted(drawn.draw_removed(text, say=SAY))
    results = [AddResult(text, status, "1", text, text) for status in ("added", "failed", "updated") * 8]
    assert_accepted(drawn.draw_added(results, say=SAY))
    assert_accepted(drawn.draw_added(results, [drawn.LeftOut(text, "Ours. " * 40)] * 10, say=SAY))
    fields = {name: getattr(hostile, name) for name in StorySummary.__dataclass_fields__}
    assert_accepted(drawn.draw_summary(Summary(StorySummary(**fields), (Quote(0, 1, text),) * 3), say=SAY))


def test_a_long_story_is_paged_and_nothing_of_it_is_lost() -> None:
    words = [f"word{number}" for number in range(4_000)]
    text = "\n\n".join(" ".join(words[first : first + 90]) for first in range(0, 4_000, 90))
    pages = drawn.story_pages(story(text))
    assert len(pages) > 5
    assert " ".join(pages).split() == words


def test_a_paragraph_without_an_end_is_parted_at_white_space_or_anywhere() -> None:
    assert "".join(drawn.story_pages(story("x" * 9_000))).replace("\n", "") == "x" * 9_000
    parts = drawn.story_pages(story("Many words. " * 900))
    assert len(parts) > 2
    assert all(part.startswith("Many") and part.endswith("words.") for part in parts)


def test_an_endless_story_has_a_last_page() -> None:
    assert len(drawn.story_pages(story("\n\n".join(["word " * 600] * 200)))) == drawn._MOST_PAGES


def test_a_list_counts_from_one_and_says_how_much_there_is() -> None:
    titles = [StoryTitle(str(number), f"Story {number}", "2026-03-01", "Wire", "") for number in range(11)]
    first, second = (drawn.draw_list(titles, page=page, heading="Ours", say=SAY) for page in (0, 1))
    assert (first.description or "").startswith("1\\. **Story 0**\nWire · 1\xa0March\xa02026")
    assert (second.description or "") == "11\\. **Story 10**\nWire · 1\xa0March\xa02026"
    assert second.footer.text == "11 stories · page 2 of 2"
    assert "/stories add" in (drawn.draw_list([], page=0, heading="Ours", say=SAY).description or "")


def test_what_became_of_stories_is_said_of_each_and_of_many_together() -> None:
    results = [AddResult("a.txt", "added", "1", "A"), AddResult("b.txt", "duplicate", "1", "B")]
    embed = drawn.draw_added([*results, AddResult("c.txt", "failed", error="It has no words.")], say=SAY)
    assert embed.description == (
        "✓ **A** · Added\n✓ **B** · Here already, with the same text\n✗ c.txt: It has no words."
    )
    many = drawn.draw_added([AddResult("c.txt", "failed", error="x")] * 40, say=SAY)
    assert "… and 30 more, 30 of them failed" in (many.description or "")
    assert drawn.draw_added(results, say=SAY).colour == ANSWER_COLOUR
    assert embed.colour == many.colour == drawn.draw_added([], say=SAY).colour == REFUSAL_COLOUR


def test_a_summary_quotes_the_story_and_links_to_it() -> None:
    fields = {name: getattr(story(url="https://post.example/a"), name) for name in StorySummary.__dataclass_fields__}
    embed = drawn.draw_summary(
        Summary(StorySummary(**fields), (Quote(0, 4, "It was closed."), Quote(5, 9, "Boats wait."))), say=SAY
    )
    assert "[Bridge closed](https://post.example/a) · Wire · Ann · 1\xa0March\xa02026" in (embed.description or "")
    assert "> It was closed.\n> Boats wait." in (embed.description or "")
