"""Stories in, answers out. Knows nothing of Discord; importing it loads neither torch nor a database."""

from index.errors import StorydeskError
from index.stories import AddResult, Answer, Citation, Figure, Finding, Passage, StoredStory, Story, StorySummary

__all__ = [
    "AddResult",
    "Answer",
    "Citation",
    "Figure",
    "Finding",
    "Passage",
    "StoredStory",
    "Story",
    "StorySummary",
    "StorydeskError",
]
