"""Disks that fill or turn read-only while something writes to them. Mounting them takes root's rights."""

import errno
import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

_SMALL_BYTES = 64_000_000
_IMAGE_BYTES = 128_000_000


class CannotMountError(Exception):
    """This machine, or its user, has no disk for us."""


class Disk(ABC):
    """A disk of its own, mounted in a folder while the context lasts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        if os.geteuid() != 0:
            raise CannotMountError("needs root")
        self.folder.mkdir()
        try:
            self._mount()
        except BaseException:
            self.folder.rmdir()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _run("umount", str(self.folder))
        self.folder.rmdir()

    @abstractmethod
    def _mount(self) -> None: ...

    @abstractmethod
    def mend(self) -> None:
        """Make the disk usable again, with all that reached it."""


class FillingDisk(Disk):
    """A small disk in memory."""

    def _mount(self) -> None:
        _run("mount", "-t", "tmpfs", "-o", f"size={_SMALL_BYTES}", "none", str(self.folder))

    def fill(self, *, leave: int) -> None:
        """Take all room but `leave` bytes, as another program might."""
        size = 0
        with self._ballast.open("wb") as file:
            while (room := shutil.disk_usage(self.folder).free - leave) > 0:
                try:
                    os.posix_fallocate(file.fileno(), size, room)
                    size += room
                except OSError as error:  # somebody else took of it meanwhile
                    if error.errno != errno.ENOSPC:
                        raise

    def mend(self) -> None:
        self._ballast.unlink()

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


class FailingDisk(Disk):
    """A disk that its file system makes read-only when it meets an error, with all files that are open on it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._image = folder.with_suffix(".img")

    def _mount(self) -> None:
        with self._image.open("wb") as file:
            file.truncate(_IMAGE_BYTES)
        _run("mkfs.ext4", "-q", "-F", str(self._image))
        self._mount_image()
        if not self._trigger.exists():
            _run("umount", str(self.folder))
            raise CannotMountError("needs an ext4 that can be told to fail")

    def _mount_image(self) -> None:
        _run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.folder))

    @property
    def _trigger(self) -> Path:
        device = Path(_run("findmnt", "-n", "-o", "SOURCE", str(self.folder)).strip()).name
        return Path(f"/sys/fs/ext4/{device}/trigger_fs_error")

    def fail(self) -> None:
        """From now on nothing can be written."""
        self._trigger.write_text("1")

    def mend(self) -> None:
        _run("umount", str(self.folder))
        _run("e2fsck", "-p", str(self._image), codes=(0, 1))
        self._mount_image()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._image.unlink()


def _run(*command: str, codes: tuple[int, ...] = (0,)) -> str:
    try:
        process = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CannotMountError(f"needs {command[0]}") from None
    if process.returncode not in codes:
        raise CannotMountError(f"{' '.join(command)}: {process.stderr.strip()}")
    return process.stdout
