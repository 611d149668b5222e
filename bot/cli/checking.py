"""What `storydesk doctor` looks at. Each check returns its findings; none prints, none changes a story."""

import re
import resource
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from index.errors import HomeBusyError, ModelError, StorydeskError
from index.settings import IndexSettings

if TYPE_CHECKING:
    from index.engine import Engine
    from index.storing import Catalog

Status = Literal["OK", "WARN", "FAIL"]
MEGABYTE = 1_000_000
# Chroma keeps up to five descriptors open for a library, and loses small collections when it runs out of them.
DESCRIPTORS_PER_LIBRARY = 5
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


def check_store(
    settings: IndexSettings,
    *,
    open_engine: Callable[[IndexSettings], "AbstractContextManager[Engine]"],
    open_catalog: Callable[[IndexSettings], "Catalog | None"],
) -> tuple[list[Check], int]:
    """Whether the data folder can be used, and whether the search indexes are in step with the catalog.

    Does not wait for another process. Also returns how many libraries there are.
    """
    opened = Check("store", "OK", f"{settings.home} can be opened and its schema is current.")
    try:
        with open_engine(settings.model_copy(update={"lock_wait_seconds": 0.0})) as engine:
            try:
                counts = engine.counts()
            except StorydeskError as error:
                return [opened, Check("counts", "FAIL", str(error))], 0
        return [opened, check_counts(counts)], len(counts)
    except HomeBusyError:
        return _check_busy_store(settings, open_catalog)
    except ModelError:
        return [Check("store", "WARN", "Not opened, because the model is not in order.")], 0
    except StorydeskError as error:
        return [Check("store", "FAIL", str(error))], 0


def _check_busy_store(
    settings: IndexSettings, open_catalog: Callable[[IndexSettings], "Catalog | None"]
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
    skipped = "Not compared, because another process holds the data folder; stop it and run this again."
    return [opened, Check("counts", "WARN", skipped)], libraries


def check_counts(counts: Mapping[str, tuple[int, int, int]]) -> Check:
    """Whether both search indexes of each library have just the catalog's passages."""
    out_of_step = [
        f"{library} has {passages} passages, {vectors} vectors and {words} word entries"
        for library, (passages, vectors, words) in sorted(counts.items())
        if not passages == vectors == words
    ]
    if out_of_step:
        return Check("counts", "FAIL", f"{'; '.join(out_of_step)}; `storydesk rebuild` puts them in step.")
    if not counts:
        return Check("counts", "OK", "No stories yet; `storydesk add` adds some.")
    total = sum(passages for passages, _, _ in counts.values())
    libraries = "1 library" if len(counts) == 1 else f"{len(counts)} libraries"
    return Check("counts", "OK", f"{libraries}, {total} passages; both search indexes are in step with the catalog.")


def check_descriptors(libraries: int, *, hard_limit: int) -> Check:
    """Whether this process may keep the indexes of that many libraries open (-1: no limit)."""
    needed = DESCRIPTORS_PER_LIBRARY * (libraries + 1)
    if hard_limit == resource.RLIM_INFINITY:
        return Check("descriptors", "OK", "The number of open files is not limited.")
    message = f"{hard_limit} open files are allowed, enough for {hard_limit // DESCRIPTORS_PER_LIBRARY} libraries"
    if needed > hard_limit:
        return Check("descriptors", "FAIL", f"{message}, but there are {libraries}; raise the hard limit (ulimit -Hn).")
    if needed * 2 > hard_limit:
        return Check("descriptors", "WARN", f"{message}, and there are {libraries}; raise the hard limit (ulimit -Hn).")
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
