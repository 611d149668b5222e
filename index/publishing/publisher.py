"""Keeps catalog, vectors and words in step: a story is live in all three or in none.

Staged in the catalog, written to both indexes, made live in one transaction, and what it replaced cleaned up. A kill
at any moment leaves the old story or the new one, and `recover` finishes what was begun. All functions expect to be
the only one that writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from index.errors import OutdatedIndexError
from index.publishing.preparing import Prepared, content_hash, embed_new, make_version, text_hash
from index.publishing.stores import Stores
from index.stories import AddResult, AddStatus, Story
from index.storing import versions
from index.storing.catalog import Library
from index.storing.duplicates import first_duplicate
from index.storing.passages import indexed_passages
from index.storing.versions import LiveVersion, NewVersion


def publish(
    stores: Stores, library: Library, prepared: Prepared, *, added_at: Mapping[str, str] | None = None
) -> list[AddResult]:
    """Store stories that were prepared; a result each, in order, once all are safely stored.

    `added_at` has, by identity, when stories were added that come from another catalog.

    Raises OutdatedIndexError, StorageError, ModelError: then each of them is stored whole or not at all, and may be
    published again.
    """
    library = _with_current_indexes(stores, library)
    finish(stores, library)  # what an earlier failure left staged must not come live over what is published now
    plan = _plan(stores, library, prepared)
    _promote_duplicates(stores, library, plan)
    if plan.new:
        keys = {key: plan.texts[key] for version in plan.new for key in version.cut.text_keys if key in plan.texts}
        unknown = {key: text for key, text in keys.items() if key not in prepared.vectors}
        embedded = prepared.vectors | embed_new(stores, unknown)  # kept ones may have gone since they were prepared
        versions.stage(
            stores.catalog,
            library,
            plan.new,
            vectors_by_key={key: embedded[key] for key in keys if key in embedded},
            model=stores.model,
            added_at=added_at,
            duplicates=plan.duplicates,
        )
        _make_live(stores, library, [version.id for version in plan.new], retire=plan.retire)
    elif plan.duplicates:
        versions.give_way(stores.catalog, library, plan.duplicates, retire=plan.retire)
        stores.clean_up(library)
    return plan.results


def remove(stores: Stores, library: Library, story_id: str) -> None:
    """Remove a story, stories that are known as its duplicates, and everything derived from them."""
    versions.retire_story(stores.catalog, library, story_id)
    stores.clean_up(library)


def finish(stores: Stores, library: Library) -> None:
    """Finish what an earlier process began in this library: publications and removals."""
    staged = versions.staged(stores.catalog, library)
    if staged and library.current is not None:
        _make_live(stores, library, staged, retire=versions.given_way(stores.catalog, library))
    stores.clean_up(library)


def _with_current_indexes(stores: Stores, library: Library) -> Library:
    if library.current is None and library.building is None:
        stores.begin_generation(library, state="current")
        library = stores.catalog.make_library(library.name)
    if library.current is None or library.current.fingerprint != stores.fingerprint:
        raise OutdatedIndexError(outdated_sentence(library))
    return library


def outdated_sentence(library: Library) -> str:
    """What to do about a library whose indexes cannot be used as they are."""
    if library.current is None:
        return f"The indexes of library {library.name} are not complete; run `storydesk rebuild` to make them anew."
    return (
        f"The indexes of library {library.name} were made with another model or splitter; "
        "run `storydesk rebuild` to make them anew."
    )


@dataclass
class _Plan:
    """What publishing comes to: `results` in the stories' order, `retire` the ids of versions that nothing replaces."""

    texts: dict[str, str]
    results: list[AddResult] = field(default_factory=list)
    new: list[NewVersion] = field(default_factory=list)
    retire: list[str] = field(default_factory=list)
    duplicates: list[tuple[Story, str]] = field(default_factory=list)
    given_up: list[LiveVersion] = field(default_factory=list)


def _plan(stores: Stores, library: Library, prepared: Prepared) -> _Plan:
    plan = _Plan(texts=dict(prepared.texts))
    befores = [versions.live_by_identity(stores.catalog, library, story.identity) for story in prepared.stories]
    twins = [versions.live_by_text(stores.catalog, library, text_hash(story.text)) for story in prepared.stories]
    # A text that this very batch takes from its story cannot make another one a duplicate of that story.
    changing = {
        before.story_id
        for before, twin in zip(befores, twins, strict=True)
        if before is not None and (twin is None or twin.story_id != before.story_id)
    }
    for story, made, before, twin in zip(prepared.stories, prepared.versions, befores, twins, strict=True):
        if before is not None and before.content_hash == content_hash(story):
            plan.results.append(AddResult(story.source, "unchanged", before.story_id, story.title))
            continue
        if before is not None and before.text_hash != text_hash(story.text):
            plan.given_up.append(before)
        if twin is not None and twin.story_id not in changing and (before is None or twin.story_id != before.story_id):
            plan.results.append(AddResult(story.source, "duplicate", twin.story_id, story.title))
            plan.duplicates.append((story, text_hash(story.text)))
            if before is not None:  # its new text stands under the twin's id, its old text nowhere
                plan.retire.append(before.version_id)
            continue
        if made is None:  # another process's story went since this one was prepared
            made, texts = make_version(stores, library, story)
            plan.texts |= texts
        plan.new.append(made)
        status: AddStatus = "added" if before is None else "updated"
        plan.results.append(AddResult(story.source, status, made.story_id, story.title))
    return plan


def _promote_duplicates(stores: Stores, library: Library, plan: _Plan) -> None:
    """A text that its story gives up is taken over by the first story that was a duplicate of it."""
    coming = {version.text_hash for version in plan.new}
    batch = {version.identity for version in plan.new} | {story.identity for story, _ in plan.duplicates}
    for before in plan.given_up:
        if before.text_hash in coming:
            continue
        story = versions.story_of(stores.catalog, before.version_id)
        assert story is not None, "nobody else writes"
        heir = first_duplicate(stores.catalog, library, before.text_hash, story.text, besides=batch)
        if heir is not None:
            version, texts = make_version(stores, library, heir)
            plan.new.append(version)
            plan.texts |= texts


def _make_live(stores: Stores, library: Library, version_ids: Sequence[str], *, retire: Sequence[str] = ()) -> None:
    assert library.current is not None
    stores.write(library.current, indexed_passages(stores.catalog, library.current, version_ids))
    versions.make_live(stores.catalog, version_ids, generation=library.current, retire=retire)
    stores.clean_up(library)
