"""Fit and check how sure an answer must be: writes `index/answering/confidence.json`.

    python benchmarks/calibrate.py --squad squad20-dev.json [--write]

Weights are fitted on one half of SQuAD 2.0 (articles whose title has an even SHA-256; CC BY-SA 4.0) and on the
questions about the bundled samples; figures are reported on the other half of SQuAD and on the questions about the
stories in `tests/fixtures`, which nothing is fitted on. Each answerable question is asked twice: of all stories
("answerable") and of all but the one that answers it ("left out"). SQuAD's own unanswerable questions are asked of
all. Needs scikit-learn, which sentence-transformers brings.
"""

import argparse
import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from index.answering.confidence import FEATURES, features
from index.answering.questions import understand
from index.answering.sentences import candidates
from index.engine import Engine
from index.finding.model_files import model_fingerprint
from index.samples import stories_folder
from index.settings import IndexSettings
from index.stories import Finding

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "tests" / "fixtures"
TARGET = ROOT / "index" / "answering" / "confidence.json"
OWN_WEIGHT = 4.0


@dataclass(frozen=True)
class Case:
    """A question; `answers` is empty when the stories do not say, `title` the story that answers it."""

    question: str
    answers: tuple[str, ...]
    title: str | None


@dataclass(frozen=True)
class Row:
    """What the confidence is computed from, and whether the answer was right."""

    kind: str
    with_figure: bool
    values: list[float]
    right: bool


def main() -> None:
    """Fit, report, and with --write keep the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squad", type=Path, required=True, help="a SQuAD 2.0 file")
    parser.add_argument("--questions", type=int, default=200, help="SQuAD questions of each half (default 200)")
    parser.add_argument("--write", action="store_true", help="write the fitted weights into the package")
    options = parser.parse_args()

    # SQuAD's unanswerable questions are made to look answerable; they are reported, but would only blunt the weights.
    tune = list(squad_rows(options.squad, half=0, most=options.questions))
    own = list(own_rows_of_samples())
    report = list(squad_rows(options.squad, half=1, most=options.questions))
    other = list(own_rows_of_fixtures())

    fitted = {}
    for name, with_figure in (("figure", True), ("other", False)):
        from_squad = [row for row in tune if row.with_figure == with_figure and row.kind != "unanswerable"]
        rows = from_squad + [row for row in own if row.with_figure == with_figure]
        weights = [1.0] * len(from_squad)
        weights += [OWN_WEIGHT] * (len(rows) - len(weights))
        model = LogisticRegression(C=1.0, max_iter=5_000, class_weight="balanced")
        model.fit([row.values for row in rows], [row.right for row in rows], sample_weight=weights)
        fitted[f"{name}_weights"] = [round(float(weight), 4) for weight in model.coef_[0]]
        fitted[f"{name}_intercept"] = round(float(model.intercept_[0]), 4)
        print(name, {feature: fitted[f"{name}_weights"][i] for i, feature in enumerate(FEATURES)})
    threshold = best_threshold([row for row in tune if row.kind != "unanswerable"] + own, fitted)
    fitted["threshold"] = threshold
    fitted["fitted_with"] = model_fingerprint(IndexSettings.model_validate({}))
    print(f"threshold {threshold:.3f}")
    for name, rows in (("fitted on: SQuAD", tune), ("fitted on: samples", own), ("SQuAD, other half", report),
                       ("fixtures", other)):  # fmt: skip
        show(name, rows, fitted)
    if options.write:
        TARGET.write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {TARGET.relative_to(ROOT)}")


def squad_rows(path: Path, *, half: int, most: int) -> Iterator[Row]:
    """Rows of one half of SQuAD, a paragraph being a story."""
    records, cases = [], []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        if int(hashlib.sha256(article["title"].encode()).hexdigest(), 16) % 2 != half:
            continue
        for number, paragraph in enumerate(article["paragraphs"]):
            title = f"{article['title'].replace('_', ' ')} {number}"
            records.append({"id": title, "title": article["title"].replace("_", " "), "text": paragraph["context"]})
            for question in paragraph["qas"]:
                answers = tuple(answer["text"] for answer in question["answers"])
                cases.append(Case(question["question"], answers, paragraph["context"]))
    random.Random(half).shuffle(cases)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "squad.jsonl"
        file.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
        yield from rows_of(file, cases[:most])


def own_rows_of_samples() -> Iterator[Row]:
    """Rows of the questions about the bundled samples."""
    with stories_folder() as folder:
        yield from rows_of(folder, own_cases(FIXTURES / "questions_samples.jsonl"))


def own_rows_of_fixtures() -> Iterator[Row]:
    """Rows of the questions about the stories kept for checking."""
    yield from rows_of(FIXTURES / "stories", own_cases(FIXTURES / "questions_other.jsonl"))


def own_cases(path: Path) -> list[Case]:
    """Questions of our own; which story answers is told by the answer itself."""
    cases = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        cases.append(Case(record["question"], tuple(record.get("answer", ())), None))
    return cases


def rows_of(stories: Path, cases: Sequence[Case]) -> Iterator[Row]:
    """Ask every case of the stories, and the answerable ones of all stories but those that hold the answer."""
    with tempfile.TemporaryDirectory() as home, Engine.open(IndexSettings.model_validate({"home": home})) as engine:
        failed = [result for result in engine.add([stories]) if result.status == "failed"]
        if failed:
            sys.exit(f"not stored: {failed}")
        for done, case in enumerate(cases):
            if done % 100 == 0:
                print(f"{done}/{len(cases)} {stories.name}", file=sys.stderr)
            found = engine.find(case.question, limit=30)
            kind = "answerable" if case.answers else "unanswerable"
            yield row_of(engine, kind, case, found)
            if case.answers:
                rest = [finding for finding in found if not says(case, finding)]
                yield row_of(engine, "left out", Case(case.question, (), None), rest)


def says(case: Case, finding: Finding) -> bool:
    """Whether the finding belongs to what answers the case."""
    if case.title is not None:
        return finding.text in case.title or case.title in finding.text
    return any(answer.lower() in finding.text.lower() for answer in case.answers)


def row_of(engine: Engine, kind: str, case: Case, findings: Sequence[Finding]) -> Row:
    """The features of what would be answered, and whether its first three sentences hold the answer."""
    question = understand(case.question)
    found = candidates(question, findings[:10], embed_tokens=engine.embed_tokens)
    if not found:
        return Row(kind, question.asks_for_figure, [0.0] * len(FEATURES), right=False)
    text = " ".join(candidate.text for candidate in found[: 1 if found[0].figure else 3]).lower()
    right = any(answer.lower() in text for answer in case.answers)
    return Row(kind, question.asks_for_figure, features(question, found), right)


def confidences(rows: Sequence[Row], fitted: dict[str, Any]) -> np.ndarray:
    """The confidence of each row."""
    values = []
    for row in rows:
        name = "figure" if row.with_figure else "other"
        values.append(float(np.dot(fitted[f"{name}_weights"], row.values)) + fitted[f"{name}_intercept"])
    return 1.0 / (1.0 + np.exp(-np.array(values)))


def best_threshold(rows: Sequence[Row], fitted: dict[str, Any]) -> float:
    """The confidence that parts answerable questions from the others, by balanced accuracy.

    Of all that come within 0.02 of the best the lowest: a needless refusal is worse than a quote beside the point,
    which a reader sees through.
    """
    scores = confidences(rows, fitted)
    answerable = np.array([row.kind == "answerable" for row in rows])
    grid = np.linspace(0.2, 0.8, 61)
    accuracies = np.array([balanced_accuracy_score(answerable, scores >= threshold) for threshold in grid])
    return round(float(grid[accuracies >= accuracies.max() - 0.02].min()), 3)


def show(name: str, rows: Sequence[Row], fitted: dict[str, Any]) -> None:
    """One line of figures: how often what should be answered is, and what should be refused is."""
    scores = confidences(rows, fitted)
    answered = scores >= fitted["threshold"]
    right = np.array([row.right for row in rows])
    kinds = np.array([row.kind for row in rows])
    wanted = balanced_accuracy_score(kinds == "answerable", answered)
    parts = [f"{name}: balanced accuracy {wanted:.3f}, AUROC of right answers {roc_auc_score(right, scores):.3f}"]
    for kind in ("answerable", "left out", "unanswerable"):
        chosen = kinds == kind
        if chosen.any():
            parts.append(f"{kind} {int(chosen.sum())}: answered {answered[chosen].mean():.2f}")
    chosen = kinds == "answerable"
    parts.append(f"of the answerable right {right[chosen].mean():.2f}, right and answered "
                 f"{(right & answered)[chosen].mean():.2f}")  # fmt: skip
    print("; ".join(parts))


if __name__ == "__main__":
    main()
