"""Finding and refusing on SQuAD, whose articles are no news: is what is tuned on news good elsewhere?

    python benchmarks/squad.py retrieval --squad dev-v1.1.json --cache FOLDER [--questions 2000] [--dates interleaved]
    python benchmarks/squad.py refusals --squad dev-v2.0.json --cache FOLDER [--questions 1000] [--articles TITLE ...]
    python benchmarks/squad.py reading --squad dev-v1.1.json --cache FOLDER [--questions 300] [--articles TITLE ...]

`retrieval` ranks all paragraphs of the files for each question of a fixed random sample: as shipped, without what a
day of publication adds, by words alone and by vectors alone. Paragraphs have no date; with `--dates interleaved` every
other one is dated the day before the questions are asked and the others five years before, which shows what a liking
for new stories costs where dates mean nothing. `refusals` asks each question with its own paragraph as all there is:
SQuAD 2.0's unanswerable questions are written to look answerable from it. `reading` takes
the span that the reader believes most in a question's own paragraph. Without `--articles` both ask about those that
neither the reader nor the confidence learned from (`training/unseen.json`). Needs `pip install "storydesk[eval]"`.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from index.answering import answer_question
from index.answering.confidence import shipped_calibration
from index.answering.reader import best_span
from index.engine import Engine
from index.finding.model_files import load_token_offsets
from index.measuring.answers import is_sure
from index.measuring.cache import cache_settings, fill, keep_corpus
from index.measuring.intervals import Estimate, mean
from index.measuring.matching import contains_answer, exact_match, token_f1
from index.measuring.refusing import Certainty, calibration_error, risk_coverage, score_refusals
from index.measuring.retrieval import ranked_stories, score_retrieval
from index.settings import IndexSettings
from index.shaping import cut_passages
from index.stories import Finding, Leg

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
BEFORE_ALL_STORIES = datetime(1990, 1, 1, tzinfo=UTC)  # a story from after the question gains nothing by its day
NEW, OLD = "2025-12-31", "2021-01-01"
PASSAGES = 50
SEED = 11
UNSEEN = json.loads((Path(__file__).parent.parent / "training" / "unseen.json").read_text(encoding="utf-8"))
UNSEEN_BY = {"refusals": UNSEEN["reporting"], "reading": [title for titles in UNSEEN.values() for title in titles]}


@dataclass(frozen=True)
class Paragraph:
    """A paragraph with the title of its article."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Asked:
    """A question with its paragraph; without `answers` the paragraph does not answer it."""

    id: str
    text: str
    paragraph: Paragraph
    answers: tuple[str, ...]


def main() -> None:
    """Run what the first argument says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, questions in (("retrieval", 2_000), ("refusals", 1_000), ("reading", 300)):
        command = commands.add_parser(name)
        command.add_argument("--squad", type=Path, nargs="+", required=True, help="files in SQuAD's format")
        command.add_argument("--cache", type=Path, required=True, help="folder that keeps the indexes")
        command.add_argument("--questions", type=int, default=questions, help=f"most questions (default {questions})")
        if name == "retrieval":
            command.add_argument("--dates", choices=["none", "interleaved"], default="none")
        else:
            command.add_argument("--articles", nargs="+", default=UNSEEN_BY[name], metavar="TITLE")
    options = parser.parse_args()
    settings = cache_settings(IndexSettings(), options.cache.absolute())
    asked = list(read_squad(options.squad))
    if options.command != "retrieval":
        asked = [each for each in asked if each.paragraph.title in options.articles]
    if not asked:
        sys.exit("No question is left to ask.")
    if options.command == "retrieval":
        retrieval(settings, asked, most=options.questions, interleaved=options.dates == "interleaved")
    elif options.command == "refusals":
        refusals(settings, asked, most=options.questions)
    else:
        reading(settings, asked, most=options.questions)


def read_squad(paths: Sequence[Path]) -> Iterator[Asked]:
    """All questions of the files."""
    for path in paths:
        for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
            for number, paragraph in enumerate(article["paragraphs"]):
                kept = Paragraph(f"{article['title']} {number}", article["title"], paragraph["context"])
                for question in paragraph["qas"]:
                    answers = tuple(dict.fromkeys(answer["text"] for answer in question["answers"]))
                    yield Asked(question["id"], question["question"].strip(), kept, answers)


def sample(asked: Sequence[Asked], most: int) -> list[Asked]:
    """The same questions each time."""
    return random.Random(SEED).sample(asked, most) if len(asked) > most else list(asked)


def retrieval(settings: IndexSettings, asked: Sequence[Asked], *, most: int, interleaved: bool) -> None:
    """Rank all paragraphs for the questions of a sample, by each kind of search."""
    records = []
    for number, paragraph in enumerate(dict.fromkeys(each.paragraph for each in asked)):
        record = {"id": paragraph.id, "title": paragraph.title.replace("_", " "), "text": paragraph.text}
        records.append(record | ({"publish_date": NEW if number % 2 else OLD} if interleaved else {}))
    settings.home.mkdir(parents=True, exist_ok=True)
    file = settings.home / "squad.jsonl"
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="ascii")
    corpus = keep_corpus(file, settings.home)
    file.unlink()
    chosen = sample(asked, most)
    kinds: dict[str, tuple[Leg, datetime]] = {
        "as shipped": ("both", NOW),
        "without the day": ("both", BEFORE_ALL_STORIES),
        "words alone": ("words", BEFORE_ALL_STORIES),
        "vectors alone": ("vectors", BEFORE_ALL_STORIES),
    }
    with Engine.open(settings, on_wait=tell) as engine:
        library = fill(engine, corpus, settings, on_progress=progress())
        relevant = {each.id: {library.story_ids[each.paragraph.id]} for each in chosen}
        dated = f", every other one dated {NEW}, the others {OLD}" if interleaved else ""
        print(
            f"{len(chosen)} questions, {len(set(library.story_ids.values()))} paragraphs{dated}; {library.fingerprint}"
        )
        for name, (leg, now) in kinds.items():
            ranked = {}
            told = progress()
            for done, each in enumerate(chosen, start=1):
                found = engine.find(each.text, library=library.name, leg=leg, limit=PASSAGES, now=now)
                ranked[each.id] = ranked_stories(found)
                told(name, done, len(chosen))
            scores = score_retrieval(ranked, relevant)
            parts = (("MRR@10", scores.mrr10), ("Hit@1", scores.hit1), ("Hit@5", scores.hit5))
            print(f"{name:<16}", ", ".join(f"{measure} {shown(value)}" for measure, value in parts))


def refusals(settings: IndexSettings, asked: Sequence[Asked], *, most: int) -> None:
    """Ask each question of a sample with its own paragraph as all that is found."""
    threshold = shipped_calibration().threshold
    token_offsets = load_token_offsets(settings)
    chosen = sample(asked, most)
    answerable: list[Certainty] = []
    unanswerable: list[Certainty] = []
    told = progress()
    with Engine.open(settings, on_wait=tell) as engine:
        for done, each in enumerate(chosen, start=1):
            findings = as_findings(each.paragraph, token_offsets)
            answer = answer_question(
                each.text,
                has_stories=lambda: True,
                search=lambda text, limit, findings=findings: findings[:limit],
                embed_tokens=engine.embed_tokens,
                read=engine.read if settings.read_passages else None,
                least_confidence=0.0,
            )
            quotes = [citation.quote for citation in answer.citations[:3]] if answer.answered else []
            right = any(contains_answer(quote, each.answers) for quote in quotes)
            sure = Certainty(answer.confidence, is_sure(answer, threshold=threshold), right)
            (answerable if each.answers else unanswerable).append(sure)
            told("questions", done, len(chosen))
    scores = score_refusals(answerable, unanswerable)
    print(f"{len(answerable)} answerable and {len(unanswerable)} unanswerable questions, threshold {threshold}")
    print(f"balanced accuracy {shown(scores.balanced_accuracy)}, AUROC {shown(scores.auroc)}")
    print(f"of the answerable answered {shown(scores.answered)}, of the unanswerable refused {shown(scores.refused)}")
    print(f"of the answerable, given however unsure, right {shown(mean([each.right for each in answerable]))}")
    kinds = {"answerable": answerable, "unanswerable": unanswerable}
    curve, error = risk_coverage(kinds), calibration_error(kinds)
    if curve is not None and error is not None:
        print(f"expected calibration error {error:.3f}, area under the risk-coverage curve {curve.aurc:.3f}")


def reading(settings: IndexSettings, asked: Sequence[Asked], *, most: int) -> None:
    """Let the reader mark the answer in each question's own paragraph, and hold it against SQuAD's."""
    chosen = sample([each for each in asked if each.answers], most)
    right, overlap = [], []
    with Engine.open(settings, on_wait=tell) as engine:
        for each in chosen:
            title = each.paragraph.title.replace("_", " ")
            text = f"{title}\n{each.paragraph.text}"
            span = best_span(engine.read(each.text, [text])[0], within=(len(title) + 1, len(text)))
            given = text[span.start : span.end] if span is not None else ""
            right.append(exact_match(given, each.answers))
            overlap.append(token_f1(given, each.answers))
    print(f"{len(chosen)} questions: exact match {shown(mean(right))}, token F1 {shown(mean(overlap))}")


def as_findings(paragraph: Paragraph, token_offsets: Callable[[str], list[tuple[int, int]]]) -> list[Finding]:
    """The paragraph as what a search of it alone would find: its passages, none better than another."""
    title = paragraph.title.replace("_", " ")
    return [
        Finding(
            story_id=paragraph.id,
            title=title,
            url=None,
            publisher=None,
            published_at=None,
            language="en",
            passage_id=f"{paragraph.id}-{passage.position}",
            start=passage.start,
            end=passage.end,
            text=passage.text,
            score=1.0,
            vector_score=None,
            word_score=None,
        )
        for passage in cut_passages(paragraph.text, title=title, token_offsets=token_offsets, language="en")
    ]


def shown(estimate: Estimate) -> str:
    """A figure with its 95 % interval."""
    if estimate.value is None:
        return "-"
    interval = "" if estimate.low is None else f" ({estimate.low:.3f}-{estimate.high:.3f})"
    return f"{estimate.value:.3f}{interval}"


def progress() -> Callable[[str, int, int], None]:
    """Tells on standard error how far something is, at every tenth of it."""
    last: dict[str, int] = {}

    def told(what: str, done: int, total: int) -> None:
        tenth = 10 * done // max(total, 1)
        if last.get(what) != tenth:
            last[what] = tenth
            tell(f"{what}: {done}/{total}")

    return told


def tell(sentence: str) -> None:
    """Say something beside the figures."""
    print(sentence, file=sys.stderr)


if __name__ == "__main__":
    main()
