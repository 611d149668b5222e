"""Preparing: what of a story takes time is done without writing, and only for what is new."""

from collections.abc import Callable
from typing import Any

import pytest

from index.engine import Engine
from index.publishing import preparing
from index.stories import Story
from index.storing import Library


def story(text: str, *, identity: str = "id:1", **fields: Any) -> Story:
    return Story(title="T", text=text, source="somewhere", identity=identity, **fields)


@pytest.fixture
def library(engine: Engine) -> Library:
    return engine.catalog.make_library("public")


def test_only_what_is_new_is_cut_and_embedded(engine: Engine, library: Library, newsroom: Any, embedder: Any) -> None:
    newsroom.write("bridge", "The bridge was closed.", id="known", title="T")
    newsroom.add(engine)
    embedder.embedded.clear()
    prepared = preparing.prepare(
        engine._stores,
        library,
        [
            story("The bridge was closed.", identity="id:known"),
            story("The bridge was closed.", identity="id:copy"),
            story("The ferry sailed.", identity="id:new"),
            story("The harbour was open.", identity="id:newer"),
        ],
    )
    assert [version is not None for version in prepared.versions] == [False, False, True, True]
    assert embedder.embedded == ["T\nThe ferry sailed.", "T\nThe harbour was open."]
    assert sorted(prepared.texts.values()) == sorted(embedder.embedded)
    assert prepared.vectors.keys() == prepared.texts.keys()
    assert {vector.shape for vector in prepared.vectors.values()} == {(64,)}


def test_what_any_library_embedded_is_not_embedded_again(
    engine: Engine, library: Library, newsroom: Any, embedder: Any
) -> None:
    newsroom.write("bridge", "The bridge was closed.", title="T")
    newsroom.add(engine, library="night-desk")
    embedder.embedded.clear()
    prepared = preparing.prepare(engine._stores, library, [story("The bridge was closed.")])
    assert prepared.versions[0] is not None
    assert prepared.vectors == {}
    assert list(prepared.texts.values()) == ["T\nThe bridge was closed."]
    assert embedder.embedded == []


def test_preparing_writes_nothing(engine: Engine, library: Library, assert_in_step: Callable[[Engine], None]) -> None:
    preparing.prepare(engine._stores, library, [story("The ferry sailed.")])
    assert engine.catalog.count_stories() == 0
    assert_in_step(engine)


def test_progress_is_told_of_what_takes_several_steps(
    engine: Engine, library: Library, embedder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "_EMBED_AT_ONCE", 2)
    stories = [story(f"Bridge {number} was closed.", identity=f"id:{number}") for number in range(5)]
    steps: list[tuple[str, int, int]] = []
    prepared = preparing.prepare(engine._stores, library, stories, on_progress=lambda *step: steps.append(step))
    assert steps == [("passages embedded", done, 5) for done in (0, 2, 4)]
    assert len(embedder.embedded) == len(prepared.vectors) == 5
    for text in embedder.embedded.copy():
        (same,) = preparing.embed_new(engine._stores, {"key": text}).values()
        assert (same == prepared.vectors[preparing.text_hash(text)]).all()


def test_the_passages_of_a_version_are_its_texts_spans_by_todays_splitter(
    engine: Engine, library: Library, use_splitter: Callable[[str], None]
) -> None:
    use_splitter("tomorrow")
    long = story(" ".join(f"Bridge {number} was closed on a Monday." for number in range(300)))
    version, texts = preparing.make_version(engine._stores, library, long)
    assert version.cut.splitter == "tomorrow"
    assert len(version.cut.spans) == len(version.cut.text_keys) > 3
    for (start, end), key in zip(version.cut.spans, version.cut.text_keys, strict=True):
        assert texts[key] == f"T\n{long.text[start:end]}"


def test_a_story_has_one_id_in_every_data_folder_and_another_in_each_library() -> None:
    here, there = Library(1, "public"), Library(2, "night-desk")
    assert preparing.story_id(here, "id:1") == preparing.story_id(Library(7, "public"), "id:1")
    ids = {preparing.story_id(library, identity) for library in (here, there) for identity in ("id:1", "id:2")}
    assert len(ids) == 4
    assert {len(each) for each in ids} == {16}


@pytest.mark.parametrize(
    ("published_at", "day"),
    [(None, 0), ("0001-01-02", 2), ("2025-05-23", 739394), ("2025-05-23T23:59:00-04:00", 739394)],
)
def test_the_published_day_is_the_publishers(published_at: str | None, day: int) -> None:
    assert preparing.published_day(published_at) == day
