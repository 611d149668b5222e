from itertools import pairwise

import pytest

from index.shaping import on_one_line, paragraphs

WRAPPED = (
    "The mayor of the town said on Friday that the old\n"
    "bridge over the river would stay closed until the\n"
    "autumn. The repairs cost more than was planned.\n"
    "Nobody was surprised.\n"
    "Drivers have to take the road through the valley,\n"
    "which is an hour longer."
)


def blocks(text: str) -> list[str]:
    return [text[start:end] for start, end in paragraphs(text)]


def test_blank_lines_separate_blocks() -> None:
    assert blocks("One.\n\nTwo.\n \t\n\n  Three.  \n") == ["One.", "Two.", "Three."]


def test_each_line_is_a_block_where_lines_are_whole_paragraphs() -> None:
    first = "The mayor said on Friday that the old bridge over the river would stay closed until the autumn."
    assert blocks(f"Bridge Closed\n{first}\nNobody was surprised.") == ["Bridge Closed", first, "Nobody was surprised."]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028", "\f"])
def test_every_kind_of_line_break_counts(line_break: str) -> None:
    assert blocks(f"One is here.{line_break}Two is here.") == ["One is here.", "Two is here."]


def test_windows_line_ends_do_not_make_blank_lines() -> None:
    text = WRAPPED.replace("\n", "\r\n")
    assert len(blocks(text)) == len(blocks(WRAPPED)) == 2


def test_lines_of_a_hard_wrapped_text_belong_together_until_one_ends_early() -> None:
    assert blocks(WRAPPED) == [
        WRAPPED[: WRAPPED.index("\nDrivers")],
        WRAPPED[WRAPPED.index("Drivers") :],
    ]


def test_list_items_and_headings_of_a_wrapped_text_are_blocks() -> None:
    text = f"# Bridge\n{WRAPPED}\n- the first reason is\n  the rust\n- the second is the cost"
    assert blocks(text)[0] == "# Bridge"
    assert blocks(text)[-2:] == ["- the first reason is\n  the rust", "- the second is the cost"]


def test_blocks_are_in_order_and_cover_every_word() -> None:
    spans = paragraphs(WRAPPED + "\n\n\nThe end.\n")
    text = WRAPPED + "\n\n\nThe end.\n"
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert " ".join(text[start:end] for start, end in spans).split() == text.split()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("One  sentence\nthat goes on.", "One sentence that goes on."),
        ("19. Alder\n\n20. Brena\n\n", "19. Alder / 20. Brena"),
        ("", ""),
    ],
)
def test_a_quote_on_one_line_shows_where_its_blocks_end(text: str, line: str) -> None:
    assert on_one_line(text) == line
