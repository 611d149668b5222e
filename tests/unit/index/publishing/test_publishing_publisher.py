"""Adding, changing, removing and rebuilding: catalog, vectors and words stay in step."""

from collections.abc import Callable
from typing import Any

import pytest

from index.engine import Engine
from index.errors import OutdatedIndexError
from index.publishing import rebuilding
from index.settings import IndexSettings
from index.stories import AddResult
from index.storing.catalog import Generation

InStep = Callable[[Engine], None]


def statuses(results: list[AddResult]) -> list[str]:
    return [result.status for result in results]


def texts_found(engine: Engine, question: str, **options: Any) -> list[str]:
    return [finding.text for finding in engine.find(question, **options)]


def current(engine: Engine, library: str = "public") -> Generation:
    found = engine._stores.catalog.library(library)
    assert found is not None
    assert found.current is not None
    return found.current


def live_texts(engine: Engine, library: str = "public") -> list[str]:
    catalog = engine._stores.catalog
    return sorted(catalog.story(summary.story_id).text for summary in catalog.summaries(library))


def test_a_story_is_found_by_both_legs_once_it_is_added(
    engine: Engine, newsroom: Any, assert_in_step: InStep, embedder: Any
) -> None:
    newsroom.write(
        "bridge", "The bridge was closed.", title="Storm", publisher="Coast Radio", published_at="2025-05-20"
    )
    (result,) = newsroom.add(engine)
    assert (result.status, result.title, result.error) == ("added", "Storm", None)
    for leg in ("vectors", "words"):
        (finding,) = engine.find("bridge closed", leg=leg)
        assert (finding.story_id, finding.text) == (result.story_id, "The bridge was closed.")
        assert (finding.title, finding.publisher, finding.published_at) == ("Storm", "Coast Radio", "2025-05-20")
    assert embedder.embedded[0] == "Storm\nThe bridge was closed."
    assert_in_step(engine)


def test_adding_twice_changes_nothing(engine: Engine, newsroom: Any, assert_in_step: InStep, embedder: Any) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    newsroom.write("harbour", "The harbour was open.")
    first = newsroom.add(engine)
    stored = [engine._stores.catalog.story(result.story_id) for result in first]
    embedder.embedded.clear()
    second = newsroom.add(engine)
    assert statuses(second) == ["unchanged", "unchanged"]
    assert [result.story_id for result in second] == [result.story_id for result in first]
    assert [engine._stores.catalog.story(result.story_id) for result in second] == stored
    assert embedder.embedded == []
    assert_in_step(engine)


def test_an_edited_story_replaces_the_old_text_in_both_legs(
    engine: Engine, newsroom: Any, assert_in_step: InStep
) -> None:
    newsroom.write("bridge", "Two walkers saw the flood.\n\nLater the ferry sailed.")
    (before,) = newsroom.add(engine)
    newsroom.write("bridge", "Three walkers saw the fire.")
    (after,) = newsroom.add(engine)
    assert (after.status, after.story_id) == ("updated", before.story_id)
    for leg in ("vectors", "words", "both"):
        assert texts_found(engine, "walkers flood ferry fire", leg=leg) == ["Three walkers saw the fire."]
    assert texts_found(engine, "ferry sailed", leg="words") == []
    assert_in_step(engine)


def test_a_kept_passage_of_an_edited_story_is_not_embedded_again(engine: Engine, newsroom: Any, embedder: Any) -> None:
    kept, other = ("The long quay stands. " * 40).strip(), ("The ferry sails. " * 40).strip()
    newsroom.write("bridge", f"{kept}\n\n{other}")
    newsroom.add(engine)
    embedder.embedded.clear()
    newsroom.write("bridge", f"{kept}\n\n{other} The ferry sank.")
    newsroom.add(engine)
    assert any("sank" in text for text in embedder.embedded)
    assert not any("quay" in text for text in embedder.embedded)


def test_the_same_text_under_another_identity_is_stored_once(
    engine: Engine, newsroom: Any, assert_in_step: InStep
) -> None:
    newsroom.write("a", "The bridge was closed.")
    newsroom.write("b", "The bridge was closed.", title="From the wire")
    first, second = newsroom.add(engine)
    assert (first.status, second.status) == ("added", "duplicate")
    assert second.story_id == first.story_id
    assert statuses(newsroom.add(engine)) == ["unchanged", "duplicate"]
    assert len(live_texts(engine)) == 1
    assert_in_step(engine)


def test_a_story_that_becomes_the_same_text_as_another_is_no_longer_found_with_its_old_text(
    engine: Engine, newsroom: Any, assert_in_step: InStep
) -> None:
    newsroom.write("a", "The bridge was closed.")
    newsroom.write("b", "The harbour was open.")
    first, _ = newsroom.add(engine)
    newsroom.write("b", "The bridge was closed.")
    _, second = newsroom.add(engine)
    assert (second.status, second.story_id) == ("duplicate", first.story_id)
    assert live_texts(engine) == ["The bridge was closed."]
    assert texts_found(engine, "harbour open", leg="words") == []
    assert_in_step(engine)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another title"},
        {"url": "https://orla-post.example/bridge"},
        {"publisher": "Coast Radio"},
        {"authors": ["Jon Ferro"]},
        {"published_at": "2025-05-20"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_anything_that_readers_see_is_an_update(
    change: dict[str, Any], engine: Engine, newsroom: Any, assert_in_step: InStep
) -> None:
    newsroom.write("bridge", "The bridge was closed.", id="bridge")
    (before,) = newsroom.add(engine)
    newsroom.write("bridge", "The bridge was closed.", id="bridge", **change)
    (after,) = newsroom.add(engine)
    assert (after.status, after.story_id) == ("updated", before.story_id)
    ((name, value),) = change.items()
    expected = tuple(value) if isinstance(value, list) else value
    assert getattr(engine._stores.catalog.story(before.story_id), name) == expected
    assert statuses(newsroom.add(engine)) == ["unchanged"]
    assert_in_step(engine)


def test_a_new_title_is_found_in_place_of_the_old_one(engine: Engine, newsroom: Any) -> None:
    newsroom.write("bridge", "It was closed.", title="Storm over Tarn")
    newsroom.add(engine)
    newsroom.write("bridge", "It was closed.", title="Gale over Tarn")
    newsroom.add(engine)
    assert texts_found(engine, "storm", leg="words") == []
    assert [finding.title for finding in engine.find("gale", leg="words")] == ["Gale over Tarn"]


def test_a_text_that_moves_to_another_file_is_not_lost(engine: Engine, newsroom: Any, assert_in_step: InStep) -> None:
    newsroom.write("a", "The bridge was closed.")
    newsroom.add(engine)
    newsroom.write("a", "The harbour was open.")
    newsroom.write("b", "The bridge was closed.")
    assert statuses(newsroom.add(engine)) == ["updated", "added"]
    assert live_texts(engine) == ["The bridge was closed.", "The harbour was open."]
    assert_in_step(engine)


def test_two_stories_may_swap_their_texts(engine: Engine, newsroom: Any, assert_in_step: InStep) -> None:
    newsroom.write("a", "The bridge was closed.")
    newsroom.write("b", "The harbour was open.")
    newsroom.add(engine)
    newsroom.write("a", "The harbour was open.")
    newsroom.write("b", "The bridge was closed.")
    assert statuses(newsroom.add(engine)) == ["updated", "updated"]
    assert live_texts(engine) == ["The bridge was closed.", "The harbour was open."]
    assert_in_step(engine)


def test_of_two_stories_with_one_identity_in_a_run_the_later_stays(
    engine: Engine, newsroom: Any, assert_in_step: InStep
) -> None:
    newsroom.write_lines(
        "wire",
        [{"id": "1", "title": "First", "text": "Two dead."}, {"id": "1", "title": "Second", "text": "Three dead."}],
    )
    first, second = newsroom.add(engine)
    assert (first.status, second.status) == ("added", "updated")
    assert first.story_id == second.story_id
    assert live_texts(engine) == ["Three dead."]
    assert_in_step(engine)


def test_libraries_never_mix(engine: Engine, newsroom: Any, assert_in_step: InStep) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    (here,) = newsroom.add(engine)
    (there,) = newsroom.add(engine, library="night-desk")
    assert (here.status, there.status) == ("added", "added")
    assert here.story_id != there.story_id
    newsroom.write("bridge", "The bridge was opened.")
    newsroom.add(engine, library="night-desk")
    for leg in ("vectors", "words", "both"):
        assert texts_found(engine, "bridge closed opened", leg=leg) == ["The bridge was closed."]
        assert texts_found(engine, "bridge closed opened", leg=leg, library="night-desk") == ["The bridge was opened."]
        assert engine.find("bridge closed", leg=leg, library="other") == []
    assert_in_step(engine)


def test_removing_a_story_removes_all_that_came_of_it(engine: Engine, newsroom: Any, assert_in_step: InStep) -> None:
    newsroom.write("bridge", "The bridge was closed.", title="Storm")
    newsroom.write("harbour", "The harbour was open.", title="Calm")
    bridge, _ = newsroom.add(engine)
    assert engine.remove(bridge.story_id) == "Storm"
    for leg in ("vectors", "words"):
        assert "The bridge was closed." not in texts_found(engine, "bridge closed", leg=leg)
    assert live_texts(engine) == ["The harbour was open."]
    assert_in_step(engine)


def test_a_removed_story_can_be_added_again(engine: Engine, newsroom: Any, assert_in_step: InStep) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    (before,) = newsroom.add(engine)
    engine.remove(before.story_id)
    (after,) = newsroom.add(engine)
    assert (after.status, after.story_id) == ("added", before.story_id)
    assert texts_found(engine, "bridge") == ["The bridge was closed."]
    assert_in_step(engine)


def test_passages_with_the_same_text_share_a_vector_until_the_last_of_them_goes(
    engine: Engine, newsroom: Any, assert_in_step: InStep, embedder: Any
) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    (here,) = newsroom.add(engine)
    embedder.embedded.clear()
    (there,) = newsroom.add(engine, library="night-desk")
    assert embedder.embedded == []
    engine.remove(here.story_id)
    assert texts_found(engine, "bridge", leg="vectors", library="night-desk") == ["The bridge was closed."]
    assert_in_step(engine)
    engine.remove(there.story_id)
    assert_in_step(engine)


def test_rebuilding_from_the_catalog_never_embeds_what_was_embedded(
    engine: Engine, newsroom: Any, assert_in_step: InStep, embedder: Any
) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    newsroom.write("harbour", "The harbour was open.")
    newsroom.add(engine)
    newsroom.add(engine, library="night-desk")
    before = engine.find("bridge harbour")
    embedder.embedded.clear()
    assert engine.rebuild() == {"night-desk": 2, "public": 2}
    assert embedder.embedded == []
    assert engine.find("bridge harbour") == before
    assert_in_step(engine)


def test_rebuilding_mends_indexes_that_are_out_of_step(
    engine: Engine, newsroom: Any, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "_PASSAGES_AT_ONCE", 2)
    for number in range(5):
        newsroom.write(f"story{number}", f"Bridge {number} was closed.")
    newsroom.add(engine)
    generation = current(engine)
    engine._stores.words.drop(generation.id)
    engine._stores.vectors.drop(generation.id)
    assert texts_found(engine, "bridge", leg="words") == texts_found(engine, "bridge", leg="vectors") == []
    seen: list[tuple[str, int, int]] = []
    assert engine.rebuild(library="public", on_progress=lambda *step: seen.append(step)) == {"public": 5}
    assert seen == [("passages indexed", 2, 5), ("passages indexed", 4, 5), ("passages indexed", 5, 5)]
    assert_in_step(engine)


def test_rebuilding_one_library_leaves_the_others(engine: Engine, newsroom: Any, assert_in_step: InStep) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    newsroom.add(engine)
    newsroom.add(engine, library="night-desk")
    here, there = current(engine), current(engine, "night-desk")
    assert engine.rebuild(library="night-desk") == {"night-desk": 1}
    assert current(engine) == here
    assert current(engine, "night-desk") != there
    for library in ("public", "night-desk"):
        assert texts_found(engine, "bridge", library=library) == ["The bridge was closed."]
    assert engine.rebuild(library="unknown") == {}
    assert_in_step(engine)


def assert_refused_until_rebuilt(engine: Engine, newsroom: Any) -> None:
    for use in (
        lambda: engine.find("bridge"),
        lambda: engine.ask("Which bridge was closed?"),
        lambda: newsroom.add(engine),
    ):
        with pytest.raises(OutdatedIndexError, match="storydesk rebuild"):
            use()
    assert live_texts(engine) == ["The bridge was closed."]


def test_another_splitter_is_refused_until_a_rebuild_cuts_the_stories_anew(
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: InStep,
    embedder: Any,
    use_splitter: Callable[[str], None],
) -> None:
    newsroom.write("bridge", "The bridge was closed.", publisher="Coast Radio", authors=["Jon Ferro"])
    engine = open_engine()
    (added,) = newsroom.add(engine)
    engine.close()
    before = embedder.embedded.copy()
    use_splitter("other")
    engine = open_engine()
    assert_refused_until_rebuilt(engine, newsroom)
    stored = engine._stores.catalog.story(added.story_id)
    assert engine.rebuild() == {"public": 1}
    assert embedder.embedded == before
    assert texts_found(engine, "bridge") == ["The bridge was closed."]
    assert engine._stores.catalog.story(added.story_id) == stored
    assert statuses(newsroom.add(engine)) == ["unchanged"]
    assert_in_step(engine)


def test_another_model_is_refused_until_a_rebuild_embeds_everything_anew(
    open_engine: Callable[..., Engine],
    settings: IndexSettings,
    make_model: Callable[[str], dict[str, Any]],
    newsroom: Any,
    assert_in_step: InStep,
    embedder: Any,
) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    engine = open_engine()
    newsroom.add(engine)
    engine.close()
    engine = open_engine(settings.model_copy(update=make_model("other weights")))
    assert_refused_until_rebuilt(engine, newsroom)
    embedder.embedded.clear()
    assert engine.rebuild() == {"public": 1}
    assert embedder.embedded == ["A story\nThe bridge was closed."]
    assert texts_found(engine, "bridge") == ["The bridge was closed."]
    assert_in_step(engine)


def test_vectors_of_the_old_model_stay_until_every_library_is_rebuilt(
    open_engine: Callable[..., Engine],
    settings: IndexSettings,
    make_model: Callable[[str], dict[str, Any]],
    newsroom: Any,
    embedder: Any,
) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    engine = open_engine()
    newsroom.add(engine)
    newsroom.add(engine, library="night-desk")
    engine.close()
    engine = open_engine(settings.model_copy(update=make_model("third weights")))
    engine.rebuild(library="public")
    engine.close()
    embedder.embedded.clear()
    engine = open_engine()
    assert texts_found(engine, "bridge", library="night-desk") == ["The bridge was closed."]
    engine.rebuild()
    assert embedder.embedded == ["bridge"]


def test_a_failure_before_anything_is_stored_leaves_the_old_story(
    engine: Engine, newsroom: Any, assert_in_step: InStep, embedder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    newsroom.add(engine)
    newsroom.write("bridge", "The bridge was opened.")

    def fail(texts: Any) -> Any:
        raise MemoryError("no room for the model")

    with monkeypatch.context() as patched:
        patched.setattr(embedder, "embed", fail)
        with pytest.raises(MemoryError):
            newsroom.add(engine)
    assert_in_step(engine)
    assert texts_found(engine, "bridge") == ["The bridge was closed."]
    assert statuses(newsroom.add(engine)) == ["updated"]
