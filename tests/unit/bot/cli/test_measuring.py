import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from index.errors import MeasuringError
from index.measuring import run as measuring
from index.measuring.answers import judge, latencies, score_answers
from index.measuring.datasets import Question
from index.measuring.evaluation import Evaluation, Found
from index.measuring.refusing import Certainty, risk_coverage, score_refusals
from index.measuring.retrieval import score_retrieval
from index.measuring.run import Measured
from index.stories import Answer, Citation

QUESTION = Question(
    "q1", "Who \x1b[2Jlost?", datetime(2025, 6, 1, tzinfo=UTC), answers=("Jon [bold]Ferro",), gold=frozenset({"a"})
)
QUOTE = "It was \x1b[31mher."
ANSWER = Answer(
    question=QUESTION.text,
    answered=True,
    reason=None,
    text=QUOTE,
    confidence=0.875,
    citations=(Citation("b", "Other", None, None, None, "p", 0, len(QUOTE), QUOTE),),
    elapsed_ms={"finding": 12.0, "total": 34.0},
)


def measured(**changes: Any) -> Measured:
    judged = judge(QUESTION, ANSWER, relevant={"a"}, threshold=0.5)
    answerable = [Certainty(0.875, True, False)]
    evaluation = Evaluation(
        **{
            "retrieval": {
                "gold": score_retrieval({"q1": ["b"]}, {"q1": {"a"}}),
                "gold_silver": score_retrieval({}, {}),
            },
            "answers": {"gold": score_answers([judged]), "silver": score_answers([]), "all": score_answers([judged])},
            "elsewhere": None,
            "left_out": score_refusals(answerable, [Certainty(0.25, False, False)]),
            "too_common": 3,
            "expected_calibration_error": 0.123456,
            "risk_coverage": {"answerable": risk_coverage({"a": answerable}), "all": None},
            "latency_ms": latencies([ANSWER]),
            "found": (Found(QUESTION, ("b",), ("Other \x1b[1mtitle",), None),),
            "judged": (judged,),
        }
        | changes
    )
    return Measured(evaluation, {"questions": 1, "stories": 2, "split": "report"})


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """How measuring was called; it gives the same evaluation each time."""
    calls: list[dict[str, Any]] = []

    def measure(settings: Any, **options: Any) -> Measured:
        calls.append({"settings": settings} | options)
        options["on_progress"]("questions answered", 1, 1)
        return measured()

    monkeypatch.setattr(measuring, "measure", measure)
    return calls


def test_files_and_options_reach_the_evaluation(storydesk: Callable[..., Any], calls: list[dict[str, Any]]) -> None:
    options = "--corpus c.jsonl --questions q.jsonl --refusals r.jsonl --only i.txt --split tune --limit 7 --cache x"
    assert storydesk("eval", *options.split(), "--no-wait", "--json").code == 0
    (call,) = calls
    assert call["corpus"] == Path("c.jsonl")
    assert call["questions"] == Path("q.jsonl")
    assert call["refusals"] == Path("r.jsonl")
    assert call["only"] == Path("i.txt")
    assert (call["split"], call["limit"], call["cache"], call["wait"]) == ("tune", 7, Path("x"), False)


def test_the_environment_names_files_and_an_option_wins(
    storydesk: Callable[..., Any], calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("corpus", "questions", "refusals", "cache"):
        monkeypatch.setenv(f"STORYDESK_EVAL_{name.upper()}", f"/given/{name}")
    assert storydesk("eval", "--questions", "mine").code == 0
    (call,) = calls
    assert call["corpus"] == Path("/given/corpus")
    assert call["questions"] == Path("mine")
    assert call["refusals"] == Path("/given/refusals")
    assert call["cache"] == Path("/given/cache")
    assert call["split"] == "report"
    assert call["limit"] is None


@pytest.mark.parametrize(("given", "missing"), [([], "corpus"), (["--corpus", "c"], "questions")])
def test_a_file_that_is_not_named_is_asked_for(storydesk: Callable[..., Any], given: list[str], missing: str) -> None:
    run = storydesk("eval", *given)
    assert run.code == 2
    what_to_do = f"name a file by --{missing}, or set STORYDESK_EVAL_{missing.upper()} to it."
    assert run.err.splitlines() == [f"Error: No {missing} to measure with; {what_to_do}"]


@pytest.mark.parametrize("package", ["ir_measures", "scipy"])
def test_a_missing_package_is_one_sentence_that_says_what_to_install(
    storydesk: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    for name in list(sys.modules):
        if name.startswith("index.measuring") or name.partition(".")[0] == package:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("index.measuring")
    monkeypatch.setitem(sys.modules, package, None)
    run = storydesk("eval", "--corpus", "c", "--questions", "q")
    assert run.code == 2
    assert len(run.err.splitlines()) == 1
    assert re.match(rf'Error: {package}[\w.]* is not installed, .*; run `pip install "storydesk\[eval\]"`\.', run.err)


def test_what_is_wrong_with_a_file_is_one_sentence(
    storydesk: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(*_: Any, **__: Any) -> Measured:
        raise MeasuringError("Line 3 of q is not valid JSON; correct it.")

    monkeypatch.setattr(measuring, "measure", measure)
    run = storydesk("eval", "--corpus", "c", "--questions", "q")
    assert (run.code, run.out, run.err) == (2, "", "Error: Line 3 of q is not valid JSON; correct it.\n")


def test_json_is_one_object_with_the_worst_questions(
    storydesk: Callable[..., Any], calls: list[dict[str, Any]]
) -> None:
    found = storydesk("eval", "--corpus", "c", "--questions", "q", "--json").json
    assert set(found) == {"retrieval", "answers", "refusals", "latency_ms", "intervals", "worst", "settings"}
    assert found["retrieval"]["gold"] == {"n": 1, "hit1": 0.0, "hit5": 0.0, "hit10": 0.0, "mrr10": 0.0}
    assert found["retrieval"]["gold_silver"] == {"n": 0, "hit1": None, "hit5": None, "hit10": None, "mrr10": None}
    assert found["refusals"]["elsewhere"] is None
    assert found["refusals"]["left_out"]["balanced_accuracy"] == 1.0
    assert found["refusals"]["ece"] == 0.1235
    assert found["latency_ms"]["total"] == {"p50": 34.0, "p95": 34.0}
    assert found["worst"]["not_found"] == [
        {"id": "q1", "question": QUESTION.text, "rank": None, "found": ["Other \x1b[1mtitle"]}
    ]
    assert found["worst"]["surely_wrong"] == [
        {
            "id": "q1",
            "question": QUESTION.text,
            "expected": ["Jon [bold]Ferro"],
            "confidence": 0.875,
            "found": QUOTE,
            "title": "Other",
        }
    ]


def test_tables_show_the_figures_and_the_worst_questions_harmlessly(
    storydesk: Callable[..., Any], calls: list[dict[str, Any]]
) -> None:
    run = storydesk("eval", "--corpus", "c", "--questions", "q")
    assert run.code == 0
    assert "\x1b" not in run.out
    assert "[bold]Ferro" in run.out
    words = " ".join(run.out.split())
    assert "Hit@1 0.000 -" in words
    assert "Expected calibration error: 0.123" in words
    assert "3 questions were not asked without their answer" in words
    assert "total 34 34" in words
    assert run.out.count("lost?") == 2
    assert max(map(len, run.out.splitlines())) <= 80


def test_no_worst_questions_are_shown_where_none_are_wanted(
    storydesk: Callable[..., Any], calls: list[dict[str, Any]]
) -> None:
    assert "lost?" not in storydesk("eval", "--corpus", "c", "--questions", "q", "--worst", "0").out


def test_the_curve_is_drawn_into_a_png_file(
    storydesk: Callable[..., Any], calls: list[dict[str, Any]], tmp_path: Path
) -> None:
    run = storydesk("eval", "--corpus", "c", "--questions", "q", "--plot", "curve.png", "--json")
    assert run.code == 0
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG\r\n")
    run = storydesk("eval", "--corpus", "c", "--questions", "q", "--plot", "no/such.png", "--json")
    assert run.code == 2
    assert run.json["retrieval"]  # the figures are not lost
    assert "no/such.png cannot be written (No such file or directory)" in run.err


def test_a_stop_says_that_what_was_indexed_is_kept(
    storydesk: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(*_: Any, **__: Any) -> Measured:
        raise KeyboardInterrupt

    monkeypatch.setattr(measuring, "measure", measure)
    run = storydesk("eval", "--corpus", "c", "--questions", "q")
    assert run.code == 130
    assert run.err.startswith("Stopped: what was indexed is kept")
