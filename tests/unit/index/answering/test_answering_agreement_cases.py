"""Figures of several stories: which are shown, in which order, and which are not."""

import json
from pathlib import Path
from typing import Any

import pytest

from index.answering import answer_question
from index.answering.confidence import FEATURES, Calibration
from index.stories import Answer, Finding

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[3] / "fixtures" / "agreement_cases.jsonl").read_text("utf-8").splitlines()
]
NOTHING = tuple(0.0 for _ in FEATURES)
SURE = Calibration(NOTHING, 0.0, NOTHING, 0.0, threshold=0.0, fitted_with="a test")


def answered(case: dict[str, Any], embedder: Any) -> Answer:
    findings = [
        Finding(
            story_id=story["id"],
            title=story["title"],
            url=None,
            publisher=story["publisher"],
            published_at=story["published_at"],
            language="en",
            passage_id=story["id"],
            start=0,
            end=len(story["text"]),
            text=story["text"],
            score=1.0 - 0.1 * rank,
            vector_score=0.5,
            word_score=5.0,
        )
        for rank, story in enumerate(case["stories"])
    ]
    return answer_question(
        case["question"],
        has_stories=lambda: True,
        search=lambda text, limit: findings[:limit],
        embed_tokens=embedder.embed_tokens,
        calibration=SURE,
    )


def what_is_wrong(case: dict[str, Any], answer: Answer) -> str | None:
    expected = case["expected"]
    values = [figure.value for figure in answer.figures]
    if values != expected["values"]:
        return f"{case['id']}: {values} instead of {expected['values']}: {answer.text}"
    # What stands in front of the quotes, as these may hold the very words.
    leading = answer.text.removesuffix(" ".join(citation.quote for citation in answer.citations))
    position = 0
    for text in expected["texts"]:
        if (found := leading.find(text, position)) < 0:
            return f"{case['id']}: no “{text}” in “{leading}”"
        position = found + len(text)
    return next((f"{case['id']}: “{text}” in “{leading}”" for text in expected["without"] if text in leading), None)


@pytest.mark.parametrize("written", ["before", "after"])
def test_nine_in_ten_cases_show_the_figures_newest_first_and_nothing_else(written: str, embedder: Any) -> None:
    cases = [case for case in CASES if case["written"] == written]
    wrong = [problem for case in cases if (problem := what_is_wrong(case, answered(case, embedder)))]

    assert len(cases) >= {"before": 20, "after": 40}[written]
    assert len(wrong) <= 0.1 * len(cases), "\n".join(wrong)
