import pytest

from index.shaping import kept_paragraphs, normalised
from index.shaping.furniture import is_furniture

TITLE = "Harbour Bridge Closed Until Autumn"
SUMMARY = "The old bridge over the harbour stays closed while rust is removed from its piers."
FIRST = (
    "The mayor said on Friday that 1,200 drivers a day would have to take the road through the valley. It is longer."
)
SECOND = "Repairs began in May. “We found more rust than we had feared,” the engineer Ada Lind said."
PAGE = "\n".join(
    [
        SUMMARY,
        TITLE,
        "",
        TITLE,
        FIRST,
        "Sign up for our weekly newsletter and never miss a story.",
        SECOND,
        "Share this article",
        FIRST,
        SECOND,
    ]
)


def kept(text: str, title: str = TITLE) -> list[str]:
    return [text[start:end] for start, end in kept_paragraphs(text, title=title)]


def test_a_page_keeps_its_paragraphs_once_without_title_and_invitations() -> None:
    assert kept(PAGE) == [SUMMARY, FIRST, SECOND]


def test_repeated_blocks_count_once_whatever_their_case_and_spacing() -> None:
    assert kept(f"{FIRST}\n\n{FIRST.upper()}\n\n{FIRST.replace(' ', '  ')}\n\n{SECOND}") == [FIRST, SECOND]


def test_a_block_whose_sentences_all_stood_before_is_dropped() -> None:
    quote = "“We found more rust than we had feared,” the engineer Ada Lind said."
    assert kept(f"{FIRST}\n\n{SECOND}\n\n{quote}") == [FIRST, SECOND]


def test_a_block_with_one_new_sentence_stays() -> None:
    longer = f"{SECOND} Nobody was hurt."
    assert kept(f"{SECOND}\n\n{longer}") == [SECOND, longer]


@pytest.mark.parametrize("heading", [f"# {TITLE}", f"### {TITLE} ###", TITLE.upper(), f"  {TITLE}  "])
def test_the_title_is_dropped_also_as_a_heading(heading: str) -> None:
    assert kept(f"{heading}\n\n{FIRST}") == [FIRST]


def test_a_story_that_is_only_its_title_keeps_it() -> None:
    assert kept(f"{TITLE}\n\n{TITLE}") == [TITLE]


def test_rules_and_ornaments_are_dropped() -> None:
    assert kept(f"{FIRST}\n\n* * *\n\n-----\n\n{SECOND}") == [FIRST, SECOND]


def test_an_empty_text_has_nothing_to_keep() -> None:
    assert kept(" \n\n ") == []


@pytest.mark.parametrize(
    "line",
    [
        "Subscribe",
        "Subscribe to our newsletter",
        "Sign up for the Morning Briefing newsletter, every day at six.",
        "Get the best stories delivered to your inbox.",
        "Advertisement",
        "ADVERTISEMENT - STORY CONTINUES BELOW",
        "Story continues below advertisement",
        "Read more: The winter when the harbour froze",
        "READ MORE",
        "Related: Five bridges that need repair",
        "**Share this article**",
        "Share on Facebook",
        "Follow us on Twitter @harbour",
        "© 2025 The Harbour Gazette. All rights reserved.",
        "By signing up, you agree to our terms.",
        "Leave a comment",
        "4 min read",
        "Click here to read the full report",
    ],
)
def test_lines_that_a_page_prints_around_a_story_are_furniture(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize(
    "sentence",
    [
        "Share prices fell by 4% on Friday.",
        "Read more books, the minister told pupils.",
        "Subscribers to the service rose to two million.",
        "Advertisement revenue halved within a year.",
        "Related parties must be named, the court ruled.",
        "The newsletter reaches 3,000 people.",
        "Follow the money, the prosecutor said.",
        "Comments by the minister caused an outcry.",
        "Get out now, firefighters told residents.",
        "More than 300 people signed up for the marathon.",
        "Close to 40 people were hurt.",
        "Print is dead, the publisher said.",
        "Sign up for military service rose by 10%.",
        "Copyright law protects songs for decades, judges said. " + "The case goes on. " * 15,
    ],
)
def test_sentences_of_a_story_are_no_furniture(sentence: str) -> None:
    assert not is_furniture(sentence)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café", "Cafe\u0301"),
        ("STRASSE", "straße"),
        ("ﬁre", "fire"),
        ("two\u00a0 words\n", "Two words"),
        ("１０", "10"),
    ],
)
def test_the_comparison_key_ignores_how_a_text_is_set(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


def test_the_comparison_key_of_a_key_is_the_key() -> None:
    for text in ("ΐ", "\u0345\u0301", "İstanbul", "ſ", "Ǆ"):
        assert normalised(normalised(text)) == normalised(text)
