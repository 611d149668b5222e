"""Questions with known answers, out of files."""

import gzip
import json
from pathlib import Path

import pytest

from index.errors import ReadingError
from index.training.examples import Asked, Context, contains_any, occurrences
from index.training.sources import joined, read_qamr, read_squad, read_stories


def halves(text: str, title: str) -> list[tuple[int, int]]:
    """The two halves of a text, parted at its blank line."""
    first = text.find("\n\n")
    return [(0, len(text))] if first < 0 else [(0, first), (first + 2, len(text))]


def write(path: Path, *records: object) -> Path:
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return path


def test_an_answer_is_found_as_whole_words_wherever_it_stands() -> None:
    assert occurrences("Ten of ten, often Ten.", "Ten") == ((0, 3), (18, 21))
    assert occurrences("It cost $5 (or $50).", "$5") == ((8, 10),)
    assert occurrences("Nothing.", "") == ()
    assert contains_any("THE HARBOUR", ["harbour"])
    assert not contains_any("harbours", ["harbour"])


def test_squad_gives_the_first_annotators_answer_and_all_wordings(tmp_path: Path) -> None:
    marked = [("the Tarn", 14), ("Tarn", 18), ("Tarn", 18)]
    answers = [{"text": text, "answer_start": start} for text, start in marked]
    context = "It fell into, the Tarn it was."
    asks = [{"question": " Where? ", "answers": answers}, {"question": "Who?", "answers": []}]
    file = tmp_path / "squad.json"
    articles = [
        {"title": "River_Tarn", "paragraphs": [{"context": context, "qas": asks}]},
        {"title": "Seen", "paragraphs": [{"context": "x", "qas": asks[1:]}]},
    ]
    file.write_text(json.dumps({"data": articles}), encoding="utf-8")
    read = read_squad(file, leaving_out={"Seen"})
    assert read.passages == (Context("River Tarn", context),)
    assert read.asked == (Asked("Where?", 0, ((14, 22),), ("the Tarn", "Tarn")), Asked("Who?", 0, (), ()))


def test_qamr_gives_questions_whose_answer_stands_in_the_sentence(tmp_path: Path) -> None:
    file = tmp_path / "qamr.tsv.gz"
    lines = [
        "#Wiki1k:wikinews:1:1",
        "The mayor opened the bridge.",
        f"{'Who opened the bridge?':50}mayor\tthe mayor",
        f"{'Who opened the bridge?':50}mayor\tThe mayor",
        f"{'What did she close?':50}a door\tnothing",
        f"{'What did the mayor of the town by the sea open with scissors':50}\tbridge",
    ]
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    read = read_qamr(file)
    assert read.passages == (Context("", "The mayor opened the bridge."),)
    assert read.asked == (Asked("Who opened the bridge?", 0, ((4, 9),), ("mayor",)),)


def test_a_storys_question_belongs_to_the_passage_that_holds_the_answer(tmp_path: Path) -> None:
    text = "Rain fell all day.\n\nThe bridge was closed on Monday."
    record = {"title": "Storm", "text": text, "questions": [{"question": "When?", "answer": "Monday"}],
              "unanswerable": ["Who?"]}  # fmt: skip
    read = read_stories(write(tmp_path / "s.jsonl", record), cut=halves)
    assert [each.text for each in read.passages] == ["Rain fell all day.", "The bridge was closed on Monday."]
    assert read.asked == (Asked("When?", 1, ((25, 31),), ("Monday",)), Asked("Who?", 0, (), ()))


@pytest.mark.parametrize(
    "record",
    [
        {"title": "Storm", "text": "It rained.", "questions": [{"question": "When?", "answer": "Monday"}]},
        {"title": "Storm", "questions": []},
        ["no object"],
    ],
)
def test_a_line_that_is_no_story_with_questions_is_named(record: object, tmp_path: Path) -> None:
    good = {"title": "Storm", "text": "It rained.", "questions": []}
    with pytest.raises(ReadingError, match="Line 2 of"):
        read_stories(write(tmp_path / "s.jsonl", good, record), cut=halves)


def test_collections_joined_keep_each_question_at_its_passage(tmp_path: Path) -> None:
    one = {"title": "A", "text": "Rain fell.", "questions": [{"question": "What fell?", "answer": "Rain"}]}
    two = {"title": "B", "text": "Snow lay.", "questions": [{"question": "What lay?", "answer": "Snow"}]}
    both = joined([read_stories(write(tmp_path / f"{each['title']}.jsonl", each), cut=halves) for each in (one, two)])
    assert [(each.question, both.passages[each.source].text) for each in both.asked] == [
        ("What fell?", "Rain fell."), ("What lay?", "Snow lay."),
    ]  # fmt: skip
