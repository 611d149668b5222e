"""What `storydesk doctor` looks at. Each check returns its findings; none prints, none changes a story."""

import re
import resource
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from index.errors import HomeBusyError, ModelError, StorydeskError
from index.settings import IndexSettings

if TYPE_CHECKING:
    from index.engine import Engine
    from index.holding.remote import RemoteEngine
    from index.stories import LibraryHealth
    from index.storing import Catalog
    from index.storing.jobs import Job

Status = Literal["OK", "WARN", "FAIL"]
MEGABYTE = 1_000_000
_MOST_NAMED = 10
_LATELY = timedelta(days=7)
# Discord's tokens are three parts of base64url: the bot's id, a time and a signature.
_TOKEN = re.compile(r"[\w-]{18,}\.[\w-]{5,}\.[\w-]{25,}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `message` is a sentence."""

    name: str
    status: Status
    message: str


def check_model(settings: IndexSettings) -> Check:
    """Whether the embedding model is there and is the expected one."""
    from index.finding.model_files import check_digest, model_folder

    try:
        digest = check_digest(settings)
    except ModelError as error:
        return Check("model", "FAIL", str(error))
    return Check("model", "OK", f"{model_folder(settings)} has the expected weights (SHA-256 {digest[:12]}...).")


def check_chosen_models(settings: IndexSettings) -> list[Check]:
    """Whether the reader and the ranker that the settings name can be used; nothing for one that they do not name."""
    from index.answering.reader import load_reader
    from index.finding.ranking import load_ranker

    checks = []
    for what, name, load in (
        ("reader", settings.reader_model, load_reader),
        ("ranker", settings.ranker_model, load_ranker),
    ):
        if name is not None:
            try:
                model = load(settings)
            except ModelError as error:
                checks.append(Check(what, "FAIL", str(error)))
            else:
                assert model is not None, "it is named"
                checks.append(Check(what, "OK", f"{model.name} can be loaded and gives numbers for a passage."))
    return checks


def check_store(
    settings: IndexSettings,
    *,
    open_engine: Callable[..., "AbstractContextManager[Engine | RemoteEngine]"],
    open_catalog: Callable[[IndexSettings], "Catalog | None"],
    progress: Callable[[], AbstractContextManager[Callable[[str, int, int], None]]],
    fix: bool = False,
) -> tuple[list[Check], int]:
    """Whether the data folder can be used, and whether its indexes are in step with the catalog; `fix` mends them.

    Waits for another process only to `fix`. Also returns how many libraries there are.
    """
    opened = Check("store", "OK", f"{settings.home} can be opened and its schema is current.")
    try:
        with open_engine(settings, wait=fix) as engine:
            try:
                with progress() as show_progress:
                    healths = engine.check(fix=fix, on_progress=show_progress)
            except StorydeskError as error:
                return [opened, Check("counts", "FAIL", str(error))], 0
        return [opened, *check_healths(healths)], sum(health.library is not None for health in healths)
    except HomeBusyError as error:
        return _check_busy_store(settings, open_catalog, not_fixed=str(error) if fix else None)
    except ModelError:
        return [Check("store", "WARN", "Not opened, because the model is not in order.")], 0
    except StorydeskError as error:
        return [Check("store", "FAIL", str(error))], 0


def _check_busy_store(
    settings: IndexSettings, open_catalog: Callable[[IndexSettings], "Catalog | None"], *, not_fixed: str | None
) -> tuple[list[Check], int]:
    """The same without the data folder's lock: the catalog can be read, the indexes cannot."""
    libraries = 0
    opened = Check("store", "OK", f"{settings.home} is in use by another storydesk process, and can be read.")
    try:
        catalog = open_catalog(settings)
        if catalog is not None:
            with catalog:
                libraries = len(catalog.libraries())
    except StorydeskError as error:
        opened = Check("store", "FAIL", str(error))
    if not_fixed is not None:
        return [opened, Check("counts", "FAIL", f"Nothing was mended: {not_fixed}")], libraries
    skipped = "Not compared, because another process holds the data folder; stop it and run this again."
    return [opened, Check("counts", "WARN", skipped)], libraries


def check_healths(healths: "Sequence[LibraryHealth]") -> list[Check]:
    """What was found in the data folder and its libraries, and what of it was mended."""
    libraries = [health for health in healths if health.library is not None]
    passages = sum(health.passages for health in libraries)
    looked_up = sum(health.looked_up for health in libraries)
    of = "1 library" if len(libraries) == 1 else f"{len(libraries)} libraries"
    counts = f"{of}, {_passages(passages)}; both search indexes are in step with the catalog."
    if not libraries:
        counts = "No stories yet; `storydesk add` adds some."
    searched = sum(health.looked_up > 0 for health in libraries)
    where = of if searched == len(libraries) else f"{searched} of {of}"
    lookup = f"Looked up by their own vectors and found: {_passages(looked_up)} of {where}."
    return [
        _check_troubles("catalog", healths, "The database finds no damage in it."),
        _check_troubles("counts", healths, counts),
        _check_troubles("lookup", healths, lookup if looked_up else "There was nothing to look up."),
        _check_troubles(
            "generations", healths, "No indexes are half built, and all are of today's model and splitter."
        ),
        _check_troubles("orphans", healths, "Nothing lies in the data folder that belongs to no library."),
    ]


def _passages(number: int) -> str:
    return f"{number} passage{'' if number == 1 else 's'}"


def _check_troubles(name: str, healths: "Sequence[LibraryHealth]", otherwise: str) -> Check:
    """One check of several libraries; the same trouble of many is said once."""
    left: dict[str, list[str]] = {}
    mended: dict[str, list[str]] = {}
    status: Status = "OK"
    fixable = False
    for health in healths:
        for trouble in health.troubles:
            if trouble.check != name:
                continue
            libraries = (mended if trouble.mended else left).setdefault(trouble.text, [])
            if health.library is not None:
                libraries.append(health.library)
            if not trouble.mended:
                status = "FAIL" if trouble.serious or status == "FAIL" else "WARN"
                fixable = fixable or "`storydesk " not in trouble.text
    sentences = []
    if mended:
        sentences.append(f"Mended: {_listed(mended)}.")
    if left:
        advice = "; `storydesk doctor --fix` mends it" if fixable else ""
        sentences.append(f"{_capitalised(_listed(left))}{advice}.")
    else:
        sentences.append(otherwise)
    return Check(name, status, " ".join(sentences))


def _listed(troubles: "Mapping[str, Sequence[str]]") -> str:
    parts = [f"{_named(libraries)}: {text}" if libraries else text for text, libraries in troubles.items()]
    more = f"; and {len(parts) - _MOST_NAMED} more" if len(parts) > _MOST_NAMED else ""
    return "; ".join(parts[:_MOST_NAMED]) + more


def _named(libraries: "Sequence[str]") -> str:
    if len(libraries) <= _MOST_NAMED:
        return ", ".join(libraries)
    return f"{', '.join(libraries[:_MOST_NAMED])} and {len(libraries) - _MOST_NAMED} more libraries"


def _capitalised(text: str) -> str:
    """A sentence; the name of a library stays as it is."""
    return text if ": " in text else text[:1].upper() + text[1:]


def check_jobs(jobs: "Sequence[Job]", *, now: datetime) -> Check:
    """Whether a job failed lately, and how many wait or run."""
    failed = [job for job in jobs if job.state == "failed" and datetime.fromisoformat(job.changed_at) > now - _LATELY]
    waiting = sum(job.state == "waiting" for job in jobs)
    running = sum(job.state == "running" for job in jobs)
    open_ones = f"{waiting} waiting, {running} running" if waiting or running else "none is waiting"
    if failed:
        last = max(failed, key=lambda job: job.id)
        return Check(
            "jobs",
            "WARN",
            f"{len(failed)} failed in the last {_LATELY.days} days, the last of them was job {last.id} "
            f"({(last.error or 'no reason was given').rstrip('.')}); {open_ones}; `storydesk jobs` shows them.",
        )
    return Check("jobs", "OK", f"None has failed in the last {_LATELY.days} days; {open_ones}.")


def check_servers(nobodys: "Sequence[str]") -> Check:
    """Whether there are libraries of servers of which the bot knows nothing, given their names."""
    if not nobodys:
        return Check("servers", "OK", "All libraries of servers with stories are remembered by the bot.")
    return Check(
        "servers",
        "WARN",
        f"{_named(nobodys)}: named like a server's library, but the bot remembers no such library, so nobody in "
        "Discord can read it; if no server is to get it, `storydesk libraries --remove NAME` removes it.",
    )


def check_descriptors(libraries: int, *, hard_limit: int) -> Check:
    """Whether the limit of open files makes searching that many libraries in turn slower (-1: no limit)."""
    from index.indexing.chroma import MOST_COLLECTIONS, most_collections

    if hard_limit == resource.RLIM_INFINITY:
        return Check("descriptors", "OK", "The number of open files is not limited.")
    enough = most_collections(hard_limit)
    message = f"{hard_limit} open files are allowed, enough to keep {enough} libraries open"
    if enough < libraries and enough < MOST_COLLECTIONS:
        slower = f"searching more than {enough} in turn is slower; raise the hard limit (ulimit -Hn)"
        return Check("descriptors", "WARN", f"{message}, and there are {libraries}: {slower}.")
    return Check("descriptors", "OK", f"{message}.")


def hard_descriptor_limit() -> int:
    """How many files this process may open when it asks for as many as it may."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def check_token(token: str | None) -> Check:
    """Whether a Discord token is set and looks like one; nothing of it is repeated."""
    if token is None:
        return Check("token", "WARN", "DISCORD_TOKEN is not set; the command line works, the Discord bot does not.")
    if not _TOKEN.fullmatch(token):
        return Check("token", "WARN", "DISCORD_TOKEN does not look like a bot's token; copy it again from Discord.")
    return Check("token", "OK", "DISCORD_TOKEN is set and looks like a bot's token.")


def check_disk(home: Path, *, free_bytes: int) -> Check:
    """Whether the disk of the data folder has room."""
    room = f"{free_bytes // MEGABYTE:,} MB free for {home}"
    if free_bytes < 50 * MEGABYTE:
        return Check("disk", "FAIL", f"{room}; make room before adding stories.")
    if free_bytes < 500 * MEGABYTE:
        return Check("disk", "WARN", f"{room}; a rebuild may need more.")
    return Check("disk", "OK", f"{room}.")


def free_bytes(home: Path) -> int:
    """Bytes that may still be written where `home` is or will be. Raises OSError."""
    folder = home.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free
