"""Keeps catalog, vectors and words in step: a story is live in all three or in none.

Staged in the catalog, written to both indexes, made live in one transaction, and what it replaced cleaned up. A kill
at any moment leaves the old story or the new one, and `recover` finishes what was begun. All functions expect to be
the only one that writes.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.errors import OutdatedIndexError
from index.shaping import SPLITTER_VERSION, TokenOffsets, cut_passages, embedded_text
from index.stories import AddResult, Story
from index.storing import versions
from index.storing.catalog import Catalog, Library
from index.storing.passages import (
    IndexedPassage,
    drop_vectors_of_other_models,
    indexed_passages,
    keep_vectors,
    kept_vectors,
    live_passages,
)
from index.storing.vectors import Vectors
from index.storing.words import Words

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
Progress = Callable[[str, int, int], None]
_UNFINISHED = "unfinished rebuild"
_EMBED_AT_ONCE = 256
_INDEX_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Stores:
    """The three stores of a data folder, and what its passages are made with.

    `model` is the embedding model's fingerprint; `embed` and `token_offsets` are its, `embed` loads it when first used.
    """

    catalog: Catalog
    vectors: Vectors
    words: Words
    model: str
    embed: Embed
    token_offsets: TokenOffsets

    @property
    def fingerprint(self) -> str:
        """What a library's indexes are made with."""
        return f"{self.model} splitter-{SPLITTER_VERSION}"


def publish(
    stores: Stores, library: Library, stories: Sequence[Story], *, on_progress: Progress | None = None
) -> list[AddResult]:
    """Store stories of different identity and text; a result each, in order, once all are safely stored.

    `on_progress` hears of embedding when it takes more than one step, as for a very long story.

    Raises OutdatedIndexError, StorageError, ModelError: then each of them is stored whole or not at all, and may be
    published again.
    """
    library = _with_current_fingerprint(stores, library)
    recover(stores, library)  # what an earlier failure left staged must not come live over what is published now
    results: list[AddResult] = []
    new: list[versions.NewVersion] = []
    texts: dict[str, str] = {}
    retire: list[str] = []
    befores = [versions.live_by_identity(stores.catalog, library, story.identity) for story in stories]
    twins = [versions.live_by_text(stores.catalog, library, _text_hash(story.text)) for story in stories]
    # A text that this very batch takes from its story cannot make another one a duplicate of that story.
    changing = {
        before.story_id
        for before, twin in zip(befores, twins, strict=True)
        if before is not None and (twin is None or twin.story_id != before.story_id)
    }
    for story, before, twin in zip(stories, befores, twins, strict=True):
        if before is not None and before.content_hash == _content_hash(story):
            results.append(AddResult(story.source, "unchanged", before.story_id, story.title))
        elif (
            twin is not None and twin.story_id not in changing and (before is None or twin.story_id != before.story_id)
        ):
            results.append(AddResult(story.source, "duplicate", twin.story_id, story.title))
            if before is not None:  # its new text stands under the twin's id, its old text nowhere
                retire.append(before.version_id)
        else:
            version, version_texts = _cut(stores, story, _story_id(library, story.identity))
            new.append(version)
            texts |= version_texts
            results.append(
                AddResult(story.source, "added" if before is None else "updated", version.story_id, story.title)
            )
    if new:
        known = kept_vectors(stores.catalog, texts, model=stores.model)
        missing = {key: text for key, text in texts.items() if key not in known}
        embedded = _embed(stores, missing, on_progress=on_progress)
        versions.stage(stores.catalog, library, new, vectors_by_key=embedded, model=stores.model)
    if new or retire:
        _make_live(stores, library, [version.id for version in new], retire=retire)
    return results


def remove(stores: Stores, library: Library, story_id: str) -> None:
    """Remove a story and everything derived from it."""
    versions.retire_story(stores.catalog, story_id)
    _clean_up(stores, library)


def recover(stores: Stores, library: Library) -> None:
    """Finish what an earlier process began in this library: publications, removals, a rebuild."""
    if library.fingerprint == _UNFINISHED:
        rebuild(stores, library)
    elif library.fingerprint == stores.fingerprint:
        staged = versions.staged(stores.catalog, library)
        if staged:
            _make_live(stores, library, staged)
        _clean_up(stores, library)


def rebuild(stores: Stores, library: Library, *, on_progress: Progress | None = None) -> int:
    """Make both indexes anew from the catalog; only texts that this model never embedded are embedded.

    Returns the number of passages. Interrupted, it is taken up again by `recover`.
    """
    catalog = stores.catalog
    catalog.set_fingerprint(library, _UNFINISHED)
    staged = versions.staged(catalog, library)
    versions.make_live(catalog, staged)
    versions.delete_versions(catalog, versions.retired(catalog, library))
    for version_id in versions.cut_by_others(catalog, library, SPLITTER_VERSION):
        _cut_anew(stores, library, version_id)
    _embed_missing(stores, library, on_progress)
    stores.vectors.drop(library.id)
    stores.words.drop(library.id)
    total = catalog.count_passages(library)
    done = 0
    batch: list[IndexedPassage] = []
    for passage in live_passages(catalog, library):
        batch.append(passage)
        if len(batch) == _INDEX_AT_ONCE:
            _write(stores, library, batch, replace=False)
            done += len(batch)
            batch = []
            if on_progress is not None:
                on_progress("passages indexed", done, total)
    _write(stores, library, batch, replace=False)
    catalog.set_fingerprint(library, stores.fingerprint)
    if on_progress is not None:
        on_progress("passages indexed", total, total)
    return total


def forget_other_models(stores: Stores) -> None:
    """Delete vectors of other models, once every library is rebuilt."""
    drop_vectors_of_other_models(stores.catalog, model=stores.model)


def check_fingerprint(stores: Stores, library: Library) -> None:
    """Raise OutdatedIndexError when the library's indexes were made with another model or splitter."""
    if library.fingerprint not in (None, stores.fingerprint):
        raise OutdatedIndexError(
            f"The indexes of library {library.name} were made with another model or splitter; "
            "run `storydesk rebuild` to make them anew."
        )


def _with_current_fingerprint(stores: Stores, library: Library) -> Library:
    check_fingerprint(stores, library)
    if library.fingerprint is None:
        stores.catalog.set_fingerprint(library, stores.fingerprint)
    return library


def _make_live(stores: Stores, library: Library, version_ids: Sequence[str], *, retire: Sequence[str] = ()) -> None:
    _write(stores, library, list(indexed_passages(stores.catalog, version_ids)), replace=True)
    versions.make_live(stores.catalog, version_ids, retire=retire)
    _clean_up(stores, library)


def _clean_up(stores: Stores, library: Library) -> None:
    retired = versions.retired(stores.catalog, library)
    if not retired:
        return
    ids = versions.passage_ids(stores.catalog, retired)
    stores.vectors.delete(library.id, stores.fingerprint, ids)
    stores.words.delete(library.id, ids)
    versions.delete_versions(stores.catalog, retired)


def _write(stores: Stores, library: Library, passages: Sequence[IndexedPassage], *, replace: bool) -> None:
    if not passages:
        return
    vectors = kept_vectors(stores.catalog, [passage.text_key for passage in passages], model=stores.model)
    stores.vectors.write(
        library.id,
        stores.fingerprint,
        [passage.passage_id for passage in passages],
        np.stack([vectors[passage.text_key] for passage in passages]),
        [passage.published_day for passage in passages],
    )
    stores.words.write(library.id, passages, replace=replace)


def _cut(stores: Stores, story: Story, story_id: str) -> tuple[versions.NewVersion, dict[str, str]]:
    """The story's new version, and the texts to embed by their keys."""
    passages = cut_passages(story.text, title=story.title, token_offsets=stores.token_offsets, language=story.language)
    texts = [embedded_text(story.title, passage.text, token_offsets=stores.token_offsets) for passage in passages]
    keys = [_text_hash(text) for text in texts]
    version = versions.NewVersion(
        id=secrets.token_hex(8),
        story_id=story_id,
        identity=story.identity,
        content_hash=_content_hash(story),
        text_hash=_text_hash(story.text),
        title=story.title,
        url=story.url,
        publisher=story.publisher,
        authors=story.authors,
        published_at=story.published_at,
        published_day=published_day(story.published_at),
        language=story.language,
        splitter=SPLITTER_VERSION,
        source=story.source,
        text=story.text,
        spans=tuple((passage.start, passage.end) for passage in passages),
        text_keys=tuple(keys),
    )
    return version, dict(zip(keys, texts, strict=True))


def _cut_anew(stores: Stores, library: Library, version_id: str) -> None:
    """Replace a version by one that is cut by today's splitter, in the catalog only; `rebuild` indexes it."""
    story = versions.live_story(stores.catalog, version_id)
    version, _ = _cut(stores, story, _story_id(library, story.identity))
    versions.stage(stores.catalog, library, [version], vectors_by_key={}, model=stores.model)
    versions.make_live(stores.catalog, [version.id])
    versions.delete_versions(stores.catalog, [version_id])


def _embed_missing(stores: Stores, library: Library, on_progress: Progress | None) -> None:
    """Embed the live passages' texts that this model never embedded, keeping each batch as it is done."""
    total = stores.catalog.count_passages(library)
    batch: dict[str, str] = {}
    for done, passage in enumerate(live_passages(stores.catalog, library), start=1):
        batch[passage.text_key] = embedded_text(passage.title, passage.text, token_offsets=stores.token_offsets)
        if len(batch) == _EMBED_AT_ONCE or done == total:
            known = kept_vectors(stores.catalog, batch, model=stores.model)
            embedded = _embed(stores, {key: text for key, text in batch.items() if key not in known})
            with stores.catalog.writing() as connection:
                keep_vectors(connection, embedded, model=stores.model)
            batch = {}
            if embedded and on_progress is not None:
                on_progress("passages embedded", done, total)


def _embed(
    stores: Stores, texts: dict[str, str], *, on_progress: Progress | None = None
) -> dict[str, NDArray[np.float32]]:
    vectors: dict[str, NDArray[np.float32]] = {}
    keys = list(texts)
    for first in range(0, len(keys), _EMBED_AT_ONCE):
        if on_progress is not None and len(keys) > _EMBED_AT_ONCE:
            on_progress("passages embedded", first, len(keys))
        part = keys[first : first + _EMBED_AT_ONCE]
        vectors |= dict(zip(part, stores.embed([texts[key] for key in part]), strict=True))
    return vectors


def published_day(published_at: str | None) -> int:
    """The proleptic Gregorian ordinal of the day of an ISO 8601 date or date and time, 0 when there is none."""
    return date.fromisoformat(published_at[:10]).toordinal() if published_at else 0


def _story_id(library: Library, identity: str) -> str:
    return hashlib.blake2b(f"{library.name}\0{identity}".encode(), digest_size=8).hexdigest()


def _text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _content_hash(story: Story) -> str:
    """Of everything that a reader sees of the story; where it was read from may change."""
    content = [story.title, story.text, story.url, story.publisher, story.authors, story.published_at]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
