"""The models an engine answers with: loaded once, when they are needed, and put to use."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index.answering.reader import Reading
from index.errors import ModelError
from index.models import Models, load_chosen_reader
from index.settings import IndexSettings


class LongestFirst:
    """A ranker that takes the longest text for the best; remembers what it was given."""

    name = "longest first"

    def __init__(self) -> None:
        self.given: list[Sequence[str]] = []

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        self.given.append(list(texts))
        return np.array([len(text) for text in texts], dtype=np.float32)


class Counting:
    """A reader that believes in nothing; remembers what it was given."""

    name = "counting"

    def __init__(self) -> None:
        self.given: list[Sequence[str]] = []

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        self.given.append(list(passages))
        nothing = np.zeros(1, dtype=np.float32)
        return [Reading(nothing, nothing, ((0, len(passage)),), 9.0) for passage in passages]


def test_each_model_is_loaded_once_and_not_before_it_is_needed(settings: IndexSettings) -> None:
    loaded: list[str] = []

    def load(name: str) -> Callable[[IndexSettings], Any]:
        return lambda _: loaded.append(name)

    models = Models(settings, load_embedder=load("embedder"), load_reader=load("reader"), load_ranker=load("ranker"))
    assert loaded == []
    models.reader()
    models.load()
    models.load()
    assert sorted(loaded) == ["embedder", "ranker", "reader"]


def test_without_passages_to_read_no_reader_is_loaded(settings: IndexSettings) -> None:
    named = settings.model_copy(update={"reader_model": "/nowhere", "read_passages": 0})
    assert load_chosen_reader(named) is None


def test_a_named_model_that_is_missing_is_told_at_the_start(settings: IndexSettings, open_engine: Any) -> None:
    named = settings.model_copy(update={"ranker_model": "/nowhere"})
    engine = open_engine(named)
    with pytest.raises(ModelError, match=r"STORYDESK_RANKER_MODEL names the folder /nowhere, which does not exist"):
        engine.load_model()


def test_a_ranker_orders_what_both_searches_find_and_nothing_else(open_engine: Any, newsroom: Any) -> None:
    ranker = LongestFirst()
    engine = open_engine(load_ranker=lambda _: ranker)
    newsroom.write("a", "Bridge closed.")
    newsroom.write("b", "The bridge was closed on Monday, and boats took the children to school.")
    newsroom.add(engine)
    assert engine.find("bridge closed", leg="words")[0].text == "Bridge closed."
    assert ranker.given == []
    assert engine.find("bridge closed")[0].text.startswith("The bridge")
    assert [len(texts) for texts in ranker.given] == [2]
    assert [found.text for found in engine.find("bridge closed", limit=1)] == [
        "The bridge was closed on Monday, and boats took the children to school."
    ]


def test_as_many_passages_are_read_as_the_settings_say(
    settings: IndexSettings, open_engine: Any, newsroom: Any
) -> None:
    reader = Counting()
    engine = open_engine(settings.model_copy(update={"read_passages": 2}), load_reader=lambda _: reader)
    for name in "abcd":
        newsroom.write(name, f"The bridge {name} was closed.", title=f"Bridge {name}")
    newsroom.add(engine)
    engine.ask("Which bridge was closed?", least_confidence=0.0)
    ((first, second),) = reader.given
    assert {len(first.split("\n")), len(second.split("\n"))} == {2}  # title and text


def test_nothing_is_read_when_it_is_turned_off(open_engine: Any, newsroom: Any) -> None:
    def fail(_: IndexSettings) -> Any:
        raise AssertionError("no reader is needed")

    engine = open_engine(load_reader=fail)
    newsroom.write("a", "The bridge was closed.")
    newsroom.add(engine)
    assert engine.ask("Which bridge was closed?", least_confidence=0.0).answered
