"""Sentences of the found passages, with what speaks for each as the answer."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import snowballstemmer

from index.answering.figures import Quantity, counts_the_same, dates, fits, quantities
from index.answering.questions import Question, all_words, content_spans
from index.finding.embedding import TextVectors
from index.finding.late_interaction import word_similarities
from index.shaping import normalised, sentences
from index.stories import Finding

EmbedTokens = Callable[[Sequence[str]], list[TextVectors]]
_PASSAGES = 8
_MOST_SENTENCES = 80
_FIGURE_WEIGHT = 1.0
_KIND_WEIGHT = 0.5
"""What having the asked-for number, or another kind of thing that is asked for, adds to a sentence's score."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be the answer. `start` and `end` are its offsets in the story.

    `cosine` compares question and sentence as wholes, `nearness` is the mean similarity of the question's words to
    the sentence's nearest tokens, `coverage` the share of them that stand in it, `passage_coverage` the share that
    stand in its passage or title. `weakest` is the similarity of the question's word that sentence and passage say
    least of, `passage_cosine` the passage's own. `figure` is the number that is asked for, if any, and `kind_fit`
    (0..1) how well the sentence has the kind of thing that is asked for.
    """

    finding: Finding
    start: int
    end: int
    text: str
    cosine: float
    nearness: float
    coverage: float
    passage_coverage: float
    weakest: float
    passage_cosine: float
    kind_fit: float
    figure: Quantity | None
    score: float


def candidates(question: Question, findings: Sequence[Finding], *, embed_tokens: EmbedTokens) -> list[Candidate]:
    """The sentences of the first passages, best first, no text twice."""
    spans: list[tuple[int, Finding, int, int, str]] = []
    seen: set[str] = set()
    for rank, finding in enumerate(findings[:_PASSAGES]):
        for start, end in sentences(finding.text, language=finding.language):
            text = finding.text[start:end]
            if (key := normalised(text)) not in seen and len(spans) < _MOST_SENTENCES:
                seen.add(key)
                spans.append((rank, finding, start, end, text))
    passages = [f"{finding.title}\n{finding.text}" for finding in findings[:_PASSAGES]]
    asked, *vectors = embed_tokens([question.text, *passages, *[text for *_, text in spans]])
    words = content_spans(question.text)
    passage_stems = [_stems(passage) for passage in passages]
    in_passages = [word_similarities(words, asked, passage) for passage in vectors[: len(passages)]]
    stems = {_stem(word) for word in question.content}
    found = []
    for (rank, finding, start, end, text), sentence in zip(spans, vectors[len(passages) :], strict=True):
        similarities = word_similarities(words, asked, sentence)
        in_either = np.maximum(similarities, in_passages[rank])
        cosine = float(sentence.vector @ asked.vector)
        nearness = float(similarities.mean()) if words else cosine
        coverage = _share(stems, _stems(text))
        figure, kind_fit = _kind_fit(question, text, asked, sentence)
        if figure is not None and coverage == 0.0:
            kind_fit *= 0.5  # a number of the right kind, of something else: "how old is she", and another's age
        kind_weight = _FIGURE_WEIGHT if question.asks_for_figure else _KIND_WEIGHT
        found.append(
            Candidate(
                finding=finding,
                start=finding.start + start,
                end=finding.start + end,
                text=text,
                cosine=cosine,
                nearness=nearness,
                coverage=coverage,
                passage_coverage=_share(stems, passage_stems[rank]),
                weakest=float(in_either.min()) if words else cosine,
                passage_cosine=float(vectors[rank].vector @ asked.vector),
                kind_fit=kind_fit,
                figure=figure,
                score=cosine + nearness + 0.5 * coverage + kind_weight * kind_fit + 0.5 * finding.score,
            )
        )
    return sorted(found, key=lambda candidate: -candidate.score)


def _kind_fit(
    question: Question, text: str, asked: TextVectors, sentence: TextVectors
) -> tuple[Quantity | None, float]:
    """The number in `text` that suits the question best, and how well the text has the kind of thing asked for."""
    if question.asks_for_figure:
        fitting = [quantity for quantity in quantities(text) if fits(quantity, question)]
        if question.asks != "count":
            return (fitting[0], 1.0) if fitting else (None, 0.0)
        best, best_fit = None, 0.0
        for quantity in fitting:
            fit = 1.0 if counts_the_same(quantity, question) else _unit_similarity(question, quantity, asked, sentence)
            if fit > best_fit:
                best, best_fit = quantity, fit
        return best, best_fit
    if question.asks == "when":
        return None, float(bool(dates(text)))
    if question.asks in ("who", "where"):
        return None, float(_has_new_name(text, question))
    return None, 1.0


def _unit_similarity(question: Question, quantity: Quantity, asked: TextVectors, sentence: TextVectors) -> float:
    """How near the words after a number come to what the question counts (0..1)."""
    first = question.text.lower().find(" ".join(question.counted)) if question.counted else -1
    if first < 0:
        return 0.3
    counted = (first, first + len(" ".join(question.counted)))
    number = [index for index, span in enumerate(sentence.offsets) if quantity.start <= span[0] < quantity.end]
    if not number:
        return 0.0
    unit = TextVectors(sentence.vector, sentence.token_vectors[number], tuple(sentence.offsets[i] for i in number))
    return max(0.0, float(word_similarities([counted], asked, unit)[0]))


def _has_new_name(text: str, question: Question) -> bool:
    """Whether `text` has a capitalised word, not its first, that the question has not."""
    asked = set(all_words(question.text))
    words = text.split()
    return any(word[:1].isupper() and len(word) > 1 and not set(all_words(word)) <= asked for word in words[1:])


def _share(asked: set[str], own: set[str]) -> float:
    return len(asked & own) / len(asked) if asked else 0.0


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in all_words(text)}


_stemmer = snowballstemmer.stemmer("english")
_stemming = threading.Lock()  # the stemmer keeps the word it works on


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    with _stemming:
        stem: str = _stemmer.stemWord(word.replace("-", ""))  # "cease-fire" and "ceasefire"
    return stem
