"""Text of strangers stays words in Discord."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.showing.escaping import clean, escape, link, show, units, web_address

HOSTILE = [
    "@everyone free coins",
    "@here",
    "<@123456789012345678>",
    "<@!123456789012345678>",
    "<@&123456789012345678>",
    "<#123456789012345678>",
    "</ask:123456789012345678>",
    "<id:customize>",
    "<t:1700000000:R>",
    "<:smile:123456789012345678>",
    "<a:party:123456789012345678>",
    "all :smile: now",
    "[click here](https://evil.example)",
    "[a](<https://evil.example> 'title')",
    "x](https://evil.example)",
    "<https://evil.example>",
    "see https://evil.example/a_b_c now",
    "steam://run/1",
    "# Breaking",
    "## Breaking",
    "-# small print",
    "> quoted",
    ">>> all of this",
    "- item",
    "+ item",
    "* item",
    "1. first",
    "12) twelfth",
    "2025. A year",
    "**bold** __under__ *it* _it_ ~~gone~~",
    "||spoiler||",
    "`code` ``more``",
    "```py\nprint()\n```",
]
# What takes no effect as it is, but may once the rest of a message is around it.
TRICKY = ["a] [b](c", "a\\b \\* \\", "\\@everyone", "\\[x\\](\\https://evil", "([)]", "\\"]

anything = st.lists(st.sampled_from([*HOSTILE, *TRICKY, "word ", "\n", "[", "]", "(", ")", "<", ">"]) | st.text()).map(
    "".join
)


@pytest.mark.parametrize("text", HOSTILE + TRICKY)
def test_hostile_text_is_shown_as_it_is_written(text: str, display: Callable) -> None:
    shown = display(show(text, limit=1_000))
    assert shown.markup == []
    assert shown.words == clean(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_would_take_effect_if_it_were_not_escaped(text: str, display: Callable) -> None:
    assert display(text).markup


@settings(deadline=None)
@given(text=anything)
def test_no_text_takes_effect_and_none_is_lost(text: str, display: Callable) -> None:
    shown = display(show(text, limit=100_000))
    assert shown.markup == []
    assert shown.words == clean(text)


@settings(deadline=None)
@given(text=anything, limit=st.integers(0, 300))
def test_a_shortened_text_fits_and_takes_no_effect(text: str, limit: int, display: Callable) -> None:
    shortened = show(text, limit=limit)
    assert units(shortened) <= limit
    shown = display(shortened)
    assert shown.markup == []
    assert clean(text).startswith(shown.words.removesuffix("…").removesuffix(" "))


@settings(deadline=None)
@given(text=anything)
def test_cleaned_text_has_no_invisible_and_no_control_characters(text: str) -> None:
    cleaned = clean(text)
    assert not {unicodedata.category(character) for character in cleaned} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(cleaned) & set(
        "\u200b\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
    )
    assert cleaned == cleaned.strip()


def test_a_text_direction_override_is_taken_out() -> None:
    assert clean("photo\u202egpj.exe") == "photogpj.exe"


def test_joined_emoji_and_persian_words_stay_as_they_are() -> None:
    assert clean("👩\u200d👧 می\u200cخواهم") == "👩\u200d👧 می\u200cخواهم"


@pytest.mark.parametrize(
    "text", ["\u200d", " \u200c \u200d", "\u3164", "\u115f\u1160", "\u2800 \u2800", "\u200b\ufeff", ""]
)
def test_text_of_which_nothing_is_seen_is_no_text(text: str) -> None:
    assert clean(text) == ""


def test_a_tower_of_marks_does_not_cover_the_lines_above_but_languages_keep_theirs() -> None:
    assert clean("a" + "\u0301" * 60 + "b") == "a" + "\u0301" * 4 + "b"
    hebrew = "בְּרֵאשִׁ֖ית"
    assert clean(hebrew) == hebrew


def test_line_breaks_become_spaces() -> None:
    assert clean(" One\r\n\n two\u2028three\x0bfour\t") == "One two three four"


def test_ordinary_text_is_not_changed() -> None:
    text = "The minister said: “We agreed on 1,000 each” (at 5:30 p.m.) – 12.5% more, wasn't it?"
    assert show(text, limit=1_000) == text


def test_a_long_text_ends_at_a_sentence() -> None:
    text = "One thousand were freed today. Another thousand follow. Nobody knows when that will be exactly."
    assert show(text, limit=70) == "One thousand were freed today. Another thousand follow. …"


def test_a_long_sentence_ends_at_a_word() -> None:
    assert show("Extraordinary negotiations continued through the night", limit=30) == "Extraordinary negotiations…"


def test_a_long_word_is_cut_without_parting_an_accent_from_its_letter() -> None:
    assert show("e\u0301" * 20, limit=10) == "e\u0301" * 4 + "…"


def test_emoji_count_twice_because_discord_may_count_them_so() -> None:
    assert units("a👍") == 3


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "ftp://harbour-post.example/a",
        "//harbour-post.example/a",
        "https://",
        "https:///path",
        "https://bank.example@evil.example/",
        "https://user:password@evil.example/",
        "https://harbour-post.example/a b",
        "https://harbour-post.example/\na",
        "https://harbour-post.example/\u202ea",
        "https://harbour-post.example:port/",
        "https://[::1]/",
        "https://evil).example/",
        "https://harbour-post.example/" + "a" * 2_000,
        "not an address",
    ],
)
def test_what_is_not_a_plain_web_address_is_never_linked(url: str | None) -> None:
    assert web_address(url) is None
    assert link("A title", url, limit=500, opens="open") == "A title"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://harbour-post.example/a?b=1&c=%20#d", "https://harbour-post.example/a?b=1&c=%20#d"),
        ("HTTP://Harbour-Post.example:8080/A", "http://harbour-post.example:8080/A"),
        ("https://harbour-post.example/a(b)_*c*\\>", "https://harbour-post.example/a%28b%29_%2Ac%2A%5C%3E"),
        ("https://häfen.example/größe", "https://xn--hfen-loa.example/gr%C3%B6%C3%9Fe"),
    ],
)
def test_a_web_address_is_linked_in_a_form_that_cannot_end_the_link(url: str, target: str, display: Callable) -> None:
    assert web_address(url) == target
    shown = display(link("A title", url, limit=500, opens="open"))
    assert shown.words == "A title"
    assert shown.markup == [("link", target)]


@pytest.mark.parametrize("title", HOSTILE + TRICKY)
def test_a_hostile_title_links_only_where_its_story_is(title: str, display: Callable) -> None:
    shown = display(link(title, "https://harbour-post.example/a", limit=500, opens="open"))
    assert shown.markup == [("link", "https://harbour-post.example/a")]


@settings(deadline=None)
@given(title=anything, limit=st.integers(200, 500))
def test_any_title_links_only_where_its_story_is(title: str, limit: int, display: Callable) -> None:
    linked = link(title, "https://harbour-post.example/a", limit=limit, opens="open")
    assert units(linked) <= limit
    assert display(linked).markup == [("link", "https://harbour-post.example/a")]


@pytest.mark.parametrize("title", ["https://bank.example says", "www.bank.example", "News of bank.example"])
def test_a_title_that_looks_like_an_address_is_not_what_is_clicked(title: str) -> None:
    linked = link(title, "https://harbour-post.example/a", limit=500, opens="open")
    assert linked == f"{escape(title)} ([open](https://harbour-post.example/a))"


def test_an_address_without_room_is_left_out_rather_than_cut() -> None:
    url = "https://harbour-post.example/" + "a" * 300
    assert link("A title", url, limit=200, opens="open") == "A title"
