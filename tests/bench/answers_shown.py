"""An answer, a refusal and what they cite, for tests of what people are shown."""

from datetime import UTC, datetime

from bot.showing.answers import Sheet, lay_out
from bot.translating import Voice
from index.stories import Answer, Citation, Figure

AGREED = Citation(
    story_id="a",
    title="Two sides agree on exchange",
    url="https://harbour-post.example/agreed",
    publisher="The Harbour Post",
    published_at="2025-05-16",
    passage_id="a-0",
    start=0,
    end=40,
    quote="Each side will hand over 1,000 prisoners.",
)
NOW = datetime(2025, 11, 26, 12, tzinfo=UTC)
ANSWER = Answer(
    question="How many prisoners are being exchanged?",
    answered=True,
    reason=None,
    text="1,000 prisoners. Each side will hand over 1,000 prisoners.",
    confidence=0.9,
    figures=(Figure("1,000 prisoners", 1000, "prisoners", "2025-05-16", (0,)),),
    citations=(AGREED,),
)
REFUSAL = Answer(
    question="Who won?", answered=False, reason="not_answered", text="The stories do not say that.", confidence=0.1
)


def laid(answer: Answer) -> Sheet:
    """How an answer is laid out in English."""
    return lay_out(answer, now=NOW, say=Voice())
