"""How long it takes to find the titles that are offered while someone types, the way the bot finds them.

    python benchmarks/autocomplete.py [--titles 1000 10000 20000]

Discord waits three seconds for what it shows; people who type see a pause of 300 ms.
"""

import argparse
import random
import statistics
import time
from collections.abc import Sequence

from bot.choosing import choices, matching
from bot.translating import Voice
from index.stories import StoryTitle

WORDS = (
    "bridge harbour council minister ferry storm school hospital talks exchange prisoners border budget strike island "
    "railway court verdict election drought flood vaccine museum airport union factory reactor summit ceasefire port"
).split()
PUBLISHERS = ("The Harbour Post", "Northern Wire", "City Courier")
TIMES = 5
"""That each is typed."""


def made_titles(count: int, *, source: random.Random) -> list[StoryTitle]:
    """So many titles of four to twelve words, each of another day and minute."""
    return [
        StoryTitle(
            f"{number:016x}",
            " ".join(source.choices(WORDS, k=source.randint(4, 12))).capitalize(),
            f"{2000 + number % 26}-{1 + number % 12:02}-{1 + number % 28:02}",
            source.choice(PUBLISHERS),
            f"2026-03-01T10:00:{number % 60:02}+00:00",
        )
        for number in range(count)
    ]


def measure(titles: Sequence[StoryTitle], *, source: random.Random) -> list[float]:
    """Milliseconds for each of what someone may have typed: nothing, a beginning, some words with a slip."""
    typed = ["", "b", "bri", "the bridge", "prisonres exchange", "council talks on the harbour budget", "zzzz"]
    typed += [source.choice(titles).title[:40] for _ in range(5)]
    milliseconds = []
    for each in typed * TIMES:
        began = time.perf_counter()
        choices(matching(titles, each), say=Voice())
        milliseconds.append((time.perf_counter() - began) * 1_000)
    return milliseconds


def main() -> None:
    """Print a line for each number of titles."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--titles", type=int, nargs="+", default=[1_000, 10_000, 20_000], help="How many titles.")
    for count in parser.parse_args().titles:
        source = random.Random(6)
        found = measure(made_titles(count, source=source), source=source)
        print(f"{count:>7,} titles: median {statistics.median(found):.0f} ms, slowest {max(found):.0f} ms")


if __name__ == "__main__":
    main()
