"""From a question and a search to an answer with its citations, or to a refusal with its reason."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from index.answering.confidence import Calibration, confidence, shipped_calibration
from index.answering.questions import Question, no_question_for_stories, understand
from index.answering.refusals import other_language, refusal
from index.answering.sentences import Candidate, EmbedTokens, candidates
from index.shaping import question_language
from index.stories import Answer, Citation, Figure, Finding

Search = Callable[[str, int], list[Finding]]
"""Gives the best passages for a question, at most as many as asked for."""

_FINDINGS = 10
_MOST_SENTENCES = 3
_MOST_FIGURES = 4
_NEAREST_STORIES = 3
_SENTENCE_SHARE = 0.85
_FIGURE_SHARE = 0.7
"""A further sentence must score this share of the best one's score; less when it has a figure that was asked for."""


def answer_question(
    question: str,
    *,
    has_stories: Callable[[], bool],
    search: Search,
    embed_tokens: EmbedTokens,
    calibration: Calibration | None = None,
    least_confidence: float | None = None,
) -> Answer:
    """Answer `question` from what `search` finds. Any text is taken as a question; the refusal says what is wrong.

    `calibration` (default: the one in the package) says how sure an answer is, and how sure it must be when
    `least_confidence` does not.
    """
    calibration = calibration or shipped_calibration()
    least = calibration.threshold if least_confidence is None else least_confidence
    watch = _Stopwatch()
    reason = no_question_for_stories(question)
    if reason is not None:
        return watch.stamp(refusal(question, reason))
    if not has_stories():
        return watch.stamp(refusal(question, "no_stories"))
    asked = understand(question)
    findings = search(asked.text, _FINDINGS)
    watch.lap("finding")
    if not findings:
        return watch.stamp(refusal(question, "nothing_found"))
    if (foreign := _foreign_to(findings, asked)) is not None:
        return watch.stamp(refusal(question, "not_answered", text=other_language(foreign)))
    found = candidates(asked, findings, embed_tokens=embed_tokens)
    certainty = round(confidence(asked, found, calibration=calibration), 4)
    watch.lap("reading")
    if certainty < least:
        return watch.stamp(refusal(question, "not_answered", confidence=certainty, nearest=_nearest(found)))
    return watch.stamp(_compose(question, asked, found, certainty))


def _compose(question: str, asked: Question, found: Sequence[Candidate], certainty: float) -> Answer:
    best = found[0]
    chosen = [best]
    for candidate in found[1:]:
        if best.figure is not None:
            if candidate.figure is not None and _same_kind(candidate, best):
                chosen.append(candidate)
        elif candidate.score >= _SENTENCE_SHARE * best.score and candidate.kind_fit >= best.kind_fit:
            chosen.append(candidate)
    chosen = _one_a_figure(chosen) if best.figure is not None else chosen[:_MOST_SENTENCES]
    citations = tuple(_citation(candidate) for candidate in chosen)
    figures = _figures(chosen)
    quotes = " ".join(citation.quote for citation in citations)
    leading = "; ".join(figure.text for figure in figures)
    return Answer(
        question=question,
        answered=True,
        reason=None,
        text=f"{leading}: {quotes}" if leading else quotes,
        confidence=certainty,
        figures=figures,
        citations=citations,
    )


def _same_kind(candidate: Candidate, best: Candidate) -> bool:
    """Whether a further figure may stand beside the best one's: as sure of its kind, and not much less to the point."""
    return candidate.kind_fit >= best.kind_fit and candidate.score >= _FIGURE_SHARE * best.score


def _one_a_figure(chosen: Sequence[Candidate]) -> list[Candidate]:
    """One sentence a story for a value, at most `_MOST_FIGURES` values, each from at most three stories."""
    kept: list[Candidate] = []
    for candidate in chosen:
        assert candidate.figure is not None
        same = [each for each in kept if each.figure is not None and each.figure.value == candidate.figure.value]
        values = {each.figure.value for each in kept if each.figure is not None}
        if any(each.finding.story_id == candidate.finding.story_id for each in same) or len(same) == _MOST_SENTENCES:
            continue
        if not same and len(values) == _MOST_FIGURES:
            continue
        # One story's other numbers are rarely what was asked for; another story's may be a newer state.
        if not same and any(each.finding.story_id == candidate.finding.story_id for each in kept):
            continue
        kept.append(candidate)
    return kept


def _figures(chosen: Sequence[Candidate]) -> tuple[Figure, ...]:
    """One figure for each value, the newest first, undated ones last."""
    by_value: dict[float, list[int]] = {}
    for index, candidate in enumerate(chosen):
        if candidate.figure is not None:
            by_value.setdefault(candidate.figure.value, []).append(index)
    figures = []
    for value, indexes in by_value.items():
        first = chosen[indexes[0]]
        assert first.figure is not None
        dates = [date for index in indexes if (date := chosen[index].finding.published_at)]
        figures.append(
            Figure(
                text=first.text[first.figure.start : first.figure.end],
                value=value,
                unit=first.figure.unit,
                published_at=max(dates, default=None),
                citations=tuple(indexes),
            )
        )
    return tuple(sorted(figures, key=lambda figure: figure.published_at or "", reverse=True))


def _nearest(found: Sequence[Candidate]) -> tuple[Citation, ...]:
    """The best sentence of each of the nearest stories."""
    by_story: dict[str, Citation] = {}
    for candidate in found:
        if len(by_story) < _NEAREST_STORIES:
            by_story.setdefault(candidate.finding.story_id, _citation(candidate))
    return tuple(by_story.values())


def _citation(candidate: Candidate) -> Citation:
    finding = candidate.finding
    return Citation(
        story_id=finding.story_id,
        title=finding.title,
        url=finding.url,
        publisher=finding.publisher,
        published_at=finding.published_at,
        passage_id=finding.passage_id,
        start=candidate.start,
        end=candidate.end,
        quote=candidate.text,
    )


def _foreign_to(findings: Sequence[Finding], asked: Question) -> str | None:
    """The stories' language when the question is surely in another one than every story that was found."""
    language = question_language(asked.text)
    spoken = [finding.language for finding in findings if finding.language]
    if language is None or not spoken or language in spoken:
        return None
    return max(set(spoken), key=spoken.count)


class _Stopwatch:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._laps[stage] = round(1_000 * (now - self._last), 1)
        self._last = now

    def stamp(self, answer: Answer) -> Answer:
        total = round(1_000 * (time.perf_counter() - self._began), 1)
        return replace(answer, elapsed_ms=self._laps | {"total": total})
