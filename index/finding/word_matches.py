"""Which words of a question, alone and beside each other, stand in passages and in the stories they are of."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from index.shaping.words import all_words, is_stop_word, stem

Pair = tuple[str, str]


def rare_words(question: str, passages: Sequence[Sequence[str]], story_of: Sequence[str]) -> list[float]:
    """For each passage, the share (0..1) of the question's words that its story's passages have between them.

    `passages` are the stems of each, in order. Each word weighs as much as it is rare among the passages (the inverse
    document frequency of BM25), so what all of them have does not count.
    """
    asked = {stem(word) for word in all_words(question) if not is_stop_word(word)}
    having = [asked.intersection(words) for words in passages]
    frequency = Counter(word for words in having for word in words)
    weight = {word: math.log1p((len(passages) - frequency[word] + 0.5) / (frequency[word] + 0.5)) for word in asked}
    # Exact sums: a set has no order, and the same question must find the same every time.
    total = math.fsum(weight.values()) or 1.0
    of_story: dict[str, set[str]] = defaultdict(set)
    for story, words in zip(story_of, having, strict=True):
        of_story[story] |= words
    covered = {story: math.fsum(weight[word] for word in words) / total for story, words in of_story.items()}
    return [covered[story] for story in story_of]


def pairs(question: str, passages: Sequence[Sequence[str]]) -> list[float]:
    """For each passage, the share (0..1) of the question's neighbouring words that are neighbours there too.

    `passages` are the stems of each, in order. Two words without a meaning of their own are no pair.
    """
    words = all_words(question)
    asked = {
        (stem(first), stem(second))
        for first, second in pairwise(words)
        if not (is_stop_word(first) and is_stop_word(second))
    }
    if not asked:
        return [0.0] * len(passages)
    return [len(asked.intersection(pairwise(passage))) / len(asked) for passage in passages]
