"""What of a passage is quoted as one."""

import pytest

from index.answering.quoting import asks, quotable

MATTER = "The council met on Monday. It voted at night."


def quoted(*blocks: str) -> list[str]:
    text = "\n\n".join(blocks)
    return [text[start:end] for start, end in quotable(text, language="en")]


def test_sentences_are_quoted_one_by_one() -> None:
    assert quoted(MATTER, "Nobody left.") == ["The council met on Monday.", "It voted at night.", "Nobody left."]


def test_the_lines_of_a_list_are_quoted_together() -> None:
    ranking = ("The airports that came last:", "19. Alder Field", "20. Port Brena", "21. Lake Osmund")
    assert quoted(MATTER, *ranking, "It was the tenth ranking.")[2:] == [
        "\n\n".join(ranking),
        "It was the tenth ranking.",
    ]


def test_a_long_list_is_quoted_in_pieces_no_longer_than_a_long_sentence() -> None:
    lines = [f"{number}. The bridge over river number {number} in the north" for number in range(1, 21)]
    pieces = quoted(*lines)
    assert "\n\n".join(pieces) == "\n\n".join(lines)
    assert 1 < len(pieces) < len(lines)
    assert max(map(len, pieces)) <= 240


def test_a_headline_in_the_text_is_no_part_of_the_sentence_after_it() -> None:
    assert quoted("Boosters next month", "The agency spoke.") == ["Boosters next month", "The agency spoke."]


def test_a_quiz_s_choices_are_not_quoted_for_they_do_not_say_which_is_right() -> None:
    quiz = ("1. Which country does the island want to join?", "Denmark", "Sweden", "Norway")
    more = ("2. What was stolen?", "A. A robot", "B. A boat")
    assert quoted(MATTER, *quiz, *more, "Answers on Sunday.")[2:] == [quiz[0], more[0], "Answers on Sunday."]


def test_one_line_after_a_question_answers_it() -> None:
    assert quoted("When is the match?", "Sunday at three", "It is free.") == [
        "When is the match?",
        "Sunday at three",
        "It is free.",
    ]


def test_a_list_that_begins_after_the_choices_is_quoted() -> None:
    assert quoted("Who won?", "Alder", "Brena", "The results in full:", "Alder 3", "Brena 5") == [
        "Who won?",
        "The results in full:\n\nAlder 3\n\nBrena 5",
    ]


@pytest.mark.parametrize("line", ["LONDON CNN —", "Bogota, Colombia CNN —", "PARIS (AFP) –", "St. Gallen —"])
def test_a_line_with_only_a_place_and_an_agency_is_left_out(line: str) -> None:
    assert quoted(line, MATTER) == quoted(MATTER)


@pytest.mark.parametrize(
    "line",
    [
        "By Fiona Adair",
        "BY FIONA ADAIR",
        "By Carol Penhaligon, Ashby Gazette, 6 September 2025",
        "Callan Business Weekly, 27 February 2025",
        "Monday 12 January 2026",
        "By J. R. Lind and Bo Berg",
        "By Ada Lind, Bo Berg and Ola Dahl | Harbour Post",
    ],
)
def test_a_line_that_says_who_wrote_the_story_is_left_out(line: str) -> None:
    assert quoted(line, MATTER) == quoted(MATTER)


@pytest.mark.parametrize(
    "line", ["By Monday, all were home", "By Port Callan Harbour stood a tower.", "By bus and train"]
)
def test_a_line_that_only_begins_like_one_is_kept(line: str) -> None:
    assert line in quoted(line, MATTER)


def test_a_line_that_says_something_before_a_dash_is_kept() -> None:
    line = "The council of the town that lies by the lake —"
    assert line in quoted(line, MATTER)


@pytest.mark.parametrize("text", ["", "\n\n", "   "])
def test_nothing_is_quoted_of_nothing(text: str) -> None:
    assert quotable(text, language="en") == []


@pytest.mark.parametrize(("text", "is_question"), [("Who?", True), ("“Who?” ", True), ("Who? Me.", False), ("", False)])
def test_what_asks(text: str, *, is_question: bool) -> None:
    assert asks(text) is is_question
