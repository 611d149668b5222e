"""What people say to the bot, so that the log can leave it out."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote_plus

import discord

_SAID = frozenset({"value", "content", "title", "description"})
"""What Discord calls a text in an option, a form, a message and what is embedded in one."""
_MENTION = re.compile(r"<[@#][!&]?\d+>")
_WORD = re.compile(r"\\+(?:[nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})|(\w+)")
"""A word, or what stands for a character in an escaped text."""
_RUN = 3
"""Words in a row that are taken for a part of what was said."""
_FEWEST_LETTERS = 4


def said_with(interaction: discord.Interaction[Any]) -> tuple[str, ...]:
    """All texts that came with an interaction: options, what was typed into a form, the message it is about."""
    return tuple(_texts(interaction.data))


def without(said: Iterable[str], text: str) -> str:
    """`text` without what was said, or parts of it, in whatever case, spacing, punctuation or escaping it has them."""
    runs: set[tuple[str, ...]] = set()
    for one in said:
        for part in _MENTION.split(one):  # names may be put in for mentions
            for written in {part, json.dumps(part), ascii(part), str(part.encode("utf-8", "replace")), _quoted(part)}:
                runs |= _runs([word for word, *_ in _words(written)])
    words = list(_words(text))
    kept: list[str] = []
    position = 0
    index = 0
    while index < len(words):
        length = _run_at(index, words, runs)
        if not length:
            index += 1
            continue
        kept += [text[position : words[index][1]], "[left out]"]
        while length:  # the next may begin within this one
            index += 1
            length = max(length - 1, _run_at(index, words, runs))
        position = words[index - 1][2]
    return "".join([*kept, text[position:]])


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for name, value in data.items():
            if isinstance(value, str):
                if name in _SAID:
                    yield value
            else:
                yield from _texts(value)
    elif isinstance(data, list):
        for each in data:
            yield from _texts(each)


def _quoted(text: str) -> str:
    return quote_plus(text, errors="replace")


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text with their beginnings and ends."""
    for found in _WORD.finditer(text):
        if found[1] is not None:
            yield found[1].casefold(), found.start(), found.end()


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    if sum(map(len, words)) < _FEWEST_LETTERS:  # shorter ones tell nothing and occur everywhere
        return set()
    length = min(_RUN, len(words))
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def _run_at(index: int, words: list[tuple[str, int, int]], runs: set[tuple[str, ...]]) -> int:
    """How many words from `index` on are a run; 0 when they are none."""
    for length in range(_RUN, 0, -1):
        if tuple(word for word, *_ in words[index : index + length]) in runs:
            return min(length, len(words) - index)
    return 0
