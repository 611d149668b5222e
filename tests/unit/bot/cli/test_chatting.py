import io
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

import bot
from bot.cli import main
from index.errors import ModelError
from index.stories import Answer, Citation

Storydesk = Callable[..., Any]
ROOT = Path(bot.__file__).parents[1]
CITATION = Citation("id", "Talks", None, None, "2025-05-16", "p", 0, 5, "Yes. ")
ANSWER = Answer("Did they?", True, None, "Yes.", 0.9, (), (CITATION,), {"total": 1.0})


def questions(engine: Any) -> list[str]:
    return [call["question"] for call in engine.called("ask")]


def test_every_piped_line_is_a_question(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = ANSWER
    run = storydesk("chat", stdin="Did they?\n\n   \n  Who was it? \r\nlast one")
    assert run.code == 0
    assert questions(engine) == ["Did they?", "Who was it?", "last one"]
    assert run.out.count("Yes.\n") == 3
    assert run.err == ""
    assert engine.closed


@pytest.mark.parametrize("stdin", ["", "\n", "  \n\t\n"])
def test_without_a_question_an_example_is_asked(storydesk: Storydesk, engine: Any, stdin: str) -> None:
    run = storydesk("chat", stdin=stdin)
    assert run.code == 0
    assert questions(engine) == ["how many prisoners are being exchanged"]
    assert "> how many prisoners are being exchanged\nThe stories do not say.\n" in run.out


def test_a_newcomer_is_answered_from_the_samples_and_told_so(storydesk: Storydesk, engine: Any) -> None:
    engine.samples = True
    run = storydesk("chat", stdin="Did they?")
    assert run.out.startswith("These are sample stories; add your own with `storydesk add`.\n")
    assert engine.called("ask")[0]["library"] == "samples"


def test_who_has_stories_is_answered_from_the_library_asked_for(storydesk: Storydesk, engine: Any) -> None:
    assert "sample" not in storydesk("chat", stdin="Did they?").out
    storydesk("chat", "--library", "city", stdin="Did they?")
    assert [call["library"] for call in engine.called("ask")] == ["public", "city"]


def test_json_is_an_answer_a_line_and_nothing_else(storydesk: Storydesk, engine: Any) -> None:
    engine.answer, engine.samples = ANSWER, True
    run = storydesk("chat", "--json", stdin="Did they?\nWho?\n")
    assert run.code == 0
    assert len(run.json_lines) == 2
    assert run.json_lines[0] == asdict(ANSWER) | {"figures": [], "citations": [asdict(CITATION)]}
    assert run.err == "These are sample stories; add your own with `storydesk add`.\n"


def test_an_answer_is_printed_before_the_next_question_is_read(
    engine: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed: list[str] = []

    def lines() -> Any:
        yield "one\n"
        printed.append(capsys.readouterr().out)
        yield "two\n"

    class Input(io.StringIO):
        def __iter__(self) -> Any:
            return lines()

    monkeypatch.setattr("sys.stdin", Input())
    assert main(["chat", "--json"]) == 0
    assert printed[0].count("\n") == 1


def test_piped_text_cannot_steer_the_terminal(storydesk: Storydesk, engine: Any) -> None:
    run = storydesk("chat", stdin="what\x1b[2J is [bold]this[/bold]?\n")
    assert run.out.startswith("> what[2J is [bold]this[/bold]?\n")


def test_exit_is_an_ordinary_question_when_piped_only_if_it_is_one(storydesk: Storydesk, engine: Any) -> None:
    storydesk("chat", stdin="exit polls?\n")
    assert questions(engine) == ["exit polls?"]


def test_a_question_is_asked_with_the_answers_before_it_and_not_with_all(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = ANSWER
    storydesk("chat", stdin="\n".join(f"question {number}?" for number in range(9)))
    assert [len(conversation) for conversation in engine.conversations] == [0, 1, 2, 3, 4, 5, 6, 6, 6]
    assert engine.conversations[1] == [ANSWER]


@pytest.mark.parametrize("forget", ["/forget", "forget", "/FORGET"])
def test_a_conversation_can_be_forgotten(storydesk: Storydesk, engine: Any, forget: str) -> None:
    run = storydesk("chat", stdin=f"Did they?\n{forget}\nand when?\nwhy?\n")
    assert questions(engine) == ["Did they?", "and when?", "why?"]
    assert [len(conversation) for conversation in engine.conversations] == [0, 0, 1]
    assert "forgotten" in run.err


def test_how_a_question_was_understood_stands_above_its_answer(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = replace(ANSWER, question="and when?", understood_as="When did\x1b[2J they [bold]agree[/bold]?")
    run = storydesk("chat", stdin="and when?\n")
    assert "> and when?\nunderstood as: When did[2J they [bold]agree[/bold]?\nYes.\n" in run.out
    run = storydesk("chat", "--json", stdin="and when?\n")
    assert run.json_lines[0]["question"] == "and when?"
    assert run.json_lines[0]["understood_as"] == engine.answer.understood_as
    assert "understood as" not in run.out


def test_a_question_that_stands_by_itself_is_not_said_twice(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = ANSWER
    assert "understood" not in storydesk("chat", stdin="Did they?\n").out


def test_a_missing_model_ends_the_chat_with_code_2(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = ModelError("The model is missing.")
    run = storydesk("chat", "--json", stdin="what?\n")
    assert (run.code, run.out, run.err) == (2, "", "Error: The model is missing.\n")


CHAT = """
import sys
from contextlib import contextmanager
from bot.cli import context, main
from index.stories import Answer
class Engine:
    def add_samples(self): return False
    def ask(self, question, *, library, conversation):
        return Answer(question, True, None, "Answer to " + question.upper() + ".", 1.0)
@contextmanager
def open_engine(settings, wait):
    yield Engine()
    print("closed", file=sys.stderr)
context.open_engine = open_engine
sys.exit(main(["chat", *sys.argv[1:]]))
"""


class Terminal:
    """A person at a terminal: types, and waits for what is shown."""

    def __init__(self, folder: Path, *options: str, stdout: Any = None) -> None:
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHAT, *options],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80"},
            stdin=theirs,
            stdout=theirs if stdout is None else stdout,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: __import__("fcntl").ioctl(theirs, __import__("termios").TIOCSCTTY, 0),
        )
        os.close(theirs)
        self.shown = ""

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + 30
        while text not in self.shown:
            assert time.monotonic() < end, f"{text!r} did not appear in {self.shown!r}"
            if select.select([self.ours], [], [], 0.2)[0]:
                try:
                    self.shown += os.read(self.ours, 65_536).decode()
                except OSError:  # Linux says so when the other side is gone
                    assert text in self.shown, f"{text!r} did not appear in {self.shown!r}"
        self.shown = self.shown.partition(text)[2]

    def type(self, text: str) -> None:
        os.write(self.ours, text.encode())

    def left(self) -> int:
        self.wait_for("closed")
        code = self.process.wait(timeout=30)
        os.close(self.ours)
        return code


@pytest.mark.parametrize("leave", ["exit\n", "QUIT\n", "\x04", "\x03"])
def test_a_person_asks_and_leaves(tmp_path: Path, leave: str) -> None:
    terminal = Terminal(tmp_path)
    terminal.wait_for("> ")
    terminal.type("\n   \nwho?\n")
    terminal.wait_for("Answer to WHO?.")
    terminal.wait_for("> ")
    terminal.type("wh")
    terminal.wait_for("wh")
    time.sleep(0.3)  # Python may miss a Ctrl-C between showing the prompt and waiting for a key
    terminal.type(leave if leave == "\x03" else f"\x15{leave}")  # \x15 takes back what was typed
    assert terminal.left() == 0
    assert "Traceback" not in terminal.shown


def test_the_arrow_up_recalls_a_question(tmp_path: Path) -> None:
    pytest.importorskip("readline")
    terminal = Terminal(tmp_path)
    terminal.wait_for("> ")
    terminal.type("who?\n")
    terminal.wait_for("Answer to WHO?.")
    terminal.wait_for("> ")
    terminal.type("\x1b[A\n")
    terminal.wait_for("Answer to WHO?.")
    terminal.wait_for("> ")
    terminal.type("\x04")
    assert terminal.left() == 0


def test_the_prompt_is_not_among_piped_results(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    with results.open("w") as file:
        terminal = Terminal(tmp_path, "--json", stdout=file)
        terminal.wait_for("> ")
        terminal.type("who?\n")
        terminal.wait_for("> ")
        terminal.type("exit\n")
        assert terminal.left() == 0
    lines = results.read_text().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith('{"question": "who?"')
