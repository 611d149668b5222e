"""From a question and a search to an answer with its citations, or to a refusal with its reason."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from index.answering.agreement import Line, Statement, compare, written
from index.answering.beliefs import Belief, wording
from index.answering.confidence import Calibration, confidence, shipped_calibration
from index.answering.figures import quantities
from index.answering.named_days import named_day
from index.answering.opposites import says_the_opposite
from index.answering.ordering import believed, ordered
from index.answering.questions import Question, no_question_for_stories, understand
from index.answering.refusals import refusal
from index.answering.sentences import Candidate, EmbedTokens, Read, candidates, was_read
from index.answering.short import short_answer
from index.shaping import question_language
from index.shaping.words import stems
from index.stories import Answer, Citation, Figure, Finding

Search = Callable[[str, int], list[Finding]]
"""Gives the best passages for a question, at most as many as asked for."""

_FINDINGS = 10
_MOST_SENTENCES = 3
_NEAREST_STORIES = 3
_SHARE = 0.3
"""A further sentence must score this share of the best one's score."""
_SURE = 0.6
"""From this confidence on a figure stands alone with the sentences that tell it."""
_SAME_SHARE = 0.8
"""Sentences that share this much of the shorter one's words say the same."""


def answer_question(
    question: str,
    *,
    has_stories: Callable[[], bool],
    search: Search,
    embed_tokens: EmbedTokens,
    read: Read | None = None,
    calibration: Calibration | None = None,
    least_confidence: float | None = None,
) -> Answer:
    """Answer `question` from what `search` finds. Any text is taken as a question; the refusal says what is wrong.

    `calibration` (default: the one in the package) says how sure an answer is, and how sure it must be when
    `least_confidence` does not.
    """
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
        return watch.stamp(refusal(question, "not_answered", stories_language=foreign))
    found = ordered(asked, candidates(asked, findings, embed_tokens=embed_tokens, read=read))
    beliefs = believed(asked, found) if was_read(found) else None
    calibration = calibration or shipped_calibration(reads=beliefs is not None)
    least = calibration.threshold if least_confidence is None else least_confidence
    certainty = round(confidence(asked, found, beliefs, calibration=calibration), 4)
    watch.lap("reading")
    if certainty < least:
        return watch.stamp(refusal(question, "not_answered", confidence=certainty, nearest=_nearest(found)))
    short = short_answer(asked, beliefs or (), calibration=calibration)
    first = first_sentence(found, short)
    return watch.stamp(_compose(question, asked, found, first, short, certainty))


def _compose(
    question: str,
    asked: Question,
    found: Sequence[Candidate],
    first: Candidate,
    short: Belief | None,
    certainty: float,
) -> Answer:
    stated = _statements(asked, found) if asked.asks_for_figure else {}
    lines = compare(asked, list(stated))
    told = [stated[each] for line in lines for each in line.statements[:_MOST_SENTENCES]]
    # Beside a figure that is sure, or without a reader, other sentences say little.
    alone = bool(told) and (certainty >= _SURE or not was_read(found))
    chosen = told if alone else with_further(told or [first], found)
    citations = tuple(_citation(candidate) for candidate in chosen)
    figures = _figures(lines)
    quotes = " ".join(citation.quote for citation in citations)
    # Shown words stand in a quote; where figures differ, in one of the newest.
    beside = (
        [citations[index].quote for index in figures[0].citations] if figures else [each.quote for each in citations]
    )
    brief = short.text if short is not None and any(short.text in quote for quote in beside) else None
    day = _meant_day(brief, first) if brief is not None else None
    leading = _leading(figures, lines) or (f"{brief} ({_day(day)})" if day else brief)
    return Answer(
        question=question,
        answered=True,
        reason=None,
        text=f"{leading}: {quotes}" if leading else quotes,
        confidence=certainty,
        figures=figures,
        citations=citations,
        short=brief,
        short_day=day,
    )


def _meant_day(short: str, said: Candidate) -> str | None:
    """The day, ISO 8601, that `short` means in the story of the sentence `said`, if it is one."""
    published = written(said.finding.published_at)
    if published is None:
        return None
    day = named_day(short, said.text, published=published.date())
    return day.isoformat() if day else None


def first_sentence(found: Sequence[Candidate], short: Belief | None) -> Candidate:
    """The sentence to quote first: the best one, of those that say the short answer if one is given."""
    if short is None:
        return found[0]
    words = f" {wording(short.text)} "
    saying = (each for each in found if short.text in each.text and words in f" {wording(each.text)} ")
    return next(saying, short.candidate)


def with_further(chosen: Sequence[Candidate], found: Sequence[Candidate]) -> list[Candidate]:
    """The chosen sentences and, up to three, the best others that suit the question almost as well and say more."""
    least = _SHARE * found[0].score
    kept = list(chosen)
    for candidate in found:
        if len(kept) >= _MOST_SENTENCES or candidate.score < least:
            break
        suits = was_read(found) or candidate.kind_fit >= found[0].kind_fit
        if suits and not any(_adds_nothing(candidate, each) for each in kept):
            kept.append(candidate)
    return kept


def _adds_nothing(candidate: Candidate, kept: Candidate) -> bool:
    """Whether the words that may be the answer, or most words at all, stand in a sentence that is shown already."""
    if candidate is kept:
        return True
    words = wording(candidate.span_text)
    if words and f" {words} " in f" {wording(kept.text)} ":
        return True
    first, second = stems(candidate.text), stems(kept.text)
    return len(first & second) >= _SAME_SHARE * min(len(first), len(second))


def _statements(asked: Question, found: Sequence[Candidate]) -> dict[Statement, Candidate]:
    """Every number of every sentence, with the sentence that it stands in, but for those of the opposite."""
    stated: dict[Statement, Candidate] = {}
    for candidate in found:
        finding = candidate.finding
        numbers = quantities(candidate.text)
        if candidate.figure is not None and candidate.figure not in numbers:
            numbers.append(candidate.figure)
        for number in numbers:
            if says_the_opposite(asked, candidate.text[number.start : number.end], candidate.text):
                continue
            statement = Statement(
                quantity=number,
                sentence=candidate.text,
                story_id=finding.story_id,
                title=finding.title,
                publisher=finding.publisher,
                published_at=finding.published_at,
                score=candidate.score,
                context=f"{finding.title}\n{finding.text}",
                read=number == candidate.figure,
            )
            stated.setdefault(statement, candidate)
    return stated


def _figures(lines: Sequence[Line]) -> tuple[Figure, ...]:
    """One figure for each line; the citations of the lines stand one after the other."""
    figures = []
    cited = 0
    for line in lines:
        first = line.statements[0]
        many = len(line.statements[:_MOST_SENTENCES])
        figures.append(
            Figure(
                text=first.sentence[first.quantity.start : first.quantity.end],
                value=first.quantity.value,
                unit=first.quantity.unit,
                published_at=line.published_at,
                citations=tuple(range(cited, cited + many)),
                label=line.label,
            )
        )
        cited += many
    return tuple(figures)


def _leading(figures: Sequence[Figure], lines: Sequence[Line]) -> str:
    """What stands in front of the quotes: the figure, or each of several with its date and publisher."""
    labelled = [f"{figure.text}, {figure.label}" if figure.label else figure.text for figure in figures]
    if len(labelled) < 2:
        return "".join(labelled)
    sources = [", ".join(filter(None, (_day(line.published_at), _publisher_of_newest(line)))) for line in lines]
    return " · ".join(f"{text} ({source})" for text, source in zip(labelled, sources, strict=True))


def _publisher_of_newest(line: Line) -> str | None:
    return next(each.publisher for each in line.statements if each.published_at == line.published_at)


def _day(published_at: str | None) -> str:
    """The day as the publisher gave it, like "23 May 2025"; no time zone moves it."""
    day = written(published_at)
    return f"{day.day} {day:%B} {day.year}" if day else "undated"


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
