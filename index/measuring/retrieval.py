"""How high the stories that hold the answer are ranked: hit rate and mean reciprocal rank over documents."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import ir_measures
from ir_measures import RR, Qrel, ScoredDoc, Success

from index.measuring.intervals import Estimate, mean
from index.stories import Finding


@dataclass(frozen=True, slots=True)
class RetrievalScores:
    """Over `n` questions: the share with a story that holds the answer among the first 1, 5 and 10, and MRR@10."""

    n: int
    hit1: Estimate
    hit5: Estimate
    hit10: Estimate
    mrr10: Estimate


def ranked_stories(findings: Iterable[Finding]) -> list[str]:
    """The ids of the stories, each at the rank of its best passage."""
    return list(dict.fromkeys(finding.story_id for finding in findings))


def score_retrieval(ranked: Mapping[str, Sequence[str]], relevant: Mapping[str, Collection[str]]) -> RetrievalScores:
    """Scores of `ranked` ids, best first, by question; `relevant` has those that hold the answer, by question.

    Only questions with relevant ids count.
    """
    judged = {question: stories for question, stories in relevant.items() if stories}
    qrels = [Qrel(question, story, 1) for question, stories in judged.items() for story in stories]
    run = [
        ScoredDoc(question, story, -float(rank))
        for question in judged
        for rank, story in enumerate(ranked.get(question, []))
    ]
    values: dict[str, dict[str, float]] = {}
    for metric in ir_measures.iter_calc([Success @ 1, Success @ 5, Success @ 10, RR @ 10], qrels, run):
        values.setdefault(str(metric.measure), {})[metric.query_id] = metric.value

    def of(measure: object) -> Estimate:
        by_question = values.get(str(measure), {})
        return mean([by_question[question] for question in judged])

    return RetrievalScores(len(judged), of(Success @ 1), of(Success @ 5), of(Success @ 10), of(RR @ 10))


def rank_of_first(ranked: Sequence[str], relevant: Collection[str]) -> int | None:
    """The rank, from 1, of the first relevant id; None when none is there."""
    return next((rank for rank, story in enumerate(ranked, start=1) if story in relevant), None)
