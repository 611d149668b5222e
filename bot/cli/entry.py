"""Where `storydesk` begins and ends: commands are put together, and every failure becomes one line and a code."""

import errno
import io
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer
from typer.main import get_command

from bot.cli import (
    adding,
    answering,
    chatting,
    doctor,
    jobs,
    keeping,
    libraries,
    measuring,
    moving,
    previewing,
    serving,
    training,
)
from bot.cli.context import STOPPED, Invocation
from bot.cli.printing import note, say
from index.errors import (
    HomeBusyError,
    LibraryNameError,
    MeasuringError,
    ModelError,
    SettingsError,
    StorageError,
    StorydeskError,
)

FAILED = 1
WRONG_USE = 2
READER_GONE = 141  # what a shell reports for a process whose reader left, as with `| head`

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

app = typer.Typer(
    name="storydesk",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for module in (
    adding, answering, chatting, serving, previewing, keeping, libraries, moving, jobs, doctor, measuring, training,
):  # fmt: skip
    module.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"storydesk {_version()}")
        raise typer.Exit


def _version() -> str:
    try:
        return version("storydesk")
    except PackageNotFoundError:
        return "(not installed)"


@app.callback(invoke_without_command=True)
def storydesk(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show log messages and tracebacks.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Answer questions about news stories, with the passages that the answers rest on.

    \b
    Put stories in, then ask:
        storydesk add stories/
        storydesk ask "How many prisoners are being exchanged?"

    The data folder and the bot's token are set by environment variables or in a file
    named .env in the working folder; .env.example lists them all.
    """
    context.obj.debug = debug
    _set_up_logging(debug)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `storydesk` with `arguments` (default: the command line's); returns the exit code.

    0: fine, refused answers and warnings included. 1: some of the input failed. 2: wrong usage or settings, among
    them an unusable data folder, a wrong token and a wrong model. 130: stopped by Ctrl-C.
    """
    _prepare_streams()
    invocation = Invocation()
    try:
        code = _run(sys.argv[1:] if arguments is None else list(arguments), invocation)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _discard_output()
        return READER_GONE
    except KeyboardInterrupt:
        note("Stopped.")
        return STOPPED
    except StorydeskError as error:
        _print_traceback(invocation)
        note(f"Error: {error}")
        return exit_code(error)
    except Exception as error:  # noqa: BLE001 - the last boundary: a person gets a sentence, --debug gives the cause
        _print_traceback(invocation)
        if isinstance(error, OSError):
            _discard_output()  # it may be standard output that cannot be written
            if error.errno in _DISK_FULL:
                note(f"Error: a disk is full ({error}); make room and run the command again.")
                return WRONG_USE
        note(
            f"Error: something went wrong that should not ({type(error).__name__}: {error}); "
            "put --debug right after `storydesk` to see where."
        )
        return FAILED


def exit_code(error: StorydeskError) -> int:
    """The exit code for `error`: 2 when settings, the model, the data folder or files are to be put right, else 1."""
    if isinstance(error, HomeBusyError):
        return FAILED
    wrong_use = SettingsError | ModelError | StorageError | LibraryNameError | MeasuringError
    return WRONG_USE if isinstance(error, wrong_use) else FAILED


def _run(arguments: list[str], invocation: Invocation) -> int:
    command = get_command(app)
    try:
        with command.make_context("storydesk", arguments, obj=invocation) as context:
            command.invoke(context)
    except typer.Exit as leaving:
        sys.stdout.flush()
        return leaving.exit_code
    except typer.TyperException as error:
        usage = getattr(error, "ctx", None)
        path = usage.command_path if usage is not None else "storydesk"
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        note(f"Error: {message.rstrip('.')}. `{path} --help` shows how it is used.")
        return WRONG_USE
    return 0


def _set_up_logging(debug: bool) -> None:
    """Log to standard error: what Storydesk itself warns of, and with `debug` everything."""
    logging.basicConfig(
        level=logging.DEBUG if debug else logging.ERROR, format="%(levelname)s %(name)s: %(message)s", force=True
    )
    logging.captureWarnings(True)
    for package in ("bot", "index"):
        logging.getLogger(package).setLevel(logging.DEBUG if debug else logging.WARNING)


def _prepare_streams() -> None:
    """Make reading and printing total: no question and no title ends a command because of the terminal's encoding."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - stays open as standard output
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _discard_output() -> None:
    """Send what is still buffered nowhere, else Python complains of the closed pipe when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError) as error:  # a stream without a file, as in a test
        logging.getLogger(__name__).debug("cannot discard standard output: %s", error)


def _print_traceback(invocation: Invocation) -> None:
    if invocation.debug:
        traceback.print_exc()
