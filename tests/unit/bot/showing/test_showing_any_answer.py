"""Whatever stories, questions and publishers say: what is shown keeps Discord's limits and our own markup."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from answers_shown import AGREED, ANSWER, REFUSAL, laid
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.showing.answers import LONGEST_TEXT
from bot.showing.escaping import clean, units, web_address
from index.shaping import on_one_line
from index.stories import Answer, Citation, Figure

hostile = st.lists(
    st.sampled_from(
        [
            "@everyone",
            "<@1>",
            "[a](https://evil.example)",
            "](https://evil.example)",
            "https://evil.example/",
            "\n# big\n",
            "\n> quote\n",
            "||",
            "**",
            "`",
            "\\",
            ":smile:",
            "\u202e",
            "😀" * 50,
            "word " * 80,
            "Sentence. " * 40,
            "x" * 700,
        ]
    )
    | st.text(max_size=30),
    max_size=12,
).map("".join)
dates = st.none() | st.sampled_from(["2025-05-23", "2025-05-23T10:00:00+02:00", "soon"]) | hostile
citations = st.builds(
    Citation,
    story_id=st.sampled_from("abcdefgh"),
    title=hostile,
    url=st.none()
    | hostile
    | st.integers(0, 700).map(lambda n: "https://harbour-post.example/" + "ä" * (n % 90) + "a" * n),
    publisher=st.none() | hostile,
    published_at=dates,
    passage_id=st.just("p"),
    start=st.just(0),
    end=st.just(1),
    quote=hostile,
)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    cited = tuple(draw(st.lists(citations, max_size=14)))
    indexes = st.lists(st.integers(0, len(cited) - 1), max_size=14).map(tuple) if cited else st.just(())
    figure = st.builds(
        Figure,
        text=hostile,
        value=st.floats(),
        unit=st.none(),
        published_at=dates,
        citations=indexes,
        label=st.sampled_from([None, "in *all* @everyone", "](https://evil.example) ||each"]),
    )
    return Answer(
        question=draw(hostile),
        answered=draw(st.booleans()),
        reason=None,
        text=draw(hostile),
        confidence=0.5,
        figures=tuple(draw(st.lists(figure, max_size=9))),
        citations=cited,
        note=draw(st.none() | hostile),
        short=draw(st.none() | hostile),
        short_day=draw(st.none() | st.just("2025-05-21") | hostile),
        understood_as=draw(st.none() | hostile),
    )


@settings(max_examples=60, deadline=None)
@given(answer=answers())
def test_any_answer_is_within_discords_limits(answer: Answer) -> None:
    sheet = laid(answer)
    assert sum(map(units, [sheet.head, *sheet.blocks, sheet.foot or ""])) <= LONGEST_TEXT
    assert all(block.strip() for block in [sheet.head, *sheet.blocks])
    assert len(sheet.blocks) <= 11


@pytest.mark.parametrize(
    "end",
    ["](https://evil.example)", "\\](https://evil.example)", "](<https://evil.example>)", "] (https://evil.example)"],
)
def test_text_behind_a_link_cannot_send_the_link_elsewhere(end: str, display: Callable) -> None:
    citations = (replace(AGREED, publisher=end), replace(AGREED, story_id="b", quote=end, publisher=end))
    for answer in (ANSWER, REFUSAL):
        shown = display(laid(replace(answer, citations=citations)).text)
        assert [target for kind, target in shown.markup if kind == "link"] == [
            "https://harbour-post.example/agreed"
        ] * 2


@settings(max_examples=60, deadline=None)
@given(answer=answers())
def test_in_any_answer_only_our_own_markup_takes_effect(answer: Answer, display: Callable) -> None:
    sheet = laid(answer)
    shown = display(sheet.text)
    assert shown.kinds() <= {"heading", "quote", "list", "strong", "link", "timestamp"}
    headings = [source for kind, source in shown.markup if kind == "heading"]
    assert headings.count("##") <= 1
    assert set(headings) <= {"##", "-#"}
    addresses = {web_address(citation.url) for citation in answer.citations}
    assert {target for kind, target in shown.markup if kind == "link"} <= addresses
    assert sum(kind == "strong" for kind, _ in shown.markup) % 2 == 0
    lists = sum(kind == "list" for kind, _ in shown.markup)
    assert lists == (0 if answer.answered or not sheet.blocks else sheet.blocks[0].count("\n"))


@settings(max_examples=60, deadline=None)
@given(answer=answers())
def test_every_quote_that_is_shown_is_the_storys_or_marked_as_shortened(answer: Answer, display: Callable) -> None:
    quotes = {clean(on_one_line(citation.quote)) for citation in answer.citations}
    for line in "\n".join(laid(answer).blocks).split("\n"):
        if line.startswith("> "):
            words = display(line).words
            assert words in quotes or any(
                quote.startswith(words.removesuffix("…").rstrip()) for quote in quotes if words.endswith("…")
            )
