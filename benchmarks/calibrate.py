"""Fit and check how sure an answer must be: writes `index/answering/confidence.json`.

    python benchmarks/calibrate.py --corpus news.jsonl.gz --questions quiz.jsonl --refusals refusals.jsonl \\
        --squad squad20-dev.json --unseen squad11-a.json --cache FOLDER [--without-reader] [--write]

Fitted on the questions for tuning (an even SHA-256 of their id), each asked of the whole corpus and of the corpus
without the stories that hold its answer, on questions from elsewhere, on the questions about the bundled samples, and
on SQuAD 2.0 (CC BY-SA 4.0; articles of `--unseen`, which the reader was not trained on, with an even SHA-256 of their
title; one paragraph each is all there is to read). What is printed of the other half of SQuAD and of the stories in
`tests/fixtures` was not fitted on; `storydesk eval --split report` and `benchmarks/squad.py` report the rest. Each of
the kinds weighs the same. Without the reader another set of weights is fitted and written.
"""

import argparse
import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from index.answering.answer import with_further
from index.answering.confidence import FEATURES, READ_FEATURES, features
from index.answering.questions import understand
from index.answering.sentences import candidates, strongest
from index.answering.short import SHORT_KINDS
from index.engine import Engine
from index.measuring.cache import cache_settings, fill, keep_corpus
from index.measuring.datasets import in_split, keep_labels, read_ids, read_questions, read_refusals
from index.measuring.matching import contains_answer, exact_match
from index.measuring.refusing import MOST_LEFT_OUT, stories_with_answers
from index.samples import stories_folder
from index.settings import IndexSettings
from index.stories import Finding

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "tests" / "fixtures"
TARGET = ROOT / "index" / "answering" / "confidence.json"
SHARE_GIVEN = 0.55
"""Of the questions that ask for a name, figure, place or time, the share that is to get a short answer."""
WEIGHTS = {"answerable": 1.0, "elsewhere": 1.0, "left out": 1.0, "samples": 0.3, "squad": 0.6, "squad, no answer": 0.6}


@dataclass(frozen=True)
class Row:
    """What the confidence is computed from, and whether the answer and its short form were right."""

    kind: str
    answerable: bool
    with_figure: bool
    values: list[float]
    right: bool
    short: tuple[float, float, bool] | None = None


def main() -> None:
    """Ask, fit, report, and with --write keep the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("corpus", "questions", "refusals", "squad", "unseen", "cache"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--only", type=Path, help="ids of the stories to use, one a line")
    parser.add_argument("--squad-questions", type=int, default=300, help="SQuAD questions of each half (default 300)")
    parser.add_argument("--without-reader", action="store_true", help="fit the weights for when no passage is read")
    parser.add_argument("--write", action="store_true", help="write the fitted weights into the package")
    options = parser.parse_args()
    settings = IndexSettings.model_validate({"read_passages": 0} if options.without_reader else {})
    names = FEATURES if options.without_reader else READ_FEATURES

    with Engine.open(cache_settings(settings, options.cache)) as engine:
        ask = asker(engine, reads=not options.without_reader)
        rows = list(news_rows(engine, ask, settings, options))
        tuned, reported = (list(squad_rows(ask, options, half=half)) for half in (0, 1))
    rows += tuned + list(own_rows("questions_samples.jsonl", None, settings, reads=not options.without_reader))
    fixtures = list(own_rows("questions_other.jsonl", FIXTURES / "stories", settings, reads=not options.without_reader))

    fitted = fit(rows, names)
    for name, chosen in (("tuned on, all", rows), ("SQuAD, other half", reported), ("fixtures", fixtures)):
        show(name, chosen, fitted)
    if options.write:
        kept = json.loads(TARGET.read_text(encoding="utf-8"))
        kept["unread" if options.without_reader else "read"] = fitted
        TARGET.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {TARGET.relative_to(ROOT)}")


Ask = Callable[[str, str, Sequence[Finding], Sequence[str]], Row]
"""From a kind, a question, what was found and the right answers (none: there is none) to a row."""


def asker(engine: Engine, *, reads: bool) -> Ask:
    """A function that reads what was found as the engine does."""

    def ask(kind: str, text: str, findings: Sequence[Finding], answers: Sequence[str]) -> Row:
        question = understand(text)
        read = engine.read if reads else None
        found = candidates(question, findings[:10], embed_tokens=engine.embed_tokens, read=read)
        quotes = [candidate.text for candidate in with_further(found[:1], found)]
        right = any(contains_answer(quote, answers) for quote in quotes)
        belief = strongest(found) if question.asks in SHORT_KINDS else None
        short = None
        if belief is not None:
            short = (belief.strength / 10, belief.share, bool(answers) and exact_match(belief.text, answers) > 0)
        return Row(kind, bool(answers), question.asks_for_figure, features(question, found), right, short)

    return ask


def news_rows(engine: Engine, ask: Ask, settings: IndexSettings, options: argparse.Namespace) -> Iterator[Row]:
    """Rows of the questions for tuning: with their stories, without them, and from elsewhere."""
    corpus = keep_corpus(options.corpus, options.cache, only=read_ids(options.only) if options.only else None)
    library = fill(engine, corpus, settings, on_progress=tell)
    questions = [keep_labels(each, corpus.ids) for each in read_questions(options.questions)]
    questions = [each for each in questions if each.labels and in_split(each.id, "tune")]
    holding = stories_with_answers(questions, corpus.texts(), on_story=lambda: None)

    def find(question: Any, without: frozenset[str] = frozenset()) -> list[Finding]:
        return engine.find(question.text, library=library.name, limit=10, now=question.now, leaving_out=without)

    for done, question in enumerate(questions):
        tell("questions", done, len(questions))
        yield ask("answerable", question.text, find(question), question.answers)
        without = {library.story_ids[doc] for doc in holding[question.id] | question.labels if doc in library.story_ids}
        if len(without) <= MOST_LEFT_OUT * len(corpus.ids) and (found := find(question, frozenset(without))):
            yield ask("left out", question.text, found, ())
    for question in read_refusals(options.refusals):
        if in_split(question.id, "tune"):
            yield ask("elsewhere", question.text, find(question), ())


def squad_rows(ask: Ask, options: argparse.Namespace, *, half: int) -> Iterator[Row]:
    """Rows of one half of SQuAD's unseen articles, each question with its paragraph as all there is."""
    unseen = {article["title"] for article in json.loads(options.unseen.read_text(encoding="utf-8"))["data"]}
    cases = []
    for article in json.loads(options.squad.read_text(encoding="utf-8"))["data"]:
        title = article["title"]
        if title in unseen and int(hashlib.sha256(title.encode()).hexdigest(), 16) % 2 == half:
            for paragraph in article["paragraphs"]:
                for item in paragraph["qas"]:
                    answers = [answer["text"] for answer in item["answers"]]
                    cases.append((item["question"], title.replace("_", " "), paragraph["context"], answers))
    random.Random(half).shuffle(cases)
    for done, (question, title, text, answers) in enumerate(cases[: options.squad_questions]):
        tell("SQuAD", done, options.squad_questions)
        finding = Finding("s", title, None, None, None, "en", "p", 0, len(text), text, 1.0, None, None)
        yield ask("squad" if answers else "squad, no answer", question, [finding], answers)


def own_rows(name: str, folder: Path | None, settings: IndexSettings, *, reads: bool) -> Iterator[Row]:
    """Rows of the questions in a file of `tests/fixtures`, about the stories in `folder` or the bundled ones."""
    with (
        tempfile.TemporaryDirectory() as home,
        stories_folder() as bundled,
        Engine.open(settings.model_copy(update={"home": Path(home)})) as engine,
    ):
        ask = asker(engine, reads=reads)
        list(engine.add([folder or bundled]))
        for case in own_cases(FIXTURES / name):
            if found := engine.find(case["question"], limit=10):
                yield ask("samples", case["question"], found, case["answers"])


def own_cases(path: Path) -> Iterator[dict[str, Any]]:
    """Questions with the texts any of which is the answer, none when there is none."""
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        yield {"question": record["question"], "answers": record.get("answer") or []}


def fit(rows: Sequence[Row], names: Sequence[str]) -> dict[str, Any]:
    """The weights, the threshold, and those of short answers."""
    counts = {kind: sum(row.kind == kind for row in rows) for kind in WEIGHTS}
    weights = np.array([200 * WEIGHTS[row.kind] / counts[row.kind] for row in rows])
    fitted: dict[str, Any] = {}
    for name, with_figure in (("figure", True), ("other", False)):
        chosen = [index for index, row in enumerate(rows) if row.with_figure == with_figure]
        model = LogisticRegression(C=1.0, max_iter=5_000)
        model.fit(
            [rows[index].values for index in chosen],
            [rows[index].right for index in chosen],
            sample_weight=weights[chosen],
        )
        fitted[f"{name}_weights"] = [round(float(weight), 4) for weight in model.coef_[0]]
        fitted[f"{name}_intercept"] = round(float(model.intercept_[0]), 4)
        print(name, dict(zip(names, fitted[f"{name}_weights"], strict=True)))
    fitted["threshold"] = best_threshold(rows, fitted)
    short = [row for row in rows if row.short is not None and row.kind == "answerable"]
    if short:
        values = np.array([row.short[:2] for row in short if row.short])
        model = LogisticRegression(C=1.0, max_iter=5_000)
        model.fit(values, [row.short[2] for row in short if row.short])
        sure = model.predict_proba(values)[:, 1]
        fitted["short_weights"] = [round(float(weight), 4) for weight in model.coef_[0]]
        fitted["short_intercept"] = round(float(model.intercept_[0]), 4)
        fitted["short_threshold"] = round(float(np.quantile(sure, 1 - SHARE_GIVEN)), 3)
        right = np.array([row.short[2] for row in short if row.short])
        given = sure >= fitted["short_threshold"]
        print(f"short answers: {given.mean():.2f} given, exact match {right[given].mean():.3f} of {right.mean():.3f}")
    fitted["fitted_with"] = "all-MiniLM-L6-v2" + ("" if not short else ", storydesk-reader-1")
    return fitted


def confidences(rows: Sequence[Row], fitted: dict[str, Any]) -> np.ndarray:
    """The confidence of each row."""
    logits = []
    for row in rows:
        name = "figure" if row.with_figure else "other"
        logits.append(float(np.dot(fitted[f"{name}_weights"], row.values)) + fitted[f"{name}_intercept"])
    return 1.0 / (1.0 + np.exp(-np.array(logits)))


def best_threshold(rows: Sequence[Row], fitted: dict[str, Any]) -> float:
    """The confidence with the best sum of the balanced accuracies, against each kind that is to be refused."""
    scores = confidences(rows, fitted)
    kinds = np.array([row.kind for row in rows])

    def share(kind: str, threshold: float) -> float:
        return float((scores[kinds == kind] >= threshold).mean())

    def worth(threshold: float) -> float:
        news = 2 * share("answerable", threshold) - share("elsewhere", threshold) - share("left out", threshold)
        return news + 0.5 * (share("squad", threshold) - share("squad, no answer", threshold))

    grid = [round(float(threshold), 3) for threshold in np.linspace(0.1, 0.8, 71)]
    # The middle of all that are nearly as good: the very best one is chance.
    good = [threshold for threshold in grid if worth(threshold) >= max(map(worth, grid)) - 0.02]
    return good[len(good) // 2]


def show(name: str, rows: Sequence[Row], fitted: dict[str, Any]) -> None:
    """How often each kind is answered, and what that comes to."""
    scores = confidences(rows, fitted)
    answered = scores >= fitted["threshold"]
    kinds = np.array([row.kind for row in rows])
    right = np.array([row.right for row in rows])
    answerable = np.array([row.answerable for row in rows])
    for yes, no in (("answerable", "elsewhere"), ("answerable", "left out"), ("squad", "squad, no answer"),
                    ("samples", "samples")):  # fmt: skip
        chosen = ((kinds == yes) & answerable) | ((kinds == no) & ~answerable)
        if len(set(answerable[chosen])) == 2:
            accuracy = balanced_accuracy_score(answerable[chosen], answered[chosen])
            area = roc_auc_score(answerable[chosen], scores[chosen])
            print(f"{name}: {yes} against {no}: balanced accuracy {accuracy:.3f}, AUROC {area:.3f}, "
                  f"right {right[chosen & answerable].mean():.3f}")  # fmt: skip
    print(f"{name}: threshold {fitted['threshold']}, AUROC of right answers {roc_auc_score(right, scores):.3f}")


def tell(what: str, done: int, total: int) -> None:
    """Progress, now and then."""
    if done % 50 == 0:
        print(f"{what}: {done}/{total}", file=sys.stderr)


if __name__ == "__main__":
    main()
