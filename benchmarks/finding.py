"""What finding brings: stories found by vectors, by words, by all that is weighed, and with their day.

    python benchmarks/finding.py --corpus news.jsonl.gz --questions quiz.jsonl --cache FOLDER [--only ids.txt]

The questions and measures are those of `storydesk eval --split report`, and the cache is its cache too. "Asked two
months later" asks the same questions 60 days after their date, when newer stories stand in the way: there, the day must
not cost more than it brings.
"""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from index.engine import Engine
from index.measuring.cache import cache_settings, fill, keep_corpus
from index.measuring.datasets import Question, in_split, keep_labels, read_ids, read_questions
from index.measuring.retrieval import ranked_stories, score_retrieval
from index.settings import IndexSettings

LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
"""Stories from after "now" gain nothing by their day, so this turns the day off."""


def main() -> None:
    """Find everything by each way and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("corpus", "questions", "cache"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--only", type=Path, help="ids of the stories to use, one a line")
    parser.add_argument("--split", choices=("tune", "report"), default="report")
    options = parser.parse_args()
    settings = IndexSettings.model_validate({})
    with Engine.open(cache_settings(settings, options.cache)) as engine:
        corpus = keep_corpus(options.corpus, options.cache, only=read_ids(options.only) if options.only else None)
        library = fill(engine, corpus, settings, on_progress=lambda *_: None)
        questions = [keep_labels(each, corpus.ids) for each in read_questions(options.questions)]
        questions = [each for each in questions if each.labels and in_split(each.id, options.split)]
        relevant = {each.id: {library.story_ids[doc] for doc in each.labels} for each in questions}
        gold = {each.id: {library.story_ids[doc] for doc in each.gold} for each in questions if each.gold}
        later = timedelta(days=60)
        ways: list[tuple[str, dict[str, Any]]] = [
            ("vectors alone", {"leg": "vectors", "now": LONG_AGO}),
            ("words alone (BM25)", {"leg": "words", "now": LONG_AGO}),
            ("both, weighed with the words' places, without the day", {"now": LONG_AGO}),
            ("the same with the day (as shipped)", {}),
            ("the same, asked two months later", {"later": later}),
        ]
        print(f"| {options.split} | gold Hit@1 | Hit@5 | MRR@10 | gold + silver Hit@1 | Hit@5 | MRR@10 |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for name, how in ways:
            ranked = {each.id: find(engine, library.name, each, **how) for each in questions}
            row = [name]
            for labels in (gold, relevant):
                scores = score_retrieval(ranked, labels)
                row += [f"{getattr(scores, key).value:.3f}" for key in ("hit1", "hit5", "mrr10")]
            print("| " + " | ".join(row) + " |")
            sys.stdout.flush()


def find(
    engine: Engine,
    library: str,
    question: Question,
    *,
    leg: Any = "both",
    now: datetime | None = None,
    later: timedelta = timedelta(0),
) -> list[str]:
    """The stories found for the question, best first."""
    asked_at = now or question.now + later
    return ranked_stories(engine.find(question.text, library=library, leg=leg, limit=50, now=asked_at))


if __name__ == "__main__":
    main()
