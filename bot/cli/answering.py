"""`storydesk ask` and `storydesk find`: an answer with its passages, or the passages alone with their scores."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from bot.cli import context, printing
from bot.cli.options import DEFAULT_LIBRARY, AsJson, Library, Now, NoWait, Question, Since, question_text
from index.shaping import on_one_line
from index.stories import Answer, Citation, Figure, Finding, Leg


def register(app: typer.Typer) -> None:
    app.command()(ask)
    app.command()(find)


def ask(
    question: Question,
    now: Now = None,
    since: Since = None,
    library: Library = DEFAULT_LIBRARY,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Answer a question from the stories, or say why not.

    \b
    Example:
        storydesk ask "How many prisoners are being exchanged?" --since 2025-05-01

    The answer is made of the stories' own sentences; each is quoted with its story, publisher
    and date. A question that the stories do not answer is refused, with exit code 0. --json
    prints one object; its "citations" give the offsets of each quote in its story's text.
    """
    with (
        context.open_engine(context.settings().index, wait=not no_wait) as engine,
        printing.working("Looking for an answer"),
    ):
        answer = engine.ask(question_text(question), library=library, now=now, since=since)
    show_answer(answer, as_json=as_json)


def find(
    question: Question,
    leg: Annotated[Leg, typer.Option("--leg", help="Search by meaning, by words, or by both.")] = "both",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many passages at most.")] = 10,
    now: Now = None,
    since: Since = None,
    library: Library = DEFAULT_LIBRARY,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Find the passages that match a question best, with their scores.

    \b
    Example:
        storydesk find "prisoner exchange" --leg words --limit 3

    This is what answers are chosen from; nothing is refused here. "vectors" is the cosine
    similarity, "words" the BM25 score. The fourth and fifth story may be new ones that both
    searches find, whatever their score. --json prints one object with "question" and
    "findings", best first.
    """
    text = question_text(question)
    with context.open_engine(context.settings().index, wait=not no_wait) as engine, printing.working("Searching"):
        findings = engine.find(text, library=library, leg=leg, limit=limit, now=now, since=since, on_note=printing.note)
    if as_json:
        printing.print_json({"question": text, "findings": [asdict(finding) for finding in findings]})
    elif not findings:
        printing.say(f"No passage in the library {library} matches.")
    else:
        for number, finding in enumerate(findings, start=1):
            _show_finding(number, finding)


def show_answer(answer: Answer, *, as_json: bool) -> None:
    """Print an answer or a refusal: what was asked for first, then the quotes that it rests on."""
    if as_json:
        printing.print_json(asdict(answer))
        return
    if answer.note is not None:
        printing.note(answer.note)
    if not answer.answered:
        printing.say(answer.text)
        if answer.citations:
            printing.say("Nearest stories:")
        for citation in answer.citations:
            printing.say(Text.assemble("  ", _headline(citation)))
        return
    for figure in answer.figures:
        printing.say(_figure_line(figure))
    # Without a figure the quotes are the answer: its text would only say them twice.
    short = answer.short if answer.citations and not answer.figures else None
    quotes_answer = not answer.figures and answer.text == " ".join(citation.quote for citation in answer.citations)
    if short is not None:
        day = f" ({answer.short_day})" if answer.short_day is not None else ""
        printing.say(Text.assemble((printing.one_line(short), "bold"), day, " [1]"))
    elif not answer.figures and not quotes_answer:
        printing.say(Text(printing.clean(answer.text), style="bold"))
    for number, citation in enumerate(answer.citations, start=1):
        if number > 1 or not quotes_answer:
            printing.say()
        quote = Text(f"“{printing.one_line(on_one_line(citation.quote))}”", style="bold" if quotes_answer else "")
        printing.say(Text.assemble((f"[{number}] ", "bold"), quote))
        printing.say(Text.assemble("    ", _headline(citation)))
        if citation.url:
            printing.say(Text.assemble("    ", printing.one_line(citation.url)))


def _figure_line(figure: Figure) -> Text:
    day = printing.one_line(figure.published_at[:10] if figure.published_at else "undated")
    numbers = "".join(f" [{index + 1}]" for index in figure.citations)
    label = f", {printing.one_line(figure.label)}" if figure.label else ""
    return Text.assemble((printing.one_line(figure.text), "bold"), label, f" ({day})", numbers)


def _headline(source: Citation | Finding) -> Text:
    """Title, publisher and day of a story on one line."""
    parts = [source.title, source.publisher, source.published_at[:10] if source.published_at else "undated"]
    return Text(printing.one_line(", ".join(part for part in parts if part)))


def _show_finding(number: int, finding: Finding) -> None:
    scores = f"score {finding.score:.4f}"
    if finding.vector_score is not None:
        scores += f", vectors {finding.vector_score:.3f}"
    if finding.word_score is not None:
        scores += f", words {finding.word_score:.3f}"
    if number > 1:
        printing.say()
    printing.say(Text.assemble((f"{number}. ", "bold"), _headline(finding), (f" ({scores})", "dim")))
    printing.say(Text.assemble("   ", printing.one_line(finding.text)))
