"""Passages: the quotes in bold among the paragraphs around them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from discord_shown import problems_of
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.showing.escaping import clean, units
from bot.showing.passages import Page, QuoteGoneError, draw_passages, passage_pages
from bot.translating import Voice
from index.stories import Answer, Citation, StoredStory

NOW = datetime(2025, 11, 26, 12, tzinfo=UTC)
TEXT = (
    "Talks began in May.\n\nEach side will hand over 1,000 prisoners. It is the largest exchange.\n\n"
    "Families waited.\n\nNobody knows when it ends.\n\nThe end."
)
STORY = StoredStory(
    story_id="a",
    library="public",
    title="Two sides agree on *exchange*",
    url="https://harbour-post.example/agreed",
    publisher="The Harbour Post",
    authors=(),
    published_at="2025-05-16",
    language="en",
    source="agreed.md",
    added_at="2025-05-17T00:00:00+00:00",
    passages=1,
    text=TEXT,
)


def cite(quote: str, story: StoredStory = STORY) -> Citation:
    start = story.text.index(quote)
    return Citation(
        story.story_id,
        story.title,
        story.url,
        story.publisher,
        story.published_at,
        "p",
        start,
        start + len(quote),
        quote,
    )


def answer(*citations: Citation) -> Answer:
    return Answer("How many?", True, None, "1,000", 0.9, citations=citations)


def pages(*citations: Citation, story: StoredStory = STORY) -> list[Page]:
    return passage_pages(answer(*citations), {"a": story, "b": replace(story, story_id="b")})


def test_a_passage_is_the_paragraph_with_its_neighbours_and_the_quote_in_bold() -> None:
    (page,) = pages(cite("Each side will hand over 1,000 prisoners."))
    assert page.text == (
        "Talks began in May.\n\n**Each side will hand over 1,000 prisoners.** It is the largest exchange.\n\n"
        "Families waited.\n\n…"
    )
    assert page.number == 1


def test_passages_that_share_a_paragraph_are_one_and_others_stand_apart() -> None:
    close = pages(cite("It is the largest exchange."), cite("Families waited."))
    assert [page.text.count("**") for page in close] == [4]
    far = pages(cite("Talks began in May."), cite("The end."))
    assert [page.text for page in far] == [
        "**Talks began in May.**\n\nEach side will hand over 1,000 prisoners. It is the largest exchange.\n\n…",
        "…\n\nNobody knows when it ends.\n\n**The end.**",
    ]


def test_quotes_that_touch_are_one_in_bold() -> None:
    (page,) = pages(cite("Each side will hand over"), cite(" 1,000 prisoners."))
    assert "**Each side will hand over 1,000 prisoners.** It is" in page.text


def test_passages_have_the_numbers_of_their_stories_under_the_answer() -> None:
    other = replace(cite("The end."), story_id="b")
    assert [page.number for page in pages(cite("Talks began in May."), other, cite("The end."))] == [1, 1, 2]


def test_a_quote_is_found_where_it_moved_to_and_missed_when_it_is_gone() -> None:
    moved = replace(STORY, text=f"A new beginning.\n\n{TEXT}")
    assert "**The end.**" in pages(cite("The end."), story=moved)[0].text
    with pytest.raises(QuoteGoneError):
        pages(cite("The end."), story=replace(STORY, text="Corrected."))
    with pytest.raises(QuoteGoneError):
        passage_pages(answer(cite("The end.")), {})


def test_a_long_paragraph_is_paged_at_words_without_losing_any() -> None:
    story = replace(STORY, text="Begin. " + "word and another " * 600 + "End.")
    found = pages(cite("Begin.", story), story=story)
    assert len(found) > 3
    assert " ".join(page.text.replace("**", "") for page in found).split() == story.text.split()
    assert all(units(page.text) <= 2_700 for page in found)


def test_a_page_says_where_it_is_from_and_how_many_there_are() -> None:
    found = pages(cite("Talks began in May."), cite("The end."))
    embed = draw_passages(found, page=1, now=NOW, say=Voice())
    assert embed.title == "\\[1\\] Two sides agree on \\*exchange\\*"
    assert embed.url == "https://harbour-post.example/agreed"
    assert str(embed.description).startswith(
        "The Harbour Post · 16\xa0May\xa02025 · <t:1747391400:R>\n\n…\n\nNobody knows"
    )
    assert embed.footer.text == "page 2 of 2"
    assert draw_passages([], page=0, now=NOW, say=Voice()).description == "There is no passage to show."


HOSTILE = """@everyone <@1> ** \\ ``` || :smile: [a](https://evil.example) https://evil.example/""".split(" ")
LONG = ["e\u0301" * 9, "x" * 4_000, "Sentence. " * 90, "😀" * 70]


@pytest.mark.parametrize(
    ("title", "url"),
    [
        ("https://bank.example says", "https://evil.example"),
        ("News of bank.example", "https://evil.example"),
        ("A title", "javascript:alert(1)"),
        ("\u200b", "https://user@evil.example"),
    ],
)
def test_a_title_never_links_elsewhere_than_it_seems(title: str, url: str) -> None:
    page = Page(1, replace(cite("The end."), title=title, url=url), "The end.")
    embed = draw_passages([page], page=0, now=NOW, say=Voice())
    assert embed.url is None
    assert embed.title
    assert problems_of(embed) is None


pieces = st.sampled_from(
    [*HOSTILE, *LONG, "\n\n", "\n", " ", "# ", "> ", "- ", "2025. ", "\u202e", "\u200d"]
) | st.text(max_size=20)


@settings(max_examples=60, deadline=None)
@given(text=st.lists(pieces, min_size=1, max_size=14).map("".join).filter(bool), data=st.data())
def test_any_passage_is_within_limits_and_shows_its_words_only(
    text: str, data: st.DataObject, display: Callable
) -> None:
    story = replace(STORY, text=text)
    spans = st.tuples(st.integers(0, len(text) - 1), st.integers(1, 900)).map(
        lambda each: (each[0], min(len(text), each[0] + each[1]))
    )
    cited = [
        replace(cite(text, story), start=start, end=end, quote=text[start:end])
        for start, end in data.draw(st.lists(spans, min_size=1, max_size=4))
    ]
    found = pages(*cited, story=story)
    for number in range(len(found)):
        embed = draw_passages(found, page=number, now=NOW, say=Voice())
        assert problems_of(embed) is None
        shown = display(found[number].text)
        assert shown.kinds() <= {"strong"}
        assert sum(kind == "strong" for kind, _ in shown.markup) % 2 == 0
        for line in shown.words.split("\n\n"):
            if line != "…":
                assert "".join(line.split()) in "".join(clean(text).split())
