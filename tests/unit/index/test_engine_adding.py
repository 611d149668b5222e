"""Adding in batches: the next one is embedded while one is stored, and nothing is lost whatever happens between."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from index.engine import Engine
from index.publishing import publisher
from index.stories import AddResult

InStep = Callable[[Engine], None]
SECONDS = 20
"""How long a test waits for what must happen; what goes on in the right order never waits that long."""


def live_texts(engine: Engine) -> list[str]:
    return sorted(engine.story(summary.story_id).text for summary in engine.catalog.summaries("public"))


def preparing_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("preparing")]


@pytest.fixture(autouse=True)
def one_story_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.publishing.batches._STORIES_AT_ONCE", 1)


@pytest.fixture
def wire(newsroom: Any) -> Any:
    """A file of five stories."""
    return newsroom.write_lines(
        "wire", [{"id": n, "title": f"T{n}", "text": f"Bridge {n} was closed."} for n in range(5)]
    )


def test_the_next_batch_is_embedded_while_one_is_stored(
    engine: Engine, wire: Any, embedder: Any, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedding = [threading.Event() for _ in range(6)]
    embedding[5].set()  # nothing comes after the last one
    embedder.before_embedding = lambda: embedding[len(embedder.embedded)].set()
    publish, stored = publisher.publish, []

    def publish_once_the_next_is_embedded(*arguments: Any, **options: Any) -> Any:
        assert embedding[len(stored) + 1].wait(SECONDS)
        stored.append(True)
        return publish(*arguments, **options)

    monkeypatch.setattr(publisher, "publish", publish_once_the_next_is_embedded)
    assert [result.title for result in engine.add([wire])] == [f"T{n}" for n in range(5)]
    assert len(stored) == 5
    assert_in_step(engine)


def test_no_more_than_one_batch_is_embedded_ahead(engine: Engine, wire: Any, embedder: Any) -> None:
    for stored, _ in enumerate(engine.add([wire]), start=1):
        assert engine.catalog.count_stories() == stored
        assert len(embedder.embedded) <= stored + 1


def test_results_come_in_the_order_of_the_files(engine: Engine, newsroom: Any, assert_in_step: InStep) -> None:
    newsroom.write("a", "The bridge was closed.", title="A")
    newsroom.write("b", "  ")
    newsroom.write_lines("c", [{"text": 5}, {"title": "C", "text": "The harbour was open."}, {"text": None}])
    newsroom.write("d", "The bridge was closed.", title="D")
    newsroom.write("e", "  ")
    results = newsroom.add(engine)
    assert [(result.source.rpartition("/")[2], result.status) for result in results] == [
        ("a.json", "added"), ("b.json", "failed"), ("c.jsonl#1", "failed"), ("c.jsonl#2", "added"),
        ("c.jsonl#3", "failed"), ("d.json", "duplicate"), ("e.json", "failed"),
    ]  # fmt: skip
    assert_in_step(engine)


def test_nothing_is_stored_half_when_nobody_wants_more_results(
    engine: Engine, wire: Any, assert_in_step: InStep
) -> None:
    adding = engine.add([wire])
    assert next(adding).title == "T0"
    adding.close()  # type: ignore[attr-defined]
    assert preparing_threads() == []
    assert live_texts(engine) == ["Bridge 0 was closed."]
    assert_in_step(engine)
    assert [result.status for result in engine.add([wire])] == ["unchanged", *["added"] * 4]


def test_a_failure_to_embed_comes_after_the_results_of_what_was_stored(
    engine: Engine, wire: Any, embedder: Any, assert_in_step: InStep
) -> None:
    def fail_at_the_third() -> None:
        if len(embedder.embedded) == 2:
            raise MemoryError("no room for the model")

    embedder.before_embedding = fail_at_the_third
    results: list[AddResult] = []
    with pytest.raises(MemoryError):
        results.extend(engine.add([wire]))
    assert preparing_threads() == []
    assert [result.title for result in results] == ["T0", "T1"]
    assert live_texts(engine) == ["Bridge 0 was closed.", "Bridge 1 was closed."]
    assert_in_step(engine)
    embedder.before_embedding = lambda: None
    assert [result.status for result in engine.add([wire])] == ["unchanged", "unchanged", *["added"] * 3]


def between(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let `happens` come once between the next preparing and its storing."""
    import index.adding as adding_module

    prepare = adding_module.prepare

    def prepare_then(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(adding_module, "prepare", prepare)
        prepared = prepare(*arguments, **options)
        happens()
        return prepared

    monkeypatch.setattr(adding_module, "prepare", prepare_then)


def test_a_vector_that_goes_while_it_is_counted_on_is_made_again(
    engine: Engine, newsroom: Any, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = newsroom.write("bridge", "The bridge was closed.")
    (elsewhere,) = newsroom.add(engine, library="night-desk")
    between(monkeypatch, lambda: engine.remove(elsewhere.story_id))
    assert [result.status for result in newsroom.add(engine, path)] == ["added"]
    assert [finding.text for finding in engine.find("bridge", leg="vectors")] == ["The bridge was closed."]
    assert_in_step(engine)


def test_a_story_that_goes_while_it_looks_unchanged_is_added(
    engine: Engine, newsroom: Any, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    (before,) = newsroom.add(engine)
    between(monkeypatch, lambda: engine.remove(before.story_id))
    assert [result.status for result in newsroom.add(engine)] == ["added"]
    assert live_texts(engine) == ["The bridge was closed."]
    assert_in_step(engine)


def test_a_story_that_goes_while_another_looks_like_its_duplicate_leaves_it_the_text(
    engine: Engine, newsroom: Any, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    (before,) = newsroom.add(engine, newsroom.write("a", "The bridge was closed."))
    b = newsroom.write("b", "The bridge was closed.", title="B")
    between(monkeypatch, lambda: engine.remove(before.story_id))
    assert [result.status for result in newsroom.add(engine, b)] == ["added"]
    assert live_texts(engine) == ["The bridge was closed."]
    assert_in_step(engine)


def test_a_text_that_comes_while_another_is_embedded_makes_it_a_duplicate(
    engine: Engine, newsroom: Any, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = (newsroom.write(name, "The bridge was closed.", title=name) for name in "ab")
    between(monkeypatch, lambda: newsroom.add(engine, a))
    (result,) = newsroom.add(engine, b)
    assert (result.status, result.title) == ("duplicate", "b")
    assert live_texts(engine) == ["The bridge was closed."]
    assert_in_step(engine)


def test_an_edition_that_comes_while_an_earlier_one_is_embedded_is_followed_by_it(
    engine: Engine, newsroom: Any, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (newsroom.write(name, f"The bridge was {name}.", id="bridge") for name in ("closed", "opened"))
    between(monkeypatch, lambda: newsroom.add(engine, second))
    assert [result.status for result in newsroom.add(engine, first)] == ["updated"]
    assert live_texts(engine) == ["The bridge was closed."]
    assert_in_step(engine)


@pytest.mark.parametrize("at_once", [1, 4])
def test_threads_with_the_same_stories_and_texts_lose_and_double_nothing(
    at_once: int, engine: Engine, newsroom: Any, assert_in_step: InStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.publishing.batches._STORIES_AT_ONCE", at_once)
    texts = [f"Bridge {n} was closed." for n in range(6)]

    def add(thread: int) -> list[AddResult]:
        # Some identities are of all threads, some of one; each text is under several of both.
        records = [
            {"id": f"shared-{n}" if n % 2 else f"{thread}-{n}", "title": f"T{n}", "text": texts[(n + shift) % 6]}
            for shift in (0, thread % 3)
            for n in range(6)
        ]
        return list(engine.add([newsroom.write_lines(f"wire{thread}", records)]))

    with ThreadPoolExecutor(4) as threads:
        results = [result for each in [threads.submit(add, thread) for thread in range(4)] for result in each.result()]
    assert len(results) == 48
    assert {result.status for result in results} <= {"added", "updated", "unchanged", "duplicate"}
    assert set(live_texts(engine)) <= set(texts)
    assert len(live_texts(engine)) == len(set(live_texts(engine)))
    assert_in_step(engine)
    again = newsroom.add(engine)
    assert_in_step(engine)
    for result in again:
        assert result.story_id is not None
    assert set(live_texts(engine)) == set(texts)
