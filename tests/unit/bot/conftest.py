"""What Discord's clients make of a text, so that tests see what a reader sees."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from clocks import Clock


@dataclass(frozen=True)
class Shown:
    """A text as it is displayed, and the markup in it that took effect, as (kind, source) pairs."""

    words: str
    markup: list[tuple[str, str]]

    def kinds(self) -> set[str]:
        return {kind for kind, _ in self.markup}


# As Discord's clients read a message: an escape wins over all else, a line's beginning over what is in the line.
_ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
_LINE_START = re.compile(r" *(?:(?P<heading>#{1,3}|-#) +|(?P<list>[-*+]|\d+[.)]) +|(?P<quote>>>>|>) )")
_LINK = re.compile(
    r"\[(?P<label>(?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]"
    r"\(\s*<?(?P<target>(?:\([^)]*\)|[^\s\\]|\\.)*?)>?(?:\s+['\"][\s\S]*?['\"])?\s*\)"
)
_INLINE = [
    ("mention", re.compile(r"<(?:@[!&]?|#)\d+>|</[^>\n]+:\d+>|<id:\w+>|@everyone|@here")),
    ("timestamp", re.compile(r"<t:-?\d+(?::[a-zA-Z])?>")),
    ("emoji", re.compile(r"<a?:\w+:\d+>|:[\w+~-]+:")),
    ("url", re.compile(r"<[A-Za-z][^ >]*:[^ >]+>|(?:https?|steam)://\S+")),
    ("code", re.compile(r"`+")),
    ("strong", re.compile(r"\*\*")),
    ("formatting", re.compile(r"\|\||~~|__|[*_]")),
]


def _display(text: str) -> Shown:
    words: list[str] = []
    markup: list[tuple[str, str]] = []
    position = 0
    line_start = True
    while position < len(text):
        if escape := _ESCAPE.match(text, position):
            words.append(escape[1])
            position, line_start = escape.end(), False
            continue
        if line_start and (block := _LINE_START.match(text, position)):
            markup.append((str(block.lastgroup), block[0].strip()))
            position = block.end()
            continue
        if link := _LINK.match(text, position):
            label = _display(link["label"])
            words.append(label.words)
            markup += [("link", link["target"]), *label.markup]
            position, line_start = link.end(), False
            continue
        for kind, pattern in _INLINE:
            if found := pattern.match(text, position):
                markup.append((kind, found[0]))
                words.append("" if kind in ("strong", "formatting", "code") else found[0])
                position, line_start = found.end(), False
                break
        else:
            words.append(text[position])
            line_start = text[position] == "\n"
            position += 1
    return Shown("".join(words), markup)


@pytest.fixture(scope="session")
def display() -> Callable[[str], Shown]:
    """Reads a text as Discord's clients do."""
    return _display


@pytest.fixture
def clock() -> Clock:
    return Clock()
