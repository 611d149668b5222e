"""Sentences of the found passages, with what speaks for each as the answer."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from index.answering.figures import Quantity, counts_the_same, dates, fits, quantities
from index.answering.kinds import fits_kind
from index.answering.questions import RESIDENTS, Question
from index.answering.quoting import asks, quotable
from index.answering.reader import Reading, best_spans
from index.finding.embedding import TextVectors
from index.finding.late_interaction import part, word_similarities
from index.shaping import normalised, paragraphs
from index.shaping.words import all_words, content_spans, stem, stems
from index.stories import Finding

EmbedTokens = Callable[[Sequence[str]], list[TextVectors]]
Read = Callable[[str, Sequence[str]], list[Reading]]
"""What the reader makes of the first of the passages, given with their titles in front."""

_PASSAGES = 8
_SPANS = 3
"""How many of the reader's spans in a sentence are tried before it is said to have none of the right kind."""
_WRONG_KIND = 2.0
"""What a sentence loses in which the reader sees only another kind of thing than what is asked for (a logit)."""
_MOST_SENTENCES = 80
_OF_RESIDENTS, _NOT_OF_RESIDENTS = 0.8, 0.1
"""How well a number of people, or of nothing said, suits a question for those who live somewhere."""
_PLACE_OF = re.compile(
    r"\b(?:city|town|village|island|country|state|nation|region|district|province|community|settlement|home)\s+(?:of|to)"
    r"\s+$",
    re.I,
)
_LIVING = re.compile(r"\s+(?:(?:who|that|now|still)\s+)*(?:live|lives|lived|living|call|inhabit|reside)\b", re.I)


@dataclass(frozen=True, slots=True)
class Headline:
    """What the reader sees as the answer in a story's title, and how much more it believes that than nothing."""

    text: str
    read: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be the answer. `start` and `end` are its offsets in the story.

    `cosine` compares question and sentence as wholes, `nearness` is the mean similarity of the question's words to
    the sentence's nearest tokens, `coverage` the share of them that stand in it, `passage_coverage` the share that
    stand in its passage or title. `weakest` is the similarity of the question's word that sentence and passage say
    least of, `passage_cosine` the passage's own. `figure` is the number that is asked for, if any, and `kind_fit`
    (0..1) how well the sentence has the kind of thing that is asked for. `span` is where in the sentence the reader
    sees the answer (offsets in `text`), `read` how much more it believes that than that the passage has none (a
    logit), None when it did not read the passage; `headline` is what it sees in the story's title. `passage_share` is
    the passage's score as a share of the best one's. `score` (0..1, the best 1) is what sentences are ordered by.
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
    score: float = 0.0
    span: tuple[int, int] | None = None
    read: float | None = None
    headline: Headline | None = None
    passage_share: float = 1.0

    @property
    def span_text(self) -> str:
        """The words of the span, empty when there is none."""
        return self.text[self.span[0] : self.span[1]] if self.span is not None else ""


def candidates(
    question: Question, findings: Sequence[Finding], *, embed_tokens: EmbedTokens, read: Read | None = None
) -> list[Candidate]:
    """The sentences of the first passages in their order, no text twice."""
    findings = findings[:_PASSAGES]
    passages = [f"{finding.title}\n{finding.text}" for finding in findings]
    readings = read(question.text, passages) if read is not None else []
    asked, *vectors = embed_tokens([question.text, *passages])
    best_found = max((finding.score for finding in findings), default=1.0) or 1.0
    found: list[Candidate] = []
    seen: set[str] = set()
    for rank, finding in enumerate(findings):
        reading = readings[rank] if rank < len(readings) else None
        for candidate in _of_passage(question, finding, asked, vectors[rank], reading, finding.score / best_found):
            if (key := normalised(candidate.text)) not in seen and len(found) < _MOST_SENTENCES:
                seen.add(key)
                found.append(candidate)
    return found


def was_read(found: Sequence[Candidate]) -> bool:
    """Whether a reader read any of the passages."""
    return any(candidate.read is not None for candidate in found)


def _of_passage(
    question: Question,
    finding: Finding,
    asked: TextVectors,
    passage: TextVectors,
    reading: Reading | None,
    share: float,
) -> list[Candidate]:
    words = content_spans(question.text)
    asked_stems = {stem(word) for word in question.content}
    passage_coverage = _share(asked_stems, stems(f"{finding.title}\n{finding.text}"))
    in_passage = word_similarities(words, asked, passage)
    passage_cosine = float(passage.vector @ asked.vector)
    headline = _headline(question, finding.title, reading) if reading is not None else None
    before = len(finding.title) + 1
    found = []
    for start, end in quotable(finding.text, language=finding.language):
        text = finding.text[start:end]
        sentence = part(passage, before + start, before + end)
        similarities = word_similarities(words, asked, sentence)
        cosine = float(sentence.vector @ asked.vector)
        coverage = _share(asked_stems, stems(text))
        figure, kind_fit = _kind_fit(question, text, asked, sentence)
        if figure is not None and coverage == 0.0:
            kind_fit *= 0.5  # a number of the right kind, of something else: "how old is she", and another's age
        read = reading if not asks(text) else None
        span, belief = _read_span(question, text, read, before + start) if read is not None else (None, None)
        found.append(
            Candidate(
                finding=finding,
                start=finding.start + start,
                end=finding.start + end,
                text=text,
                cosine=cosine,
                nearness=float(similarities.mean()) if words else cosine,
                coverage=coverage,
                passage_coverage=passage_coverage,
                weakest=float(np.maximum(similarities, in_passage).min()) if words else cosine,
                passage_cosine=passage_cosine,
                kind_fit=kind_fit,
                figure=_read_figure(question, text, span) or figure,
                span=span,
                read=belief,
                headline=headline,
                passage_share=share,
            )
        )
    return found


def _headline(question: Question, title: str, reading: Reading) -> Headline | None:
    """What the reader sees in the title, if it can be the answer."""
    for span in best_spans(reading, count=1, within=(0, len(title))):
        text = title[span.start : span.end]
        if fits_kind(question, text, sentence=title):
            return Headline(text, span.score)
    return None


def _read_span(
    question: Question, text: str, reading: Reading, offset: int
) -> tuple[tuple[int, int] | None, float | None]:
    """The words of the sentence `text` that the reader believes most to be the answer, if they can be one.

    `offset` is where the sentence begins in what was read. Words of another kind than what is asked for do not count,
    nor does what begins in one line of a list and ends in another.
    """
    best = [
        span
        for first, last in paragraphs(text)
        for span in best_spans(reading, count=_SPANS, within=(offset + first, offset + last))
    ]
    best.sort(key=lambda span: -span.score)
    if not best:
        return None, None
    for each in best:
        start, end = each.start - offset, each.end - offset
        if fits_kind(question, text[start:end], sentence=text):
            return (start, end), each.score
    return None, best[0].score - _WRONG_KIND


def _read_figure(question: Question, text: str, span: tuple[int, int] | None) -> Quantity | None:
    """The number that the reader's span holds, if it can be what is asked for."""
    if span is None or not question.asks_for_figure:
        return None
    inside = (each for each in quantities(text) if each.start < span[1] and span[0] < each.end)
    return next((each for each in inside if fits(each, question)), None)


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
            if counts_the_same(quantity, question):
                fit = 1.0
            elif question.counted == RESIDENTS:
                fit = _OF_RESIDENTS if _tells_of_residents(text, quantity) else _NOT_OF_RESIDENTS
            else:
                fit = _unit_similarity(question, quantity, asked, sentence)
            if fit > best_fit:
                best, best_fit = quantity, fit
        return best, best_fit
    if question.asks == "when":
        return None, float(bool(dates(text)))
    if question.asks in ("who", "where"):
        return None, float(_has_new_name(text, question))
    return None, 1.0


def _tells_of_residents(text: str, quantity: Quantity) -> bool:
    """Whether a number is of a place or of those who live there: "a city of 110,000", not "eleven people died"."""
    return _PLACE_OF.search(text[: quantity.start]) is not None or _LIVING.match(text[quantity.end :]) is not None


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


def _share(asked: set[str], own: frozenset[str]) -> float:
    return len(asked & own) / len(asked) if asked else 0.0
