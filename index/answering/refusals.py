"""What a person reads when a question is not answered from the stories."""

from index.answering.questions import MAX_CHARACTERS
from index.stories import Answer, Citation, Reason

SENTENCES: dict[Reason, str] = {
    "no_stories": "There are no stories here yet; whoever runs this bot can add some with `storydesk add`.",
    "nothing_found": "Nothing in the stories matches this question.",
    "not_answered": "The stories do not say.",
    "counts_over_stories": (
        "I answer from what single stories say and cannot count over all of them; ask about something a story reports."
    ),
    "about_the_bot": (
        "I am Storydesk, a program that answers questions about news stories with passages from them; "
        "ask me about something they report."
    ),
    "not_a_question": "Ask me a question about the news stories, such as who did what, when, or how many.",
    "too_long": f"That is too long for a question; ask it in at most {MAX_CHARACTERS:,} characters.",
}
_OTHER_LANGUAGE = "The stories do not say, as far as I can tell: I understand questions in {stories} best."
_LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
              "nl": "Dutch", "uk": "Ukrainian", "ru": "Russian", "tr": "Turkish", "pl": "Polish"}  # fmt: skip


def refusal(
    question: str,
    reason: Reason,
    *,
    confidence: float = 0.0,
    nearest: tuple[Citation, ...] = (),
    stories_language: str | None = None,
) -> Answer:
    """An answer that refuses, with the sentence that says why.

    `stories_language` is given when the question is in another language than the stories, and refused for that.
    """
    return Answer(
        question=question,
        answered=False,
        reason=reason,
        text=SENTENCES[reason] if stories_language is None else _other_language(stories_language),
        confidence=confidence,
        citations=nearest,
        stories_language=stories_language,
    )


def _other_language(stories_language: str) -> str:
    return _OTHER_LANGUAGE.format(stories=_LANGUAGES.get(stories_language, "the language of the stories"))
