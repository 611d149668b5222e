"""Cutting a story's text into the passages that are embedded, searched and cited."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from index.shaping.cleaning import kept_runs
from index.shaping.sentences import sentence_spans
from index.shaping.spans import Span, trimmed
from index.stories import Passage

TokenOffsets = Callable[[str], list[tuple[int, int]]]
"""Gives the character offsets of a text's tokens under the embedding model, special tokens left out."""

SPLITTER_VERSION = "1"
"""Changes whenever the same story would be cut into other passages, so that stored ones are known to be outdated."""

_SPECIAL_TOKENS = 2
_TARGET_TOKENS = 180
_MAX_TITLE_TOKENS = 40
_MIN_BUDGET = 64
# What breaking inside a paragraph costs, in squared relative distance from the target length.
_COST_INSIDE_PARAGRAPH = 0.15
# A token has about 4 characters; an unknown word is one token however long, and white space none: nothing may grow
# beyond this on average.
_CHARACTERS_PER_TOKEN = 16
_LAST_WHITE_SPACE = re.compile(r".*(?P<gap>\s)", re.DOTALL)


def shortened_title(title: str, *, token_offsets: TokenOffsets) -> str:
    """`title` with white space collapsed and at most 40 tokens, cut at white space where it has some."""
    title = " ".join(title.split())
    offsets = token_offsets(title)
    while len(offsets) > _MAX_TITLE_TOKENS:
        cut = _last_gap(title, offsets, 0, _MAX_TITLE_TOKENS)
        title = title[: offsets[cut][0]].rstrip()
        offsets = token_offsets(title)
    return title


def embedded_text(title: str, passage_text: str, *, token_offsets: TokenOffsets) -> str:
    """What is embedded for a passage: its story's `shortened_title`, a line break, the passage.

    `cut_passages` counts the tokens of exactly this. Give both the same `token_offsets`.
    """
    title = shortened_title(title, token_offsets=token_offsets)
    return f"{title}\n{passage_text}" if title else passage_text


def cut_passages(
    text: str, *, title: str, token_offsets: TokenOffsets, language: str | None = None, budget: int = 256
) -> list[Passage]:
    """Cut the kept paragraphs of a story into passages, in order and without overlap.

    Passages end at sentence ends, hold about 180 tokens, prefer to end with a paragraph and never span a block that
    was left out. `embedded_text` of each has at most `budget` tokens, the model's two special tokens counted. A longer
    sentence is cut at white space, or between two characters where it has none. Raises ValueError for a `budget`
    below 64.
    """
    if budget < _MIN_BUDGET:
        raise ValueError(f"budget must be at least {_MIN_BUDGET} tokens, not {budget}")
    title_tokens = len(token_offsets(shortened_title(title, token_offsets=token_offsets)))
    limit = budget - _SPECIAL_TOKENS - title_tokens

    def fits(span: Span) -> bool:
        embedded = embedded_text(title, text[slice(*span)], token_offsets=token_offsets)
        return len(token_offsets(embedded)) + _SPECIAL_TOKENS <= budget

    spans: list[Span] = []
    for run in kept_runs(text, title=title, language=language):
        pieces = list(_pieces(text, run, language=language, limit=limit, token_offsets=token_offsets))
        for span in _packed(pieces, limit=limit):
            spans.extend(_halved_until(fits, text, span))
    return [Passage(position, start, end, text[start:end]) for position, (start, end) in enumerate(spans)]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of one that is too long. `weight` counts tokens."""

    span: Span
    weight: int
    ends_paragraph: bool


def _pieces(
    text: str, blocks: list[Span], *, language: str | None, limit: int, token_offsets: TokenOffsets
) -> Iterator[_Piece]:
    target = _target(limit)
    for start, end in blocks:
        spans = sentence_spans(text[start:end], language=language)
        parts = [
            (part, weight)
            for first, last in spans
            for chunk in _chunks(text, (start + first, start + last), target * _CHARACTERS_PER_TOKEN)
            for part, weight in _parts(text, chunk, limit=limit, token_offsets=token_offsets)
        ]
        for number, (part, weight) in enumerate(parts, start=1):
            yield _Piece(part, weight, ends_paragraph=number == len(parts))


def _target(limit: int) -> int:
    return min(_TARGET_TOKENS, limit * 3 // 4)


def _chunks(text: str, span: Span, size: int) -> Iterator[Span]:
    """Cut `span` to at most `size` characters, at white space if there is some in the second half of a chunk."""
    start, end = span
    while end - start > size:
        cut = start + size
        gap = _LAST_WHITE_SPACE.match(text, start + size // 2, cut)
        cut = gap.start("gap") if gap else cut
        yield trimmed(text, (start, cut))
        start, _ = trimmed(text, (cut, end))
    yield start, end


def _parts(text: str, span: Span, *, limit: int, token_offsets: TokenOffsets) -> Iterator[tuple[Span, int]]:
    """Cut `span` to at most `limit` tokens, with the tokens of each part."""
    start, end = span
    chunk = text[start:end]
    offsets = token_offsets(chunk)
    first, begin = 0, 0
    while len(offsets) - first > limit:
        cut = _last_gap(chunk, offsets, first, first + _target(limit))
        yield trimmed(text, (start + begin, start + offsets[cut][0])), cut - first
        first, begin = cut, offsets[cut][0]
    span = trimmed(text, (start + begin, end))
    yield span, max(len(offsets) - first, -(-(span[1] - span[0]) // _CHARACTERS_PER_TOKEN))


def _last_gap(text: str, offsets: list[tuple[int, int]], first: int, last: int) -> int:
    """The last token in `first + 1 .. last` that stands after white space; when there is none, `last`."""
    for token in range(last, first, -1):
        if text[offsets[token][0] - 1 : offsets[token][0]].isspace():
            return token
    while last + 1 < len(offsets) and offsets[last][0] <= offsets[first][0]:
        last += 1
    return last


def _packed(pieces: list[_Piece], *, limit: int) -> list[Span]:
    """Join neighbouring pieces into spans of at most `limit` tokens.

    Of all ways to do that, takes the one in which the lengths are nearest to the target (least squares) and breaks
    inside a paragraph are few: dynamic programming over the last break.
    """
    target = _target(limit)
    costs = [0.0]
    breaks = [0]
    for end in range(1, len(pieces) + 1):
        weight = 0
        best_cost, best_break = float("inf"), end - 1
        for start in range(end - 1, -1, -1):
            weight += pieces[start].weight
            length = pieces[end - 1].span[1] - pieces[start].span[0]
            if start < end - 1 and (weight > limit or length > limit * _CHARACTERS_PER_TOKEN):
                break
            cost = costs[start] + ((weight - target) / target) ** 2
            if cost < best_cost:
                best_cost, best_break = cost, start
        costs.append(best_cost + (0.0 if pieces[end - 1].ends_paragraph else _COST_INSIDE_PARAGRAPH))
        breaks.append(best_break)
    spans: list[Span] = []
    end = len(pieces)
    while end:
        spans.append((pieces[breaks[end]].span[0], pieces[end - 1].span[1]))
        end = breaks[end]
    return spans[::-1]


def _halved_until(fits: Callable[[Span], bool], text: str, span: Span) -> Iterator[Span]:
    """`span`, or its halves where a tokenizer counts more tokens in a whole than in its parts."""
    start, end = span
    if fits(span) or end - start < 2:
        yield span
        return
    middle = (start + end) // 2
    gap = _LAST_WHITE_SPACE.match(text, start + 1, middle)
    middle = gap.start("gap") if gap else middle
    for half in (trimmed(text, (start, middle)), trimmed(text, (middle, end))):
        if half[0] < half[1]:
            yield from _halved_until(fits, text, half)
