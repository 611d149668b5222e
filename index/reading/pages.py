"""Stories in saved web pages."""

import codecs
import logging
import re
from itertools import islice
from typing import Any

from index.errors import ReadingError
from index.reading.dates import iso_date
from index.reading.decoding import decode, refuse_binary
from index.reading.drafts import Draft, finished
from index.reading.files import MAX_TEXT_BYTES, read_bytes
from index.reading.results import FoundFile
from index.reading.titles import title_of_text
from index.stories import Story

_logger = logging.getLogger(__name__)
# They report what they cannot parse, which is told to whoever gave the page.
for _name in ("trafilatura", "htmldate", "courlan"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
_DECLARED_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_DECLARED_WITHIN_BYTES = 4_096
_TAG = re.compile(r"<[A-Za-z][^<>]*")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
# News pages have 200 to 2,000 elements and at most 200 attributes in one of them.
_MAX_ELEMENTS = 30_000
_MAX_ATTRIBUTES = 2_000
_LONG_TAG = 10_000
# Fewer words are a menu or a notice, and many short lines a list of headlines. A letter counts as a word
# where words are written without spaces between them.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|\w+")
_MIN_WORDS = 25
_MIN_WORDS_OF_A_PARAGRAPH = 12
# The encodings that a page may declare; Python knows others, which are no texts or take forever.
_PAGE_ENCODING = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp125\d|cp874|koi8-[ru]|mac-\w+|shift_jis|cp932|euc_jp|iso2022_jp|euc_kr|cp949|gb\w+|big5\w*"
)
# Browsers read these as the larger encodings that the pages really are in.
_READ_AS = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}


def read_page(found: FoundFile) -> Story:
    """The article of a saved web page, with the title, author, date, site and address that the page names.

    Navigation, comments and tables are left out. Raises ReadingError when there is no article in the page.
    """
    data = read_bytes(found.path, limit=MAX_TEXT_BYTES, advice="save the page without what is embedded in it")
    html = _decode_page(data)
    _refuse_endless(html)
    # Precision leaves out what stands around an article, and of a page in old-fashioned tables all of it.
    article = _article(html, precise=True) or _article(html, precise=False)
    if article is None:
        raise ReadingError("There is no article in this page; save the page of the story itself, or its text as .txt.")
    text: str = article.text
    draft = Draft(
        title=article.title or title_of_text(text, path=found.named),
        text=text,
        url=article.url,
        publisher=article.sitename,
        authors=tuple(name.strip() for name in (article.author or "").split(";") if name.strip()),
        published_at=_date(article.date),
    )
    return finished(draft, source=found.source, path=found.path)


def _refuse_endless(html: str) -> None:
    """Raise ReadingError for a page that the parsers would take minutes over: their time grows with the square."""
    elements = sum(1 for _ in islice(_TAG.finditer(html), _MAX_ELEMENTS + 1))
    if elements > _MAX_ELEMENTS:
        raise ReadingError(f"This page has more than {_MAX_ELEMENTS:,} elements; save the story's text as .txt.")
    for tag in _TAG.finditer(html):
        if tag.end() - tag.start() > _LONG_TAG and len(_QUOTED.sub("", tag[0]).split()) > _MAX_ATTRIBUTES:
            raise ReadingError("This page has an element without an end; save the story's text as .txt.")


def _article(html: str, *, precise: bool) -> Any:
    """What trafilatura makes of the page (its `Document`), None when that is no article."""
    # Imported here: it takes a second that a command which reads no page need not wait for.
    import trafilatura

    try:
        article: Any = trafilatura.bare_extraction(
            html,
            with_metadata=True,
            include_comments=False,
            include_tables=False,
            favor_precision=precise,
            # The extensive search takes any date in the text for the day of publication.
            date_extraction_params={"original_date": True, "extensive_search": False},
        )
    # A page can lead the parsers below into any error.
    except Exception as error:
        _logger.warning("A page could not be read: %s: %s", type(error).__name__, error)
        raise ReadingError("This page cannot be read as HTML; save it anew, or its text as .txt.") from error
    if article is None:
        return None
    lines = [_count_words(line) for line in (article.text or "").splitlines()]
    return article if sum(lines) >= _MIN_WORDS and max(lines) >= _MIN_WORDS_OF_A_PARAGRAPH else None


def _count_words(line: str) -> int:
    return sum(1 for _ in islice(_WORD.finditer(line), _MIN_WORDS))


def _date(value: str | None) -> str | None:
    """The page's date; None when it is not one, since the reader of a saved page cannot correct it."""
    try:
        return iso_date(value)
    except ReadingError:
        _logger.info("A page's date was not usable.")
        return None


def _decode_page(data: bytes) -> str:
    """Decode by byte-order mark, else by what the page declares if its bytes agree, else as any text."""
    declared = _DECLARED_CHARSET.search(data, 0, _DECLARED_WITHIN_BYTES)
    if declared and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8)):
        refuse_binary(data)
        try:
            name = codecs.lookup(declared[1].decode("ascii")).name
            if _PAGE_ENCODING.fullmatch(name):
                return data.decode(_READ_AS.get(name, name))
        except (LookupError, UnicodeError):
            _logger.info("A page is not in the encoding that it declares.")
    return decode(data)
