"""Answers and refusals as people read them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import discord
import pytest
from answers_shown import AGREED, ANSWER, NOW, REFUSAL, laid
from discord_shown import custom_ids_of, problems_of, text_of

from bot.showing.answers import draw_answer, lay_out
from bot.showing.dates import date_and_age, written_date
from bot.showing.look import draw_failure, draw_hint
from bot.translating import Voice
from index.stories import Answer, Figure

BEGUN = replace(
    AGREED,
    story_id="b",
    title="First buses cross at dawn",
    url=None,
    publisher="Corra Daily",
    published_at="2025-05-23T23:30:00-11:00",
    quote="Nearly 900 prisoners crossed on Friday.",
)
AGREED_ON = "16\xa0May\xa02025 · <t:1747391400:R>"
BEGUN_ON = "23\xa0May\xa02025 · <t:1748082600:R>"


def lead(answer: Answer) -> list[str]:
    """The lines below the question."""
    return laid(answer).head.split("\n")[1:]


def test_a_figure_comes_first_and_in_bold_with_the_number_of_its_source_and_is_bold_in_the_quote() -> None:
    assert laid(ANSWER).text == (
        "-# How many prisoners are being exchanged?\n"
        "## **1,000 prisoners** \\[1\\]\n"
        "\n"
        "> Each side will hand over **1,000 prisoners**.\n"
        "-# \\[1\\] [Two sides agree on exchange](https://harbour-post.example/agreed) · The Harbour Post"
        f" · {AGREED_ON}"
    )


@pytest.mark.parametrize("quote", ["Some 21,000 prisoners.", "1,000 prisonersX", "It was 3.1,000 prisoners"])
def test_a_part_of_another_figure_is_not_made_bold(quote: str) -> None:
    answer = replace(ANSWER, citations=(replace(AGREED, quote=quote),))
    assert "**" not in laid(answer).blocks[0]


def test_the_lines_of_a_list_are_quoted_on_one_line_that_shows_where_they_end() -> None:
    answer = replace(ANSWER, citations=(replace(AGREED, quote="Handed over:\n\n1,000 prisoners\n\n12 officers"),))
    assert "> Handed over: / **1,000 prisoners** / 12 officers\n" in laid(answer).blocks[0]


def test_how_a_question_was_understood_is_said_below_it() -> None:
    answer = replace(ANSWER, question="And *when*?", understood_as="When did the *exchange* begin?")
    assert laid(answer).head.startswith(
        "-# And \\*when\\*?\n-# Understood as: When did the \\*exchange\\* begin?\n## **1,000 prisoners** "
    )


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
    assert lead(answer) == [
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
    lines = lead(replace(ANSWER, figures=figures, citations=(AGREED, BEGUN)))
    assert lines[1] == "**307**, on the \\*second\\* day \\@everyone · 24\xa0May\xa02025 \\[2\\]"
    assert lines[2] == "**1,000 prisoners each** · 16\xa0May\xa02025 \\[1\\]"


def test_what_a_single_figure_is_of_stands_below_it_and_a_long_one_is_not_large() -> None:
    labelled = replace(ANSWER.figures[0], label="in *all*")
    assert lead(replace(ANSWER, figures=(labelled,))) == ["## **1,000 prisoners** \\[1\\]", "in \\*all\\*"]
    long = replace(ANSWER.figures[0], text="1,000 prisoners " * 5)
    assert lead(replace(ANSWER, figures=(long,)))[0].startswith("**1,000 prisoners 1,000")


def test_without_a_figure_the_first_sentence_is_in_bold() -> None:
    sheet = laid(replace(ANSWER, figures=(), citations=(AGREED, BEGUN)))
    assert sheet.head == "-# How many prisoners are being exchanged?"
    assert sheet.blocks == (
        "> **Each side will hand over 1,000 prisoners.**\n"
        "-# \\[1\\] [Two sides agree on exchange](https://harbour-post.example/agreed) · The Harbour Post"
        f" · {AGREED_ON}",
        f"> Nearly 900 prisoners crossed on Friday.\n-# \\[2\\] First buses cross at dawn · Corra Daily · {BEGUN_ON}",
    )


def test_a_short_answer_stands_first_with_the_source_that_says_it() -> None:
    answer = replace(ANSWER, figures=(), short="Each *side*", text="-", citations=(AGREED, BEGUN))
    assert lead(answer) == ["## **Each \\*side\\*** \\[1\\]"]
    assert laid(answer).blocks[0].startswith("> Each side will hand over")


def test_the_day_that_a_short_answer_means_stands_behind_it() -> None:
    answer = replace(ANSWER, figures=(), short="Wed*nes*day", short_day="2025-05-21", text="-", citations=(AGREED,))
    assert lead(answer) == ["## **Wed\\*nes\\*day (21\u00a0May\u00a02025)** \\[1\\]"]
    assert lead(replace(answer, short_day="no day")) == ["## **Wed\\*nes\\*day** \\[1\\]"]


def test_several_quotes_of_a_story_share_its_source_and_its_number() -> None:
    second = replace(AGREED, quote="Talks took a day.")
    answer = replace(
        ANSWER, figures=(Figure("900", 900, None, None, (0, 1, 2)),), citations=(AGREED, BEGUN, second, AGREED)
    )
    assert lead(answer) == ["## **900** \\[1\\] \\[2\\]"]
    first, _ = laid(answer).blocks
    assert first.startswith("> Each side will hand over 1,000 prisoners.\n> Talks took a day.\n-# \\[1\\] ")
    assert laid(answer).text.count("Two sides agree") == 1
    assert laid(answer).text.count("Each side will") == 1


def test_a_refusal_has_its_sentence_another_colour_and_the_nearest_stories() -> None:
    sheet = laid(replace(REFUSAL, citations=(AGREED, BEGUN)))
    assert sheet.head == "-# Who won?\n**The stories do not say.**"
    assert sheet.blocks == (
        "Nearest stories:\n"
        f"- [Two sides agree on exchange](https://harbour-post.example/agreed) · The Harbour Post · {AGREED_ON}\n"
        f"- First buses cross at dawn · Corra Daily · {BEGUN_ON}",
    )
    assert len({sheet.colour, laid(ANSWER).colour, draw_failure("It failed.").colour}) == 3


def test_a_refusal_without_stories_is_its_sentence_only() -> None:
    assert laid(REFUSAL).text == "-# Who won?\n**The stories do not say.**"


def test_a_long_reason_is_not_bold() -> None:
    assert "**" not in laid(replace(REFUSAL, reason="about_the_bot")).text


def test_a_refusal_and_a_note_are_in_the_readers_language_and_name_commands_as_the_reader_sees_them() -> None:
    def drawn(answer: Answer, say: Voice) -> str:
        return lay_out(answer, now=NOW, say=say).text

    empty = replace(REFUSAL, reason="no_stories")
    assert "`/stories add`" in drawn(empty, Voice())
    assert "`/artikel hinzufügen`" in drawn(empty, Voice(listed_in="de"))
    assert "</stories add:7>" in drawn(empty, Voice(language="fr", commands={"stories": 7}))
    noted = replace(ANSWER, note="Only words were searched.", note_reason="vectors_unreachable")
    assert "nur nach Wörtern gesucht" in drawn(noted, Voice("de"))
    assert "Only words were searched" not in drawn(noted, Voice("de"))


def test_who_asks_in_another_language_than_the_stories_is_told_which_that_is() -> None:
    foreign = replace(REFUSAL, stories_language="de")
    said = [lay_out(foreign, now=NOW, say=Voice(language)).head for language in ("en", "de", "fr", "es")]  # type: ignore[arg-type]
    for sentence, called in zip(said, ("German", "Deutsch", "allemand", "alemán"), strict=True):
        assert f" {called}." in sentence
    assert "do not say.**" in lay_out(replace(REFUSAL, stories_language="x?"), now=NOW, say=Voice()).head


def test_a_reason_that_is_not_known_is_the_engines_sentence_escaped() -> None:
    assert laid(replace(REFUSAL, reason=None, text="`/stories add` *now*")).head.endswith(
        r"**\`/stories add\` \*now\***"
    )


def test_a_story_without_publisher_date_and_title_is_still_cited() -> None:
    bare = replace(AGREED, title=" \u200b", url=None, publisher=None, published_at=None)
    assert laid(replace(ANSWER, citations=(bare,))).text.endswith("\n-# \\[1\\] Untitled story")


def test_what_has_no_room_is_counted_and_its_number_is_not_shown() -> None:
    citations = tuple(replace(AGREED, story_id=str(n), quote=f"{n} words. " + "word " * 150) for n in range(9))
    answer = replace(ANSWER, figures=(Figure("9", 9, None, None, tuple(range(9))),), citations=citations)
    sheet = laid(answer)
    shown = sum("-# \\[" in block for block in sheet.blocks)
    assert 3 <= shown < 9
    assert sheet.blocks[-1] == f"-# … and {9 - shown} more passages."
    assert lead(answer) == ["## **9** " + " ".join(f"\\[{number}\\]" for number in range(1, min(shown, 5) + 1))]


def test_a_story_more_than_ten_is_counted_too() -> None:
    citations = tuple(replace(AGREED, story_id=str(n), quote=f"Story {n}.") for n in range(14))
    sheet = laid(replace(ANSWER, figures=(), citations=citations))
    assert len(sheet.blocks) == 11
    assert sheet.blocks[-1] == "-# … and 4 more passages."


def test_a_long_quote_is_shortened_at_the_end_of_a_sentence() -> None:
    citation = replace(AGREED, quote="The talks went on for another long day in the city. " * 60)
    quote = laid(replace(ANSWER, citations=(citation,))).blocks[0].split("\n")[0]
    assert quote.endswith("in the city. …")
    assert 500 < len(quote) <= 910


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
    assert written_date(published_at, say=Voice()) == (written and written.replace(" ", "\xa0"))


@pytest.mark.parametrize(
    ("published_at", "age"),
    [
        ("2025-11-26T11:59:00+00:00", "<t:1764158340:R>"),  # a minute ago
        ("2025-11-26T13:59:00+02:00", "<t:1764158340:R>"),
        ("2025-11-26T12:01:00+00:00", None),  # yet to come
        ("2025-11-26", None),  # a day says nothing of hours
        ("2025-11-24", None),
        ("2025-11-23", "<t:1763893800:R>"),
        ("2025-11-24T01:00:00", None),  # who knows in which zone
        ("2027-01-01", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-12:00", None),
    ],
)
def test_an_age_is_shown_as_far_as_it_is_known(published_at: str, age: str | None) -> None:
    day = written_date(published_at, say=Voice())
    assert date_and_age(published_at, now=NOW, say=Voice()) == (f"{day} · {age}" if age else day)


@pytest.mark.parametrize("hours", [-10, -8, 0, 2, 9, 13])
def test_a_day_without_a_time_is_that_day_where_people_hover_over_its_age(hours: int) -> None:
    shown = str(date_and_age("2025-03-01", now=NOW, say=Voice()))
    moment = datetime.fromtimestamp(int(shown.split("<t:")[1].split(":")[0]), UTC) + timedelta(hours=hours)
    assert moment.date().isoformat() == "2025-03-01"


def test_nothing_at_all_is_still_something_that_discord_takes() -> None:
    empty = Answer(question="\u200b", answered=True, reason=None, text="", confidence=0.0)
    assert laid(empty).text == "There is nothing to show."


@pytest.mark.parametrize("answer", [ANSWER, REFUSAL], ids=["answer", "refusal"])
def test_a_note_stands_at_the_foot(answer: Answer) -> None:
    assert laid(answer).foot is None
    noted = replace(answer, note="Only words\u202e\nwere *searched*.")
    assert laid(noted).foot == "-# Only words were \\*searched\\*."
    assert len(laid(replace(answer, note="a" * 9_999)).foot or "") <= 303


def test_failures_and_hints_are_their_sentence() -> None:
    assert draw_failure("It failed.").description == "It failed."
    assert draw_hint("Write words.").description == "Write words."


async def test_an_answer_is_one_message_that_is_not_listened_to() -> None:
    button: discord.ui.Button[discord.ui.LayoutView] = discord.ui.Button(label="Go", custom_id="go")
    view = draw_answer(ANSWER, now=NOW, buttons=[[button]], say=Voice())
    assert problems_of(view) is None
    assert text_of(view).startswith("-# How many prisoners are being exchanged?\n## **1,000 prisoners**")
    assert custom_ids_of(view) == ["go"]
    assert view.is_finished()
