"""Whether two texts say the same answer: SQuAD's normalisation, exact match and token F1, and containment.

The measures are those of Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text" (2016), except
that typographic punctuation is removed like ASCII's, and that long dashes part words.
"""

import re
import string
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_LONG_DASHES = "\u2012\u2013\u2014\u2015"


def _removed_characters() -> dict[int, str]:
    marks = {code: "" for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith("P")}
    return marks | {ord(mark): "" for mark in string.punctuation} | {ord(dash): " " for dash in _LONG_DASHES}


_REMOVED = _removed_characters()


def normalised_answer(text: str) -> str:
    """`text` in small letters without punctuation and articles, single spaces between the words."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_REMOVED)).split())


def exact_match(given: str, answers: Iterable[str]) -> bool:
    """Whether `given` is one of `answers`, both normalised."""
    return normalised_answer(given) in {normalised_answer(answer) for answer in answers}


def token_f1(given: str, answers: Iterable[str]) -> float:
    """The best F1 (0..1) of the normalised words of `given` against those of one of `answers`."""
    words = normalised_answer(given).split()
    return max((_f1(words, normalised_answer(answer).split()) for answer in answers), default=0.0)


def _f1(given: list[str], expected: list[str]) -> float:
    if not given or not expected:
        return float(given == expected)
    common = (Counter(given) & Counter(expected)).total()
    return 2 * common / (len(given) + len(expected))


def contains_answer(text: str, answers: Iterable[str]) -> bool:
    """Whether one of `answers` stands in `text` as whole words, both normalised; an answer of no word never does."""
    words = f" {normalised_answer(text)} "
    return any(answer and f" {answer} " in words for answer in map(normalised_answer, answers))
