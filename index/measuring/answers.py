"""How often answers hold what was asked for, whether short answers are right, and whether what they cite is."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from index.answering.questions import understand
from index.measuring.datasets import Question
from index.measuring.intervals import NOTHING, Estimate, mean, ratio
from index.measuring.matching import contains_answer, exact_match, token_f1
from index.stories import Answer

_SHORT_KINDS = frozenset({"count", "amount", "percent", "when", "where", "who"})
# "which" at the head of the question's last sentence, a preposition in front or not, or in its last five words:
# "In which city ...?", "... are leaving. Which measure did they leave out?", "... was bought by which company?"
_WHICH = re.compile(
    r"^(?:(?:in|at|on|of|to|from|for|by|with|under|after|during)\s+)?which\b|\bwhich(?:\s+[^\s,;:]+){0,4}$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?:][\"'”’)]*\s+")


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """An answer that was given however unsure it was, held against what is known.

    `answered` says whether it is sure enough to be given by itself. `contains1` and `contains3` say whether its first
    quote, or one of its first three, holds the expected answer; `short` is its short answer, or else its first figure.
    `cited` and `cited_right` count the stories it cites, and those of them that are known to hold the answer.
    """

    question: Question
    answer: Answer
    answered: bool
    contains1: bool
    contains3: bool
    short: str | None
    exact: bool
    f1: float
    cited: int
    cited_right: int


@dataclass(frozen=True, slots=True)
class AnswerScores:
    """Over `n` questions, all answered however unsure.

    `contains1` and `contains3` are the shares whose first quote, or one of whose first three, holds the answer;
    `answered` the share that is sure enough, `answered_contains3` the share that is both. `given_short` is the share of
    the `n_short_kinds` questions that ask for something short which get a short answer. `exact_match` and `f1` are over
    all `n_short` short answers, `citation_precision` over all stories cited.
    """

    n: int
    contains1: Estimate
    contains3: Estimate
    answered: Estimate
    answered_contains3: Estimate
    n_short_kinds: int
    given_short: Estimate
    n_short: int
    exact_match: Estimate
    f1: Estimate
    citation_precision: Estimate


def asks_for_something_short(text: str) -> bool:
    """Whether a question asks how many, how much, what percentage, when, where, who or which."""
    return understand(text).asks in _SHORT_KINDS or _asks_which(text)


def _asks_which(text: str) -> bool:
    last_sentence = _SENTENCE_END.split(text.strip())[-1]
    return _WHICH.search(last_sentence.strip(" \t?!.…\"'“”‘’()")) is not None


def judge(question: Question, answer: Answer, *, relevant: Collection[str], threshold: float) -> JudgedAnswer:
    """Hold an answer that had to be given against the expected ones; `relevant` stories are known to hold it.

    A refusal, as when nothing was found, is wrong and cites nothing.
    """
    quotes = [citation.quote for citation in answer.citations[:3]] if answer.answered else []
    cited = {citation.story_id for citation in answer.citations} if answer.answered else set()
    short = short_answer(answer)
    return JudgedAnswer(
        question=question,
        answer=answer,
        answered=is_sure(answer, threshold=threshold),
        contains1=any(contains_answer(quote, question.answers) for quote in quotes[:1]),
        contains3=any(contains_answer(quote, question.answers) for quote in quotes),
        short=short,
        exact=short is not None and exact_match(short, question.answers),
        f1=token_f1(short, question.answers) if short is not None else 0.0,
        cited=len(cited),
        cited_right=len(cited & set(relevant)),
    )


def is_sure(answer: Answer, *, threshold: float) -> bool:
    """Whether an answer that had to be given would be given by itself."""
    return answer.answered and answer.confidence >= threshold


def short_answer(answer: Answer) -> str | None:
    """What an answer shows in front of its quotes: its short answer, else the first of its figures."""
    if not answer.answered:
        return None
    return answer.short or (answer.figures[0].text if answer.figures else None)


def score_answers(judged: Sequence[JudgedAnswer]) -> AnswerScores:
    """The scores of answers to questions that the corpus answers."""
    short_kinds = [each for each in judged if asks_for_something_short(each.question.text)]
    shorts = [each for each in judged if each.short is not None]
    return AnswerScores(
        n=len(judged),
        contains1=mean([each.contains1 for each in judged]),
        contains3=mean([each.contains3 for each in judged]),
        answered=mean([each.answered for each in judged]),
        answered_contains3=mean([each.answered and each.contains3 for each in judged]),
        n_short_kinds=len(short_kinds),
        given_short=mean([each.short is not None for each in short_kinds]),
        n_short=len(shorts),
        exact_match=mean([each.exact for each in shorts]),
        f1=mean([each.f1 for each in shorts]),
        citation_precision=ratio([each.cited_right for each in judged], [each.cited for each in judged])
        if judged
        else NOTHING,
    )


def latencies(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """The median and the 95th percentile of the milliseconds of each stage."""
    stages = dict.fromkeys(stage for answer in answers for stage in answer.elapsed_ms)
    taken = {stage: [a.elapsed_ms[stage] for a in answers if stage in a.elapsed_ms] for stage in stages}
    return {
        stage: {"p50": round(float(np.percentile(values, 50)), 1), "p95": round(float(np.percentile(values, 95)), 1)}
        for stage, values in taken.items()
    }
