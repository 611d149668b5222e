"""One evaluation from the questions to all scores."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Protocol

from index.measuring.answers import AnswerScores, JudgedAnswer, is_sure, judge, latencies, score_answers
from index.measuring.cache import Corpus, MeasuredLibrary
from index.measuring.datasets import Question, Split, in_split, keep_labels
from index.measuring.intervals import Estimate
from index.measuring.refusing import (
    MOST_LEFT_OUT,
    Certainty,
    RefusalScores,
    RiskCoverage,
    calibration_error,
    risk_coverage,
    score_refusals,
    stories_with_answers,
)
from index.measuring.retrieval import RetrievalScores, rank_of_first, ranked_stories, score_retrieval
from index.publishing.stores import Progress
from index.stories import Answer, Finding

_PASSAGES = 50
"""Passages to rank stories by: enough for ten stories, of which some have several."""


class Asked(Protocol):
    """What is measured: an engine."""

    def ask(
        self,
        question: str,
        *,
        library: str,
        now: datetime | None,
        leaving_out: Collection[str],
        least_confidence: float | None,
    ) -> Answer:
        """Like `Engine.ask`."""

    def find(self, question: str, *, library: str, limit: int, now: datetime | None) -> list[Finding]:
        """Like `Engine.find`."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found: stories by their best passages, best first, with the titles of the first."""

    question: Question
    ranked: tuple[str, ...]
    titles: tuple[str, ...]
    rank: int | None


@dataclass(frozen=True, slots=True)
class Selection:
    """The questions that are asked, and how many labels name stories that are not in the corpus."""

    questions: tuple[Question, ...]
    refusals: tuple[Question, ...] | None
    labels_not_in_corpus: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All scores. `found` and `judged` have what each question that the corpus answers came to.

    Answers by "gold" are to questions with a sure label, by "silver" to those with likely ones only. `elsewhere` is
    None without a file of questions that have no answer; `too_common` counts questions that could not be asked without
    their answer because most stories hold it.
    """

    retrieval: dict[str, RetrievalScores]
    answers: dict[str, AnswerScores]
    elsewhere: RefusalScores | None
    left_out: RefusalScores
    too_common: int
    expected_calibration_error: float | None
    risk_coverage: dict[str, RiskCoverage | None]
    latency_ms: dict[str, dict[str, float]]
    found: tuple[Found, ...]
    judged: tuple[JudgedAnswer, ...]


def select(
    questions: Sequence[Question],
    refusals: Sequence[Question] | None,
    *,
    ids: Collection[str],
    split: Split,
    limit: int | None = None,
) -> Selection:
    """The questions of `split` that name a story among `ids`, and the refusals of it; of each the first `limit`.

    Labels that name other stories are left out and counted.
    """
    of_split = [question for question in questions if in_split(question.id, split)]
    kept = [keep_labels(question, ids) for question in of_split]
    missing = sum(len(before.labels) - len(after.labels) for before, after in zip(of_split, kept, strict=True))
    labelled = tuple(question for question in kept if question.labels)[:limit]
    if refusals is None:
        return Selection(labelled, None, missing)
    return Selection(labelled, tuple(each for each in refusals if in_split(each.id, split))[:limit], missing)


def evaluate(
    engine: Asked,
    selection: Selection,
    corpus: Corpus,
    library: MeasuredLibrary,
    *,
    threshold: float,
    on_progress: Progress,
) -> Evaluation:
    """Ask everything of `selection` and score what comes back; an answer is given from the confidence `threshold` on.

    Each question that the corpus answers is asked three times: for stories, for its answer, and for its answer while
    the stories that hold it are left out. Raises StorydeskError.
    """
    questions = selection.questions
    relevant = {each.id: {library.story_ids[label] for label in each.labels} for each in questions}
    relevant_gold = {each.id: {library.story_ids[label] for label in each.gold} for each in questions}

    def ask(question: Question, leaving_out: Collection[str] = ()) -> Answer:
        return engine.ask(
            question.text, library=library.name, now=question.now, leaving_out=leaving_out, least_confidence=0.0
        )

    found: list[Found] = []
    for done, question in enumerate(questions, start=1):
        findings = engine.find(question.text, library=library.name, limit=_PASSAGES, now=question.now)
        found.append(_found(question, findings, relevant[question.id]))
        on_progress("questions searched", done, len(questions))
    ranked = {each.question.id: each.ranked for each in found}

    judged: list[JudgedAnswer] = []
    for done, question in enumerate(questions, start=1):
        answer = ask(question)
        judged.append(judge(question, answer, relevant=relevant[question.id], threshold=threshold))
        on_progress("questions answered", done, len(questions))

    refusals = selection.refusals
    elsewhere: list[Answer] = []
    for done, question in enumerate(refusals or (), start=1):
        elsewhere.append(ask(question))
        on_progress("questions from elsewhere", done, len(refusals or ()))

    holding = _stories_to_leave_out(questions, corpus, library, relevant, on_progress=on_progress)
    most = MOST_LEFT_OUT * len(set(library.story_ids.values()))
    askable = [question for question in questions if len(holding[question.id]) <= most]
    left_out: list[Answer] = []
    for done, question in enumerate(askable, start=1):
        left_out.append(ask(question, holding[question.id]))
        on_progress("questions without their stories", done, len(askable))

    answerable = [Certainty(each.answer.confidence, each.answered, each.contains3) for each in judged]
    kinds = {
        "answerable": answerable,
        "elsewhere": [_never_right(answer, threshold) for answer in elsewhere],
        "left_out": [_never_right(answer, threshold) for answer in left_out],
    }
    return Evaluation(
        retrieval={
            "gold": score_retrieval(ranked, relevant_gold),
            "gold_silver": score_retrieval(ranked, relevant),
        },
        answers={
            "gold": score_answers([each for each in judged if each.question.gold]),
            "silver": score_answers([each for each in judged if not each.question.gold]),
            "all": score_answers(judged),
        },
        elsewhere=score_refusals(answerable, kinds["elsewhere"]) if refusals is not None else None,
        left_out=score_refusals(answerable, kinds["left_out"]),
        too_common=len(questions) - len(askable),
        expected_calibration_error=calibration_error(kinds),
        risk_coverage={"answerable": risk_coverage({"answerable": answerable}), "all": risk_coverage(kinds)},
        # Leaving stories out takes a wider search than anyone's question does.
        latency_ms=latencies([each.answer for each in judged] + elsewhere),
        found=tuple(found),
        judged=tuple(judged),
    )


def _found(question: Question, findings: Sequence[Finding], relevant: Collection[str]) -> Found:
    ranked = ranked_stories(findings)
    titles = {finding.story_id: finding.title for finding in findings}
    return Found(question, tuple(ranked), tuple(titles[story] for story in ranked[:3]), rank_of_first(ranked, relevant))


def _stories_to_leave_out(
    questions: Sequence[Question],
    corpus: Corpus,
    library: MeasuredLibrary,
    relevant: dict[str, set[str]],
    *,
    on_progress: Progress,
) -> dict[str, set[str]]:
    """By question, the ids of all stories that are labelled or have one of its answers in their words."""
    done = 0

    def told() -> None:
        nonlocal done
        done += 1
        on_progress("stories looked through for answers", done, len(corpus.ids))

    texts = ((library.story_ids[doc], text) for doc, text in corpus.texts()) if questions else ()
    found = stories_with_answers(questions, texts, on_story=told)
    return {question.id: found[question.id] | relevant[question.id] for question in questions}


def _never_right(answer: Answer, threshold: float) -> Certainty:
    return Certainty(answer.confidence, is_sure(answer, threshold=threshold), right=False)


def not_found_first(evaluation: Evaluation, most: int) -> list[Found]:
    """The questions with no labelled story among the first ten, at most `most`, first those that are not found."""
    missed = [each for each in evaluation.found if each.rank is None or each.rank > 10]
    return sorted(missed, key=lambda each: -(each.rank or 10_000))[:most]


def surely_wrong(evaluation: Evaluation, most: int) -> list[JudgedAnswer]:
    """The answers that do not hold what is expected, at most `most`, the surest first."""
    wrong = [each for each in evaluation.judged if each.answer.answered and not each.contains3]
    return sorted(wrong, key=lambda each: -each.answer.confidence)[:most]


def as_json(evaluation: Evaluation, *, settings: dict[str, Any], worst: int) -> dict[str, Any]:
    """The evaluation as one object; "intervals" has the 95 % interval of each estimate, at the same place."""
    elsewhere, left_out = evaluation.elsewhere, evaluation.left_out
    scores = {
        "retrieval": evaluation.retrieval,
        "answers": evaluation.answers,
        "refusals": {"elsewhere": elsewhere, "left_out": left_out},
    }
    values: dict[str, Any] = {name: _values(section) for name, section in scores.items()}
    values["refusals"] |= {
        "too_common": evaluation.too_common,
        "ece": _rounded(evaluation.expected_calibration_error),
        "risk_coverage": {name: _values(curve) for name, curve in evaluation.risk_coverage.items()},
    }
    return values | {
        "latency_ms": evaluation.latency_ms,
        "intervals": {name: _intervals(section) for name, section in scores.items()},
        "worst": {
            "not_found": [
                {"id": each.question.id, "question": each.question.text, "rank": each.rank, "found": list(each.titles)}
                for each in not_found_first(evaluation, worst)
            ],
            "surely_wrong": [
                {
                    "id": each.question.id,
                    "question": each.question.text,
                    "expected": list(each.question.answers),
                    "confidence": each.answer.confidence,
                    "found": each.answer.text,
                    "title": each.answer.citations[0].title if each.answer.citations else None,
                }
                for each in surely_wrong(evaluation, worst)
            ],
        },
        "settings": settings,
    }


def _values(scores: Any) -> Any:
    """Counts and values of estimates, without the intervals."""
    if isinstance(scores, Estimate):
        return _rounded(scores.value)
    if isinstance(scores, dict):
        return {name: _values(part) for name, part in scores.items()}
    if is_dataclass(scores):
        return {field.name: _values(getattr(scores, field.name)) for field in fields(scores)}
    return _rounded(scores) if isinstance(scores, float) else scores


def _intervals(scores: Any) -> Any:
    """The low and the high end of each estimate's interval, None for one without."""
    if isinstance(scores, Estimate):
        return None if scores.low is None else [_rounded(scores.low), _rounded(scores.high)]
    if isinstance(scores, dict):
        return {name: _intervals(part) for name, part in scores.items()}
    if is_dataclass(scores):
        parts = {field.name: getattr(scores, field.name) for field in fields(scores)}
        return {name: _intervals(part) for name, part in parts.items() if isinstance(part, Estimate)}
    return None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
