"""Hybrid search: vectors and words, scored together, checked against the catalog, duplicates collapsed."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.errors import IncompleteIndexError, VectorServerError
from index.finding.recency import timing
from index.finding.scoring import evidence, weigh
from index.finding.two_rankings import give_places, plain_scores
from index.publishing.stores import Stores
from index.shaping import normalised
from index.stories import Finding, Leg, NoteReason
from index.storing.catalog import Generation
from index.storing.generations import count_indexed
from index.storing.passages import ReadablePassage, kept_vectors, readable, text_keys

_PER_LEG = 100
"""Passages each leg brings: more than anyone is shown, as some are outdated, unreadable or the same text."""
_PER_LEG_WITHOUT = 1_000
"""The same when stories are left out, which may be those that match best."""

_ONLY: dict[Leg, dict[str, float]] = {"vectors": {"near": 1.0}, "words": {"worded": 1.0}}
"""What counts when a leg is asked for by itself."""

NOTES: dict[NoteReason, str] = {
    "model_gone": (
        "The indexes are being made anew for another model, and the one before is not here any more; "
        "until then only words are searched."
    ),
    "vectors_unreachable": "The vector index cannot be reached at the moment, so only words were searched.",
    "vectors_incomplete": (
        "The vector index is not complete, so only words were searched; `storydesk doctor --fix` mends it."
    ),
}
"""What a note says on the command line."""
Tell = Callable[[NoteReason], None]
_log = logging.getLogger(__name__)


def search(
    stores: Stores,
    generation: Generation,
    question: str,
    *,
    leg: Leg = "both",
    limit: int = 10,
    now: date,
    since: date | None = None,
    leaving_out: Collection[str] = (),
    only: str | None = None,
    on_note: Tell | None = None,
) -> list[Finding]:
    """The passages that match `question` by the indexes of `generation`, best first, at most `limit`, no text twice.

    They come by their scores, but for the two stories whose places `two_rankings` gives. `since` leaves out stories
    published before that day and undated ones, `leaving_out` stories by their ids, `only` all stories but the one of
    that id. A `leg` that is asked for by itself counts alone, without the day and without given places.
    `on_note` hears why, when only words could be searched.
    Raises ModelError, StorageError.
    """
    tell = on_note or _tell_nobody
    since_day = since.toordinal() if since else 0
    asked_leg = leg
    wanted = max(_PER_LEG, 2 * limit) if not leaving_out else _PER_LEG_WITHOUT
    vector: NDArray[np.float32] | None = None
    cosines: dict[str, float] = {}
    word_scores: dict[str, float] = {}
    of_story = text_keys(stores.catalog, generation, only) if only is not None else None
    if leg != "words":
        embed = stores.embed_questions if generation.model == stores.model else stores.embed_as(generation)
        if embed is not None:
            vector = embed([question])[0]
            if of_story is not None:  # among all others it might not be found; alone it is compared in a moment
                cosines = _cosines(stores, generation, of_story, vector)
                found: dict[str, float] | None = _best(cosines, cosines, wanted=wanted)
            else:
                found = _nearest(stores, generation, vector, limit=wanted, since_day=since_day, tell=tell)
            if found is None:
                leg = "words"  # also where only vectors were asked for: better than nothing, and it is said
            else:
                cosines = found
        else:
            tell("model_gone")
            leg = "words"
    if leg != "vectors":
        ids = list(of_story) if of_story is not None else None
        word_scores = stores.words.search(generation.id, question, limit=wanted, since_day=since_day, only=ids)
    rows = {
        row.passage_id: row
        for row in readable(stores.catalog, generation, list(cosines.keys() | word_scores.keys()), since_day=since_day)
        if row.story_id not in leaving_out
    }
    if leaving_out:
        cosines, word_scores = _best(cosines, rows, wanted=_PER_LEG), _best(word_scores, rows, wanted=_PER_LEG)
        rows = {
            passage_id: row for passage_id, row in rows.items() if passage_id in cosines or passage_id in word_scores
        }
    if vector is not None:
        cosines = _cosines(stores, generation, {each: row.text_key for each, row in rows.items()}, vector)
    word_scores = {passage_id: score for passage_id, score in word_scores.items() if passage_id in rows}
    matched = [_finding(row, cosines.get(each), word_scores.get(each)) for each, row in rows.items()]
    days = [row.published_day for row in rows.values()]
    found_by = evidence(question, matched, days, timing=timing(question, now=now))
    scores = weigh(found_by, _ONLY.get(asked_leg))
    scored = [replace(finding, score=float(score)) for finding, score in zip(matched, scores, strict=True)]
    if asked_leg == "both":
        plain = plain_scores(found_by, days, now=now)
        scores = give_places(scores, plain, [finding.story_id for finding in matched])
    place = {finding.passage_id: -float(score) for finding, score in zip(matched, scores, strict=True)}
    findings: list[Finding] = []
    seen: set[str] = set()
    for finding in sorted(
        scored, key=lambda each: (place[each.passage_id], -rows[each.passage_id].published_day, each.passage_id)
    ):
        if len(findings) == limit:
            break
        if (text := normalised(finding.text)) not in seen:
            seen.add(text)
            findings.append(finding)
    return findings


def _nearest(
    stores: Stores,
    generation: Generation,
    vector: NDArray[np.float32],
    *,
    limit: int,
    since_day: int,
    tell: Tell,
) -> dict[str, float] | None:
    """The nearest passages' cosines, None when the vector index cannot be relied on at the moment."""
    try:
        return stores.vectors.search(
            generation,
            vector,
            limit=limit,
            since_day=since_day,
            count_expected=lambda: count_indexed(stores.catalog, generation),
        )
    except VectorServerError as error:
        _log.info("only words are searched: %s", error)
        tell("vectors_unreachable")
    except IncompleteIndexError as error:
        _log.warning("only words are searched: %s", error)
        tell("vectors_incomplete")
    return None


def _tell_nobody(note: NoteReason) -> None:
    """A note that nobody asked for."""


def _best(scores: Mapping[str, float], rows: Collection[str], *, wanted: int) -> dict[str, float]:
    """The best `wanted` of the scores whose passages are in `rows`."""
    kept = sorted((passage_id for passage_id in scores if passage_id in rows), key=lambda each: -scores[each])
    return {passage_id: scores[passage_id] for passage_id in kept[:wanted]}


def _cosines(
    stores: Stores, generation: Generation, keys: Mapping[str, str], vector: NDArray[np.float32]
) -> dict[str, float]:
    """The cosine to `vector` of every passage, given with its text's key, also of those that only the words found."""
    vectors = kept_vectors(stores.catalog, keys.values(), model=generation.model)
    return {passage_id: float(vectors[key] @ vector) for passage_id, key in keys.items() if key in vectors}


def _finding(row: ReadablePassage, vector_score: float | None, word_score: float | None) -> Finding:
    return Finding(
        story_id=row.story_id,
        title=row.title,
        url=row.url,
        publisher=row.publisher,
        published_at=row.published_at,
        language=row.language,
        passage_id=row.passage_id,
        start=row.start,
        end=row.end,
        text=row.text,
        score=0.0,
        vector_score=vector_score,
        word_score=word_score,
    )
