"""Hybrid search over the engine's stores: order, limits, dates, duplicates, and only what is live."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from index.engine import Engine
from index.errors import IncompleteIndexError, VectorServerError
from index.finding.recency import timing
from index.finding.scoring import evidence, weigh
from index.finding.two_rankings import give_places, plain_scores
from index.storing import schema

NOW = datetime(2025, 5, 23, 10, 0, tzinfo=UTC)


def texts(engine: Engine, question: str, **options: Any) -> list[str]:
    return [finding.text for finding in engine.find(question, now=NOW, **options)]


def test_findings_come_in_order_of_their_scores(engine: Engine, newsroom: Any) -> None:
    newsroom.write("a", "The bridge over the Orla was closed on Monday.")
    newsroom.write("b", "A bridge.", published_at="2025-05-22")
    newsroom.write("c", "The harbour was closed.", published_at="1999-01-01")
    newsroom.add(engine)
    for leg in ("vectors", "words", "both"):
        scores = [finding.score for finding in engine.find("Was the Orla bridge closed?", leg=leg, now=NOW)]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) >= 2


def test_the_score_is_what_the_evidence_weighs(engine: Engine, newsroom: Any) -> None:
    newsroom.write("a", "The bridge was closed.", published_at="2025-05-23")
    newsroom.write("b", "The harbour was closed on Monday.")
    newsroom.add(engine)
    found = engine.find("bridge closed", now=NOW)
    days = [NOW.date().toordinal() if each.published_at else 0 for each in found]
    told = evidence("bridge closed", found, days, timing=timing("bridge closed", now=NOW.date()))
    assert [each.score for each in found] == pytest.approx(list(weigh(told)))


@pytest.mark.parametrize(("leg", "own"), [("vectors", "vector_score"), ("words", "word_score")])
def test_a_leg_that_is_asked_for_by_itself_orders_by_its_scores_alone(
    leg: Any, own: str, engine: Engine, newsroom: Any
) -> None:
    newsroom.write("old", "The bridge was closed.", published_at="2020-01-01")
    newsroom.write("new", "A bridge of boats was closed for the weekend's regatta.", published_at="2025-05-23")
    newsroom.add(engine)
    found = engine.find("bridge closed", leg=leg, now=NOW)
    scores = [getattr(each, own) for each in found]
    assert [each.score for each in found] == pytest.approx([score / scores[0] for score in scores])
    assert scores == sorted(scores, reverse=True)


def test_a_leg_alone_gives_only_its_own_scores(engine: Engine, newsroom: Any) -> None:
    newsroom.write("a", "The bridge was closed.")
    newsroom.write("b", "Nobody swam.")
    newsroom.add(engine)
    vectors = engine.find("bridge", leg="vectors", now=NOW)
    words = engine.find("bridge", leg="words", now=NOW)
    both = engine.find("bridge", now=NOW)
    assert [(each.text, each.word_score) for each in vectors] == [
        ("The bridge was closed.", None), ("Nobody swam.", None),
    ]  # fmt: skip
    assert [(each.text, each.vector_score) for each in words] == [("The bridge was closed.", None)]
    assert both[0].vector_score == vectors[0].vector_score
    assert both[0].word_score == words[0].word_score
    assert (both[1].text, both[1].word_score) == ("Nobody swam.", None)


def test_the_cosine_is_that_of_the_question_and_the_passage_with_its_title(
    engine: Engine, newsroom: Any, embedder: Any
) -> None:
    newsroom.write("a", "The bridge was closed.", title="Storm over Tarn")
    newsroom.add(engine)
    question, passage = embedder.embed(["storm bridge", "Storm over Tarn\nThe bridge was closed."])
    (found,) = engine.find("storm bridge", now=NOW)
    assert found.vector_score == pytest.approx(float(np.dot(question, passage)), abs=1e-3)


def test_words_alone_need_no_model(engine: Engine, newsroom: Any, embedder: Any) -> None:
    newsroom.write("a", "The bridge was closed.")
    newsroom.add(engine)
    embedder.embedded.clear()
    assert texts(engine, "bridge", leg="words") == ["The bridge was closed."]
    assert embedder.embedded == []


def test_of_two_like_stories_the_newer_comes_first(engine: Engine, newsroom: Any) -> None:
    for name, day in (("old", "2025-05-01"), ("new", "2025-05-20"), ("later", "2025-06-20")):
        newsroom.write(name, f"The bridge was closed for {name} repairs.", published_at=day)
    newsroom.add(engine)
    assert texts(engine, "bridge closed repairs")[0] == "The bridge was closed for new repairs."
    # By words alone all three match alike, and the day does not count.
    scores = {each.score for each in engine.find("bridge", leg="words", now=NOW)}
    assert len(scores) == 1


@pytest.mark.parametrize("leg", ["vectors", "words", "both"])
def test_since_leaves_out_what_is_older_or_undated(leg: Any, engine: Engine, newsroom: Any) -> None:
    for name, day in (("old", "2025-05-19"), ("same", "2025-05-20T00:01:00+02:00"), ("new", "2025-05-21")):
        newsroom.write(name, f"The {name} bridge was closed.", published_at=day)
    newsroom.write("undated", "The undated bridge was closed.")
    newsroom.add(engine)
    assert len(texts(engine, "bridge closed", leg=leg)) == 4
    found = texts(engine, "bridge closed", leg=leg, since=date(2025, 5, 20))
    assert sorted(found) == ["The new bridge was closed.", "The same bridge was closed."]
    assert texts(engine, "bridge closed", leg=leg, since=date(2025, 5, 22)) == []


@pytest.mark.parametrize("leg", ["vectors", "words", "both"])
def test_since_is_checked_against_the_catalog_also_where_an_index_is_behind(
    leg: Any, engine: Engine, newsroom: Any
) -> None:
    newsroom.write("a", "The bridge was closed.", published_at="2025-05-21")
    newsroom.add(engine)
    with engine._stores.catalog.writing() as connection:
        connection.execute(update(schema.versions).values(published_day=date(2025, 5, 1).toordinal()))
    assert texts(engine, "bridge", leg=leg, since=date(2025, 5, 20)) == []


@pytest.mark.parametrize("limit", [1, 3, 70])
def test_no_more_is_found_than_asked_for_and_no_less_than_there_is(limit: int, engine: Engine, newsroom: Any) -> None:
    newsroom.write_lines("wire", [{"id": n, "title": "T", "text": f"Bridge {n} was closed."} for n in range(80)])
    newsroom.add(engine)
    for leg in ("vectors", "words", "both"):
        assert len(texts(engine, "bridge closed", leg=leg, limit=limit)) == limit


def test_a_text_that_several_stories_have_is_found_once(engine: Engine, newsroom: Any) -> None:
    newsroom.write("a", "The BRIDGE was  closed.")
    newsroom.write("b", "The bridge was closed.")
    newsroom.write("c", "The bridge was opened.")
    newsroom.add(engine)
    found = texts(engine, "bridge closed")
    assert len(found) == 2
    assert found[1] == "The bridge was opened."
    assert len(texts(engine, "bridge closed", limit=2)) == 2


@pytest.mark.parametrize("state", ["staged", "retired"])
@pytest.mark.parametrize("leg", ["vectors", "words", "both"])
def test_what_the_catalog_does_not_call_live_is_never_found(
    leg: Any, state: str, engine: Engine, newsroom: Any
) -> None:
    newsroom.write("a", "The bridge was closed.")
    newsroom.write("b", "The bridge was opened.")
    first, _ = newsroom.add(engine)
    with engine._stores.catalog.writing() as connection:
        condition = schema.versions.c.story_id == first.story_id
        connection.execute(update(schema.versions).where(condition).values(state=state))
    assert texts(engine, "bridge closed", leg=leg) == ["The bridge was opened."]


@pytest.mark.parametrize("leg", ["vectors", "words", "both"])
def test_what_the_catalog_has_in_another_library_is_never_found(leg: Any, engine: Engine, newsroom: Any) -> None:
    newsroom.write("a", "The bridge was closed.")
    newsroom.write("b", "The bridge was opened.")
    first, _ = newsroom.add(engine)
    other = engine._stores.catalog.make_library("night-desk")
    with engine._stores.catalog.writing() as connection:
        condition = schema.stories.c.id == first.story_id
        connection.execute(update(schema.stories).where(condition).values(library_id=other.id))
    assert texts(engine, "bridge closed", leg=leg) == ["The bridge was opened."]


@pytest.mark.parametrize("question", ["", "  \n", "\u200b"])
def test_an_empty_question_finds_nothing_by_words(question: str, engine: Engine, newsroom: Any) -> None:
    newsroom.write("a", "The bridge was closed.")
    newsroom.add(engine)
    assert texts(engine, question, leg="words") == []
    if not question.strip():
        assert texts(engine, question) == []


@pytest.mark.parametrize("leg", ["vectors", "both"])
@pytest.mark.parametrize(
    ("error", "reason", "note"),
    [
        (VectorServerError("down"), "vectors_unreachable",
         "The vector index cannot be reached at the moment, so only words were searched."),
        (IncompleteIndexError("2 of 3"), "vectors_incomplete",
         "The vector index is not complete, so only words were searched; `storydesk doctor --fix` mends it."),
    ],
)  # fmt: skip
def test_while_the_vector_index_cannot_be_searched_words_are_and_it_is_said(
    leg: Any, error: Exception, reason: str, note: str, engine: Engine, newsroom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.write("a", "The bridge over the Orla was closed on Monday.")
    newsroom.write("b", "Nobody swam.")
    newsroom.add(engine)
    usual = engine.find("Orla bridge", now=NOW)[0]

    def fail(*arguments: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(engine._stores.vectors, "search", fail)
    notes: list[str] = []
    (found,) = engine.find("Orla bridge", leg=leg, now=NOW, on_note=notes.append)
    assert notes == [note]
    assert (found.text, found.vector_score, found.word_score) == (usual.text, usual.vector_score, usual.word_score)
    answer = engine.ask("When was the bridge over the Orla closed?", now=NOW)
    assert (answer.note, answer.note_reason) == (note, reason)


def test_a_collection_that_was_emptied_is_not_searched_as_if_it_had_nothing(engine: Engine, newsroom: Any) -> None:
    newsroom.write("a", "The bridge was closed.")
    newsroom.add(engine)
    library = engine.catalog.library("public")
    assert library is not None
    assert library.current is not None
    engine._stores.vectors.drop(library.current.id)
    notes: list[str] = []
    assert [each.text for each in engine.find("bridge", now=NOW, on_note=notes.append)] == ["The bridge was closed."]
    assert len(notes) == 1
    assert "is not complete" in notes[0]
    engine.check(fix=True)
    assert engine.find("bridge", leg="vectors", now=NOW, on_note=notes.append) != []
    assert len(notes) == 1


def test_two_of_the_first_five_places_are_the_plain_rankings(engine: Engine, newsroom: Any) -> None:
    question = "How long is the Orla bridge closed?"
    for day in range(1, 8):
        newsroom.write(
            f"old{day}", f"How long the Orla bridge is closed, in part {day}.", published_at=f"2025-03-0{day}"
        )
    newsroom.write("new", "The bridge is shut.", published_at="2025-05-23")
    newsroom.add(engine)
    found = engine.find(question, now=NOW)
    days = [date.fromisoformat(str(each.published_at)).toordinal() for each in found]
    told = evidence(question, found, days, timing=timing(question, now=NOW.date()))
    places = give_places(weigh(told), plain_scores(told, days, now=NOW.date()), [each.story_id for each in found])
    assert list(places) == sorted(places, reverse=True)
    assert [each.published_at for each in found].index("2025-05-23") == 3
    # The score stays what speaks for the passage, so that its place is not taken for a reason to quote it.
    scores = [each.score for each in found]
    assert scores == pytest.approx(list(weigh(told)))
    assert scores[3] < scores[5]
