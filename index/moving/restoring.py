"""Puts a backup's catalog in the place of the present one, which is kept aside."""

import logging
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, insert

from index.errors import HomeBusyError, StorageError
from index.holding.lock import hold
from index.moving import backups
from index.moving.backing_up import describe
from index.moving.backups import Further, Manifest
from index.moving.writing import Progress, tell_nobody
from index.storing.catalog import FILE_NAME
from index.storing.durable import complete_or_absent, sync
from index.storing.migrating import migrate
from index.storing.schema import facts, generations, indexed_versions
from index.storing.sqlite import (
    DATABASE_ERRORS,
    copy_database,
    files_beside,
    fold,
    is_damage,
    skip_ids,
    sqlite_engine,
    storage_errors,
)

_log = logging.getLogger(__name__)
_INDEXES = ("vectors", "words")
_PREPARED = "catalog-restored.sqlite3"
_CATALOG_ID = "catalog id"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and the folder that keeps the catalog that was there before; None when there was none."""

    backup: Manifest
    replaced: Path | None


def restore(
    folder: Path,
    home: Path,
    *,
    now: datetime,
    further: Sequence[Further] = (),
    on_progress: Progress | None = None,
) -> Restored:
    """Make the backup in `folder` the catalog of the data folder `home`; its indexes are made when that is opened next.

    Killed at any moment, the data folder has the one catalog or the other, whole. Each of `further` that the backup has
    takes the place of the present one, which is kept with the catalog; one that it has not stays. Raises StorageError
    when the backup is damaged or newer than this program, before anything is changed, and HomeBusyError when the folder
    is in use.
    """
    tell = on_progress or tell_nobody
    manifest = backups.read_manifest(folder)
    try:
        lock = hold(home, wait_seconds=0)
    except HomeBusyError as error:
        raise HomeBusyError(f"Another storydesk process is using {home}; stop it before you restore.") from error
    try:
        backups.check_catalog(folder / FILE_NAME, manifest, on_progress=tell)
        brought = [each for each in further if backups.check_further(folder, manifest, each, on_progress=tell)]
        with storage_errors(home):
            prepared = _prepare(folder / FILE_NAME, home, tell)
            prepared_further = {each: _prepare_further(folder, home, each) for each in brought}
            replaced = _keep_present(home, home / f"replaced-{now:%Y%m%dT%H%M%S%fZ}", brought, now, tell)
            for each, file in prepared_further.items():
                file.replace(home / each.name)
            prepared.replace(home / FILE_NAME)
            sync(home)
        for name in _INDEXES:  # of the replaced catalog; if they stay, they only take room
            shutil.rmtree(home / name, ignore_errors=True)
    finally:
        lock.release()
    return Restored(manifest, replaced)


def _prepare(backup: Path, home: Path, on_progress: Progress) -> Path:
    """A copy of the backup's catalog that is up to date and takes none of the indexes in `home` for its own."""
    prepared = home / _PREPARED
    _remove_beside(prepared)  # a restore that was killed may have left changes to another copy
    copy_database(backup, prepared, on_progress=lambda done, total: on_progress("pages restored", done, total))
    engine = sqlite_engine(prepared)
    try:
        migrate(engine, keep_old=False)  # the backup stays as it is
        with engine.begin() as connection:
            connection.execute(delete(facts).where(facts.c.name == _CATALOG_ID))
            connection.execute(insert(facts).values(name=_CATALOG_ID, value=secrets.token_hex(8)))
            connection.execute(delete(indexed_versions))
            connection.execute(delete(generations))
            taken = (int(path.name) for path in home.glob("words/*") if path.name.isdecimal())
            skip_ids(connection, generations.name, max(taken, default=0))
    finally:
        engine.dispose()
    fold(prepared)
    return prepared


def _prepare_further(folder: Path, home: Path, further: Further) -> Path:
    """A copy of the backup's further database that is up to date."""
    prepared = home / f"{Path(further.name).stem}-restored.sqlite3"
    _remove_beside(prepared)
    copy_database(folder / further.name, prepared)
    engine = sqlite_engine(prepared)
    try:
        migrate(engine, of=further.migrations, keep_old=False)
    finally:
        engine.dispose()
    fold(prepared)
    return prepared


def _keep_present(
    home: Path, folder: Path, brought: Sequence[Further], now: datetime, on_progress: Progress
) -> Path | None:
    """Make a backup of what is replaced in `folder`, and leave none of its files but those that are replaced.

    None when there is nothing of it.
    """
    present = [home / name for name in (FILE_NAME, *(each.name for each in brought))]
    for absent in (path for path in present if not path.exists()):
        _remove_beside(absent)
    present = [path for path in present if path.exists()]
    if not present:
        return None
    folder.mkdir(mode=0o700)
    try:
        for path in present:
            _keep(path, folder, on_progress)
        sync(folder.parent)
        if (folder / FILE_NAME).exists():
            _describe_kept(folder, [path.name for path in present if path.name != FILE_NAME], now, on_progress)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _keep(present: Path, folder: Path, on_progress: Progress) -> None:
    try:
        copy_database(
            present, folder / present.name, on_progress=lambda done, total: on_progress("pages kept", done, total)
        )
        fold(present)
    except DATABASE_ERRORS as error:
        if not is_damage(error):
            raise
        # A damaged one, perhaps the reason to restore, is kept as it is, with what lies beside it.
        for path in (present, *files_beside(present)):
            with complete_or_absent(folder / path.name) as part:
                shutil.copyfile(path, part)
        _remove_beside(present)


def _describe_kept(folder: Path, further: Sequence[str], now: datetime, on_progress: Progress) -> None:
    sums = {name: backups.digest(folder / name, on_progress=on_progress) for name in further}
    try:
        manifest = describe(folder / FILE_NAME, made_at=now, further=sums, on_progress=on_progress)
        backups.write_manifest(folder, manifest)
    except StorageError as error:
        _log.warning("the catalog that is replaced is kept, but cannot be restored by this program: %s", error)


def _remove_beside(path: Path) -> None:
    """Remove what would be taken for changes to a database that is put in the place of `path`."""
    for each in files_beside(path):
        each.unlink()
