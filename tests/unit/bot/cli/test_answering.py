from collections.abc import Callable
from dataclasses import asdict, fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from index.stories import Answer, Citation, Figure, Finding

Storydesk = Callable[..., Any]
NEW = Citation(
    "id-2",
    "Swap [bold]agreed\x1b[2J",
    "https://example.org/2",
    "Paper",
    "2025-06-02T09:00:00+02:00",
    "p-2",
    0,
    11,
    "1,200 each.",
)
OLD = Citation("id-1", "Talks", None, None, "2025-05-16", "p-1", 5, 17, "1,000 \x1b[31m each.\n")
FIGURES = Answer(
    question="how many?",
    answered=True,
    reason=None,
    text="1,200 prisoners: ...",
    confidence=0.9,
    figures=(
        Figure("1,200 prisoners", 1200.0, "prisoners", "2025-06-02T09:00:00+02:00", (0,), label="in \x1b[31mall"),
        Figure("1,000 prisoners", 1000.0, "prisoners", "2025-05-16", (1,)),
        Figure("some prisoners", 3.0, None, None, (0, 1)),
    ),
    citations=(NEW, OLD),
    elapsed_ms={"total": 12.5},
)
SENTENCES = Answer("who?", True, None, "The two sides met.", 0.8, (), (OLD,), {"total": 1.0})
REFUSED = Answer("what?", False, "not_answered", "The stories do not say that.", 0.2, (), (NEW, OLD), {"total": 1.0})


def finding(number: int, *, vectors: float | None = 0.5, words: float | None = 7.25) -> Finding:
    return Finding(
        f"id-{number}",
        f"Title {number}",
        None,
        "Paper",
        None,
        "en",
        f"p-{number}",
        0,
        9,
        "Some\ntext",
        0.03,
        vectors,
        words,
    )


def test_figures_come_first_in_the_order_of_the_answer_then_the_quotes(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = FIGURES
    run = storydesk("ask", "how many?")
    assert run.code == 0
    assert run.err == ""
    assert run.out.splitlines() == [
        "1,200 prisoners, in [31mall (2025-06-02) [1]",
        "1,000 prisoners (2025-05-16) [2]",
        "some prisoners (undated) [1] [2]",
        "",
        "[1] “1,200 each.”",
        "    Swap [bold]agreed[2J, Paper, 2025-06-02",
        "    https://example.org/2",
        "",
        "[2] “1,000 [31m each.”",
        "    Talks, 2025-05-16",
    ]


def test_quotes_that_are_the_answer_are_not_said_twice(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = replace(SENTENCES, text=f"{NEW.quote} {OLD.quote}", citations=(NEW, OLD))
    out = storydesk("ask", "who?").out
    assert out.startswith("[1] “1,200 each.”\n")
    assert out.count("1,200 each.") == 1
    assert "\n\n[2] “1,000 [31m each.”\n" in out


def test_an_answer_of_other_words_begins_with_them(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = SENTENCES
    assert storydesk("ask", "who?").out.startswith("The two sides met.\n\n[1] “")


def test_a_refusal_is_its_sentence_with_the_nearest_stories_and_code_0(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = REFUSED
    run = storydesk("ask", "what?")
    assert run.code == 0
    assert run.out.splitlines() == [
        "The stories do not say that.",
        "Nearest stories:",
        "  Swap [bold]agreed[2J, Paper, 2025-06-02",
        "  Talks, 2025-05-16",
    ]


def test_a_refusal_without_nearest_stories_is_its_sentence(storydesk: Storydesk, engine: Any) -> None:
    assert storydesk("ask", "what?").out == "The stories do not say.\n"


@pytest.mark.parametrize("answer", [FIGURES, SENTENCES, REFUSED])
def test_a_note_is_told_beside_the_answer(storydesk: Storydesk, engine: Any, answer: Answer) -> None:
    engine.answer = answer
    plain = storydesk("ask", "how many?")
    engine.answer = replace(answer, note="Only words were searched.")
    noted = storydesk("ask", "how many?")
    assert noted.out == plain.out
    assert "Only words were searched." in noted.err
    assert "Only words" not in plain.err
    assert storydesk("ask", "--json", "how many?").json["note"] == "Only words were searched."


@pytest.mark.parametrize("answer", [FIGURES, SENTENCES, REFUSED])
def test_json_is_one_object_with_all_fields_of_an_answer(storydesk: Storydesk, engine: Any, answer: Answer) -> None:
    engine.answer = answer
    run = storydesk("ask", "--json", "how many?")
    assert run.code == 0
    assert run.out.count("\n") == 1
    assert list(run.json) == [field.name for field in fields(Answer)]
    expected = asdict(answer)
    assert run.json["citations"] == list(expected["citations"])
    assert [figure | {"citations": tuple(figure["citations"])} for figure in run.json["figures"]] == list(
        expected["figures"]
    )
    assert run.json["elapsed_ms"] == answer.elapsed_ms


def test_the_question_and_the_options_reach_the_engine(storydesk: Storydesk, engine: Any) -> None:
    storydesk(
        "ask", "how", "many", "prisoners?", "--now", "2025-06-01T12:30+02:00", "--since", "2025-05-01", "--library", "x"
    )
    assert engine.called("ask") == [
        {
            "question": "how many prisoners?",
            "library": "x",
            "now": datetime(2025, 6, 1, 12, 30, tzinfo=timezone(timedelta(hours=2))),
            "since": date(2025, 5, 1),
        }
    ]


def test_without_options_the_library_is_public_and_now_is_the_engines(storydesk: Storydesk, engine: Any) -> None:
    storydesk("ask", "")
    assert engine.called("ask") == [{"question": "", "library": "public", "now": None, "since": None}]


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2025-06-01", datetime(2025, 6, 1, 23, 59, 59, tzinfo=UTC)),
        ("2025-06-01T12:30", datetime(2025, 6, 1, 12, 30, tzinfo=UTC)),
        ("2025-06-01T12:30:00Z", datetime(2025, 6, 1, 12, 30, tzinfo=UTC)),
    ],
)
def test_now_is_a_day_to_its_end_or_a_moment_in_utc(
    storydesk: Storydesk, engine: Any, given: str, moment: datetime
) -> None:
    storydesk("ask", "what?", "--now", given)
    assert engine.called("ask")[0]["now"] == moment


def test_a_question_of_broken_bytes_reaches_the_engine_as_text(storydesk: Storydesk, engine: Any) -> None:
    storydesk("ask", "caf\udce9?")
    engine.called("ask")[0]["question"].encode("utf-8")


def test_find_prints_passages_with_their_scores(storydesk: Storydesk, engine: Any) -> None:
    engine.findings = [finding(1), finding(2, vectors=None), finding(3, words=None)]
    run = storydesk("find", "swap")
    assert run.code == 0
    assert run.out.splitlines() == [
        "1. Title 1, Paper, undated (score 0.0300, vectors 0.500, words 7.250)",
        "   Some text",
        "",
        "2. Title 2, Paper, undated (score 0.0300, words 7.250)",
        "   Some text",
        "",
        "3. Title 3, Paper, undated (score 0.0300, vectors 0.500)",
        "   Some text",
    ]


def test_find_says_when_nothing_matches(storydesk: Storydesk, engine: Any) -> None:
    run = storydesk("find", "swap", "--library", "city")
    assert (run.code, run.out) == (0, "No passage in the library city matches.\n")


def test_find_prints_one_json_object(storydesk: Storydesk, engine: Any) -> None:
    engine.findings = [finding(1), finding(2, vectors=None)]
    run = storydesk("find", "swap", "--json")
    assert run.json == {"question": "swap", "findings": [asdict(finding(1)), asdict(finding(2, vectors=None))]}
    engine.findings = []
    assert storydesk("find", "swap", "--json").json == {"question": "swap", "findings": []}


def test_finds_options_reach_the_engine(storydesk: Storydesk, engine: Any) -> None:
    storydesk("find", "swap", "--leg", "words", "--limit", "3", "--since", "2025-05-01")
    storydesk("find", "swap")
    assert engine.called("find") == [
        {"question": "swap", "library": "public", "leg": "words", "limit": 3, "now": None, "since": date(2025, 5, 1)},
        {"question": "swap", "library": "public", "leg": "both", "limit": 10, "now": None, "since": None},
    ]


def test_the_day_that_a_short_answer_means_stands_behind_it(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = Answer(
        "When?", True, None, "Friday: 1,000 each.", 0.9, (), (NEW,), short="Friday", short_day="2025-05-23"
    )
    assert storydesk("ask", "When?").out.startswith("Friday (2025-05-23) [1]\n")


def test_a_short_answer_stands_above_the_quotes_which_are_not_said_twice(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = Answer("Who?", True, None, "Ada Brill: 1,000 each.", 0.9, (), (NEW,), short="Ada\x1b[31m Brill")
    run = storydesk("ask", "Who?")
    assert run.out.startswith("Ada")
    first, *rest = run.out.splitlines()
    assert first.endswith("Brill [1]")
    assert "\x1b" not in run.out
    assert "".join(rest).count(NEW.quote.strip()) <= 1
