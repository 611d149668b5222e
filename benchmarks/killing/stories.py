"""Invented stories, each with sentences that no other one has."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_SYLLABLES = "ba dor el fi gam hul ir jo kel lan mor nev ost pra qui ros sel tar ul ven wex yor zim".split()
_THINGS = (
    "bridge harbour ferry hospital railway library theatre dam lighthouse market school tower bakery mill orchard "
    "museum stadium prison chapel quarry reservoir cinema airport brewery"
).split()
_ACTS = "closed opened flooded repaired sold painted searched rebuilt praised inspected evacuated lit".split()
_PEOPLE = "mayor captain engineer minister nurse teacher judge farmer fisher pilot doctor clerk baker poet".split()
_GOODS = "apples boats lanterns letters violins horses bricks coins maps carpets bells kites barrels ladders".split()


@dataclass(frozen=True)
class OurStory:
    """A story as it is written into a file; `sentences` are those that its text consists of."""

    key: str
    title: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        half = len(self.sentences) // 2
        return f"{' '.join(self.sentences[:half])}\n\n{' '.join(self.sentences[half:])}"


def make_stories(*, count: int, seed: int) -> list[OurStory]:
    """`count` stories of a passage or two. The keys are the same for every `seed`, nothing else is."""
    chance = random.Random(f"stories {seed}")
    stories = []
    for number in range(count):
        place, thing = _name(chance), chance.choice(_THINGS)
        sentences = tuple(_sentence(chance, place, thing) for _ in range(chance.choice((2, 3, 4, 12))))
        stories.append(OurStory(f"story-{number}", f"{place}: {thing} {number} {chance.choice(_ACTS)}", sentences))
    return stories


def _sentence(chance: random.Random, place: str, thing: str) -> str:
    person = f"the {chance.choice(_PEOPLE)} {_name(chance)} {_name(chance)}"
    goods = f"{chance.randrange(20, 9_000):,} {chance.choice(_GOODS)}"
    kinds = (
        f"In {place}, {person} counted {goods} behind the {thing} on day {chance.randrange(2, 900)}.",
        f"The {thing} of {place} was {chance.choice(_ACTS)} when {goods} arrived from {_name(chance)}.",
        f"{person.capitalize()} said in {place} that {goods} were missing from the {thing}.",
    )
    return chance.choice(kinds)


def _name(chance: random.Random) -> str:
    return "".join(chance.choice(_SYLLABLES) for _ in range(3)).capitalize()


def write_stories(path: Path, stories: Sequence[OurStory]) -> Path:
    """Write the stories into a JSON Lines file."""
    lines = (json.dumps({"id": story.key, "title": story.title, "text": story.text}) for story in stories)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def by_title(stories: Iterable[OurStory]) -> dict[str, OurStory]:
    """The stories by their titles, which differ."""
    return {story.title: story for story in stories}
