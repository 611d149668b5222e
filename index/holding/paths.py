"""Paths on their way to another process, which works in another folder, and back."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from index.holding.protocol import LONGEST_MESSAGE

_BYTES_A_JOB = LONGEST_MESSAGE // 2


def parts(paths: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """`paths` in parts that fit a message each."""
    part: list[str] = []
    size = 0
    for path in paths:
        length = 6 * len(path) + 4  # as escaped as JSON can be
        if part and size + length > _BYTES_A_JOB:
            yield tuple(part)
            part, size = [], 0
        part.append(path)
        size += length
    yield tuple(part)


def as_given(source: str, given: Sequence[tuple[str, Path]]) -> str:
    """`source`, which begins with an absolute path, with that path as the person wrote it."""
    for absolute, path in given:
        shown = _shown(absolute)
        if source == shown or source.startswith(f"{shown}#"):
            return _shown(str(path)) + source[len(shown) :]
        folder = shown if shown.endswith("/") else f"{shown}/"
        if source.startswith(folder):
            return _shown(str(path / "x"))[:-1] + source[len(folder) :]
    return source


def _shown(path: str) -> str:
    """As sources show a path: bytes that are not UTF-8 are escaped."""
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")
