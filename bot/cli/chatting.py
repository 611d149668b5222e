"""`storydesk chat`: questions and answers in the terminal."""

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from bot.cli import context, printing
from bot.cli.answering import show_answer
from bot.cli.options import DEFAULT_LIBRARY, AsJson, Library, NoWait, question_text
from index.settings import IndexSettings
from index.stories import Answer

if TYPE_CHECKING:
    from index.engine import Engine
    from index.holding.remote import RemoteEngine

SAMPLES = "samples"
FORGET = ("/forget", "forget")
REMEMBERED_TURNS = 6
SAMPLE_QUESTION = "how many prisoners are being exchanged"


def register(app: typer.Typer) -> None:
    app.command()(chat)


def chat(library: Library = DEFAULT_LIBRARY, no_wait: NoWait = False, as_json: AsJson = False) -> None:
    """Ask questions in the terminal, one a line.

    \b
    Examples:
        storydesk chat
        echo "How many prisoners are being exchanged?" | storydesk chat --json

    A question may follow the ones before ("and when?", "what about Ukraine?"): how it was
    understood is shown above its answer. `/forget` starts a new conversation.

    Before you have added a story of your own, bundled sample stories answer. Leave with an
    empty Ctrl-D, `exit` or `quit`. Questions may be piped in; with no question at all one is
    asked as an example. --json prints an object per answer. While you sit at it, other commands
    work through it.
    """
    talk(context.settings().index, library=library, wait=not no_wait, as_json=as_json)


def talk(
    index_settings: IndexSettings, *, library: str = DEFAULT_LIBRARY, wait: bool = True, as_json: bool = False
) -> None:
    """Chat about the stories of the data folder. While a person sits at it, other commands can use the folder too."""
    with (
        context.open_engine(index_settings, wait=wait) as engine,
        context.serving(engine, index_settings) if _interactive() else nullcontext(),
    ):
        converse(engine, library=library, as_json=as_json)


def _interactive() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def converse(engine: "Engine | RemoteEngine", *, library: str = DEFAULT_LIBRARY, as_json: bool = False) -> None:
    """Answer the questions on standard input until it ends."""
    with printing.working("Preparing the sample stories"):
        with_samples = engine.add_samples()
    if with_samples:
        library = SAMPLES
        tell = printing.note if as_json else printing.say
        tell("These are sample stories; add your own with `storydesk add`.")
    interactive = _interactive()
    if interactive and not as_json:
        printing.say("Ask a question; `/forget` starts a new conversation, `exit` or Ctrl-D leaves.")
    conversation: deque[Answer] = deque(maxlen=REMEMBERED_TURNS)
    doing = "Loading the model"
    for question in _typed_questions() if interactive else _piped_questions():
        if not interactive and not as_json:
            printing.say(f"> {printing.one_line(question)}")
        if question.lower() in FORGET:
            conversation.clear()
            printing.note("The conversation is forgotten; the next question stands by itself.")
            continue
        try:
            with printing.working(doing):
                answer = engine.ask(question, library=library, conversation=tuple(conversation))
        except KeyboardInterrupt:
            if not interactive:
                raise
            break
        conversation.append(answer)
        if answer.understood_as is not None and not as_json:
            printing.say(Text(f"understood as: {printing.one_line(answer.understood_as)}", style="dim"))
        show_answer(answer, as_json=as_json)
        if not as_json:
            printing.say()
        doing = "Looking for an answer"


def _typed_questions() -> Iterator[str]:
    """What a person types, until `exit`, `quit`, Ctrl-D or Ctrl-C."""
    _offer_history()
    prompt = "> "
    while True:
        try:
            # Where results are piped away the prompt must not be among them.
            if not sys.stdout.isatty():
                print(prompt, end="", file=sys.stderr, flush=True)  # noqa: T201
                line = input()
            else:
                line = input(prompt)
        except (EOFError, KeyboardInterrupt):
            printing.note("")
            return
        question = question_text([line]).strip()
        if question.lower() in ("exit", "quit"):
            return
        if question:
            yield question


def _piped_questions() -> Iterator[str]:
    """The lines of standard input that are not blank; an example question when there is none."""
    empty = True
    for line in sys.stdin or ():
        question = question_text([line]).strip()
        if question:
            empty = False
            yield question
    if empty:
        yield SAMPLE_QUESTION


def _offer_history() -> None:
    """Let the arrow keys recall earlier questions where Python has readline; importing it is what switches it on."""
    try:
        import readline  # noqa: F401
    except ImportError:
        printing.note("Arrow keys do not recall questions: this Python has no readline.")
