"""Answers as embeds."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.showing.escaping import clean, units, web_address
from bot.rendering import render, render_failure, render_hint, written_date
from index.stories import Answer, Citation, Figure

AGREED = Citation(
    story_id="a",
    title="Two sides agree on exchange",
    url="https://harbour-post.example/agreed",
    publisher="The Harbour Post",
    published_at="2025-05-16",
    passage_id="a-0",
    start=0,
    end=40,
    quote="Each side will hand over 1,000 prisoners.",
)
BEGUN = replace(
    AGREED,
    story_id="b",
    title="First buses cross at dawn",
    url=None,
    publisher="Corra Daily",
    published_at="2025-05-23T23:30:00-11:00",
    quote="Nearly 900 prisoners crossed on Friday.",
)
ANSWER = Answer(
    question="How many prisoners are being exchanged?",
    answered=True,
    reason=None,
    text="1,000 prisoners. Each side will hand over 1,000 prisoners.",
    confidence=0.9,
    figures=(Figure("1,000 prisoners", 1000, "prisoners", "2025-05-16", (0,)),),
    citations=(AGREED,),
)
REFUSAL = Answer(
    question="Who won?", answered=False, reason="not_answered", text="The stories do not say that.", confidence=0.1
)


def test_a_figure_comes_first_and_in_bold_with_the_number_of_its_source() -> None:
    assert render(ANSWER).description == (
        "**1,000 prisoners** \\[1\\]\n"
        "\n"
        "> Each side will hand over 1,000 prisoners.\n"
        "> \\[1\\] [Two sides agree on exchange](https://harbour-post.example/agreed) · The Harbour Post"
        " · 16\xa0May\xa02025"
    )


def test_the_question_is_the_title() -> None:
    assert render(ANSWER).title == ANSWER.question


def test_figures_that_differ_have_a_line_each_with_their_dates_in_the_order_of_the_answer() -> None:
    answer = replace(
        ANSWER,
        figures=(
            Figure("Nearly 900 prisoners", 900, "prisoners", "2025-05-23T23:30:00-11:00", (1,)),
            Figure("1,000 prisoners", 1000, "prisoners", "2025-05-16", (0,)),
            Figure("a handful", 5, None, None, ()),
        ),
        citations=(AGREED, BEGUN),
    )
    assert str(render(answer).description).split("\n")[:4] == [
        "The stories differ, newest first:",
        "**Nearly 900 prisoners** · 23\xa0May\xa02025 \\[2\\]",
        "**1,000 prisoners** · 16\xa0May\xa02025 \\[1\\]",
        "**a handful** · undated",
    ]


def test_what_a_figure_is_of_stands_beside_it_escaped() -> None:
    figures = (
        Figure("307", 307, None, "2025-05-24", (1,), label="on the *second* day @everyone"),
        Figure("1,000 prisoners each", 1000, "prisoners", "2025-05-16", (0,)),
    )
    lines = str(render(replace(ANSWER, figures=figures, citations=(AGREED, BEGUN))).description).split("\n")
    assert lines[1] == "**307**, on the \\*second\\* day \\@everyone · 24\xa0May\xa02025 \\[2\\]"
    assert lines[2] == "**1,000 prisoners each** · 16\xa0May\xa02025 \\[1\\]"


def test_without_a_figure_the_first_sentence_is_in_bold() -> None:
    answer = replace(ANSWER, figures=(), citations=(AGREED, BEGUN))
    assert str(render(answer).description).split("\n") == [
        "> **Each side will hand over 1,000 prisoners.**",
        "> \\[1\\] [Two sides agree on exchange](https://harbour-post.example/agreed) · The Harbour Post"
        " · 16\xa0May\xa02025",
        "",
        "> Nearly 900 prisoners crossed on Friday.",
        "> \\[2\\] First buses cross at dawn · Corra Daily · 23\xa0May\xa02025",
    ]


def test_several_quotes_of_a_story_share_its_source_and_its_number() -> None:
    second = replace(AGREED, quote="Talks took a day.")
    answer = replace(
        ANSWER, figures=(Figure("900", 900, None, None, (0, 1, 2)),), citations=(AGREED, BEGUN, second, AGREED)
    )
    description = str(render(answer).description)
    assert description.startswith("**900** \\[1\\] \\[2\\]\n")
    assert "> Each side will hand over 1,000 prisoners.\n> Talks took a day.\n> \\[1\\] " in description
    assert description.count("Two sides agree") == 1
    assert description.count("Each side will") == 1


def test_a_refusal_has_its_sentence_another_colour_and_the_nearest_stories() -> None:
    embed = render(replace(REFUSAL, citations=(AGREED, BEGUN)))
    assert embed.description == (
        "The stories do not say that.\n"
        "\n"
        "Nearest stories:\n"
        "- [Two sides agree on exchange](https://harbour-post.example/agreed) · The Harbour Post · 16\xa0May\xa02025\n"
        "- First buses cross at dawn · Corra Daily · 23\xa0May\xa02025"
    )
    assert len({embed.colour, render(ANSWER).colour, render_failure("It failed.").colour}) == 3


def test_a_refusal_without_stories_is_its_sentence_only() -> None:
    assert render(REFUSAL).description == "The stories do not say that."


def test_a_story_without_publisher_date_and_title_is_still_cited() -> None:
    bare = replace(AGREED, title=" \u200b", url=None, publisher=None, published_at=None)
    description = str(render(replace(ANSWER, citations=(bare,))).description)
    assert description.endswith("\n> \\[1\\] Untitled story")


def test_what_has_no_room_is_counted_and_its_number_is_not_shown() -> None:
    citations = tuple(replace(AGREED, story_id=str(n), quote=f"{n} words. " + "word " * 150) for n in range(9))
    answer = replace(ANSWER, figures=(Figure("9", 9, None, None, tuple(range(9))),), citations=citations)
    lines = str(render(answer).description).split("\n")
    shown = sum(line.startswith("> \\[") for line in lines)
    assert 3 <= shown < 9
    assert lines[-1] == f"… and {9 - shown} more passages."
    assert lines[0] == "**9** " + " ".join(f"\\[{number}\\]" for number in range(1, shown + 1))


def test_a_long_quote_is_shortened_at_the_end_of_a_sentence() -> None:
    citation = replace(AGREED, quote="The talks went on for another long day in the city. " * 60)
    lines = str(render(replace(ANSWER, citations=(citation,))).description).split("\n")
    assert lines[2].endswith("in the city. …")
    assert 500 < len(lines[2]) <= 910


@pytest.mark.parametrize(
    ("published_at", "written"),
    [
        ("2025-05-23", "23 May 2025"),
        ("2025-05-23T00:10:00+14:00", "23 May 2025"),
        ("2025-05-23T23:50:00-11:00", "23 May 2025"),
        ("2025-01-01T00:00:00Z", "1 January 2025"),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_the_day_that_the_publisher_gave(published_at: str | None, written: str | None) -> None:
    assert written_date(published_at) == (written and written.replace(" ", "\xa0"))


def test_nothing_at_all_is_still_something_that_discord_takes() -> None:
    empty = Answer(question="\u200b", answered=True, reason=None, text="", confidence=0.0)
    embed = render(empty)
    assert embed.title is None
    assert embed.description


@pytest.mark.parametrize("answer", [ANSWER, REFUSAL], ids=["answer", "refusal"])
def test_a_note_stands_at_the_foot(answer: Answer) -> None:
    assert render(answer).footer.text is None
    noted = replace(answer, note="Only words\u202e\nwere searched.")
    assert render(noted).footer.text == "Only words were searched."
    assert len(render(replace(answer, note="a" * 9_999)).footer.text or "") == 300


def test_failures_and_hints_are_their_sentence() -> None:
    assert render_failure("It failed.").description == "It failed."
    assert render_hint("Write words.").description == "Write words."


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
    )


@given(answer=answers())
def test_any_answer_is_within_discords_limits(answer: Answer) -> None:
    embed = render(answer)
    assert embed.title is None or 1 <= units(embed.title) <= 256
    assert embed.description is not None
    assert 1 <= units(embed.description) <= 4_096
    assert units(embed.description) + units(embed.title or "") <= 6_000
    assert embed.description.strip()


@pytest.mark.parametrize(
    "end",
    ["](https://evil.example)", "\\](https://evil.example)", "](<https://evil.example>)", "] (https://evil.example)"],
)
def test_text_behind_a_link_cannot_send_the_link_elsewhere(end: str, display: Callable) -> None:
    citations = (replace(AGREED, publisher=end), replace(AGREED, story_id="b", quote=end, publisher=end))
    for answer in (ANSWER, replace(REFUSAL)):
        shown = display(str(render(replace(answer, citations=citations)).description))
        assert [target for kind, target in shown.markup if kind == "link"] == [
            "https://harbour-post.example/agreed"
        ] * 2


@settings(max_examples=200, deadline=None)
@given(answer=answers())
def test_in_any_answer_only_our_own_markup_takes_effect(answer: Answer, display: Callable) -> None:
    embed = render(answer)
    assert display(embed.title or "").markup == []
    shown = display(str(embed.description))
    assert shown.kinds() <= {"quote", "list", "strong", "link"}
    addresses = {web_address(citation.url) for citation in answer.citations}
    assert {target for kind, target in shown.markup if kind == "link"} <= addresses
    assert sum(kind == "strong" for kind, _ in shown.markup) % 2 == 0


@given(answer=answers())
def test_every_quote_that_is_shown_is_the_storys_or_marked_as_shortened(answer: Answer, display: Callable) -> None:
    if not answer.answered:
        return
    quotes = {clean(citation.quote) for citation in answer.citations}
    for line in str(render(answer).description).split("\n"):
        if line.startswith("> ") and not line.startswith("> \\["):
            words = display(line).words
            assert words in quotes or any(
                quote.startswith(words.removesuffix("…").rstrip()) for quote in quotes if words.endswith("…")
            )


def test_a_short_answer_stands_first_with_the_source_that_says_it() -> None:
    answer = replace(ANSWER, figures=(), short="Ada *Brill*", text="Ada *Brill*: Each side")
    description = render(answer).description or ""
    assert description.startswith("**Ada \\*Brill\\*** \\[1\\]\n\n> Each side will hand over")
    assert description.count("Each side will hand over") == 1
