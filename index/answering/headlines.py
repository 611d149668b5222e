"""What the reader sees in headlines: a story about the matter often answers in its title."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.answering.kinds import fits_kind
from index.answering.questions import Question, understand
from index.answering.reader import Read, Reading, ReadSpan, best_spans
from index.finding.scoring import headline_weight
from index.stories import Finding

_SPANS = 3
"""How many spans of a title are tried before it is said to have none of the right kind."""
_WRONG_KIND = 2.0
"""What a title loses in which the reader sees only another kind of thing than what is asked for (a logit)."""
_LEAST, _MOST = -12.0, 4.0
"""Beliefs (logits) that count as nothing and as all."""
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Headline:
    """What the reader sees as the answer in a story's title, and how much more it believes that than nothing."""

    text: str
    read: float


def seen_in_title(question: Question, title: str, reading: Reading) -> Headline | None:
    """What the reader sees in the title that a passage was read with, if it can be the answer."""
    for span in best_spans(reading, count=1, within=(0, len(title))):
        if _fits(question, title, span):
            return Headline(title[span.start : span.end], span.score)
    return None


def by_headlines(question: str, findings: Sequence[Finding], *, read: Read, most: int) -> list[Finding]:
    """The findings, given best first, ordered anew and with new scores by what the first `most` stories' titles say.

    A score (0..1) becomes the mean of itself and of how much the title is believed to answer, by their fitted weights;
    stories whose titles are not read count as if these said nothing.
    """
    titles: dict[str, str] = {}
    for finding in findings:
        if len(titles) < most:
            titles.setdefault(finding.story_id, finding.title[:_LONGEST_TITLE])
    worded = list(dict.fromkeys(title for title in titles.values() if title.strip()))
    asked = understand(question)
    answers = {
        title: title_answers(asked, title, reading)
        for title, reading in zip(worded, read(asked.text, worded) if len(worded) > 1 else (), strict=False)
    }
    weight = headline_weight()
    ordered = [
        replace(each, score=(each.score + weight * answers.get(titles.get(each.story_id, ""), 0.0)) / (1.0 + weight))
        for each in findings
    ]
    return sorted(ordered, key=lambda each: -each.score)  # of equal ones the one that was before


def title_answers(question: Question, title: str, reading: Reading) -> float:
    """How much the title is believed to answer, 0..1; `reading` is of the title alone."""
    spans = best_spans(reading, count=_SPANS)
    if not spans:
        return 0.0
    fitting = next((span.score for span in spans if _fits(question, title, span)), spans[0].score - _WRONG_KIND)
    return min(max((fitting - _LEAST) / (_MOST - _LEAST), 0.0), 1.0)


def _fits(question: Question, title: str, span: ReadSpan) -> bool:
    return fits_kind(question, title[span.start : span.end], sentence=title)
