"""Examples out of an operator's own library."""

import json
from pathlib import Path

import pytest

from index.errors import ReadingError
from index.stories import Finding
from index.training.examples import Context
from index.training.library import KnownAnswer, examples_of, read_known_answers


def finding(text: str, title: str = "Storm") -> Finding:
    return Finding("s", title, None, None, None, "en", "p", 0, len(text), text, 1.0, None, None)


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n", encoding="utf-8")
    return path


def test_lines_are_questions_with_an_answer_or_without(tmp_path: Path) -> None:
    file = write(
        tmp_path / "q.jsonl", {"question": " When? ", "answer": "Monday"}, {"question": "Who?", "answer": None}
    )
    assert read_known_answers(file) == [KnownAnswer("When?", "Monday", 1), KnownAnswer("Who?", None, 2)]


@pytest.mark.parametrize(
    "line", [{"question": "When?"}, {"question": "", "answer": "x"}, {"question": "a", "answer": 3}, 7]
)
def test_a_line_that_is_no_question_is_named(line: object, tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match=r"Line 2 of .* is no question"):
        read_known_answers(write(tmp_path / "q.jsonl", {"question": "a", "answer": "b"}, line))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match="cannot be read"):
        read_known_answers(tmp_path / "none.jsonl")


def test_the_best_passage_with_the_answer_is_right_and_those_without_are_wrong() -> None:
    found = [finding("It rained."), finding("Closed on Monday."), finding("On Monday too."), finding("Nobody swam.")]
    examples, left_over = examples_of([KnownAnswer("When?", "Monday", 1)], lambda question, limit: found)
    assert left_over == []
    assert examples[0].contexts == (
        Context("Storm", "Closed on Monday.", ((10, 16),)),
        Context("Storm", "It rained."),
        Context("Storm", "Nobody swam."),
    )


def test_a_question_whose_answer_is_not_found_is_left_over_and_one_without_is_all_wrong_passages() -> None:
    known = [KnownAnswer("When?", "Friday", 1), KnownAnswer("Who?", None, 2)]
    examples, left_over = examples_of(known, lambda question, limit: [finding("It rained.")])
    assert left_over == known[:1]
    assert [each.contexts for each in examples] == [(Context("Storm", "It rained."),)]
