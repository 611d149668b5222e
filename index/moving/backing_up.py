"""Copies the catalog, which holds everything that the indexes are made from, while other processes use it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

from index.errors import StorageError
from index.moving import backups
from index.moving.backups import Further, Manifest
from index.moving.writing import Progress, tell_nobody, writing_errors
from index.storing.catalog import FILE_NAME
from index.storing.durable import PART
from index.storing.migrating import catalog_revision
from index.storing.sqlite import copy_database, database_problem, is_damage, sqlite_engine, storage_errors


def back_up(
    home: Path,
    folder: Path,
    *,
    made_at: datetime,
    further: Sequence[Further] = (),
    on_progress: Progress | None = None,
) -> Manifest:
    """Copy the catalog of the data folder `home` into `folder`, which is made; returns what the backup says of itself.

    Needs no lock: the copy is one state of the catalog, and what is written meanwhile is not held up. It is read again
    and checked before it counts as made. Each of `further` that is there is copied after it, and as carefully. Raises
    StorageError, also when `folder` is not empty or there is no catalog.
    """
    tell = on_progress or tell_nobody
    catalog = home / FILE_NAME
    if not catalog.exists():
        raise StorageError(f"There is no catalog in {home} to back up; `storydesk add` makes one.")
    _check_usable(catalog)
    copy = folder / FILE_NAME
    with writing_errors(folder):
        _make_empty(folder)
        copy_database(catalog, copy, on_progress=lambda done, total: tell("pages copied", done, total))
    copies = [copy]
    try:
        # After the catalog: who may read what is rather newer than the stories than older.
        for each in further:
            if (home / each.name).exists():
                copies.append(folder / each.name)
                _copy_further(home, folder, each)
        sums = {each.name: backups.digest(each, on_progress=tell) for each in copies[1:]}
        manifest = describe(copy, made_at=made_at, further=sums, on_progress=tell)
        tell("catalogs checked", 0, 1)
        if problem := database_problem(copy):
            raise StorageError(f"The catalog in {home} is damaged ({problem}); bring it back from an earlier backup.")
        tell("catalogs checked", 1, 1)
        with writing_errors(folder):
            backups.write_manifest(folder, manifest)
        written = backups.read_manifest(folder)
        if any(
            backups.digest(each, on_progress=tell) != written.further.get(each.name, written.sha256) for each in copies
        ):
            raise StorageError(
                f"What was written to {folder} reads differently; check its disk, or name another place."
            )
    except BaseException:
        for path in (folder / backups.MANIFEST_NAME, *copies):
            path.unlink(missing_ok=True)
        raise
    return manifest


def _copy_further(home: Path, folder: Path, further: Further) -> None:
    try:
        with writing_errors(folder):
            copy_database(home / further.name, folder / further.name)
    except StorageError as error:
        if error.__cause__ is None or not is_damage(error.__cause__):
            raise
        problem: str | None = str(error.__cause__)
    else:
        problem = database_problem(folder / further.name)
    if problem is not None:
        raise StorageError(f"{home / further.name} is damaged ({problem}); bring it back from an earlier backup.")


def _check_usable(catalog: Path) -> None:
    """Raise StorageError when there is no catalog that this program can use: nothing is to be made for it then."""
    with storage_errors(catalog.parent):
        engine = sqlite_engine(catalog, read_only=True)
        try:
            revision = catalog_revision(engine)
        finally:
            engine.dispose()
    if revision is None:
        raise StorageError(f"There is no catalog in {catalog.parent} to back up; `storydesk add` makes one.")


def _make_empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    left = {path.name for path in folder.iterdir()}
    if any(name.removesuffix("-journal") != FILE_NAME + PART for name in left):  # that is what a killed backup leaves
        raise StorageError(f"{folder} is not empty; give a new folder, so that no earlier backup is lost.")


def describe(
    copy: Path, *, made_at: datetime, further: Mapping[str, str] = MappingProxyType({}), on_progress: Progress
) -> Manifest:
    """The manifest for the catalog in the file `copy`. Raises StorageError when this program cannot use it."""
    sha256 = backups.digest(copy, on_progress=on_progress)
    engine = sqlite_engine(copy, read_only=True)
    try:
        with storage_errors(copy.parent):
            revision = catalog_revision(engine)
            counts = backups.count_rows(engine)
    finally:
        engine.dispose()
    return Manifest(
        storydesk_backup=backups.FORMAT,
        made_at=made_at,
        program=_program_version(),
        revision=revision or "",
        sha256=sha256,
        bytes=copy.stat().st_size,
        further=further,
        **counts,
    )


def _program_version() -> str:
    try:
        return version("storydesk")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "unknown"
