from pathlib import Path

import pytest

from index.reading import FoundFile, ReadFailure, read_file
from index.stories import Story

FIRST = "The mayor said on Friday that 1,200 drivers a day have to take the road through the valley, which is longer."
SECOND = "Repairs began in May. “We found more rust than we had feared,” the engineer Ada Lind said on the quay."
THIRD = "The town council wants to reopen one lane in August, and both of them before the first frost, officials said."
HEAD = """
<title>Bridge &amp; quay &quot;closed&quot; - The Harbour Gazette</title>
<meta property="og:title" content="Bridge &amp; quay &quot;closed&quot;">
<meta property="og:site_name" content="The Harbour Gazette">
<meta name="author" content="Ada Lind">
<meta property="article:published_time" content="2025-05-23T10:00:00-04:00">
<link rel="canonical" href="https://harbour.example/bridge">
"""
BODY = f"""
<nav><a href="/">Home</a> <a href="/news">News</a> <a href="/sport">Sport</a></nav>
<article><h1>Bridge &amp; quay "closed"</h1>
<p>{FIRST}</p><p>{SECOND}</p>
<div class="newsletter"><a href="/newsletter">Sign up for our newsletter</a></div>
<p>{THIRD}</p></article>
<div id="comments"><p>What a pity that it takes so long, I used to walk there every day, says a reader.</p></div>
<script>document.write("tracking")</script><footer>© 2025 The Harbour Gazette. All rights reserved.</footer>
"""


def page(body: str = BODY, *, head: str = HEAD, charset: str = "utf-8") -> str:
    return f'<!DOCTYPE html><html><head><meta charset="{charset}">{head}</head><body>{body}</body></html>'


def read(path: Path, content: str | bytes) -> Story | ReadFailure:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    [result] = read_file(FoundFile(path, path.name))
    return result


def test_a_page_gives_its_article_and_what_it_says_of_it(tmp_path: Path) -> None:
    story = read(tmp_path / "page.html", page())
    assert isinstance(story, Story)
    assert story.title == 'Bridge & quay "closed"'
    assert (story.publisher, story.authors) == ("The Harbour Gazette", ("Ada Lind",))
    assert (story.url, story.identity) == ("https://harbour.example/bridge", "url:harbour.example/bridge")
    assert story.published_at == "2025-05-23"
    assert story.language == "en"
    lines = story.text.splitlines()
    assert [line for line in lines if line in (FIRST, SECOND, THIRD)] == [FIRST, SECOND, THIRD]
    for other in ("Sport", "tracking", "What a pity", "All rights reserved"):
        assert other not in story.text


def test_a_title_with_entities_and_markup_is_plain_text(tmp_path: Path) -> None:
    head = "<title>Bridge &amp; <b>quay</b> &lt;closed&gt; &#8212; caf&eacute;</title>"
    body = f"<article><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></article>"
    story = read(tmp_path / "page.html", page(body, head=head))
    assert isinstance(story, Story)
    assert "&amp;" not in story.title
    assert "&#8212;" not in story.title
    assert story.title.startswith("Bridge & ")


def test_a_page_without_a_title_is_named_after_its_file(tmp_path: Path) -> None:
    body = f"<article><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></article>"
    story = read(tmp_path / "harbour-bridge.htm", page(body, head=""))
    assert isinstance(story, Story)
    assert story.title == "Harbour bridge"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<html></html>",
        page("<nav><a href='/'>Home</a></nav>", head=""),
        page("<ul>" + "<li><a href='/x'>Sport</a></li>" * 5 + "</ul>", head=""),
        page("<p>Not found</p>", head="<title>404</title>"),
        page("<script>const article = 'a story';</script>", head=""),
        page("".join(f"<h2><a href='/{n}'>Bridge number {n} is closed</a></h2><p>Lead {n}.</p>" for n in range(40))),
        "<!-- " + FIRST,
        "<" * 5_000,
    ],
)
def test_a_page_without_an_article_is_refused(tmp_path: Path, content: str) -> None:
    result = read(tmp_path / "page.html", content)
    assert isinstance(result, ReadFailure)
    assert result.error.startswith("There is no article in this page;")


@pytest.mark.parametrize(
    "body",
    [
        f"<table><tr><td>Menu</td><td>{FIRST}<br><br>{SECOND}<br><br>{THIRD}</td></tr></table>",
        f"<table><tr><td><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></td></tr></table>",
        f"<div>{FIRST}<br><br>{SECOND}<br><br>{THIRD}</div>",
    ],
)
def test_a_page_in_the_manner_of_the_nineties_has_an_article_too(tmp_path: Path, body: str) -> None:
    story = read(tmp_path / "page.html", page(body, head="<title>Bridge closed</title>"))
    assert isinstance(story, Story)
    assert all(paragraph in story.text for paragraph in (FIRST, SECOND, THIRD))


RUSSIAN = "Мэр сообщил в пятницу, что старый мост через гавань будет закрыт до осени и что объезд займёт около часа. "


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("windows-1251", "cp1251"), ("koi8-r", "koi8-r"), ("utf-8", "utf-8"), ("nonsense", "utf-8"), ("utf-8", "cp1251")],
)
def test_a_page_is_decoded_as_it_declares_or_as_its_bytes_are(tmp_path: Path, charset: str, encoding: str) -> None:
    body = f"<article><h1>Мост закрыт</h1><p>{RUSSIAN * 2}</p><p>{RUSSIAN}Никто не удивился этому.</p></article>"
    story = read(tmp_path / "page.html", page(body, head="", charset=charset).encode(encoding))
    assert isinstance(story, Story)
    assert RUSSIAN.strip() in story.text
    assert story.language == "ru"


def test_a_western_page_that_declares_latin_1_keeps_its_quotes(tmp_path: Path) -> None:
    story = read(tmp_path / "page.html", page(charset="iso-8859-1", head="").encode("cp1252"))
    assert isinstance(story, Story)
    assert "“We found more rust than we had feared,”" in story.text


def test_the_date_in_a_text_is_not_when_the_page_was_published(tmp_path: Path) -> None:
    body = f"<article><p>{FIRST} It was built on 12 March 1998.</p><p>{SECOND}</p><p>{THIRD}</p></article>"
    story = read(tmp_path / "page.html", page(body, head="<title>Bridge closed</title>"))
    assert isinstance(story, Story)
    assert story.published_at is None


def test_entities_of_a_page_cannot_reach_files_nor_explode(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    declared = f'<!DOCTYPE html [<!ENTITY s SYSTEM "{secret.as_uri()}"><!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    body = f"<article><p>&s; {FIRST}</p><p>&b;&b; {SECOND}</p><p>{THIRD}</p></article>"
    result = read(tmp_path / "page.html", f"{declared}<html><body>{body}</body></html>")
    assert "the secret" not in str(result)
    assert "hahaha" not in str(result)


@pytest.mark.parametrize(
    "content",
    [
        "<div>" * 100_000 + f"<p>{FIRST}</p>",
        "<b>" * 20_000 + f"<p>{FIRST}</p>",
        "<table><tr><td>" * 5_000 + f"<p>{FIRST}</p>",
        "<p>" + f"<em>{FIRST}</em>" * 40_000 + "</p>",
        "<div " + " ".join(f"a{number}=1" for number in range(50_000)) + f"><p>{FIRST}</p>",
        "<script type='application/ld+json'>" + "[" * 50_000 + "</script>",
    ],
)
def test_a_page_made_to_be_endless_ends_in_a_sentence(tmp_path: Path, content: str) -> None:
    result = read(tmp_path / "page.html", f"<html><body>{content}</body></html>")
    assert isinstance(result, ReadFailure)
    assert result.error.endswith(".")


def test_a_picture_named_as_a_page_is_refused(tmp_path: Path) -> None:
    result = read(tmp_path / "page.html", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10)
    assert isinstance(result, ReadFailure)
    assert "binary" in result.error
