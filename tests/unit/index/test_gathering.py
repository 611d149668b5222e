"""Calls of a model that come at the same time: few in number, and each gets what it would get alone."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from index.answering.reader import Reading, load_reader
from index.engine import Engine
from index.gathering import Gathering, GatheringEmbedder, GatheringReader
from index.settings import IndexSettings

SECONDS = 60


class Model:
    """Turns texts to capitals; remembers its calls, and waits in the first one until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, texts: Sequence[str]) -> list[str]:
        self.calls.append(list(texts))
        self.begun.set()
        assert self.go_on.wait(SECONDS)
        if any("fail" in text for text in texts):
            raise ValueError("cannot")
        return [text.upper() for text in texts]


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.001)


def together(gathering: Gathering[str, str], model: Model, calls: Sequence[Sequence[str]]) -> list[Future[list[str]]]:
    """Make the first call, and the others, one after the other, while the model works on the first."""
    with ThreadPoolExecutor(len(calls)) as threads:
        done = [threads.submit(gathering, calls[0])]
        assert model.begun.wait(SECONDS)
        for number, call in enumerate(calls[1:], start=1):
            done.append(threads.submit(gathering, call))
            wait_for(lambda number=number: len(gathering._waiting) == number)  # type: ignore[misc]
        model.go_on.set()
    return done


def test_who_comes_alone_is_served_at_once_and_alone() -> None:
    model = Model()
    model.go_on.set()
    gathering = Gathering(model, most=10)
    assert [gathering(["a", "b"]), gathering(["c"])] == [["A", "B"], ["C"]]
    assert model.calls == [["a", "b"], ["c"]]


def test_all_who_come_while_the_model_works_share_the_next_call_and_each_text_once() -> None:
    model = Model()
    done = together(Gathering(model, most=10), model, [["a"], ["b", "c"], ["c", "d", "c"], ["a"]])
    assert [each.result() for each in done] == [["A"], ["B", "C"], ["C", "D", "C"], ["A"]]
    assert model.calls == [["a"], ["b", "c", "d", "a"]]


def test_a_call_is_not_made_larger_than_it_may_be_and_the_order_stays() -> None:
    model = Model()
    done = together(Gathering(model, most=3), model, [["a"], ["b", "c"], ["d", "e", "f", "g"], ["h"], ["i", "j"]])
    assert [each.result()[0] for each in done] == ["A", "B", "D", "H", "I"]
    assert model.calls == [["a"], ["b", "c"], ["d", "e", "f", "g"], ["h", "i", "j"]]


def test_an_error_reaches_only_the_one_whose_text_it_is() -> None:
    model = Model()
    done = together(Gathering(model, most=10), model, [["a"], ["b"], ["fail"], ["c"]])
    assert [each.result() for each in (done[0], done[1], done[3])] == [["A"], ["B"], ["C"]]
    with pytest.raises(ValueError, match="cannot"):
        done[2].result()


def test_who_stops_waiting_is_not_worked_for_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model()
    gathering = Gathering(model, most=10)

    class Interrupted:
        def __enter__(self) -> None:
            raise KeyboardInterrupt

        def __exit__(self, *_: object) -> None:
            """Never entered."""

    turns = gathering._turns
    monkeypatch.setattr(gathering, "_turns", Interrupted())
    with pytest.raises(KeyboardInterrupt):
        gathering(["a"])
    monkeypatch.setattr(gathering, "_turns", turns)
    model.go_on.set()
    assert gathering(["b"]) == ["B"]
    assert model.calls == [["b"]]


class Reads:
    """A reader that believes in the first letter as often as its question is long."""

    name = "reads"

    def __init__(self) -> None:
        self.calls: list[list[tuple[str, str]]] = []

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        self.calls.append([(question, passage) for passage in passages])
        logits = np.full(1, len(question), dtype=np.float32)
        return [Reading(logits, logits, ((0, len(passage)),), 0.0) for passage in passages]


class ReadsPairs(Reads):
    """The same, for several questions in one call."""

    def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
        self.calls.append(list(pairs))
        return [Reads().read(question, [passage])[0] for question, passage in pairs]


@pytest.mark.parametrize(("reader", "calls"), [(Reads(), 2), (ReadsPairs(), 1)])
def test_passages_of_several_questions_are_read_in_one_call_if_the_reader_can(reader: Reads, calls: int) -> None:
    pairs = [("who", "x"), ("when", "x"), ("who", "y")]
    readings = GatheringReader(reader)._read_all(pairs)
    assert [(float(each.starts[0])) for each in readings] == [3.0, 4.0, 3.0]
    assert len(reader.calls) == calls


def test_a_reader_keeps_its_name_and_order() -> None:
    reader = GatheringReader(ReadsPairs())
    assert reader.name == "reads"
    assert [each.offsets for each in reader.read("who", ["xx", "y"])] == [((0, 2),), ((0, 1),)]


@pytest.mark.slow
def test_a_model_reads_for_several_questions_at_once_what_it_reads_for_each(make_tiny_model: Any) -> None:
    folder = make_tiny_model("BertForQuestionAnswering")
    reader = load_reader(IndexSettings(reader_model=str(folder), model_dtype="float32"))
    assert reader is not None
    questions = {"Who?": ["The council will pay.", "A"], "What will the mayor of this city pay?": ["The mayor said."]}
    together = reader.read_pairs([(question, text) for question, texts in questions.items() for text in texts])
    alone = [reading for question, texts in questions.items() for reading in reader.read(question, texts)]
    for one, other in zip(together, alone, strict=True):
        assert one.offsets == other.offsets
        np.testing.assert_allclose(one.starts, other.starts, atol=1e-4)
        np.testing.assert_allclose(one.ends, other.ends, atol=1e-4)
        assert one.no_answer == pytest.approx(other.no_answer, abs=1e-4)


def test_equal_texts_are_embedded_once_and_each_has_its_row(embedder: Any) -> None:
    vectors = GatheringEmbedder(embedder).embed(["same", "other", "same"])
    assert embedder.embedded == ["same", "other"]
    assert np.array_equal(vectors, embedder.embed(["same", "other", "same"]))


def test_stories_on_their_way_in_are_not_gathered_with_questions(engine: Engine, newsroom: Any, embedder: Any) -> None:
    newsroom.write("bridge", "The bridge was closed on Friday.")
    newsroom.add(engine)
    adding, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        embedder.before_embedding = lambda: None
        adding.set()
        assert go_on.wait(SECONDS)

    embedder.before_embedding = wait
    newsroom.write("tower", "The tower was opened.")
    with ThreadPoolExecutor(1) as threads:
        added = threads.submit(newsroom.add, engine)
        assert adding.wait(SECONDS)
        assert engine.find("bridge")
        go_on.set()
        assert "added" in {result.status for result in added.result()}


def test_many_questions_at_once_take_few_calls_of_the_model_and_get_what_each_gets_alone(
    engine: Engine, newsroom: Any
) -> None:
    newsroom.write("bridge", "The bridge was closed on Friday. 40 boats waited in the harbour.", title="Bridge")
    newsroom.write("tower", "The tower has 12 floors. It opens in May.", title="Tower")
    newsroom.add(engine)
    questions = [f"How many {what} are there?" for what in ("boats", "floors", "bridges", "towers")] * 4
    alone = [engine.ask(question) for question in questions[:4]] * 4
    vectors, calls = engine._models.of_questions()._vectors, []
    embed = vectors._work

    def embed_when_all_are_here(texts: Sequence[str]) -> Any:
        calls.append(list(texts))
        if len(calls) == 1:
            wait_for(lambda: len(vectors._waiting) == len(questions) - 1)
        return embed(texts)

    vectors._work = embed_when_all_are_here
    with ThreadPoolExecutor(len(questions)) as threads:
        answers = list(threads.map(engine.ask, questions))
    for answer, expected in zip(answers, alone, strict=True):
        assert (answer.text, answer.citations, answer.confidence) == (
            expected.text, expected.citations, expected.confidence,
        )  # fmt: skip
    assert len(calls) == 2
    assert sorted(calls[1]) == sorted(set(questions))
