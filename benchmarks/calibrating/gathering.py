"""What the questions for fitting find: sentences with all that speaks for them, and which of them are right."""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.answering.questions import Question, understand
from index.answering.sentences import Candidate, candidates
from index.engine import Engine
from index.finding.model_files import load_token_offsets
from index.measuring.cache import Corpus, MeasuredLibrary, fill, keep_corpus
from index.measuring.datasets import in_split, keep_labels, read_ids, read_questions, read_refusals
from index.measuring.matching import contains_answer
from index.measuring.refusing import MOST_LEFT_OUT, stories_with_answers
from index.samples import stories_folder
from index.settings import IndexSettings
from index.shaping import cut_passages
from index.stories import Finding

ROOT = Path(__file__).parent.parent.parent
FIXTURES = ROOT / "tests" / "fixtures"


@dataclass(frozen=True)
class Row:
    """A question of a kind, with the sentences it finds (not ordered yet) and the right answers, none if none is there.

    `holds` says of each sentence whether it holds one of the answers.
    """

    kind: str
    question: Question
    found: list[Candidate]
    answers: tuple[str, ...]
    holds: list[bool]


Ask = Callable[[str, str, Sequence[Finding], Sequence[str]], Row]
"""From a kind, a question, what was found and the right answers to a row."""


def asker(engine: Engine, *, reads: bool) -> Ask:
    """A function that reads what was found as the engine does."""

    def ask(kind: str, text: str, findings: Sequence[Finding], answers: Sequence[str]) -> Row:
        question = understand(text)
        read = engine.read if reads else None
        found = candidates(question, findings[:10], embed_tokens=engine.embed_tokens, read=read)
        holds = [contains_answer(candidate.text, answers) for candidate in found]
        return Row(kind, question, found, tuple(answers), holds)

    return ask


def news_rows(engine: Engine, ask: Ask, settings: IndexSettings, options: argparse.Namespace) -> Iterator[Row]:
    """Rows of the questions for tuning: with their stories, without them, and from elsewhere.

    Asked of all stories and, when `options.only` names some, of these alone as well: a library may have any size.
    """
    for only in (None, read_ids(options.only)) if options.only else (None,):
        corpus = keep_corpus(options.corpus, options.cache, only=only)
        yield from _library_rows(engine, ask, fill(engine, corpus, settings, on_progress=tell), corpus, options)


def _library_rows(
    engine: Engine, ask: Ask, library: MeasuredLibrary, corpus: Corpus, options: argparse.Namespace
) -> Iterator[Row]:
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


def squad_rows(ask: Ask, settings: IndexSettings, path: Path, *, articles: Collection[str], most: int) -> Iterator[Row]:
    """Rows of at most so many questions about these articles of SQuAD 2.0, each with its paragraph alone."""
    token_offsets = load_token_offsets(settings)
    cases = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        title = article["title"]
        if title in articles:
            for paragraph in article["paragraphs"]:
                for item in paragraph["qas"]:
                    answers = [answer["text"] for answer in item["answers"]]
                    cases.append((item["question"], title.replace("_", " "), paragraph["context"], answers))
    random.Random(0).shuffle(cases)
    for done, (question, title, text, answers) in enumerate(cases[:most]):
        tell("SQuAD", done, most)
        findings = [
            Finding("s", title, None, None, None, "en", f"p{p.position}", p.start, p.end, p.text, 1.0, None, None)
            for p in cut_passages(text, title=title, token_offsets=token_offsets, language="en")
        ]  # fmt: skip
        yield ask("squad" if answers else "squad, no answer", question, findings, answers)


def own_rows(name: str, folder: Path | None, settings: IndexSettings, *, reads: bool) -> Iterator[Row]:
    """Rows of the questions in a file of `tests/fixtures`, about the stories in `folder` or the bundled ones."""
    with (
        tempfile.TemporaryDirectory() as home,
        stories_folder() as bundled,
        Engine.open(settings.model_copy(update={"home": Path(home)})) as engine,
    ):
        ask = asker(engine, reads=reads)
        list(engine.add([folder or bundled]))
        for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if found := engine.find(record["question"], limit=10):
                yield ask("samples", record["question"], found, record.get("answer") or [])


def tell(what: str, done: int, total: int) -> None:
    """Progress, now and then."""
    if done % 50 == 0:
        print(f"{what}: {done}/{total}", file=sys.stderr)
