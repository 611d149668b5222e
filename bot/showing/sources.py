"""The stories that an answer cites, numbered: the same numbers under the answer and in its passages."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.showing.escaping import clean
from index.shaping import on_one_line
from index.stories import Citation


@dataclass(frozen=True, slots=True)
class Source:
    """A story that is cited, by its first citation, with the number it has in this answer and all its quotes."""

    number: int
    citation: Citation
    cited: tuple[Citation, ...]

    @property
    def story_id(self) -> str:
        return self.citation.story_id

    @property
    def quotes(self) -> tuple[str, ...]:
        """What is quoted of the story, in the answer's order, each on one line."""
        return tuple(on_one_line(citation.quote) for citation in self.cited)


def number_sources(citations: Sequence[Citation]) -> list[Source]:
    """The cited stories in the order in which they are first cited, numbered from 1; no quote twice."""
    first: dict[str, Citation] = {}
    quoting: dict[str, list[Citation]] = {}
    for citation in citations:
        first.setdefault(citation.story_id, citation)
        of_story = quoting.setdefault(citation.story_id, [])
        if clean(citation.quote) and citation.quote not in [each.quote for each in of_story]:
            of_story.append(citation)
    return [
        Source(number, citation, tuple(quoting[story_id]))
        for number, (story_id, citation) in enumerate(first.items(), start=1)
    ]
