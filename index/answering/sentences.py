"""Sentences of the found passages, with what speaks for each as the answer."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.answering.figures import Quantity, counts_the_same, dates, fits, quantities
from index.answering.kinds import fits_kind
from index.answering.questions import Question, all_words, content_spans
from index.answering.reader import Reading, best_spans
from index.answering.stems import stem, stems
from index.finding.embedding import TextVectors
from index.finding.late_interaction import word_similarities
from index.shaping import normalised, sentences
from index.stories import Finding

EmbedTokens = Callable[[Sequence[str]], list[TextVectors]]
Read = Callable[[str, Sequence[str]], list[Reading]]
"""What the reader makes of the first of the passages, given with their titles in front."""

_PASSAGES = 8
_SPANS = 3
"""How many of the reader's spans in a sentence are tried before it is said to have none of the right kind."""
_READ_WEIGHTS = (0.07, 0.3, 0.33, 0.58, 0.85, 0.72, 1.25)
"""Of the reader's belief in the sentence's span, in its wording wherever it stands, and of cosine, nearness, coverage,
kind and passage: a listwise logistic model, fitted once on the news questions for tuning, not by a script kept here."""
_PASSAGE_BELIEF = 2.0
"""What being of the best passage adds to the belief in a wording (a logit)."""
_QUESTION_LOGIT, _QUESTION_SHARE = 4.0, 0.5
"""What a sentence that asks loses, and what is left of its score without a reader."""
_UNREAD, _FURTHEST = -8.0, 15.0
_TEMPERATURE = 5.0
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_WRONG_KIND = 2.0
"""What a sentence loses in which the reader sees only another kind of thing than what is asked for (a logit)."""
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
    (0..1) how well the sentence has the kind of thing that is asked for. `span` is where in the sentence the reader
    sees the answer (offsets in `text`), `read` how much more it believes that than that the passage has none (a
    logit), None when it did not read the passage. `passage_share` is the passage's score as a share of the best one's.
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
    span: tuple[int, int] | None = None
    read: float | None = None
    passage_share: float = 1.0

    @property
    def span_text(self) -> str:
        """The words of the span, empty when there is none."""
        return self.text[self.span[0] : self.span[1]] if self.span is not None else ""


def candidates(
    question: Question, findings: Sequence[Finding], *, embed_tokens: EmbedTokens, read: Read | None = None
) -> list[Candidate]:
    """The sentences of the first passages, best first, no text twice."""
    findings = findings[:_PASSAGES]
    spans: list[tuple[int, int, int, str]] = []
    seen: set[str] = set()
    for rank, finding in enumerate(findings):
        for start, end in sentences(finding.text, language=finding.language):
            text = finding.text[start:end]
            if (key := normalised(text)) not in seen and len(spans) < _MOST_SENTENCES:
                seen.add(key)
                spans.append((rank, start, end, text))
    passages = [f"{finding.title}\n{finding.text}" for finding in findings]
    readings = read(question.text, passages) if read is not None else []
    asked, *vectors = embed_tokens([question.text, *passages, *[text for *_, text in spans]])
    words = content_spans(question.text)
    passage_stems = [stems(passage) for passage in passages]
    in_passages = [word_similarities(words, asked, passage) for passage in vectors[: len(passages)]]
    asked_stems = {stem(word) for word in question.content}
    best_found = max(finding.score for finding in findings) or 1.0
    found = []
    for (rank, start, end, text), sentence in zip(spans, vectors[len(passages) :], strict=True):
        finding = findings[rank]
        similarities = word_similarities(words, asked, sentence)
        in_either = np.maximum(similarities, in_passages[rank])
        cosine = float(sentence.vector @ asked.vector)
        nearness = float(similarities.mean()) if words else cosine
        coverage = _share(asked_stems, stems(text))
        figure, kind_fit = _kind_fit(question, text, asked, sentence)
        if figure is not None and coverage == 0.0:
            kind_fit *= 0.5  # a number of the right kind, of something else: "how old is she", and another's age
        span, belief = None, None
        if rank < len(readings) and not _is_question(text):
            span, belief = _read_span(question, text, readings[rank], len(finding.title) + 1 + start)
            figure = _read_figure(question, text, span) or figure
        found.append(
            Candidate(
                finding=finding,
                start=finding.start + start,
                end=finding.start + end,
                text=text,
                cosine=cosine,
                nearness=nearness,
                coverage=coverage,
                passage_coverage=_share(asked_stems, passage_stems[rank]),
                weakest=float(in_either.min()) if words else cosine,
                passage_cosine=float(vectors[rank].vector @ asked.vector),
                kind_fit=kind_fit,
                figure=figure,
                score=0.0,
                span=span,
                read=belief,
                passage_share=finding.score / best_found,
            )
        )
    scores = _read_scores(found) if readings else [_score(question, candidate) for candidate in found]
    scored = [replace(candidate, score=score) for candidate, score in zip(found, scores, strict=True)]
    return sorted(scored, key=lambda candidate: -candidate.score)


def strengths(found: Sequence[Candidate]) -> dict[str, float]:
    """How much the reader believes each wording of its spans (a logit), all sentences that say it taken together.

    The keys are what `wording` makes of them.
    """
    said: dict[str, list[float]] = defaultdict(list)
    for candidate in found:
        if candidate.span is not None and candidate.read is not None and (key := wording(candidate.span_text)):
            said[key].append(candidate.read + _PASSAGE_BELIEF * candidate.passage_share)
    return {key: float(np.logaddexp.reduce(beliefs)) for key, beliefs in said.items()}


@dataclass(frozen=True, slots=True)
class Belief:
    """Words that may be the short answer, in the sentence that says them best.

    `strength` is the reader's belief (a logit) in all sentences that say them, `share` that among all wordings (0..1).
    """

    candidate: Candidate
    strength: float
    share: float

    @property
    def text(self) -> str:
        return self.candidate.span_text


def strongest(found: Sequence[Candidate]) -> Belief | None:
    """What the reader believes most; None when it read nothing that can be the answer."""
    believed = strengths(found)
    if not believed:
        return None
    best = max(believed, key=believed.__getitem__)
    saying = [each for each in found if each.span is not None and wording(each.span_text) == best]
    share = float(np.exp(believed[best] - np.logaddexp.reduce(list(believed.values()))))
    return Belief(max(saying, key=lambda each: each.score), believed[best], share)


def was_read(found: Sequence[Candidate]) -> bool:
    """Whether a reader read any of the passages."""
    return any(candidate.read is not None for candidate in found)


def wording(text: str) -> str:
    """What two texts share that differ in articles, punctuation and case only."""
    plain = "".join(" " if unicodedata.category(character)[0] in "PZC" else character for character in text.casefold())
    return " ".join(_ARTICLES.sub(" ", plain).split())


def _read_scores(found: Sequence[Candidate]) -> list[float]:
    """Scores in 0..1 of the sentences, the best 1, by what the reader believes and what else speaks for them."""
    believed = strengths(found)
    strongest = max(believed.values(), default=0.0)
    logits = np.array([_read_logit(candidate, believed, strongest) for candidate in found])
    return [float(score) for score in np.exp((logits - logits.max(initial=-np.inf)) / _TEMPERATURE)]


def _read_logit(candidate: Candidate, believed: Mapping[str, float], strongest: float) -> float:
    read = _UNREAD if candidate.read is None else float(np.clip(candidate.read, -_FURTHEST, _FURTHEST))
    strength = -_FURTHEST if candidate.span is None else believed.get(wording(candidate.span_text), -_FURTHEST)
    values = (
        read,
        max(strength - strongest, -10.0),
        candidate.cosine,
        candidate.nearness,
        candidate.coverage,
        candidate.kind_fit,
        candidate.passage_share,
    )
    logit = sum(weight * value for weight, value in zip(_READ_WEIGHTS, values, strict=True))
    return logit - _QUESTION_LOGIT if _is_question(candidate.text) else logit


def _is_question(text: str) -> bool:
    """Whether a sentence asks: what a quiz or a list of questions says of the matter answers nothing."""
    return text.rstrip(" \t\n\"'”’»)]").endswith("?")


def _score(question: Question, candidate: Candidate) -> float:
    kind_weight = _FIGURE_WEIGHT if question.asks_for_figure else _KIND_WEIGHT
    own = candidate.cosine + candidate.nearness + 0.5 * candidate.coverage + kind_weight * candidate.kind_fit
    whole = own + 0.5 * candidate.passage_share
    return whole * _QUESTION_SHARE if _is_question(candidate.text) else whole


def _read_span(
    question: Question, text: str, reading: Reading, offset: int
) -> tuple[tuple[int, int] | None, float | None]:
    """The words of the sentence `text` that the reader believes most to be the answer, if they can be one.

    `offset` is where the sentence begins in what was read. Words of another kind than what is asked for do not count.
    """
    best = best_spans(reading, count=_SPANS, within=(offset, offset + len(text)))
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


def _share(asked: set[str], own: frozenset[str]) -> float:
    return len(asked & own) / len(asked) if asked else 0.0
