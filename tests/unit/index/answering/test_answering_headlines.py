"""Stories whose headlines answer come before others that match as well."""

from collections.abc import Sequence

import numpy as np
import pytest

from index.answering.headlines import by_headlines, seen_in_title, title_answers
from index.answering.questions import understand
from index.answering.reader import Reading
from index.stories import Finding

QUESTION = "Who opened the bridge?"


def finding(title: str, *, story: str, score: float, passage: int = 0) -> Finding:
    text = f"Passage {passage} of {title}."
    return Finding(story, title, None, None, None, "en", f"{story}:{passage}", 0, len(text), text, score, None, None)


class Reader:
    """Believes in words, by how much; all else it takes for no answer. Remembers what it was given."""

    def __init__(self, **beliefs: float) -> None:
        self.beliefs = {words.replace("_", " "): belief for words, belief in beliefs.items()}
        self.given: list[list[str]] = []

    def read(self, question: str, texts: Sequence[str]) -> list[Reading]:
        self.given.append(list(texts))
        return [self._reading(text) for text in texts]

    def _reading(self, text: str) -> Reading:
        starts = np.full(len(text), -20.0, dtype=np.float32)
        ends = starts.copy()
        for words, belief in self.beliefs.items():
            if (at := text.find(words)) >= 0:
                starts[at] = ends[at + len(words) - 1] = belief / 2
        return Reading(starts, ends, tuple((index, index + 1) for index in range(len(text))), 0.0)


def ordered(reader: Reader, *found: Finding, most: int = 8) -> list[str]:
    return [each.passage_id for each in by_headlines(QUESTION, found, read=reader.read, most=most)]


def test_of_two_stories_that_match_alike_the_one_whose_headline_answers_comes_first() -> None:
    rival, answering = finding("Bridge is open", story="a", score=0.61), finding("Ada Brill cuts", story="b", score=0.6)
    assert ordered(Reader(Ada_Brill=4), rival, answering) == ["b:0", "a:0"]


def test_all_passages_of_a_story_gain_by_its_headline() -> None:
    found = [
        finding("Bridge is open", story="a", score=0.61),
        finding("Ada Brill cuts", story="b", score=0.6),
        finding("Ada Brill cuts", story="b", score=0.6, passage=1),
    ]
    reader = Reader(Ada_Brill=4)
    assert ordered(reader, *found) == ["b:0", "b:1", "a:0"]
    assert reader.given == [["Bridge is open", "Ada Brill cuts"]]


def test_a_story_that_matches_much_better_stays_in_front() -> None:
    better, answering = finding("Bridge is open", story="a", score=0.9), finding("Ada Brill cuts", story="b", score=0.5)
    assert ordered(Reader(Ada_Brill=9), better, answering) == ["a:0", "b:0"]


def test_only_the_first_stories_titles_are_read_and_of_a_long_one_the_beginning() -> None:
    reader = Reader()
    found = [finding(f"{name} {'word ' * 100}", story=name, score=0.5) for name in "abcd"]
    assert ordered(reader, *found, most=2) == ["a:0", "b:0", "c:0", "d:0"]
    ((first, second),) = reader.given
    assert (first[0], second[0]) == ("a", "b")
    assert len(first) == 200


@pytest.mark.parametrize("titles", [(), ("Bridge",), ("Bridge", "Bridge"), ("", " ")])
def test_nothing_is_read_where_titles_tell_nothing_apart(titles: tuple[str, ...]) -> None:
    reader = Reader(Bridge=4)
    found = [finding(title, story=str(place), score=0.5) for place, title in enumerate(titles)]
    assert len(ordered(reader, *found)) == len(titles)
    assert reader.given == []


def test_scores_stay_between_0_and_1() -> None:
    found = [finding("Ada Brill cuts", story="a", score=1.0), finding("Bridge is open", story="b", score=0.0)]
    first, second = by_headlines(QUESTION, found, read=Reader(Ada_Brill=50).read, most=8)
    assert (first.score, second.score) == (1.0, 0.0)


def test_a_title_that_says_another_kind_of_thing_answers_less() -> None:
    asked = understand("How many boats were lost?")
    number, place = (
        title_answers(asked, title, Reader(**{"40": 2.0, "Orla": 2.0}).read("", [title])[0])
        for title in ("40 boats lost", "Boats lost in Orla")
    )
    assert number > place > 0.0


def test_a_title_of_which_nothing_was_read_answers_nothing() -> None:
    empty = np.zeros(0, dtype=np.float32)
    assert title_answers(understand(QUESTION), "", Reading(empty, empty, (), 0.0)) == 0.0


def test_what_is_seen_in_a_title_is_within_it() -> None:
    title = "Ada Brill cuts"
    reading = Reader(Ada_Brill=3, Bela_Corran=9).read("", [f"{title}\nBela Corran watched."])[0]
    seen = seen_in_title(understand(QUESTION), title, reading)
    assert seen is not None
    assert (seen.text, seen.read) == ("Ada Brill", 3.0)
