"""What is kept of a conversation, so that a question can follow the ones before it."""

from collections.abc import Sequence

from index.stories import Answer, Citation

TURNS = 8
"""Answers; whoever asks after more remembers no better."""
QUESTION_CHARACTERS = 1_001
"""One more than a question may have: one that is too long stays too long."""
_CITATIONS = 3
_QUOTE_CHARACTERS = 1_000
_TITLE_CHARACTERS = 300


def remembered(conversation: Sequence[Answer]) -> tuple[Answer, ...]:
    """The last `TURNS` answers with what completing a question looks at, at most some 7,000 characters each."""
    return tuple(
        Answer(
            question=answer.question[:QUESTION_CHARACTERS],
            answered=answer.answered,
            reason=answer.reason,
            text="",
            confidence=answer.confidence,
            citations=tuple(_said(citation) for citation in answer.citations[:_CITATIONS]),
            short=answer.short and answer.short[:_TITLE_CHARACTERS],
            understood_as=answer.understood_as and answer.understood_as[:QUESTION_CHARACTERS],
        )
        for answer in conversation[-TURNS:]
    )


def _said(citation: Citation) -> Citation:
    return Citation(
        story_id="",
        title=citation.title[:_TITLE_CHARACTERS],
        url=None,
        publisher=None,
        published_at=None,
        passage_id="",
        start=0,
        end=0,
        quote=citation.quote[:_QUOTE_CHARACTERS],
    )
