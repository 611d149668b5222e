"""The stems of English words, to compare words whatever their ending."""

import threading
from functools import lru_cache

import snowballstemmer

from index.answering.questions import all_words

_stemmer = snowballstemmer.stemmer("english")
_stemming = threading.Lock()  # the stemmer keeps the word it works on


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a word in small letters."""
    with _stemming:
        stemmed: str = _stemmer.stemWord(word.replace("-", ""))  # "cease-fire" and "ceasefire"
    return stemmed


def stems(text: str) -> frozenset[str]:
    """The stems of all words of `text`."""
    return frozenset(stem(word) for word in all_words(text))
