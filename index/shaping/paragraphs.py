"""The blocks that a text is written in."""

import re
from itertools import pairwise

from index.shaping.spans import Span, trimmed

_LINE = re.compile(r"[^\n\r\v\f\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x85\u2028\u2029]|\Z)")
_LIST_MARKER = re.compile(r"(?:[-*•‣–]|\d{1,3}[.)])\s")
_HEADING = re.compile(r"#{1,6}\s")

# A text is hard-wrapped when at least this share of its line breaks is followed by a small letter.
_WRAPPED_SHARE = 0.25
# A line that leaves this share of the width free ended on purpose.
_FULL_SHARE = 0.8


def paragraphs(text: str) -> list[Span]:
    """The spans of the text's own blocks, in order and without white space at their ends.

    Blank lines separate blocks. A single line break does too, unless the text is hard-wrapped: then a break belongs
    to the block, except after a line that ends early, and before a list item or a heading.
    """
    lines = [trimmed(text, match.span()) for match in _LINE.finditer(text)]
    width = _wrap_width(text, lines)
    blocks: list[Span] = []
    block: Span | None = None
    previous: Span | None = None
    for line in lines:
        if line[0] == line[1]:
            previous = None
            continue
        if block is not None and previous is not None and width and _continues(text, previous, line, width):
            block = (block[0], line[1])
        else:
            if block is not None:
                blocks.append(block)
            block = line
        previous = line
    if block is not None:
        blocks.append(block)
    return blocks


def on_one_line(text: str) -> str:
    """`text` with white space collapsed and " / " between its blocks, as where verse is quoted."""
    return " / ".join(" ".join(text[start:end].split()) for start, end in paragraphs(text))


def _wrap_width(text: str, lines: list[Span]) -> int:
    """Characters a line of a hard-wrapped text has, 0 when the text has one paragraph a line."""
    breaks = wrapped = 0
    lengths = []
    for line, following in pairwise(lines):
        if line[0] < line[1] and following[0] < following[1]:
            breaks += 1
            wrapped += text[following[0]].islower()
            lengths.append(line[1] - line[0])
    if not breaks or wrapped < _WRAPPED_SHARE * breaks:
        return 0
    return sorted(lengths)[int(0.9 * (len(lengths) - 1))]


def _continues(text: str, line: Span, following: Span, width: int) -> bool:
    """Whether `following` goes on with the block of `line` in a hard-wrapped text."""
    if _HEADING.match(text, *line) or _HEADING.match(text, *following) or _LIST_MARKER.match(text, *following):
        return False
    if text[following[0]].islower():
        return True
    first_word = text[following[0] : following[1]].split(maxsplit=1)[0]
    return line[1] - line[0] + 1 + len(first_word) > _FULL_SHARE * width
