"""Which blocks of a story are worth a passage: each said once, and none that the page printed around the story."""

import re

from index.shaping.furniture import is_furniture
from index.shaping.paragraphs import paragraphs
from index.shaping.sentences import sentence_spans
from index.shaping.spans import Span, normalised

_HEADING = re.compile(r"#{1,6}\s")
_HAS_WORD = re.compile(r"\w")
# Shorter blocks may be made of an earlier one's words by chance ("He declined to comment.").
_MIN_REPEATED_CHARACTERS = 60


def kept_paragraphs(text: str, *, title: str, language: str | None = "en") -> list[Span]:
    """The paragraphs worth a passage, in order.

    Left out are: a block that says the same as an earlier one or whose sentences all stood before, the title where it
    is printed as a block of its own, page furniture ("Subscribe to our newsletter") and blocks without a word. The
    first block stays when nothing else would.
    """
    return [block for run in kept_runs(text, title=title, language=language) for block in run]


def kept_runs(text: str, *, title: str, language: str | None = "en") -> list[list[Span]]:
    """`kept_paragraphs` in runs of neighbours: between two runs stands a block that was left out."""
    blocks = paragraphs(text)
    cleaner = _Cleaner(title=title, language=language)
    runs: list[list[Span]] = [[]]
    for start, end in blocks:
        if cleaner.keeps(text[start:end]):
            runs[-1].append((start, end))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run] or [blocks[:1]]


class _Cleaner:
    """Remembers what a story has said so far."""

    def __init__(self, *, title: str, language: str | None) -> None:
        self._language = language
        self._blocks = {_key(title)}
        self._sentences: set[str] = set()

    def keeps(self, block: str) -> bool:
        key = _key(block)
        if not _HAS_WORD.search(block) or key in self._blocks or is_furniture(block):
            return False
        self._blocks.add(key)
        spans = sentence_spans(block, language=self._language)
        sentences = {normalised(block[start:end]) for start, end in spans}
        if len(key) >= _MIN_REPEATED_CHARACTERS and sentences <= self._sentences:
            return False
        self._sentences |= sentences
        return True


def _key(block: str) -> str:
    block = block.strip()
    return normalised(block.strip("#") if _HEADING.match(block) else block)
