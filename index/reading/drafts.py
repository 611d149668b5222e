"""What a file says of a story -> a `Story` in which every field can be stored and shown."""

import re
from dataclasses import dataclass
from pathlib import Path

from index.errors import ReadingError
from index.reading.dates import date_of_opening
from index.reading.identities import identity_of, web_url
from index.reading.titles import clean_title, title_of_body
from index.shaping import detect_language
from index.stories import Story

MAX_STORY_CHARACTERS = 20 * 1024 * 1024
_MAX_NAME_CHARACTERS = 200
_MAX_AUTHORS = 50
_HAS_WORD = re.compile(r"\w")
# Databases and UTF-8 have no place for these two; neither is a character of any text.
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields of a story as its file gives them, of the right types but not yet cleaned."""

    title: str
    text: str
    given_id: str | None = None
    url: str | None = None
    publisher: str | None = None
    authors: tuple[str, ...] = ()
    published_at: str | None = None


def finished(draft: Draft, *, source: str, path: Path, number: int | None = None) -> Story:
    """The story of `draft`; `number` tells the stories of one file apart.

    A story that names no day is given the one of its first lines ("Harbour Post, 6 May 2025"), if they have one.
    NUL and lone surrogates become U+FFFD; nothing else in the text changes. Raises ReadingError when it has no words.
    """
    text = storable(draft.text)
    if not _HAS_WORD.search(text):
        raise ReadingError("This has no words; give a file with the story's text.")
    if len(text) > MAX_STORY_CHARACTERS:
        raise ReadingError("This story has more than 20 million characters; split it into its articles.")
    url = web_url(draft.url) if draft.url else None
    authors = dict.fromkeys(name for author in draft.authors[:_MAX_AUTHORS] if (name := _name(author)))
    return Story(
        title=clean_title(draft.title) or title_of_body(text),
        text=text,
        source=source,
        identity=identity_of(given_id=draft.given_id, url=url, path=path, number=number),
        url=url,
        publisher=_name(draft.publisher or "") or None,
        authors=tuple(authors),
        published_at=draft.published_at or date_of_opening(text),
        language=detect_language(text),
    )


def storable(text: str) -> str:
    """`text` with what no database stores, NUL and lone surrogates, replaced by U+FFFD."""
    return _NOT_STORABLE.sub("\ufffd", text)


def _name(name: str) -> str:
    return clean_title(name)[:_MAX_NAME_CHARACTERS].strip()
