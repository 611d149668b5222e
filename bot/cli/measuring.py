"""`storydesk eval`: how good finding, answering and refusing are, on questions with known answers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.box import ROUNDED, SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from bot.cli import context, printing
from bot.cli.options import AsJson, NoWait
from index.errors import MeasuringError

if TYPE_CHECKING:
    from index.measuring.evaluation import Evaluation
    from index.measuring.intervals import Estimate

_EXTRA = frozenset({"ir_measures", "matplotlib", "scipy"})
_SHOWN_CHARACTERS = 160


def register(app: typer.Typer) -> None:
    app.command("eval")(evaluate)


def _file(help: str) -> Any:  # noqa: A002 - what typer calls it
    return typer.Option(metavar="FILE", help=help, show_default=False)


def evaluate(
    corpus: Annotated[Path | None, _file("The stories, one a line. [STORYDESK_EVAL_CORPUS]")] = None,
    questions: Annotated[
        Path | None, _file("The questions with their answers, one a line. [STORYDESK_EVAL_QUESTIONS]")
    ] = None,
    refusals: Annotated[
        Path | None, _file("Questions that no story answers, one a line. [STORYDESK_EVAL_REFUSALS]")
    ] = None,
    only: Annotated[Path | None, _file("Use only the stories whose ids are in this file, one a line.")] = None,
    split: Annotated[
        Literal["tune", "report", "all"],
        typer.Option(help="Which questions: tune on the one half, report the other."),
    ] = "report",
    limit: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Ask only the first N questions of each file.", show_default="all"),
    ] = None,
    worst: Annotated[int, typer.Option(min=0, metavar="N", help="How many of the worst questions to show.")] = 10,
    plot: Annotated[Path | None, _file("Draw the risk-coverage curve into this PNG file.")] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where the indexes are kept for the next run. [STORYDESK_EVAL_CACHE]",
            show_default="storydesk/eval in your cache folder",
        ),
    ] = None,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Measure finding, answering and refusing on questions with known answers.

    \b
    Example:
        storydesk eval --corpus news.jsonl.gz --questions quiz.jsonl --split report

    Files are JSON lines, also gzipped. A story has "id", "text" and what `add` reads; a question
    "id", "question", "date" (it is asked then), "answers", and the ids of stories that hold the
    answer: "gold_docs", which are sure, and "silver_docs", which are likely. A question without an
    answer has "id", "question" and "now". Questions whose id has an even SHA-256 are for tuning,
    the others for reports. docs/quality.md says how each figure is made.

    The first run embeds the corpus, which takes long; the next ones take what it has kept. Your own
    stories are left alone. --json prints one object. Needs `pip install "storydesk[eval]"`.
    """
    settings = context.settings()
    given = settings.evaluation
    corpus_file = _required("corpus", corpus or given.eval_corpus)
    questions_file = _required("questions", questions or given.eval_questions)
    refusals_file = refusals or given.eval_refusals
    try:
        from index.measuring import run

        if plot is not None:
            from index.measuring.plotting import plot_risk_coverage
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _EXTRA:
            raise
        raise MeasuringError(
            f'{error.name} is not installed, which measuring needs; run `pip install "storydesk[eval]"`.'
        ) from error
    try:
        with printing.progress_bars() as show_progress:
            measured = run.measure(
                settings.index,
                corpus=corpus_file,
                questions=questions_file,
                refusals=refusals_file,
                only=only,
                split=split,
                limit=limit,
                cache=cache or given.eval_cache,
                wait=not no_wait,
                on_note=printing.note,
                on_progress=show_progress,
            )
    except KeyboardInterrupt:
        printing.note("Stopped: what was indexed is kept, and the same command goes on from there.")
        raise typer.Exit(context.STOPPED) from None
    if as_json:
        printing.print_json(measured.as_json(worst=worst))
    else:
        _show(measured.evaluation, measured.settings, worst)
    if plot is not None:  # last: a picture that cannot be written takes nothing else along
        plot_risk_coverage(plot, measured.evaluation.risk_coverage)
        printing.note(f"The risk-coverage curve is in {plot}.")


def _required(name: str, file: Path | None) -> Path:
    if file is None:
        variable = f"STORYDESK_EVAL_{name.upper()}"
        raise MeasuringError(f"No {name} to measure with; name a file by --{name}, or set {variable} to it.")
    return file


def _show(evaluation: "Evaluation", settings: dict[str, Any], worst: int) -> None:
    from index.measuring import evaluation as measuring

    printing.say(
        f"{settings['questions']} questions ({settings['split']}) over {settings['stories']} stories; "
        "95 % intervals in brackets."
    )
    found = evaluation.retrieval
    rows = [
        (label, *(_estimate(getattr(scores, name)) for scores in found.values()))
        for label, name in (("Hit@1", "hit1"), ("Hit@5", "hit5"), ("Hit@10", "hit10"), ("MRR@10", "mrr10"))
    ]
    heads = [f"{name.replace('_', ' + ')} ({scores.n})" for name, scores in found.items()]
    _print_table("Stories found", ["", *heads], rows)

    answers = evaluation.answers
    labels = (
        ("first quote right", "contains1"),
        ("of three, one right", "contains3"),
        ("sure enough", "answered"),
        ("sure, of three right", "answered_contains3"),
        ("short one given", "given_short"),
        ("short: exact match", "exact_match"),
        ("short: token F1", "f1"),
        ("citation precision", "citation_precision"),
    )
    rows = [(label, *(_estimate(getattr(scores, name)) for scores in answers.values())) for label, name in labels]
    heads = [f"{name} ({scores.n})" for name, scores in answers.items()]
    _print_table("Answers, given however unsure", ["", *heads], rows)

    kinds = [("from elsewhere", evaluation.elsewhere), ("left out", evaluation.left_out)]
    rows = [
        (
            f"{label} ({scores.n})",
            *(_estimate(value) for value in (scores.refused, scores.balanced_accuracy, scores.auroc)),
        )
        for label, scores in kinds
        if scores is not None
    ]
    _print_table("Refusals", ["", "refused", "balanced accuracy", "AUROC"], rows)
    if evaluation.too_common:
        printing.say(f"{evaluation.too_common} questions were not asked without their answer: most stories hold it.")
    _say_number("Expected calibration error", evaluation.expected_calibration_error)
    for name, curve in evaluation.risk_coverage.items():
        _say_number(f"Area under the risk-coverage curve ({name})", curve.aurc if curve else None)

    rows = [(stage, f"{ms['p50']:.0f}", f"{ms['p95']:.0f}") for stage, ms in evaluation.latency_ms.items()]
    _print_table("Milliseconds", ["", "median", "95th percentile"], rows)

    rows = [
        (each.question.text, "; ".join(each.titles) or "nothing", str(each.rank or "none"))
        for each in measuring.not_found_first(evaluation, worst)
    ]
    _print_table("Not among the first ten stories", ["question", "found instead", "rank"], rows)
    rows = [
        (
            each.question.text,
            " / ".join(each.question.answers),
            each.answer.text,
            f"{each.answer.confidence:.2f}",
        )
        for each in measuring.surely_wrong(evaluation, worst)
    ]
    _print_table("Surest of what does not hold the answer", ["question", "expected", "found", "sure"], rows)


def _print_table(title: str, heads: list[str], rows: list[tuple[str, ...]]) -> None:
    """A table with its title, nothing without rows. Cells may be written by strangers."""
    if not rows:
        return
    lines = any(map(_is_long, rows))
    table = Table(title=title, title_justify="left", title_style="bold", box=ROUNDED if lines else SIMPLE_HEAD)
    table.show_lines = table.show_edge = table.pad_edge = lines
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shortened(printing.one_line(cell))) for cell in row))
    printing.say()
    printing.console().print(table, soft_wrap=False)


def _is_long(row: tuple[str, ...]) -> bool:
    return any(len(cell) > 60 for cell in row)


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def _estimate(estimate: "Estimate") -> str:
    if estimate.value is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.2f}-{estimate.high:.2f})"


def _say_number(what: str, value: float | None) -> None:
    if value is not None:
        printing.say(f"{what}: {value:.3f}")
