"""A real Chroma server in place of the folder: down, slow, restarted, emptied."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from chroma_servers import (
    BRIDGE,
    QUESTION,
    UNREACHABLE,
    ChromaServer,
    assert_whole,
    by_vectors,
    wait_until,
)

from index.errors import StorageError, VectorServerError
from index.indexing import vectors_server
from index.stories import AddResult

pytestmark = pytest.mark.slow


def test_a_server_keeps_the_vectors_and_the_folder_the_rest(
    running: ChromaServer, open_engine: Any, add: Any, tmp_path: Path
) -> None:
    engine = open_engine(running.url)
    results = add(engine, BRIDGE, "Nobody swam in the harbour.")
    assert [result.status for result in results] == ["added", "added"]
    texts, notes = by_vectors(engine, "Was the crossing of the river shut?")
    assert (texts[0], notes) == (BRIDGE, [])
    answer = engine.ask(QUESTION)
    assert (answer.answered, answer.note) == (True, None)
    assert_whole(engine)
    assert not (tmp_path / "home" / "vectors").exists()
    assert (tmp_path / "home" / "words").exists()
    engine.remove(results[0].story_id)
    assert by_vectors(engine) == (["Nobody swam in the harbour."], [])
    engine.rebuild()
    assert by_vectors(engine) == (["Nobody swam in the harbour."], [])
    assert_whole(engine)


def test_several_data_folders_share_a_server_and_see_nothing_of_each_other(
    running: ChromaServer, open_engine: Any, add: Any
) -> None:
    first, second = open_engine(running.url), open_engine(running.url, home="other")
    add(first, BRIDGE)
    add(second, "The tunnel was opened in June.")
    assert by_vectors(first) == ([BRIDGE], [])
    assert by_vectors(second) == (["The tunnel was opened in June."], [])
    first.check(fix=True)
    first.rebuild()
    assert by_vectors(second) == (["The tunnel was opened in June."], [])
    assert_whole(first)
    assert_whole(second)


def test_a_server_that_is_down_at_the_start_keeps_nobody_from_asking(
    running: ChromaServer, open_engine: Any, add: Any
) -> None:
    engine = open_engine(running.url)
    add(engine, BRIDGE)
    engine.close()
    running.stop()
    engine = open_engine(running.url, chroma_write_seconds=0)
    answer = engine.ask(QUESTION)
    assert (answer.answered, answer.note) == (True, UNREACHABLE)
    assert BRIDGE in answer.text
    assert by_vectors(engine) == ([BRIDGE], [UNREACHABLE])
    cosine = engine.find(QUESTION)[0].vector_score
    with pytest.raises(
        VectorServerError, match=r"^The vector server http://127.0.0.1:\d+ cannot be used \(.*\); start"
    ):
        add(engine, "The tunnel was opened in June.")
    assert engine.find("tunnel opened") == [], "nothing half-stored is found"
    running.start()
    time.sleep(0.4)
    assert by_vectors(engine) == ([BRIDGE], [])
    assert engine.find(QUESTION)[0].vector_score == pytest.approx(cosine), "as exact without the server"
    # The same command again finishes what was begun.
    assert [result.status for result in add(engine, "The tunnel was opened in June.")] == ["unchanged"]
    assert by_vectors(engine, "tunnel opened")[0][0] == "The tunnel was opened in June."
    assert_whole(engine)


def test_what_was_begun_before_a_restart_waits_for_the_server_and_is_finished_by_the_next_story(
    running: ChromaServer, open_engine: Any, add: Any
) -> None:
    engine = open_engine(running.url, chroma_write_seconds=0)
    (bridge,) = add(engine, BRIDGE)
    running.stop()
    with pytest.raises(VectorServerError):
        add(engine, "The tunnel was opened in June.")
    engine.remove(bridge.story_id)
    engine.close()
    engine = open_engine(running.url, chroma_write_seconds=0)  # neither waits nor fails
    assert engine.find("bridge", leg="words") == []
    running.start()
    add(engine, "The ferry sank in May.")
    assert sorted(by_vectors(engine)[0]) == ["The ferry sank in May.", "The tunnel was opened in June."]
    assert_whole(engine)


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_storing_waits_for_a_server_that_goes_and_nothing_is_lost(
    kill: bool, running: ChromaServer, open_engine: Any, add: Any
) -> None:
    engine = open_engine(running.url)
    texts = [f"The ferry number {number} left the harbour of Tarn." for number in range(160)]
    heard: list[str] = []
    stored: list[AddResult] = []

    def tell(what: str, done: int, total: int) -> None:
        heard.append(what)

    with ThreadPoolExecutor(1) as thread:
        adding = thread.submit(add, engine, *texts, on_progress=tell)
        wait_until(lambda: engine.catalog.count_stories() > 0, "the first stories are stored")
        running.stop(kill=kill)
        wait_until(lambda: "seconds waited for the vector server" in heard, "storing waits")
        before = engine.catalog.count_stories()
        assert 0 < before < len(texts)
        assert engine.ask("Which ferry left the harbour of Tarn?").note == UNREACHABLE
        running.start()
        stored = adding.result(120)
    assert [result.status for result in stored] == ["added"] * len(texts)
    assert engine.catalog.count_stories() == len(texts)
    wait_until(lambda: by_vectors(engine)[1] == [], "vectors are searched again")
    assert_whole(engine)


def test_closing_ends_the_waiting(running: ChromaServer, open_engine: Any, add: Any) -> None:
    engine = open_engine(running.url, chroma_write_seconds=3_600)
    add(engine, BRIDGE)
    running.stop()
    waiting = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        adding = thread.submit(
            add,
            engine,
            "The tunnel was opened.",
            on_progress=lambda what, *_: waiting.set() if "waited" in what else None,
        )
        assert waiting.wait(30)
        engine.close()
        assert isinstance(adding.exception(30), StorageError)


def test_a_restart_between_two_questions_is_not_noticed(running: ChromaServer, open_engine: Any, add: Any) -> None:
    engine = open_engine(running.url, chroma_question_seconds=5)
    add(engine, BRIDGE)
    assert by_vectors(engine) == ([BRIDGE], [])
    running.stop()
    running.start()
    assert by_vectors(engine) == ([BRIDGE], [])
    add(engine, "The tunnel was opened in June.")
    assert_whole(engine)


def test_a_slow_server_keeps_one_question_waiting_and_not_each(
    make_front: Any, open_engine: Any, add: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors_server, "_REST_SECONDS", 600.0)
    front = make_front()
    engine = open_engine(front.url)
    add(engine, BRIDGE)
    front.delay = 2.0
    assert by_vectors(engine) == ([BRIDGE], [UNREACHABLE])
    asked = len(front.requests)
    for _ in range(5):
        assert by_vectors(engine) == ([BRIDGE], [UNREACHABLE])
        assert engine.ask(QUESTION).note == UNREACHABLE
    assert len(front.requests) == asked, "a server that just failed is not asked again"
    # Storing has more patience, and what it learns helps the questions.
    add(engine, "The tunnel was opened in June.")
    front.delay = 0.0
    assert by_vectors(engine)[1] == []


@pytest.mark.parametrize("when", ["before the first question", "between two questions"])
def test_a_server_that_lost_its_data_is_not_searched_before_it_is_mended(
    when: str, running: ChromaServer, open_engine: Any, add: Any
) -> None:
    engine = open_engine(running.url, chroma_question_seconds=5)
    add(engine, BRIDGE, "Nobody swam in the harbour.")
    if when == "between two questions":
        assert by_vectors(engine)[1] == []
    running.empty()
    running.start()
    for _ in range(2):
        texts, (note,) = by_vectors(engine)
        assert texts[0] == BRIDGE
        assert note.startswith(
            "The vector index is not complete, so only words were searched; `storydesk doctor --fix`"
        )
    add(engine, "The tunnel was opened in June.")  # which makes a collection, with one passage of three
    assert by_vectors(engine)[1] == [note]
    engine.check(fix=True)
    texts, notes = by_vectors(engine)
    assert (len(texts), notes) == (3, [])
    assert_whole(engine)


def test_a_rebuild_fills_a_server_that_is_new(running: ChromaServer, open_engine: Any, add: Any) -> None:
    engine = open_engine(running.url)
    add(engine, BRIDGE)
    running.empty()
    running.start()
    engine.rebuild()
    assert by_vectors(engine) == ([BRIDGE], [])
    assert_whole(engine)
