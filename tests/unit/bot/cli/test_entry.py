import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

import bot
from bot.cli import context
from bot.cli.entry import app, exit_code, main
from index.errors import (
    HomeBusyError,
    LibraryNameError,
    ModelError,
    OutdatedIndexError,
    ReadingError,
    SettingsError,
    StorageError,
    StorydeskError,
    UnknownStoryError,
)

Storydesk = Callable[..., Any]
ROOT = Path(bot.__file__).parents[1]
COMMANDS = (
    "add ask backup chat doctor eval export find import jobs libraries list preview rebuild remove restore run show "
    "start train-reader"
).split()
HEAVY = set(
    "torch chromadb sentence_transformers transformers discord trafilatura tantivy numpy scipy matplotlib".split()
)


def python(code: str, *arguments: str, folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "STORYDESK_HOME": str(folder / "home")}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment | options.pop("environment", {}),
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
        **options,
    )


def test_every_command_has_help_with_an_example_and_json(storydesk: Storydesk) -> None:
    overview = storydesk("--help").out
    for command in COMMANDS:
        assert f"\n  {command} " in overview
        for option in ("-h", "--help"):
            run = storydesk(command, option)
            assert run.code == 0
            assert "Example" in run.out
            assert f"storydesk {command}" in run.out
            assert "--json" in run.out


def test_the_commands_are_these() -> None:
    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    assert sorted(names) == COMMANDS


def test_no_arguments_show_the_help(storydesk: Storydesk) -> None:
    run = storydesk()
    assert run.code == 0
    assert run.out.startswith("Usage: storydesk")


def test_the_version_is_shown(storydesk: Storydesk) -> None:
    run = storydesk("--version")
    assert run.code == 0
    assert run.out.startswith("storydesk ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["ask"],
        ["add"],
        ["show"],
        ["remove"],
        ["ask", "what?", "--nonsense"],
        ["ask", "what?", "--now", "soon"],
        ["ask", "what?", "--since", "2025-13-01"],
        ["ask", "what?", "--since", "2025-01-01T10:00"],
        ["find", "what?", "--leg", "none"],
        ["find", "what?", "--limit", "0"],
        ["find", "what?", "--limit", "many"],
        ["ask", "what?", "--now"],
    ],
)
def test_wrong_usage_is_one_line_with_a_hint_and_code_2(
    storydesk: Storydesk, engine: Any, arguments: list[str]
) -> None:
    run = storydesk(*arguments)
    assert run.code == 2
    assert run.out == ""
    assert run.err.startswith("Error: ")
    assert run.err.count("\n") == 1
    assert "--help" in run.err
    assert not engine.calls


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError(""), 2),
        (ModelError(""), 2),
        (StorageError(""), 2),
        (OutdatedIndexError(""), 2),
        (LibraryNameError(""), 2),
        (HomeBusyError(""), 1),
        (UnknownStoryError(""), 1),
        (ReadingError(""), 1),
        (StorydeskError(""), 1),
    ],
)
def test_exit_codes_tell_wrong_settings_from_failed_work(error: StorydeskError, code: int) -> None:
    assert exit_code(error) == code


def test_an_error_is_one_line_without_traceback(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = ModelError("The model is\nnot the expected one.")
    run = storydesk("ask", "what?")
    assert (run.code, run.out, run.err) == (2, "", "Error: The model is not the expected one.\n")
    assert engine.closed


def test_what_should_not_happen_is_one_line_too(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = ZeroDivisionError("division by zero")
    run = storydesk("ask", "what?")
    assert run.code == 1
    assert run.out == ""
    assert run.err.count("\n") == 1
    assert "ZeroDivisionError: division by zero" in run.err
    assert "--debug" in run.err


def test_debug_shows_the_traceback(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = ZeroDivisionError("division by zero")
    run = storydesk("--debug", "ask", "what?")
    assert run.code == 1
    assert "Traceback" in run.err


def test_ctrl_c_is_130(storydesk: Storydesk, engine: Any) -> None:
    engine.answer = KeyboardInterrupt()
    run = storydesk("ask", "what?")
    assert (run.code, run.out, run.err) == (130, "", "Stopped.\n")
    assert engine.closed


def test_an_unknown_setting_is_refused_before_anything_is_opened(
    storydesk: Storydesk, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYDESK_HOEM", "/x")
    for arguments in (["ask", "what?"], ["list"], ["libraries"], ["add", "x"], ["doctor"], ["start"], ["run"]):
        run = storydesk(*arguments)
        assert run.code == 2
        assert "STORYDESK_HOEM" in run.err
        assert run.err.count("\n") == 1
    assert not engine.calls


def test_help_works_with_a_wrong_setting(storydesk: Storydesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYDESK_HOEM", "/x")
    assert storydesk("--help").code == 0


def test_a_reader_that_leaves_ends_the_command_quietly(tmp_path: Path) -> None:
    code = """
import sys
from bot.cli import context, main
from index.stories import StorySummary
class Catalog:
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def summaries(self, library):
        for number in range(100_000):
            yield StorySummary(f"{number:08}", library, "A title", None, None, (), None, None, "a.txt", "2025", 1)
context.open_catalog = lambda settings: Catalog()
sys.exit(main(sys.argv[1:]))
"""
    for options in ([], ["--json"]):
        process = subprocess.Popen(
            [sys.executable, "-c", code, "list", *options],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert "00000000" in process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 141


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["list"], ["show", "ab"], ["list", "--json"]])
def test_commands_that_only_look_import_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    code = """
import sys
from bot.cli import main
code = main(sys.argv[1:])
print(*(name for name in sys.modules if "." not in name), file=sys.stderr)
sys.exit(code)
"""
    run = python(code, *arguments, folder=tmp_path)
    loaded = set(run.stderr.splitlines()[-1].split())
    assert "typer" in loaded
    assert not loaded & HEAVY


def test_the_module_is_the_command(tmp_path: Path) -> None:
    run = python("import runpy; runpy.run_module('bot', run_name='__main__')", "nonsense", folder=tmp_path)
    assert run.returncode == 2
    assert run.stderr.startswith("Error: No such command 'nonsense'")


def test_output_that_the_terminal_cannot_encode_ends_nothing(tmp_path: Path) -> None:
    code = """
import sys
from bot.cli import main, printing
main(["--version"])
printing.say("Erdoğan")
printing.print_json({"title": "Erdoğan"})
"""
    run = python(code, folder=tmp_path, environment={"PYTHONIOENCODING": "ascii"})
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines()[1:] == ["Erdo?an", '{"title": "Erdo\\u011fan"}']


def test_a_full_disk_under_standard_output_is_one_line(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    code = "import sys; from bot.cli import main; sys.exit(main(['--help']))"
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert run.returncode == 2
    assert "No space left" in run.stderr
    assert run.stderr.count("\n") == 1


def test_the_seam_opens_the_real_engine_and_tells_who_holds_the_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from index.holding import joining

    asked: list[tuple[Any, bool]] = []

    def join(settings: Any, *, on_wait: Callable[[str], None], on_progress: Any, wait: bool) -> Any:
        asked.append((settings, wait))
        on_wait("Another one is using it.")
        return nullcontext("engine")

    monkeypatch.setattr(joining, "join", join)
    settings = context.settings().index
    with context.open_engine(settings) as engine:
        assert engine == "engine"  # type: ignore[comparison-overlap]
    with context.open_engine(settings, wait=False):
        pass
    assert asked == [(settings, True), (settings, False)]
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "Another one is using it.\n" * 2)


def test_the_engine_of_these_tests_is_called_like_the_real_one(engine: Any) -> None:
    from index.engine import Engine

    for name in ("add", "add_samples", "ask", "find", "remove", "rebuild", "check"):
        real = inspect.signature(getattr(Engine, name)).parameters
        fake = inspect.signature(getattr(type(engine), name)).parameters
        assert {option: (value.kind, value.default) for option, value in real.items()} == {
            option: (value.kind, value.default) for option, value in fake.items()
        }


def test_main_takes_the_arguments_of_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["storydesk", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("storydesk ")
