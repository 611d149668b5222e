"""Summaries: the story's own sentences, of what it is about, each thing once."""

import re
from typing import Any

import numpy as np
import pytest

from index.answering.summary import by_centrality, summarize
from index.engine import Engine
from index.errors import UnknownStoryError
from index.stories import StoredStory

LEAD = "The harbour bridge in Oldport will stay closed until August because of cracks in its pillars."
CRACKS = "Engineers found cracks in three pillars of the harbour bridge during an inspection in May."
MONEY = "Repairs to the pillars of the bridge will cost the city 4 million euros, the mayor said."
ASIDE = "The bakery next door has won a prize for its rye bread twice in recent years."
MORE = "Until the bridge opens in August, ferries will take people across the harbour every ten minutes."


def story(text: str, *, title: str = "Bridge closed", language: str | None = "en") -> StoredStory:
    return StoredStory(
        story_id="1", library="public", title=title, url=None, publisher="Wire", authors=(), published_at=None,
        language=language, source="a.txt", added_at="2025-01-01", passages=1, text=text,
    )  # fmt: skip


def summary(text: str, embedder: Any, *, count: int = 3, **fields: Any) -> list[str]:
    of = story(text, **fields)
    made = summarize(of, embed=embedder.embed, count=count)
    for quote in made.quotes:
        assert of.text[quote.start : quote.end] == quote.text
    assert [quote.start for quote in made.quotes] == sorted(quote.start for quote in made.quotes)
    return [quote.text for quote in made.quotes]


def test_it_tells_what_the_story_goes_on_about_in_the_storys_order(embedder: Any) -> None:
    chosen = summary("\n\n".join([LEAD, ASIDE, CRACKS, MONEY, MORE]), embedder)
    assert len(chosen) == 3
    assert chosen[0] == LEAD
    assert ASIDE not in chosen


def test_one_sentence_can_be_asked_for_or_none(embedder: Any) -> None:
    text = "\n\n".join([LEAD, CRACKS, MONEY, MORE])
    assert summary(text, embedder, count=1) == [LEAD]
    assert summary(text, embedder, count=0) == []


def test_what_is_told_twice_is_taken_once(embedder: Any) -> None:
    again = LEAD.replace("will stay closed", "stays closed")
    assert summary("\n\n".join([LEAD, again, again + " Really so.", CRACKS]), embedder).count(again) == 0


@pytest.mark.parametrize(
    "other", ["Read more", "## Why the bridge was closed", "Will the bridge ever open again at all?"]
)
def test_headings_questions_and_the_pages_own_words_are_not_taken(other: str, embedder: Any) -> None:
    text = f"{other}\n\n{LEAD} {CRACKS}\n\n{other}\n\n{MONEY}"
    assert summary(text, embedder, count=9) == [LEAD, CRACKS, MONEY]


def test_what_has_nothing_else_gives_what_there_is(embedder: Any) -> None:
    assert summary("Bridge closed today", embedder, title="Other") == ["Bridge closed today"]


def test_languages_without_spaces_have_summaries(embedder: Any) -> None:
    text = "港の橋は亀裂のため八月まで閉鎖される。修理には四百万ユーロかかると市長は述べた。"
    assert len(summary(text, embedder, language="ja", title="橋")) == 2


def test_a_long_story_takes_a_bounded_number_of_sentences(embedder: Any) -> None:
    text = " ".join(f"Sentence {number} tells of the bridge and its number {number}." for number in range(2_000))
    assert len(summary(text, embedder)) <= 3
    assert len(embedder.embedded) <= 240


def test_what_comes_before_speaks_against_a_sentence_and_what_follows_for_it() -> None:
    rows = np.array([[1, 0, 0], [0.8, 0.6, 0], [0, 0, 1], [0.7, 0, 0.7]], dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    order = by_centrality(rows)
    assert order[0] == 0
    assert order[-1] == 3
    assert by_centrality(rows[:1]) == [0]
    assert by_centrality(np.stack([rows[0], rows[0], rows[2]])) == [0, 2]


def test_an_engine_summarizes_a_story_of_a_library(engine: Engine, newsroom: Any) -> None:
    newsroom.write("bridge", f"{LEAD}\n\n{CRACKS}\n\n{MONEY}\n\n{MORE}", title="Bridge closed", publisher="Wire")
    (result,) = newsroom.add(engine, library="server-1")
    made = engine.summarize(result.story_id, library="server-1", sentences=2)
    assert (made.story.title, made.story.publisher, len(made.quotes)) == ("Bridge closed", "Wire", 2)
    assert all(re.search(re.escape(quote.text), engine.story(result.story_id).text) for quote in made.quotes)
    with pytest.raises(UnknownStoryError):
        engine.summarize(result.story_id, library="server-2")
