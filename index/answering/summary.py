"""A few of a story's own sentences that say what it is about.

Position-augmented centrality of sentence vectors (PacSum): Hao Zheng and Mirella Lapata, "Sentence Centrality
Revisited for Unsupervised Summarization", ACL 2019. A sentence counts for what is like it further down, and against
what was told before; so the lead of a story weighs, unless it is not what the story goes on about.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from index.shaping import Span, kept_paragraphs, sentences
from index.shaping.words import stems
from index.stories import Quote, StoredStory, StorySummary, Summary

Embed = Callable[[Sequence[str]], NDArray[np.float32]]

_MOST_SENTENCES = 240
"""Sentences of a story that are compared, the first ones: news says what matters early."""
_MOST_READ = 200_000
"""Characters of a story that are looked at."""
_FEWEST_WORDS, _MOST_CHARACTERS = 6, 420
_ENDS = re.compile(r"[.!…。！][\"'”’»)\]]*\Z")
_BEFORE, _AFTER = -0.4, 1.0
_LEAST_SIMILAR = 0.3
"""Similarities below this share of their range say nothing."""
_SAME_COSINE, _SAME_SHARE = 0.86, 0.7
"""Two sentences tell the same when they are so similar, or share that much of the shorter one's words."""


def summarize(story: StoredStory, *, embed: Embed, count: int = 3) -> Summary:
    """At most `count` sentences of `story`, in its own order; the first of equally good ones.

    Headings, questions, very short and very long sentences are taken only when there is nothing else.
    """
    spans = _sentence_spans(story)
    texts = [story.text[start:end] for start, end in spans]
    chosen: list[int] = []
    if texts and count > 0:
        for index in by_centrality(embed(texts)):
            if len(chosen) < count and not any(_tells_the_same(texts[index], texts[each]) for each in chosen):
                chosen.append(index)
    fields = {name: getattr(story, name) for name in StorySummary.__dataclass_fields__}
    quotes = tuple(Quote(*spans[index], texts[index]) for index in sorted(chosen))
    return Summary(StorySummary(**fields), quotes)


def by_centrality(vectors: NDArray[np.float32]) -> list[int]:
    """Rows of `vectors`, normalised sentence vectors of shape (sentences, dimension), the most central first.

    What is nearly the same as a row further in front is left out.
    """
    similar = vectors @ vectors.T
    apart = ~np.eye(len(vectors), dtype=bool)
    if len(vectors) > 1:
        lowest, highest = float(similar[apart].min()), float(similar[apart].max())
        edges = np.maximum(similar - (lowest + _LEAST_SIMILAR * (highest - lowest)), 0.0) * apart
    else:
        edges = np.zeros_like(similar)
    # Row i, column j: what j says for i, if j comes before it or after it.
    centrality = _BEFORE * np.tril(edges).sum(axis=1) + _AFTER * np.triu(edges).sum(axis=1)
    chosen: list[int] = []
    for index in np.argsort(-centrality, kind="stable").tolist():
        if not any(similar[index, each] >= _SAME_COSINE for each in chosen):
            chosen.append(index)
    return chosen


def _sentence_spans(story: StoredStory) -> list[Span]:
    """Where the sentences are that may be chosen."""
    found: list[Span] = []
    for start, end in kept_paragraphs(story.text[:_MOST_READ], title=story.title):
        found += [
            (start + first, start + last) for first, last in sentences(story.text[start:end], language=story.language)
        ]
        if len(found) >= _MOST_SENTENCES:
            break
    found = found[:_MOST_SENTENCES]
    telling = [span for span in found if _tells(story.text[slice(*span)])]
    return telling or found


def _tells(text: str) -> bool:
    """Whether this is a whole sentence that states something, of a length that can be read at a glance."""
    many_words = len(text.split()) >= _FEWEST_WORDS or not text.isascii()  # some languages have no spaces
    return many_words and len(text) <= _MOST_CHARACTERS and _ENDS.search(text) is not None


def _tells_the_same(first: str, second: str) -> bool:
    ours, theirs = stems(first), stems(second)
    fewest = min(len(ours), len(theirs))
    return fewest > 0 and len(ours & theirs) >= _SAME_SHARE * fewest
