"""A backup's folder: a catalog in one file, and a manifest that says what it is. Written last, it makes it complete."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine, text

from index.errors import StorageError
from index.moving.writing import Progress
from index.storing.durable import complete_or_absent
from index.storing.migrating import Migrations, known_revisions, revision_of
from index.storing.sqlite import database_problem, sqlite_engine, storage_errors

FORMAT = 1
MANIFEST_NAME = "manifest.json"
_READ_AT_ONCE = 4 * 1024 * 1024
_MOST_MANIFEST_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Further:
    """A database beside the catalog that is backed up with it, if it is there: its file's name and its migrations."""

    name: str
    migrations: Migrations


class Manifest(BaseModel):
    """What a backup is: when and by which program it was made, and what its catalog must be to be whole.

    `revision` is that of the catalog's tables, `sha256` and `bytes` are of its file. `further` has the SHA-256 of each
    further database in the backup, by its file's name.
    """

    model_config = ConfigDict(frozen=True)

    storydesk_backup: int
    made_at: datetime
    program: str
    revision: str
    sha256: str
    bytes: int
    libraries: int
    stories: int
    passages: int
    further: Mapping[str, str] = Field(default_factory=dict)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest into a backup's folder, complete or absent. Raises OSError."""
    with complete_or_absent(folder / MANIFEST_NAME) as part:
        part.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """What the backup in `folder` is. Raises StorageError when there is none, or none that this program can use."""
    path = folder / MANIFEST_NAME
    if not folder.is_dir():
        raise StorageError(f"{folder} is not a folder; give the folder that `storydesk backup` wrote.")
    if not path.exists():
        raise StorageError(f"{folder} holds no finished backup (no {MANIFEST_NAME}); give another folder.")
    try:
        with path.open("rb") as file:
            manifest = Manifest.model_validate_json(file.read(_MOST_MANIFEST_BYTES))
    except ValidationError as error:
        raise StorageError(f"{path} is damaged; take another backup.") from error
    except OSError as error:
        raise StorageError(f"{path} cannot be read ({error.strerror}); check the path and the disk.") from error
    if manifest.storydesk_backup > FORMAT or manifest.revision not in known_revisions():
        raise StorageError(
            f"The backup in {folder} was made by a newer Storydesk ({manifest.program}, revision "
            f"{manifest.revision}); upgrade Storydesk to restore it."
        )
    return manifest


def check_catalog(path: Path, manifest: Manifest, *, on_progress: Progress) -> None:
    """Raise StorageError unless the file at `path` is the catalog that `manifest` is about, and sound."""
    _check(path, manifest.sha256, on_progress)


def check_further(folder: Path, manifest: Manifest, further: Further, *, on_progress: Progress) -> bool:
    """Whether the backup has the further database; raises StorageError unless that is sound and of use here."""
    if further.name not in manifest.further:
        return False
    path = folder / further.name
    _check(path, manifest.further[further.name], on_progress)
    engine = sqlite_engine(path, read_only=True)
    try:
        with storage_errors(folder):
            if revision_of(engine, further.migrations) is None:
                raise StorageError(f"{path} is not what its name says; take another backup.")
    finally:
        engine.dispose()
    return True


def _check(path: Path, sha256: str, on_progress: Progress) -> None:
    if digest(path, on_progress=on_progress) != sha256:
        raise StorageError(f"{path} is not as it was written (its SHA-256 differs); take another backup.")
    on_progress("catalogs checked", 0, 1)
    if problem := database_problem(path):
        raise StorageError(f"{path} is damaged ({problem}); take another backup.")
    on_progress("catalogs checked", 1, 1)


def digest(path: Path, *, on_progress: Progress) -> str:
    """The SHA-256 of a file. Raises StorageError."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            total = path.stat().st_size
            while part := file.read(_READ_AT_ONCE):
                found.update(part)
                on_progress("bytes checked", file.tell(), total)
    except OSError as error:
        raise StorageError(f"{path} cannot be read ({error.strerror}); check the path and the disk.") from error
    return found.hexdigest()


def count_rows(engine: Engine) -> dict[str, int]:
    """How many libraries, live stories and passages a catalog of any revision has."""
    with engine.begin() as connection:
        return {
            "libraries": connection.scalar(text("SELECT count(*) FROM libraries")) or 0,
            "stories": connection.scalar(text("SELECT count(*) FROM versions WHERE state = 'live'")) or 0,
            "passages": connection.scalar(text("SELECT count(*) FROM passages")) or 0,
        }
