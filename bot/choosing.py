"""Which stories to offer someone who types a title."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from rapidfuzz import fuzz, process, utils

from bot.showing.escaping import clean
from bot.translating import Voice
from index.stories import StoryTitle

MOST_CHOICES = 25
LONGEST_CHOICE = 100
"""Characters of a choice's name; Discord refuses all of them when one is longer."""
_MOST_COMPARED = 20_000
_LEAST_SCORE = 50.0


@lru_cache(maxsize=2 * _MOST_COMPARED)
def _compared(title: str) -> str:
    """What of a title is compared; remembered, as all of them are asked for at every key."""
    return str(utils.default_process(clean(title)))


def matching(titles: Sequence[StoryTitle], typed: str) -> list[StoryTitle]:
    """At most 25 of `titles`: those most like `typed`, the best first; without it the newest."""
    newest = sorted(titles, key=lambda title: (title.published_at or "", title.added_at), reverse=True)
    if not utils.default_process(typed):
        return newest[:MOST_CHOICES]
    compared = newest[:_MOST_COMPARED]
    found = process.extract(
        utils.default_process(typed),
        [_compared(title.title) for title in compared],
        scorer=fuzz.WRatio,
        limit=MOST_CHOICES,
        score_cutoff=_LEAST_SCORE,
    )
    return [compared[position] for _, _, position in found]


def meant(titles: Sequence[StoryTitle], wanted: str) -> StoryTitle | None:
    """The story with that id, or the only one with that title, in small letters or not; None where there is none.

    The beginning of an id, which the engine takes for one, is none here.
    """
    for title in titles:
        if title.story_id == wanted:
            return title
    called = [title for title in titles if title.title.casefold() == wanted.strip().casefold()]
    return called[0] if len({title.story_id for title in called}) == 1 else None


def choices(titles: Iterable[StoryTitle], *, say: Voice) -> list[tuple[str, str]]:
    """Names that Discord takes, each with the id of its story; the day tells stories of one title apart."""
    return [(choice_name(title.title, (title.published_at or "")[:10], say=say), title.story_id) for title in titles]


def choice_name(text: str, detail: str = "", *, say: Voice) -> str:
    """One line of 1 to 100 characters, nothing in it invisible or turning the direction of what follows."""
    tail = f" · {detail}" if detail else ""
    room = LONGEST_CHOICE - len(tail)
    line = clean(text) or say("untitled")
    return (line if len(line) <= room else f"{line[: room - 1].rstrip()}…") + tail
