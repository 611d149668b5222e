"""From a question and the passages found for it to an answer, or to a refusal with its reason."""

from index.answering.answer import answer_question
from index.answering.following import complete

__all__ = ["answer_question", "complete"]
