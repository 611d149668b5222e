"""How results reach a person or a program: standard output carries results only, standard error all the rest.

Stories and questions are written by strangers, so what steers a terminal is taken out of text for people and escaped
in JSON, and nothing is read as Rich's markup.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

# C0 controls but tab and newline, DEL and C1, line separators, bidirectional embeddings, overrides and isolates,
# byte order mark.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the command's entry point decide: Rich would end the process with code 1."""
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """A console that takes no text for markup and does not wrap what is piped."""
    stream = sys.stderr if stderr else sys.stdout
    piped = stream is None or not stream.isatty()
    return _Console(stderr=stderr, soft_wrap=piped, markup=False, highlight=False, emoji=False)


def clean(text: str) -> str:
    """`text` for a person's terminal: line breaks and tabs stay, characters that steer a terminal go."""
    return "\n".join(_harmless(line) for line in text.splitlines())


def one_line(text: str) -> str:
    """`text` cleaned and on one line."""
    return " ".join(_harmless(" ".join(text.split())).split())


def _harmless(text: str) -> str:
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _STEERING.sub("", text))


def say(text: str | Text = "") -> None:
    """Print a result for a person. A plain string is cleaned, a `Text` must be made of clean parts."""
    words = text if isinstance(text, Text) else Text(clean(text))
    if sys.stdout.isatty():
        _console_beside_bars().print(words)
    else:  # thousands of lines are piped at times: keep them plain and quick
        sys.stdout.write(f"{words.plain}\n")
        sys.stdout.flush()


def note(text: str) -> None:
    """Print one line beside the results, on standard error."""
    _console_beside_bars(stderr=True).print(Text(one_line(text)))


_drawn: list[Progress] = []
"""The bars that are on the terminal now: at most one, as Rich wants it."""


def _console_beside_bars(*, stderr: bool = False) -> Console:
    """A console that prints above the bars where both share a terminal, instead of into them."""
    if _drawn and (stderr or sys.stdout.isatty()):
        return _drawn[-1].console
    return console(stderr=stderr)


def print_json(value: dict[str, Any]) -> None:
    """Print `value` as one line of JSON and flush it, so that a reader has it as soon as it is true.

    What steers a terminal is escaped, and so is what standard output cannot encode: parsed, it is the same value.
    """
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    line = _LONE_SURROGATE.sub(_escaped, _STEERING.sub(_escaped, line))
    try:
        line.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        line = json.dumps(value, allow_nan=False)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


@contextmanager
def progress_bars(*, hidden: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """Bars on standard error, one for each kind of work; nothing when it is not a terminal or `hidden`.

    Yields a function to call with what is being done, how much of it is done and how much there is.
    """
    bars = _progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        hidden=hidden,
    )
    tasks: dict[str, TaskID] = {}

    def show(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = bars.add_task(one_line(what), total=total)
        bars.update(tasks[what], completed=done, total=total)

    with _draw(bars):
        yield show


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner on standard error while something takes an unknown time; nothing when it is not a terminal."""
    bars = _progress(SpinnerColumn(), TextColumn("{task.description}", markup=False))
    bars.add_task(one_line(what), total=None)
    with _draw(bars):
        yield


@contextmanager
def _draw(bars: Progress) -> Iterator[None]:
    with bars:
        if bars.disable:
            yield
            return
        _drawn.append(bars)
        try:
            yield
        finally:
            _drawn.pop()


def _progress(*columns: Any, hidden: bool = False) -> Progress:
    stderr = console(stderr=True)
    # Without redirect_stdout=False Rich would send what is written to standard output to standard error.
    return Progress(
        *columns, console=stderr, transient=True, redirect_stdout=False, disable=hidden or not stderr.is_terminal
    )
