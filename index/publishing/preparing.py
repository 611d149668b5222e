"""What of a story takes time and changes nothing: cutting it into passages and embedding them."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.publishing.stores import Progress, Stores
from index.shaping import SPLITTER_VERSION, cut_passages, embedded_text
from index.stories import Story
from index.storing import versions
from index.storing.catalog import Library
from index.storing.passages import known_texts
from index.storing.versions import Cut, NewVersion

_EMBED_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Prepared:
    """Stories of different identity and text, ready to be published.

    `versions` has one for each story, None where it did not look needed. `texts` are the passages' embedded texts by
    key, `vectors` (float32 of shape (dimension,)) those of them that were not kept yet.
    """

    stories: tuple[Story, ...]
    versions: tuple[NewVersion | None, ...]
    texts: dict[str, str]
    vectors: dict[str, NDArray[np.float32]]


def prepare(
    stores: Stores, library: Library, stories: Sequence[Story], *, on_progress: Progress | None = None
) -> Prepared:
    """Cut and embed what is new of `stories`; nothing is written. Raises ModelError, StorageError."""
    texts: dict[str, str] = {}
    made: list[NewVersion | None] = []
    for story in stories:
        live = versions.live_by_identity(stores.catalog, library, story.identity)
        known = live is not None and live.content_hash == content_hash(story)
        if known or versions.live_by_text(stores.catalog, library, text_hash(story.text)) is not None:
            made.append(None)
            continue
        version, its_texts = make_version(stores, library, story)
        made.append(version)
        texts |= its_texts
    return Prepared(tuple(stories), tuple(made), texts, embed_new(stores, texts, on_progress=on_progress))


def make_version(stores: Stores, library: Library, story: Story) -> tuple[NewVersion, dict[str, str]]:
    """A new version of the story, cut into passages, and the texts to embed by their keys."""
    cut, texts = cut_text(stores, story)
    version = NewVersion(
        id=secrets.token_hex(8),
        story_id=story_id(library, story.identity),
        identity=story.identity,
        content_hash=content_hash(story),
        text_hash=text_hash(story.text),
        title=story.title,
        url=story.url,
        publisher=story.publisher,
        authors=story.authors,
        published_at=story.published_at,
        published_day=published_day(story.published_at),
        language=story.language,
        source=story.source,
        text=story.text,
        cut=cut,
    )
    return version, texts


def cut_text(stores: Stores, story: Story) -> tuple[Cut, dict[str, str]]:
    """The story's passages by today's splitter, and the texts to embed by their keys."""
    passages = cut_passages(story.text, title=story.title, token_offsets=stores.token_offsets, language=story.language)
    texts = [embedded_text(story.title, passage.text, token_offsets=stores.token_offsets) for passage in passages]
    keys = [text_hash(text) for text in texts]
    spans = tuple((passage.start, passage.end) for passage in passages)
    return Cut(SPLITTER_VERSION, spans, tuple(keys)), dict(zip(keys, texts, strict=True))


def embed_new(
    stores: Stores, texts: Mapping[str, str], *, on_progress: Progress | None = None
) -> dict[str, NDArray[np.float32]]:
    """The vectors of texts that the model never embedded; `on_progress` hears of it when it takes several steps."""
    known = known_texts(stores.catalog, texts, model=stores.model)
    missing = [key for key in texts if key not in known]
    vectors: dict[str, NDArray[np.float32]] = {}
    for first in range(0, len(missing), _EMBED_AT_ONCE):
        if on_progress is not None and len(missing) > _EMBED_AT_ONCE:
            on_progress("passages embedded", first, len(missing))
        part = missing[first : first + _EMBED_AT_ONCE]
        vectors |= dict(zip(part, stores.embed([texts[key] for key in part]), strict=True))
    return vectors


def published_day(published_at: str | None) -> int:
    """The proleptic Gregorian ordinal of the day of an ISO 8601 date or date and time, 0 when there is none."""
    return date.fromisoformat(published_at[:10]).toordinal() if published_at else 0


def story_id(library: Library, identity: str) -> str:
    """The id of the story of that identity: the same in every data folder."""
    return hashlib.blake2b(f"{library.name}\0{identity}".encode(), digest_size=8).hexdigest()


def text_hash(text: str) -> str:
    """What two equal texts share."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_hash(story: Story) -> str:
    """Of everything that a reader sees of the story; where it was read from may change."""
    content = [story.title, story.text, story.url, story.publisher, story.authors, story.published_at]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
