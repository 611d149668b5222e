import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

import bot
from bot.cli import printing

ROOT = Path(bot.__file__).parents[1]
STEERING = "\x1b[31m\x07\x08\r\x7f\x9b2J\u202e\u2066\ufeff\x00"


def in_terminal(code: str, *, folder: Path, stdout: Path | None = None) -> str:
    """Run Python code with standard error (and standard output, unless `stdout` is given) on a terminal."""
    ours, theirs = pty.openpty()
    with (stdout or Path(os.devnull)).open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "60"},
            stdin=subprocess.DEVNULL,
            stdout=file if stdout is not None else theirs,
            stderr=theirs,
        )
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 65_536)
        except OSError:  # Linux says so when the other side is gone
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    assert process.wait(timeout=60) == 0, shown
    return shown.decode()


def test_what_steers_a_terminal_is_taken_out() -> None:
    assert printing.clean(f"a{STEERING}b") == "a[31m\n2Jb"
    assert printing.one_line(f"a{STEERING}b") == "a[31m 2Jb"


def test_line_breaks_and_tabs_stay_in_text_and_go_from_a_line() -> None:
    assert printing.clean("one\ttwo\r\nthree\u2028four") == "one\ttwo\nthree\nfour"
    assert printing.one_line(" one\ttwo\r\nthree\u2028four ") == "one two three four"


def test_other_scripts_and_emoji_stay() -> None:
    text = "Erdoğan Зеленський 北京 مرحبا 👩‍👩‍👧"
    assert printing.clean(text) == text
    assert printing.one_line(text) == text


@given(st.text(alphabet=st.characters(), max_size=200))
def test_no_text_keeps_a_control_character(text: str) -> None:
    for cleaned in (printing.clean(text).replace("\n", "").replace("\t", ""), printing.one_line(text)):
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in cleaned)
        assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_markup_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    printing.say("[bold red]no[/bold red] :smile: [link=https://example.org]x[/link] [/]")
    printing.say(Text("[b]x[/b]"))
    printing.note("[b]x[/b] :smile:")
    captured = capsys.readouterr()
    expected = "[bold red]no[/bold red] :smile: [link=https://example.org]x[/link] [/]\n[b]x[/b]\n"
    assert captured.out == expected
    assert captured.err == "[b]x[/b] :smile:\n"


def test_piped_lines_are_neither_wrapped_nor_coloured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    printing.say("word " * 100 + "end")
    printing.say(Text("bold", style="bold red"))
    assert capsys.readouterr().out == "word " * 100 + "end\nbold\n"


@given(
    st.dictionaries(
        st.text(), st.text(alphabet=st.characters()) | st.none() | st.floats(allow_nan=False, allow_infinity=False)
    )
)
def test_json_is_one_harmless_line_of_the_same_value(value: dict[str, object]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []

        class Output:
            encoding = "utf-8"

            def write(self, text: str) -> None:
                written.append(text)

            def flush(self) -> None:
                written.append("")

        patch.setattr("sys.stdout", Output())
        printing.print_json(value)
    line = "".join(written)
    assert written[-1] == "", "the line was not flushed"
    assert len(line.splitlines()) == 1
    assert line.endswith("\n")
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066" for c in line[:-1])
    line.encode("utf-8")
    assert json.loads(line) == value


def test_json_keeps_letters_readable(capsys: pytest.CaptureFixture[str]) -> None:
    printing.print_json({"title": "Erdoğan"})
    assert capsys.readouterr().out == '{"title": "Erdoğan"}\n'


def test_bars_are_silent_where_standard_error_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with printing.progress_bars() as show, printing.working("Thinking"):
        show("embedding", 1, 2)
        show("embedding", 2, 2)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_bars_show_on_a_terminal_and_never_among_the_results(tmp_path: Path) -> None:
    code = """
import time
from bot.cli import printing
with printing.progress_bars() as show:
    show("embedding", 1, 2)
    time.sleep(0.3)
    printing.print_json({"a": 1})
    show("embedding", 2, 2)
with printing.working("Thinking"):
    time.sleep(0.3)
    printing.say("b")
"""
    results = tmp_path / "results.txt"
    shown = in_terminal(code, folder=tmp_path, stdout=results)
    assert results.read_text() == '{"a": 1}\nb\n'
    assert "embedding" in shown
    assert "1/2" in shown
    assert "Thinking" in shown


def test_what_is_said_meanwhile_stands_above_the_bars(tmp_path: Path) -> None:
    code = """
import time
from bot.cli import printing
with printing.progress_bars() as show:
    show("embedding", 1, 2)
    time.sleep(0.3)
    printing.say("a result")
    printing.note("a note")
"""
    shown = in_terminal(code, folder=tmp_path)
    for line in ("a result", "a note"):
        erased, _, rest = shown.partition(line)
        assert erased.endswith("\x1b[2K"), "printed into the bar"
        assert rest.startswith("\r\n")


def test_hidden_bars_stay_away_from_a_terminal(tmp_path: Path) -> None:
    code = """
from bot.cli import printing
with printing.progress_bars(hidden=True) as show:
    show("embedding", 1, 2)
    printing.print_json({"a": 1})
"""
    assert in_terminal(code, folder=tmp_path) == '{"a": 1}\r\n'


def test_results_are_bold_on_a_terminal(tmp_path: Path) -> None:
    code = "from bot.cli import printing; from rich.text import Text; printing.say(Text('x', style='bold'))"
    assert in_terminal(code, folder=tmp_path) == "\x1b[1mx\x1b[0m\r\n"
