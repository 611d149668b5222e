"""Every sentence that the bot says by a key is there, and where sentences were translated none is left in the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import bot
from bot.translating import SOURCE
from bot.translating.texts import words_of
from index.stories import Reason

ROOT = Path(bot.__file__).parent
TRANSLATED = [
    "desk.py", "failures.py", "messages.py", "reception.py", "sent.py", "shelf.py", "since.py", "speaking.py",
    "telling.py", "commands/asking.py", "commands/help.py", "commands/library.py", "commands/managing.py",
    "commands/privacy.py", "commands/summary.py", "pressing/answers.py", "pressing/base.py", "pressing/confirming.py",
    "pressing/kept.py", "pressing/pages.py", "pressing/stale.py", "showing/answers.py", "showing/help.py",
]  # fmt: skip
"""Modules whose sentences are all in the languages' files."""
# What Discord shows of commands is translated by bot/translating/commands.py, and the log is in English.
NOT_SAID = {
    "_audit", "command", "compile", "context_menu", "describe", "error", "exception", "Group", "info", "log",
    "RuntimeError", "warning",
}  # fmt: skip
OFFERED = {"The last 7 days", "The last 30 days", "The last 90 days", "The last 12 months"}
"""By the autocomplete of `since`."""
STORED = {"a message in Discord", "written in Discord"}
"""As a story's source."""
PART_OF_KEYS = re.compile(r"help_\w+|refused_\w+")
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
    assert {literal for literal in found if is_sentence(literal)} - OFFERED - STORED == set()


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
            if called(node) in ("text", "say", "_said") or called(node).endswith(
                ("BusyError", "ClosingError", "RefusedError", "NotHereError", "TookTooLongError", "NotNowError")
            ):
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str) and "cli" not in path.parts:
                    assert first.value in keys, f"{path.name}:{node.lineno}"


def test_every_reason_for_a_refusal_has_a_sentence() -> None:
    assert {f"refused_{reason}" for reason in get_args(Reason)} <= set(words_of(SOURCE).texts)


def test_every_section_of_the_help_is_short_enough_for_discord_in_every_language() -> None:
    for language in ("en", "de", "fr", "es"):
        texts = words_of(language).texts
        long = {key: len(value) for key, value in texts.items() if key.startswith("help_") and len(value) > 1_024}
        assert long == {}
        assert sum(len(value) for key, value in texts.items() if key.startswith("help_")) < 6_000
        labels = (
            "passages",
            "follow_up",
            "helpful",
            "not_helpful",
            "remove_it",
            "keep_it",
            "previous_page",
            "next_page",
        )
        assert all(len(texts[key]) <= 80 for key in labels)
        assert len(texts["follow_up"]) <= 45, "a modal's title"
        assert len(texts["follow_up_example"]) <= 100
        assert len(texts["your_question"]) <= 45
