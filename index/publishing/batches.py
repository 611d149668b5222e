"""Stories on their way into a library, in batches that are stored in one go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.stories import AddResult, Story

_STORIES_AT_ONCE = 16
_CHARACTERS_AT_ONCE = 60_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Items in their order, and the stories among them, which have different identities and texts."""

    items: tuple[Story | AddResult, ...]

    @property
    def stories(self) -> tuple[Story, ...]:
        return tuple(item for item in self.items if isinstance(item, Story))


def batches(items: Iterator[Story | AddResult]) -> Iterator[Batch]:
    """The items in their order, cut into batches."""
    batch: list[Story | AddResult] = []
    for item in items:
        if isinstance(item, Story) and _must_wait(item, [each for each in batch if isinstance(each, Story)]):
            yield Batch(tuple(batch))
            batch = []
        batch.append(item)
    if batch:
        yield Batch(tuple(batch))


def _must_wait(story: Story, batch: Sequence[Story]) -> bool:
    """Whether `batch` has to be stored before `story` can join: it is full, or has the same story or the same text."""
    if len(batch) >= _STORIES_AT_ONCE or sum(len(each.text) for each in batch) >= _CHARACTERS_AT_ONCE:
        return True
    return any(each.identity == story.identity or each.text == story.text for each in batch)
