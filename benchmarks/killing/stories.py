"""Invented stories, each with sentences that no other one has."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_PLACES = (
    "Lisbon Osaka Nairobi Quito Bergen Hanoi Tunis Perth Lima Krakow Dublin Havana Oslo Cairo Naples Riga Accra Bogota "
    "Seville Manila Tbilisi Geneva Dakar Izmir Porto Kyoto Malmo Ankara Turin Leeds"
).split()
_THINGS = (
    "bridge harbour ferry hospital railway library theatre dam lighthouse market school tower bakery mill orchard "
    "museum stadium prison chapel quarry reservoir cinema airport brewery zoo vineyard sawmill laundry castle tunnel"
).split()
_ACTS = "closed opened flooded repaired sold painted searched rebuilt praised inspected evacuated lit".split()
_PEOPLE = (
    "mayor captain engineer minister nurse teacher judge farmer fisher pilot doctor clerk baker poet dentist plumber "
    "wizard drummer shepherd lawyer boxer nun gardener tailor"
).split()
_GOODS = (
    "apples boats lanterns letters violins horses bricks coins maps carpets bells kites barrels ladders umbrellas "
    "penguins tractors diamonds blankets bananas trumpets clocks snakes pianos candles helmets wolves guitars bees "
    "sandwiches balloons rockets mirrors spoons camels bicycles"
).split()


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
        place, thing = chance.choice(_PLACES), chance.choice(_THINGS)
        sentences: dict[str, None] = {}
        wanted = chance.choice((2, 3, 4, 12))
        while len(sentences) < wanted:
            sentences[_sentence(chance, place, thing)] = None
        stories.append(
            OurStory(f"story-{number}", f"{place}: {thing} {seed}-{number} {chance.choice(_ACTS)}", (*sentences,))
        )
    return stories


def _sentence(chance: random.Random, place: str, thing: str) -> str:
    person, other = chance.sample(_PEOPLE, 2)
    goods, others = chance.sample(_GOODS, 2)
    many = f"{chance.randrange(2, 9_000):,} {goods}"
    kinds = (
        f"In {place}, the {person} exchanged {many} for {others} behind the {thing}.",
        f"The {thing} of {place} was {chance.choice(_ACTS)} when {many} fell on a {person}.",
        f"A {person} and a {other} of {place} hid {many} under {others} in the {thing}.",
    )
    return chance.choice(kinds)


def write_stories(path: Path, stories: Sequence[OurStory]) -> Path:
    """Write the stories into a JSON Lines file."""
    lines = (json.dumps({"id": story.key, "title": story.title, "text": story.text}) for story in stories)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def by_title(stories: Iterable[OurStory]) -> dict[str, OurStory]:
    """The stories by their titles, which differ."""
    return {story.title: story for story in stories}
