import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from index.errors import MeasuringError
from index.measuring.datasets import (
    in_split,
    keep_labels,
    read_ids,
    read_questions,
    read_refusals,
    read_stories,
)

QUESTION = {
    "id": "q1",
    "question": "How many boats were lost?",
    "date": "2025/05/22",
    "answers": ["26"],
    "gold_docs": ["harbour"],
    "silver_docs": ["harbour", "storm"],
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(*records: Any, name: str = "file.jsonl") -> Path:
        path = tmp_path / name
        text = "".join(f"{record if isinstance(record, str) else json.dumps(record)}\n" for record in records)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write


@pytest.mark.parametrize("name", ["questions.jsonl", "questions.jsonl.gz"])
def test_a_question_is_asked_at_the_end_of_its_day(write: Callable[..., Path], name: str) -> None:
    (question,) = read_questions(write(QUESTION, "", name=name))
    assert question.text == "How many boats were lost?"
    assert question.now == datetime(2025, 5, 22, 23, 59, 59, tzinfo=UTC)
    assert question.answers == ("26",)


def test_a_label_that_is_sure_is_not_also_a_likely_one(write: Callable[..., Path]) -> None:
    (question,) = read_questions(write(QUESTION))
    assert question.gold == {"harbour"}
    assert question.silver == {"storm"}
    assert question.labels == {"harbour", "storm"}


def test_only_labels_of_the_corpus_are_kept(write: Callable[..., Path]) -> None:
    (question,) = read_questions(write(QUESTION))
    assert keep_labels(question, {"storm", "other"}).labels == {"storm"}


def test_a_question_without_an_answer_is_asked_at_its_now_rather_than_at_its_date(write: Callable[..., Path]) -> None:
    first, second = read_refusals(
        write(
            {"id": 1, "question": "Who won?", "date": "2020/09/04", "now": "2023/02/17"},
            {"id": "2", "question": "Who lost?", "date": "2020/09/04"},
        )
    )
    assert (first.id, first.now.date().isoformat()) == ("1", "2023-02-17")
    assert second.now.date().isoformat() == "2020-09-04"


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ("{", "Line 1 of {path} is not valid JSON"),
        ("[1]", "Line 1 of {path} is not a JSON object; write one a line."),
        (QUESTION | {"id": None}, "Line 1 of {path} has no id; give it one."),
        (QUESTION | {"question": " "}, "Line 1 of {path} has no question;"),
        (QUESTION | {"question": 5}, "Line 1 of {path}: The field question is a number where text is expected"),
        (QUESTION | {"date": None}, "Line 1 of {path} does not say when the question is asked; give a day as date."),
        (QUESTION | {"date": "soon"}, "Line 1 of {path}: "),
        (QUESTION | {"answers": "26"}, "Line 1 of {path}: the field answers must be a list of texts"),
        (QUESTION | {"gold_docs": [1]}, "Line 1 of {path}: the field gold_docs must be a list of texts"),
        (QUESTION | {"answers": []}, "Line 1 of {path} names stories that hold the answer, but no answers"),
        ("", "{path} has no questions in it"),
    ],
)
def test_a_line_that_is_no_question_is_named(write: Callable[..., Path], record: Any, sentence: str) -> None:
    path = write(record)
    with pytest.raises(MeasuringError) as raised:
        read_questions(path)
    assert str(raised.value).startswith(sentence.replace("{path}", str(path)))


def test_two_questions_cannot_have_one_id(write: Callable[..., Path]) -> None:
    with pytest.raises(MeasuringError, match="two questions with the id 'q1'"):
        read_questions(write(QUESTION, QUESTION))


def test_a_file_that_cannot_be_read_is_named(write: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(MeasuringError, match=r"none\.jsonl cannot be read \(No such file or directory\)"):
        read_questions(tmp_path / "none.jsonl")
    not_gzip = tmp_path / "plain.jsonl.gz"
    not_gzip.write_text("{}")
    with pytest.raises(MeasuringError, match=r"plain\.jsonl\.gz cannot be read \(Not a gzipped file"):
        read_questions(not_gzip)
    cut_off = tmp_path / "cut.jsonl.gz"
    cut_off.write_bytes(write(QUESTION, name="whole.jsonl.gz").read_bytes()[:-12])
    with pytest.raises(MeasuringError, match=r"cut\.jsonl\.gz cannot be read"):
        read_questions(cut_off)
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes(b'{"id": "\xe9"}\n')
    with pytest.raises(MeasuringError, match="not UTF-8"):
        read_questions(latin)


def test_stories_come_in_order_and_only_the_wanted_ones(write: Callable[..., Path], tmp_path: Path) -> None:
    corpus = write({"id": "c", "text": "C"}, {"id": "a", "text": "A"}, {"id": "b", "text": "B"}, name="corpus.jsonl.gz")
    assert [doc for doc, _ in read_stories(corpus)] == ["c", "a", "b"]
    ids = tmp_path / "ids.txt"
    ids.write_text("b\n\n c \n")
    assert read_ids(ids) == {"b", "c"}
    assert [record["text"] for _, record in read_stories(corpus, only=read_ids(ids))] == ["C", "B"]


def test_a_corpus_needs_stories_with_ids_of_their_own(write: Callable[..., Path]) -> None:
    with pytest.raises(MeasuringError, match=r"Line 2 of .* has the id 'a', which another story has"):
        list(read_stories(write({"id": "a"}, {"id": "a"})))
    with pytest.raises(MeasuringError, match=r"Line 1 of .* has no id"):
        list(read_stories(write({"text": "A"})))
    with pytest.raises(MeasuringError, match="no stories of the wanted ids"):
        list(read_stories(write({"id": "a"}), only={"b"}))


def test_the_halves_are_told_apart_by_the_sha_256_of_the_id() -> None:
    ids = [f"question-{number}" for number in range(200)]
    even = [each for each in ids if hashlib.sha256(each.encode()).digest()[-1] % 2 == 0]
    assert [each for each in ids if in_split(each, "tune")] == even
    assert [each for each in ids if in_split(each, "report")] == [each for each in ids if each not in even]
    assert all(in_split(each, "all") for each in ids)
    assert 60 < len(even) < 140
