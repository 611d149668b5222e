"""`storydesk train-reader`: train the reader further on questions about one's own stories."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import context, printing
from bot.cli.options import DEFAULT_LIBRARY, AsJson, Library, NoWait

if TYPE_CHECKING:
    from index.training.checking import Score


def register(app: typer.Typer) -> None:
    app.command("train-reader")(train_reader)


def train_reader(
    questions: Annotated[
        Path, typer.Option(metavar="FILE", help="Questions with their answers, one a line.", show_default=False)
    ],
    output: Annotated[
        Path, typer.Option(metavar="FOLDER", help="A new folder for the trained reader.", show_default=False)
    ],
    epochs: Annotated[float, typer.Option(min=0.1, max=20, help="How often to go through the questions.")] = 2.0,
    learning_rate: Annotated[float, typer.Option(min=1e-6, max=1e-2, help="Size of the steps.")] = 5e-5,
    library: Library = DEFAULT_LIBRARY,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Train the reader further on questions about your own stories.

    \b
    Example:
        storydesk train-reader --questions known.jsonl --output my-reader

    Each line is {"question": "...", "answer": "..."} with the answer in a story's own words, or null when the
    stories do not say. The stories are searched for each; the passage that holds the answer teaches what is
    right, the others what is not. A fifth of the questions is kept back to show whether it helped. Set
    STORYDESK_READER_MODEL to the folder to use the reader, and run `storydesk eval` to see what it does to
    refusals. Hundreds of questions take minutes to an hour.
    """
    settings = context.settings().index
    from index.training.further import train_further
    from index.training.library import examples_of, read_known_answers

    known = read_known_answers(questions)
    with context.open_engine(settings, wait=not no_wait) as engine, printing.working("Looking for the passages"):
        examples, left_over = examples_of(
            known, lambda question, limit: engine.find(question, library=library, limit=limit)
        )
    for each in left_over[:10]:
        printing.note(f"Line {each.line} is left out: no passage that was found holds its answer.")
    if len(left_over) > 10:
        printing.note(f"{len(left_over) - 10} more lines are left out for the same reason.")
    with printing.progress_bars() as show_progress:
        trained = train_further(
            settings, examples, output, epochs=epochs, learning_rate=learning_rate, on_progress=show_progress
        )
    if as_json:
        printing.print_json(
            {
                "folder": str(output),
                "trained_on": trained.trained_on,
                "left_out": len(left_over),
                "before": _as_json(trained.before),
                "after": _as_json(trained.after),
            }
        )
        return
    printing.say(f"Trained on {trained.trained_on} questions; of those kept back:")
    printing.say(f"  before: {_sentence(trained.before)}")
    printing.say(f"  after:  {_sentence(trained.after)}")
    printing.say(f"To use it, set STORYDESK_READER_MODEL={output.absolute()}")


def _sentence(score: "Score") -> str:
    sentence = f"{score.right:.0%} of {score.answerable} answered rightly"
    if score.unanswerable:
        sentence += f", {score.told:.0%} of {score.unanswerable} without an answer told as such"
    return sentence


def _as_json(score: "Score") -> dict[str, float | int]:
    return {
        "right": score.right,
        "told": score.told,
        "answerable": score.answerable,
        "unanswerable": score.unanswerable,
    }
