"""Every sentence that the bot says by a key is there, and where sentences were translated none is left in the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import bot
from bot.showing.help import draw_help
from bot.translating import SOURCE, Voice
from bot.translating.texts import words_of
from index.stories import NoteReason, Reason

ROOT = Path(bot.__file__).parent
WITHOUT = {
    "__init__.py",
    "__main__.py",
    "previewing.py",
    "confided.py",
    "running.py",
    "settings.py",
    "logs.py",
    "page.py",
    "schema.py",
    "syncing.py",
}
"""What speaks to who runs the bot, or to nobody."""
FOLDERS = ("", "access", "commands", "conversing", "failing", "limiting", "pressing", "showing")
TRANSLATED = sorted(
    f"{folder}/{path.name}".lstrip("/")
    for folder in FOLDERS
    for path in (ROOT / folder).glob("*.py")
    if path.name not in WITHOUT
)
"""Modules whose sentences are all in the languages' files."""
# What Discord shows of commands is translated by bot/translating/commands.py, and the log is in English.
NOT_SAID = {
    "_audit", "command", "compile", "context_menu", "describe", "error", "exception", "Group", "info", "log",
    "RuntimeError", "warning",
}  # fmt: skip
STORED = {"a message in Discord", "written in Discord"}
"""As a story's source; it is drawn by a key."""
OF_ENGINE = {"files read", "passages embedded", "stories stored", "seconds waited for the vector server"}
"""What the engine calls its work, for which there are keys."""
PART_OF_KEYS = re.compile(r"(?:help|refused|note)_\w+")
"""Keys that the code puts together."""


def called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def literals(node: ast.AST) -> Iterator[str]:
    """The texts below a node, without docstrings and what is not said by the interface."""
    if isinstance(node, ast.Call) and called(node) in NOT_SAID:
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        yield from literals(child)


def is_sentence(literal: str) -> bool:
    return len(re.findall(r"[A-Za-z']{2,}", literal)) >= 2 and " " in literal.strip()


def everything_said() -> set[str]:
    said: set[str] = set()
    for path in ROOT.rglob("*.py"):
        if "cli" not in path.parts:
            said |= set(literals(ast.parse(path.read_text(encoding="utf-8"))))
    return said


@pytest.mark.parametrize("module", TRANSLATED)
def test_no_sentence_is_left_in_the_code(module: str) -> None:
    found = set(literals(ast.parse((ROOT / module).read_text(encoding="utf-8"))))
    assert {literal for literal in found if is_sentence(literal)} - STORED - OF_ENGINE == set()


def test_a_sentence_in_the_code_would_be_found() -> None:
    code = 'def f(x):\n    """Says it."""\n    _log.info("It is said")\n    return g(f"Please wait {x}", "two words")\n'
    assert [text for text in literals(ast.parse(code)) if is_sentence(text)] == ["Please wait ", "two words"]


def test_every_key_is_used() -> None:
    said = everything_said()
    unused = {key for key in words_of(SOURCE).texts if key not in said and not PART_OF_KEYS.fullmatch(key)}
    assert unused == set()


def test_every_key_that_is_used_is_there() -> None:
    keys = words_of(SOURCE).texts
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            if called(node) in ("text", "say", "spoken", "_said") or called(node).endswith(
                ("BusyError", "ClosingError", "RefusedError", "NotHereError", "TookTooLongError", "NotNowError")
            ):
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str) and "cli" not in path.parts:
                    assert first.value in keys, f"{path.name}:{node.lineno}"


def test_every_reason_for_a_refusal_or_a_note_has_a_sentence_and_no_other() -> None:
    keys = set(words_of(SOURCE).texts)
    reasons = {f"refused_{reason}" for reason in get_args(Reason)} | {"refused_other_language"}
    assert {key for key in keys if key.startswith("refused_")} == reasons
    assert {key for key in keys if key.startswith("note_")} == {f"note_{reason}" for reason in get_args(NoteReason)}


def test_every_text_of_the_help_is_drawn() -> None:
    shown = draw_help(in_server=True, manages=True, say=Voice())
    drawn = "\n".join(
        [str(shown.title), str(shown.description), *(f"{each.name}\n{each.value}" for each in shown.fields)]
    )
    texts = words_of(SOURCE).texts
    assert [key for key in texts if key.startswith("help_") and Voice()(key) not in drawn] == []
