"""The engine: what it adds, answers, removes, and who may come at the same time."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from index.engine import SAMPLES, Engine
from index.errors import LibraryNameError, ModelError, StorageError, UnknownStoryError
from index.shaping import languages
from index.stories import AddResult

InStep = Callable[[Engine], None]


def texts(engine: Engine, question: str, **options: Any) -> list[str]:
    return [finding.text for finding in engine.find(question, **options)]


def test_opening_and_listing_never_load_the_model(
    open_engine: Callable[..., Engine], newsroom: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def load(settings: Any) -> Any:
        raise ModelError("loaded")

    with Engine.open(settings, load_embedder=load) as engine:
        assert list(engine._stores.catalog.summaries()) == []
        assert engine.find("bridge") == []
        assert not engine.ask("Which bridge was closed?").answered
        with pytest.raises(UnknownStoryError):
            engine.remove("abc")
        assert engine.rebuild() == {}
        with pytest.raises(ModelError, match="loaded"):
            engine.load_model()
        newsroom.write("bridge", "The bridge was closed.")
        with pytest.raises(ModelError, match="loaded"):
            newsroom.add(engine)
        assert engine._stores.catalog.count_stories() == 0


def test_the_model_is_loaded_once_whoever_needs_it_first(settings: Any, embedder: Any, newsroom: Any) -> None:
    loaded = []

    def load(settings: Any) -> Any:
        loaded.append(settings)
        time.sleep(0.05)  # loading takes seconds: the others come meanwhile
        return embedder

    newsroom.write("bridge", "The bridge was closed.")
    with Engine.open(settings, load_embedder=load) as engine, ThreadPoolExecutor(4) as threads:
        adding = threads.submit(newsroom.add, engine)
        for done in [adding, *(threads.submit(engine.load_model) for _ in range(3))]:
            done.result()
    assert loaded == [settings]


@pytest.mark.parametrize("name", ["", "Public", "a b", "-a", "a" * 64, "ä", "../x", "a\n", SAMPLES])
def test_a_name_that_cannot_name_a_library_is_refused_before_anything_is_read(name: str, engine: Engine) -> None:
    with pytest.raises(LibraryNameError):
        engine.add([Path("missing")], library=name)
    assert engine._stores.catalog.libraries() == []


@pytest.mark.parametrize("name", ["public", "a", "0", "server-1-desk", "a" * 63])
def test_other_names_are_taken(name: str, engine: Engine, newsroom: Any) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    assert [result.status for result in newsroom.add(engine, library=name)] == ["added"]
    assert texts(engine, "bridge", library=name) == ["The bridge was closed."]


def test_what_cannot_be_read_fails_and_the_rest_goes_on(
    engine: Engine, newsroom: Any, assert_in_step: InStep, tmp_path: Path
) -> None:
    newsroom.write("a", "The bridge was closed.")
    newsroom.write("b", "   ")
    newsroom.write_lines("c", [{"text": 5}, {"text": "The harbour was open."}])
    results = newsroom.add(engine, newsroom.folder, tmp_path / "missing.txt")
    assert {(Path(result.source).name, result.status) for result in results} == {
        ("a.json", "added"), ("b.json", "failed"), ("c.jsonl#1", "failed"), ("c.jsonl#2", "added"),
        ("missing.txt", "failed"),
    }  # fmt: skip
    for result in results:
        assert (result.error is None) == (result.status != "failed")
        assert (result.story_id is None) == (result.status == "failed")
    assert_in_step(engine)


def test_each_result_is_given_once_its_story_can_be_found_by_others(
    engine: Engine, newsroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.publishing.batches._STORIES_AT_ONCE", 2)
    newsroom.write_lines("wire", [{"id": n, "title": "T", "text": f"Bridge {n} was closed."} for n in range(5)])
    for count, result in enumerate(engine.add([newsroom.folder]), start=1):
        assert engine._stores.catalog.story(result.story_id or "").text == f"Bridge {count - 1} was closed."
        assert engine._stores.catalog.count_stories() == min(5, 2 * -(-count // 2))


def test_long_stories_are_not_gathered_into_one_batch(
    engine: Engine, newsroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.publishing.batches._CHARACTERS_AT_ONCE", 50)
    newsroom.write_lines("wire", [{"id": n, "title": "T", "text": f"Bridge {n} was closed. " * 4} for n in range(3)])
    adding = engine.add([newsroom.folder])
    next(adding)
    assert engine._stores.catalog.count_stories() == 1


def test_progress_ends_where_it_said_it_would(engine: Engine, newsroom: Any) -> None:
    newsroom.write_lines("wire", [{"id": n, "title": "T", "text": f"Bridge {n} was closed."} for n in range(40)])
    newsroom.write("a", "The harbour was open.")
    steps: list[tuple[str, int, int]] = []
    list(engine.add([newsroom.folder], on_progress=lambda *step: steps.append(step)))
    assert all(0 <= done <= total for _, done, total in steps)
    assert ("files read", 2, 2) in steps
    assert steps[-1] == ("stories stored", 41, 41)


def test_stories_are_removed_by_a_unique_beginning_of_their_id(
    engine: Engine, newsroom: Any, assert_in_step: InStep
) -> None:
    newsroom.write_lines("wire", [{"id": n, "title": f"T{n}", "text": f"Bridge {n} was closed."} for n in range(20)])
    ids = {result.story_id: result.title for result in newsroom.add(engine)}
    first = next(iter(ids))
    beginnings = [first[:length] for length in range(1, 17)]
    unique = next(part for part in beginnings if sum(each.startswith(part) for each in ids) == 1)
    ambiguous = [part for part in beginnings if len(part) < len(unique)]
    assert ambiguous
    for part in ambiguous:
        with pytest.raises(UnknownStoryError, match="More than one"):
            engine.remove(part)
    with pytest.raises(UnknownStoryError, match="There is no story"):
        engine.remove(unique, library="night-desk")
    assert engine.remove(unique, library="public") == ids[first]
    with pytest.raises(UnknownStoryError, match="There is no story"):
        engine.remove(first)
    assert engine._stores.catalog.count_stories() == 19
    assert_in_step(engine)


def test_the_samples_are_put_in_once_and_are_what_a_newcomer_is_asked_in(
    open_engine: Callable[..., Engine], assert_in_step: InStep
) -> None:
    engine = open_engine()
    assert engine.add_samples()
    assert engine.add_samples()
    number = engine._stores.catalog.count_stories(SAMPLES)
    assert number == engine._stores.catalog.count_stories() > 5
    assert texts(engine, "prisoners", library=SAMPLES)
    assert texts(engine, "prisoners") == []
    assert_in_step(engine)
    engine.close()
    assert open_engine().add_samples()


def test_removed_samples_stay_away(open_engine: Callable[..., Engine], assert_in_step: InStep) -> None:
    engine = open_engine()
    engine.add_samples()
    for summary in list(engine._stores.catalog.summaries(SAMPLES)):
        engine.remove(summary.story_id)
    assert not engine.add_samples()
    engine.close()
    engine = open_engine()
    assert not engine.add_samples()
    assert engine._stores.catalog.count_stories() == 0
    assert_in_step(engine)


def test_samples_are_not_put_beside_stories_of_ones_own(engine: Engine, newsroom: Any) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    newsroom.add(engine)
    assert not engine.add_samples()
    assert engine._stores.catalog.libraries() == ["public"]


def test_samples_are_not_asked_in_once_there_are_stories_of_ones_own(engine: Engine, newsroom: Any) -> None:
    assert engine.add_samples()
    newsroom.write("bridge", "The bridge was closed.")
    newsroom.add(engine)
    assert not engine.add_samples()


def test_the_clock_says_when_a_question_without_a_time_is_asked(
    open_engine: Callable[..., Engine], newsroom: Any
) -> None:
    engine = open_engine(clock=lambda: datetime(2025, 5, 23, tzinfo=UTC))
    newsroom.write("bridge", "The bridge was closed.", published_at="2025-05-23")
    newsroom.add(engine)
    (by_clock,) = engine.find("bridge")
    (same,) = engine.find("bridge", now=datetime(2025, 5, 23, 23, tzinfo=UTC))
    (later,) = engine.find("bridge", now=datetime(2025, 6, 23, tzinfo=UTC))
    assert by_clock.score == same.score > later.score


def test_asking_quotes_the_library_that_is_asked_since_the_day_that_is_given(engine: Engine, newsroom: Any) -> None:
    newsroom.write("bridge", "The bridge over the Orla was closed on Monday.", published_at="2025-05-20")
    newsroom.add(engine)
    question = "When was the bridge over the Orla closed?"
    answer = engine.ask(question, now=datetime(2025, 5, 23, tzinfo=UTC))
    assert [citation.quote for citation in answer.citations] == ["The bridge over the Orla was closed on Monday."]
    assert engine.ask(question, since=date(2025, 5, 21)).reason == "nothing_found"
    assert engine.ask(question, library="night-desk").reason == "no_stories"


@pytest.mark.parametrize(
    "question",
    ["\ud800", "Which bridge \udfff was \ud83d closed?", "\0", "Which\0bridge was closed?", "?" * 5_000, "🚢"],
)
def test_any_text_may_be_asked(question: str, engine: Engine, newsroom: Any) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    newsroom.add(engine)
    for leg in ("vectors", "words", "both"):
        assert len(engine.find(question, leg=leg)) <= 1
    answer = engine.ask(question)
    answer.text.encode()
    answer.question.encode()


def test_temporary_files_that_cannot_be_written_are_told(
    engine: Engine, newsroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any, **options: Any) -> Any:
        raise OSError(28, "No space left on device")

    path = newsroom.folder / "bridge.txt"
    path.write_text("The bridge over the Orla was closed on Monday, and the harbour as well.")
    languages._load_identifier.cache_clear()
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(StorageError, match=re.escape("Temporary files cannot be written (No space left on device)")):
        newsroom.add(engine)
    monkeypatch.undo()
    assert [result.status for result in newsroom.add(engine)] == ["added"]


def test_threads_that_add_and_threads_that_ask_neither_fail_nor_lose_nor_double_anything(
    engine: Engine, newsroom: Any, assert_in_step: InStep
) -> None:
    def add(number: int) -> list[AddResult]:
        records = [
            {"id": f"{number}-{n}", "title": f"T{n}", "text": f"Bridge {number * 100 + n} was closed."}
            for n in range(20)
        ]
        path = newsroom.write_lines(f"wire{number}", records)
        # Each again: the second time finds it stored, also by whoever was first.
        return [*engine.add([path]), *engine.add([path])]

    def ask(number: int) -> list[str]:
        found = []
        for leg in ("both", "vectors", "words", "both") * 4:
            found += texts(engine, f"Bridge {number} closed", leg=leg, limit=100)
            bridges = texts(engine, "bridge", limit=100)
            assert len(bridges) == len(set(bridges))
            engine.ask("Which bridge was closed?")
        return found

    with ThreadPoolExecutor(8) as threads:
        adding = [threads.submit(add, number) for number in range(4)]
        asking = [threads.submit(ask, number) for number in range(4)]
        results = [result for done in adding for result in done.result()]
        found = {text for done in asking for text in done.result()}
    assert sorted(result.status for result in results) == ["added"] * 80 + ["unchanged"] * 80
    assert len({result.story_id for result in results}) == 80
    expected = {f"Bridge {number * 100 + n} was closed." for number in range(4) for n in range(20)}
    assert found <= expected
    assert set(texts(engine, "bridge", leg="words", limit=100)) == expected
    # Chroma's graph of neighbours is approximate: among vectors so alike it may miss one. What is stored is exact.
    nearest = set(texts(engine, "bridge", leg="vectors", limit=100))
    assert nearest <= expected
    assert len(nearest) >= 76
    assert_in_step(engine)


def test_threads_that_add_the_same_story_store_it_once(engine: Engine, newsroom: Any, assert_in_step: InStep) -> None:
    path = newsroom.write("bridge", "The bridge was closed.")
    with ThreadPoolExecutor(4) as threads:
        added = [threads.submit(lambda: list(engine.add([path]))) for _ in range(8)]
        statuses = sorted(result.status for done in added for result in done.result())
    assert statuses == ["added"] + ["unchanged"] * 7
    assert_in_step(engine)


def test_what_there_is_is_counted_over_all_libraries(engine: Engine, newsroom: Any) -> None:
    assert engine.count() == {"libraries": 0, "stories": 0, "passages": 0, "searchable": 0, "words": 0}
    bridge = newsroom.write("bridge", "The bridge was closed.\n\nForty boats waited.")
    harbour = newsroom.write("harbour", "The harbour was open.")
    newsroom.add(engine)
    newsroom.add(engine, harbour, library="other")
    newsroom.add(engine, bridge, library="other")
    counts = engine.count()
    assert (counts["libraries"], counts["stories"]) == (2, 4)
    assert counts["passages"] == counts["searchable"] == counts["words"] >= 4
    engine.remove_library("other")
    fewer = engine.count()
    assert (fewer["stories"], fewer["searchable"], fewer["words"]) == (2, *[counts["passages"] // 2] * 2)


def test_what_only_the_catalog_has_is_not_searchable(engine: Engine, newsroom: Any, killed_at: Any) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    newsroom.add(engine)
    before = engine.count()
    newsroom.write("harbour", "The harbour was open.")
    with killed_at("storing.versions.make_live", "before"):
        newsroom.add(engine)
    assert engine.count()["searchable"] == before["searchable"]
    assert engine.count()["words"] > before["words"]
