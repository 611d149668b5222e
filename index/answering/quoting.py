"""What of a passage is quoted as one: a sentence, or some neighbouring lines of a list, which say little alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from index.shaping import Span, is_dateline, paragraphs
from index.shaping.sentences import sentence_spans

_MOST_CHARACTERS = 240
"""Lines are quoted together as long as they are no longer than a long sentence."""
_LONGEST_LINE = 100
_FEWEST_CHOICES = 2
_ENDS = re.compile(r"[.!?…][\"'”’»)\]]*\Z")
_ASKS = re.compile(r"\?[\"'”’»)\]]*\Z")
_DATELINE = re.compile(r"(?:[\w.,'’()/]+\s+){1,6}[-–—]+\Z")
"""A line like "London CNN —", which says nothing of the matter."""

_NAME = r"(?:[A-Z][\w.’'-]*\s+){1,3}[A-Z][\w’'-]+"
_BYLINE = re.compile(rf"(?:By|BY)\s+{_NAME}(?:(?:,\s+{_NAME})*\s+(?:and|&)\s+{_NAME})?(?:\s*[,|·—–-].*)?")
"""A line like "By Ada Lind and Tom Berg, Harbour Post", which says who wrote the story."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph with its sentences. A line is short and does not end as a sentence does."""

    text: str
    sentences: list[Span]
    is_line: bool


def asks(text: str) -> bool:
    """Whether a sentence asks: what a quiz or a list of questions says of the matter answers nothing."""
    return _ASKS.search(text.rstrip()) is not None


def quotable(text: str, *, language: str | None) -> list[Span]:
    """The spans of `text` that can be quoted, in order: its sentences, and lists in pieces of some lines.

    Left out are lines with only a place and an agency, lines that say who wrote the story and when, and the lines
    after a question: a quiz's choices do not say which of them is right.
    """
    found: list[Span] = []
    after_question = False
    for in_list, run in groupby(_blocks(text, language), key=lambda block: block.is_line):
        blocks = list(run)
        if not in_list:
            found += [sentence for block in blocks for sentence in block.sentences]
            after_question = asks(blocks[-1].text)
            continue
        choices = _choices(blocks) if after_question else 0
        if choices < len(blocks):
            found += _pieces([block.sentences[0] for block in blocks[choices:]])
        after_question = False
    return found


def _choices(lines: Sequence[_Block]) -> int:
    """How many of the lines after a question may be what is chosen from; one alone is its answer."""
    upto = next((place for place, line in enumerate(lines) if line.text.endswith(":")), len(lines))
    return upto if upto >= _FEWEST_CHOICES else 0


def _blocks(text: str, language: str | None) -> Iterator[_Block]:
    for start, end in paragraphs(text):
        block = text[start:end]
        if _DATELINE.fullmatch(block) or _is_byline(block):
            continue
        spans = [(start + first, start + last) for first, last in sentence_spans(block, language=language)]
        is_line = len(spans) == 1 and len(block) <= _LONGEST_LINE and not _ENDS.search(block)
        yield _Block(block, spans, is_line)


def _is_byline(block: str) -> bool:
    if len(block) > _LONGEST_LINE or _ENDS.search(block):
        return False
    return _BYLINE.fullmatch(block) is not None or is_dateline(block)


def _pieces(lines: Sequence[Span]) -> list[Span]:
    """The lines, as many together as a long sentence has room for."""
    pieces = [lines[0]]
    for start, end in lines[1:]:
        if end - pieces[-1][0] <= _MOST_CHARACTERS:
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.append((start, end))
    return pieces
