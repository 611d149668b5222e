"""Questions with known answers from files: SQuAD, QAMR, and stories with questions of one's own."""

import gzip
import json
from collections.abc import Callable, Sequence
from collections.abc import Collection as Container
from dataclasses import replace
from pathlib import Path
from typing import Any

from index.errors import ReadingError
from index.shaping import Span
from index.training.examples import Asked, Collection, Context, occurrences

_MOST_QAMR_WORDS = 12


def read_squad(path: Path, *, leaving_out: Container[str] = ()) -> Collection:
    """A SQuAD file, 1.1 or 2.0 (Rajpurkar et al., 2016, 2018); articles whose title is in `leaving_out` are skipped."""
    passages: list[Context] = []
    asked: list[Asked] = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        if article["title"] in leaving_out:
            continue
        title = article["title"].replace("_", " ")
        for paragraph in article["paragraphs"]:
            for item in paragraph["qas"]:
                spans = [(answer["answer_start"], answer["text"]) for answer in item["answers"]]
                texts = tuple(dict.fromkeys(text for _, text in spans))
                answers = tuple(dict.fromkeys((start, start + len(text)) for start, text in spans))
                asked.append(Asked(item["question"].strip(), len(passages), answers[:1], texts))
            passages.append(Context(title, paragraph["context"]))
    return Collection(tuple(passages), tuple(asked))


def read_qamr(path: Path) -> Collection:
    """A gzipped QAMR file (Michael et al., 2018): single sentences with short questions about each."""
    passages: list[Context] = []
    asked: dict[tuple[str, int], Asked] = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = iter(file)
        for line in lines:
            if line.startswith("#"):
                passages.append(Context("", next(lines).strip()))
            elif "\t" in line:
                left, answer = line.rstrip("\n").split("\t", 1)
                question, marked = left[:50].strip(), left[50:].strip()
                if "  " in left[:50].strip() or not question.endswith("?"):
                    continue
                index = len(passages) - 1
                for text in (marked, answer.strip()):
                    spans = occurrences(passages[index].text, text.strip(" .,"))
                    if spans and len(text.split()) <= _MOST_QAMR_WORDS:
                        asked.setdefault((question, index), Asked(question, index, spans[:1], (text,)))
                        break
    return Collection(tuple(passages), tuple(asked.values()))


def read_stories(path: Path, *, cut: Callable[[str, str], Sequence[Span]]) -> Collection:
    """JSON lines of stories with `title`, `text`, `questions` ({question, answer}) and `unanswerable` (questions).

    `cut` gives the spans of the passages that a text (with its title) is read in. Every answer has to stand in the
    text. Raises ReadingError.
    """
    passages: list[Context] = []
    asked: list[Asked] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            title, text = record["title"], record["text"]
            own = [Context(title, text[start:end]) for start, end in cut(text, title)]
            asked += _asked_of(record, own, len(passages))
        except (ValueError, KeyError, TypeError) as error:
            raise ReadingError(
                f"Line {number} of {path} cannot be used ({error}); write a JSON object with title, text and "
                "questions, a list of objects with question and answer."
            ) from error
        passages += own
    return Collection(tuple(passages), tuple(asked))


def _asked_of(record: Any, passages: Sequence[Context], first: int) -> list[Asked]:
    asked = []
    for item in record["questions"]:
        answer = item["answer"]
        found = [(index, spans) for index, each in enumerate(passages) if (spans := occurrences(each.text, answer))]
        if not found:
            raise ValueError(f"the answer {answer!r} does not stand in the text")
        # Where it stands more than once, which place answers the question is not known: none of them may be the wrong.
        asked += [Asked(item["question"], first + index, spans, (answer,)) for index, spans in found[:1]]
    return asked + [Asked(question, first, (), ()) for question in record.get("unanswerable", ())]


def joined(collections: Sequence[Collection]) -> Collection:
    """One collection of several, in which passages of each are looked for with questions of all."""
    passages: list[Context] = []
    asked: list[Asked] = []
    for each in collections:
        asked += [replace(one, source=one.source + len(passages)) for one in each.asked]
        passages += each.passages
    return Collection(tuple(passages), tuple(asked))
