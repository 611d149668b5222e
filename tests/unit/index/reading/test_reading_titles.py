from pathlib import Path

import pytest

from index.reading.titles import clean_title, title_of_body, title_of_markdown, title_of_name, title_of_text

PATH = Path("stories/harbour-bridge_closed.txt")
TITLE = "Harbour Bridge Closed Until Autumn"
SUMMARY = "The old bridge over the harbour stays closed while rust is removed from its piers."
BODY = "The mayor said on Friday that 1,200 drivers a day have to take the road through the valley.\nIt is longer."


@pytest.mark.parametrize(
    "text",
    [
        f"{TITLE}\n\n{BODY}",
        f"{TITLE}\n{BODY}",
        f"{TITLE}\r\n\r\n{BODY}",
        f"\n\n  {TITLE}  \n\n{BODY}",
        f"{SUMMARY}\n{TITLE}\n\n{TITLE}\n{BODY}",
        f"The Harbour Gazette\n{TITLE}\n\n{TITLE.upper()}\n{BODY}",
        f"{SUMMARY}\n\n{TITLE}\n\n{BODY}",
        f"By Ada Lind\n{TITLE}\n\n{BODY}",
        f"May 23, 2025\n{TITLE}\n\n{BODY}",
        f"https://news.example/bridge\n{TITLE}\n\n{BODY}",
        f"NEWS\n{TITLE}\n\n{BODY}",
    ],
)
def test_the_title_of_a_plain_text_is_found_among_its_first_lines(text: str) -> None:
    assert title_of_text(text, path=PATH).casefold() == TITLE.casefold()


def test_a_word_that_begins_like_a_month_makes_no_date_of_a_title() -> None:
    assert title_of_text(f"Marchers gather at 5\n\n{BODY}", path=PATH) == "Marchers gather at 5"


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        f"{SUMMARY}\n\n{BODY}",
        "The mayor of the town said on Friday that the\nold bridge would stay closed until the\nautumn.\n\nIt is long.",
        "A story of one line",
        "x" * 500 + "\n\n" + BODY,
        "1,200\n\n2,300\n\n" + BODY,
    ],
)
def test_a_text_without_a_title_is_named_after_its_file(text: str) -> None:
    assert title_of_text(text, path=PATH) == "Harbour bridge closed"


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (f"# {TITLE}\n\n{BODY}", TITLE),
        (f"## {TITLE} ##\n\n{BODY}", TITLE),
        (f"{BODY}\n\n# {TITLE}\n", TITLE),
        (f"{TITLE}\n=====\n\n{BODY}", TITLE),
        (f"{TITLE}\r\n-----\r\n\r\n{BODY}", TITLE),
        (f"# **Harbour** [Bridge](https://news.example) `Closed` _Until_ Autumn\n\n{BODY}", TITLE),
        (f"#hashtag\n\n{TITLE}\n\n{BODY}", TITLE),
        (f"{TITLE}\n\n{BODY}", TITLE),
        ("# snake_case_name stays\n", "snake_case_name stays"),
    ],
)
def test_the_title_of_a_markdown_text_is_its_first_heading(body: str, title: str) -> None:
    assert title_of_markdown(body, path=PATH) == title


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("  Two\n words\t ", "Two words"),
        ("With\x00 control\x1b[31m", "With control[31m"),
        ("Hidden \u202edirection\u2066 and\u200b zero", "Hidden direction and zero"),
        ("\u2028", ""),
    ],
)
def test_titles_have_one_line_and_no_control_characters(given: str, cleaned: str) -> None:
    assert clean_title(given) == cleaned


def test_long_titles_are_shortened_at_a_word() -> None:
    title = clean_title("bridge " * 1_000)
    assert len(title) <= 300
    assert title.endswith("bridge…")
    assert len(clean_title("x" * 1_000)) == 300


def test_the_title_made_of_a_text_is_its_first_sentence_or_untitled() -> None:
    assert title_of_body("The bridge is closed. It rained.") == "The bridge is closed."
    assert len(title_of_body("The bridge " * 100)) <= 100
    assert title_of_body("\n \n") == "Untitled"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("prisoner-exchange.txt", "Prisoner exchange"),
        ("a_b--c d.md", "A b c d"),
        ("мост.txt", "Мост"),
        ("---.txt", "Untitled"),
    ],
)
def test_a_file_name_is_made_readable(name: str, title: str) -> None:
    assert title_of_name(Path(name)) == title
