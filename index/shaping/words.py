"""The words of English texts: which of them carry meaning, and their stems, to compare them whatever their ending."""

import re
import threading
from functools import lru_cache

import snowballstemmer

from index.shaping.irregular_verbs import BASE_FORMS

_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_STOP_WORDS = frozenset(
    (
        "a an the of in on at to for from by with and or but if as into than then so such not no nor is are was were "
        "be been being do does did has have had having will would can could shall should may might must what which "
        "who whom whose when where why how many much that this these those it its he she they them his her their "
        "there here i we you your our my me us about any some said say says tell give please did's didn't doesn't "
        "isn't aren't s t one two both each"
    ).split()
)
_stemmer = snowballstemmer.stemmer("english")
_stemming = threading.Lock()  # the stemmer keeps the word it works on


def content_words(text: str) -> tuple[str, ...]:
    """The words of `text` in small letters, in order, without those that carry no meaning of their own."""
    return tuple(word for word in all_words(text) if word not in _STOP_WORDS)


def content_spans(text: str) -> list[tuple[int, int]]:
    """The (start, end) of the words of `text` that carry meaning; of all its words when none does."""
    matches = list(_WORD.finditer(text))
    carrying = [match for match in matches if content_words(match.group())]
    return [match.span() for match in carrying or matches]


def all_words(text: str) -> list[str]:
    """All words and numbers of `text` in small letters, a possessive 's cut off."""
    return [word[:-2] if word.endswith(("'s", "’s")) else word for word in _WORD.findall(text.lower())]


def is_stop_word(word: str) -> bool:
    """Whether `word`, in small letters, carries no meaning of its own."""
    return word in _STOP_WORDS


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a word in small letters, of an irregular verb that of its base form: "lost" and "lose" are one."""
    word = word.replace("-", "")  # "cease-fire" and "ceasefire"
    with _stemming:
        stemmed: str = _stemmer.stemWord(BASE_FORMS.get(word, word))
    return stemmed


def stems(text: str) -> frozenset[str]:
    """The stems of all words of `text`."""
    return frozenset(stem(word) for word in all_words(text))
