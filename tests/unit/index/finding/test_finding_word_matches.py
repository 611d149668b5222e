"""Which of a question's words stand in passages and in their stories."""

import random

import pytest

from index.finding.word_matches import pairs, rare_words
from index.shaping.words import all_words, stem


def stemmed(*texts: str) -> list[list[str]]:
    return [[stem(word) for word in all_words(text)] for text in texts]


def test_a_storys_passages_have_the_questions_words_between_them() -> None:
    passages = stemmed("The ferry sank.", "Divers searched.", "The ferry sailed.", "A parade.")
    assert rare_words("Where did the divers search for the ferry?", passages, ["a", "a", "b", "c"]) == [
        1.0,
        1.0,
        pytest.approx(0.26, abs=0.05),
        0.0,
    ]


def test_what_has_all_words_has_exactly_all_whatever_order_a_set_has() -> None:
    chosen = random.Random(0)
    for _ in range(200):
        asked = ["".join(chosen.choices("bdfgklmnprtvz", k=6)) for _ in range(11)]
        others = [chosen.sample(asked, chosen.randint(1, 10)) for _ in range(9)]
        words = [[stem(word) for word in each] for each in (asked[:6], asked[6:], *others)]
        shares = rare_words(" ".join(asked), words, ["whole", "whole", *map(str, range(9))])
        assert shares[:2] == [1.0, 1.0]


def test_a_word_that_is_everywhere_counts_less_than_a_rare_one() -> None:
    passages = stemmed("A flood in Orla.", "A flood in Velmora.", "A flood.")
    everywhere, rare, _ = rare_words("flood Velmora", passages, ["a", "b", "c"])
    assert 0.0 < everywhere < 0.2
    assert rare == pytest.approx(1.0)


def test_a_question_without_words_of_meaning_covers_nothing() -> None:
    assert rare_words("Who was it?", stemmed("It was a flood."), ["a"]) == [0.0]


def test_neighbours_in_the_question_are_looked_for_as_neighbours() -> None:
    passages = stemmed("The prime minister resigned.", "The minister spoke of prime numbers.", "")
    assert pairs("Did the prime minister resign?", passages) == [pytest.approx(1.0), 0.0, 0.0]


def test_two_small_words_are_no_pair() -> None:
    assert pairs("What is it?", stemmed("what is it")) == [0.0]
