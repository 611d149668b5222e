"""`storydesk jobs`: what was handed to the bot, how far it is, and what became of it."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from bot.cli import context, printing
from bot.cli.options import AsJson, NoWait

if TYPE_CHECKING:
    from index.storing.jobs import Job

_STYLES = {"done": "green", "failed": "bold red", "cancelled": "dim", "running": "cyan", "waiting": "yellow"}


def register(app: typer.Typer) -> None:
    app.command()(jobs)


def jobs(
    cancel: Annotated[
        int | None, typer.Option("--cancel", metavar="ID", help="Cancel this job.", show_default=False)
    ] = None,
    work: Annotated[bool, typer.Option("--work", help="Do the waiting jobs here and now.")] = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """List the jobs that were handed to the bot, newest first.

    \b
    Examples:
        storydesk jobs
        storydesk jobs --cancel 12

    Adding, importing, rebuilding and mending are jobs while the bot runs: they go on when the
    command that gave them is stopped, and after a restart. --work does those that wait when no
    bot runs. Listing waits for nobody. --json prints a line per job with "id", "kind", "state"
    (waiting, running, done, failed or cancelled), "progress", "accepted_at", "changed_at",
    "attempts", "outcome" and "error".
    """
    if cancel is not None and work:
        raise typer.BadParameter("--cancel and --work cannot go together.")
    if cancel is not None:
        _cancel(cancel, wait=not no_wait, as_json=as_json)
    elif work:
        _work(wait=not no_wait, as_json=as_json)
    else:
        _list(as_json=as_json)


def _list(*, as_json: bool) -> None:
    settings = context.settings().index
    catalog = context.open_catalog(settings)
    found = []
    if catalog is not None:
        with catalog:
            found = context.list_jobs(catalog)
    for job in found:
        _show(job, as_json=as_json)
    left = [job for job in found if job.state in ("waiting", "running")]
    if not found:
        printing.note("No jobs: commands do their work themselves while no bot runs.")
    elif left and not context.is_served(settings):
        are = "1 job is" if len(left) == 1 else f"{len(left)} jobs are"
        printing.note(f"{are} left and no bot runs; `storydesk run` or `storydesk jobs --work` goes on.")


def _cancel(job_id: int, *, wait: bool, as_json: bool) -> None:
    state = context.cancel_job(context.settings().index, job_id, wait=wait)
    if as_json:
        printing.print_json({"id": job_id, "state": state})
    elif state == "running":
        printing.say(f"Job {job_id} stops after the stories that it is storing now.")
    elif state == "cancelled":
        printing.say(f"Job {job_id} is cancelled; what it had stored before stays.")
    if state in ("done", "failed"):
        printing.note(f"Error: job {job_id} is over already ({state}).")
        raise typer.Exit(1)


def _work(*, wait: bool, as_json: bool) -> None:
    failed, nothing = False, True
    with (
        context.open_engine(context.settings().index, wait=wait) as engine,
        printing.progress_bars() as show_progress,
    ):
        done = context.do_waiting_jobs(engine, on_progress=show_progress)
        if done is None:
            printing.note("The bot runs and does them; `storydesk jobs` shows how far it is.")
            return
        for job in done:
            nothing = False
            failed = failed or job.state == "failed"
            _show(job, as_json=as_json)
    if nothing:
        printing.note("No job waits.")
    if failed:
        raise typer.Exit(1)


def _show(job: "Job", *, as_json: bool) -> None:
    if as_json:
        printing.print_json(
            {
                "id": job.id,
                "kind": job.kind,
                "state": job.state,
                "progress": {"what": job.what, "done": job.done, "total": job.total},
                "accepted_at": job.accepted_at,
                "changed_at": job.changed_at,
                "attempts": job.attempts,
                "outcome": job.outcome,
                "error": job.error,
            }
        )
        return
    parts = [f"{job.accepted_at[:16].replace('T', ' ')} {job.kind}"]
    if job.state in ("waiting", "running") and job.what:
        parts.append(f"{job.what} {job.done}/{job.total}")
    if job.state in ("waiting", "running") and job.attempts > 1:
        parts.append(f"attempt {job.attempts}")
    counts = (job.outcome or {}).get("counts") or {}
    if counts:
        parts.append(", ".join(f"{number} {status}" for status, number in counts.items()))
    if job.error:
        parts.append(job.error)
    rest = printing.one_line("; ".join(parts))
    printing.say(Text.assemble(f"{job.id:>4}  ", (f"{job.state:<9}", _STYLES[job.state]), "  ", rest))
