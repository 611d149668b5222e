"""Fit how passages are scored, by what the tuning half of questions with known stories finds.

    python benchmarks/calibrate_finding.py --corpus news.jsonl.gz --questions quiz.jsonl --cache FOLDER
        [--only ids.txt] [--rows FILE] [--write]

The weights are fitted listwise: the probability of the right stories' passages, among all that were found for a
question, is made as high as can be. Questions that do not say "this week" or the like are also asked 60 days late, with
a small weight, so that newness alone does not decide. Printed is how questions that were left out of the fit fare (8
parts), beside what the package has now and beside fits without one of the features. `--write` puts the weights fitted
on all of them into the package; `--rows` keeps what was found, to fit again at once.
"""

import argparse
import json
import pickle
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
from calibrating.gathering import tell
from calibrating.listwise import Group, fit
from numpy.typing import NDArray

from index.engine import Engine
from index.finding.recency import timing
from index.finding.scoring import FEATURES, evidence, shipped_weights, weigh
from index.finding.two_rankings import give_places, plain_scores
from index.measuring.cache import cache_settings, fill, keep_corpus
from index.measuring.datasets import in_split, keep_labels, read_ids, read_questions
from index.measuring.retrieval import ranked_stories, score_retrieval
from index.settings import IndexSettings
from index.stories import Finding

FILE = Path(__file__).parent.parent / "index" / "finding" / "scoring.json"
LATE_DAYS, LATE_WEIGHT = 60, 0.3
PENALTY = 1.0
FOLDS = 8
_ASKS_FOR_NEWS = re.compile(
    r"\b(?:this|last)\s+(?:past\s+)?(?:week|month|weekend|night)\b|today|yesterday|recent|latest|now", re.I
)
DEPTH = 100
"""Passages that are scored, of those that each question finds."""


@dataclass(frozen=True)
class Row:
    """A question with what it finds, and the stories that are right: those that surely are, else those that may be."""

    id: str
    question: str
    now: datetime
    findings: list[Finding]
    right: frozenset[str]
    labels: frozenset[str]
    gold: bool


def main() -> None:
    """Find, fit, print and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("corpus", "questions", "cache"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--only", type=Path, help="ids of the stories to use, one a line")
    parser.add_argument("--rows", type=Path, help="a file to keep what was found in, or to take it from")
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    options = parser.parse_args()
    if options.rows is not None and options.rows.exists():
        rows: list[Row] = pickle.loads(options.rows.read_bytes())
    else:
        rows = gather(options)
        if options.rows is not None:
            options.rows.write_bytes(pickle.dumps(rows))
    print("| tune, not fitted on | gold Hit@1 | Hit@5 | MRR@10 | all MRR@10 | asked 60 days late: all Hit@5 | MRR@10 |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    show("as the package has it", rows, lambda _: shipped_weights())
    show("fitted without the plain ranking", rows, cross_fitted(rows, FEATURES), plain_too=False)
    for without in (None, *FEATURES):
        features = [name for name in FEATURES if name != without]
        show(f"fitted{f' without {without}' if without else ''}", rows, cross_fitted(rows, features))
    weights = fitted(rows, FEATURES)
    print(json.dumps(weights))
    if options.write:
        FILE.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")


def gather(options: argparse.Namespace) -> list[Row]:
    """What the questions for tuning find."""
    settings = IndexSettings.model_validate({})
    with Engine.open(cache_settings(settings, options.cache)) as engine:
        corpus = keep_corpus(options.corpus, options.cache, only=read_ids(options.only) if options.only else None)
        library = fill(engine, corpus, settings, on_progress=tell)
        questions = [keep_labels(each, corpus.ids) for each in read_questions(options.questions)]
        questions = [each for each in questions if each.labels and in_split(each.id, "tune")]
        rows = []
        for done, each in enumerate(questions):
            tell("questions", done, len(questions))
            found = engine.find(each.text, library=library.name, limit=DEPTH, now=each.now)
            gold, labels = (
                frozenset(library.story_ids[doc] for doc in docs if doc in library.story_ids)
                for docs in (each.gold, each.labels)
            )
            rows.append(Row(each.id, each.text, each.now, found, gold or labels, labels, bool(gold)))
    return rows


def fitted(rows: Sequence[Row], names: Sequence[str]) -> dict[str, float]:
    """Weights fitted on all of `rows`; they add up to 1."""
    groups = []
    for row in rows:
        groups += [group(row, late, names) for late in ((False,) if asks_for_news(row) else (False, True))]
    weights = fit([each for each in groups if each[1].any()], names, penalty=PENALTY, positive=True)
    return {name: round(weight / sum(weights), 4) for name, weight in zip(names, weights, strict=True)}


def cross_fitted(rows: Sequence[Row], names: Sequence[str]) -> Callable[[Row], Mapping[str, float]]:
    """For each of `rows`, weights fitted on the others of which it is no part."""
    order = np.random.default_rng(0).permutation(len(rows))
    part = {rows[index].id: place % FOLDS for place, index in enumerate(order)}
    of_part = [fitted([row for row in rows if part[row.id] != each], names) for each in range(FOLDS)]
    return lambda row: of_part[part[row.id]]


def group(row: Row, late: bool, names: Sequence[str]) -> Group:
    """What is chosen from for a question on its day, or late."""
    columns = [FEATURES.index(name) for name in names]
    right = np.array([each.story_id in row.right for each in row.findings])
    return features(row, late)[:, columns], right, LATE_WEIGHT if late else 1.0


_computed: dict[tuple[str, bool], NDArray[np.float64]] = {}


def show(
    name: str, rows: Sequence[Row], weights_for: Callable[[Row], Mapping[str, float]], *, plain_too: bool = True
) -> None:
    """A line of the table, by both rankings or by the fitted one alone."""
    ranked: dict[bool, dict[str, list[str]]] = {False: {}, True: {}}
    for row in rows:
        for late in (False,) if asks_for_news(row) else (False, True):
            scores = weigh(features(row, late), weights_for(row))
            if plain_too:
                plain = plain_scores(features(row, late), published_days(row), now=asked_on(row, late))
                scores = give_places(scores, plain, [each.story_id for each in row.findings])
            best = sorted(zip(scores, row.findings, strict=True), key=lambda each: -each[0])
            ranked[late][row.id] = ranked_stories([finding for _, finding in best[:50]])
    gold = score_retrieval(ranked[False], {row.id: set(row.right) for row in rows if row.gold})
    every = score_retrieval(ranked[False], {row.id: set(row.labels) for row in rows})
    late = score_retrieval(ranked[True], {row.id: set(row.right) for row in rows if not asks_for_news(row)})
    figures = (gold.hit1, gold.hit5, gold.mrr10, every.mrr10, late.hit5, late.mrr10)
    print(f"| {name} | {' | '.join(f'{each.value:.3f}' for each in figures)} |")
    sys.stdout.flush()


def features(row: Row, late: bool) -> NDArray[np.float64]:
    """What speaks for each passage on the question's day, or late; computed once."""
    if (row.id, late) not in _computed:
        asked = timing(row.question, now=asked_on(row, late))
        _computed[row.id, late] = evidence(row.question, row.findings, published_days(row), timing=asked)
    return _computed[row.id, late]


def asked_on(row: Row, late: bool) -> date:
    """The day on which the question is asked."""
    return row.now.date() + timedelta(days=LATE_DAYS if late else 0)


def published_days(row: Row) -> list[int]:
    """The day of each passage's story as a proleptic ordinal, 0 for undated ones."""
    return [date.fromisoformat(each.published_at[:10]).toordinal() if each.published_at else 0 for each in row.findings]


def asks_for_news(row: Row) -> bool:
    """Whether being asked late would make another question of it."""
    return _ASKS_FOR_NEWS.search(row.question) is not None


if __name__ == "__main__":
    main()
