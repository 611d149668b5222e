"""The `storydesk` command as a process group of its own, to run or to kill."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
_POLL_SECONDS = 0.002
_LONGEST_SECONDS = 600
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Run:
    """What a run of `storydesk` left behind: its complete lines of output, parsed if JSON, and when each came."""

    command: str
    code: int
    lines: tuple[Any, ...]
    times: tuple[float, ...]
    err: str
    struck: bool

    def acknowledged(self, *statuses: str) -> list[Any]:
        """The lines that report one of these statuses."""
        return [line for line in self.lines if line["status"] in statuses]


@dataclass(frozen=True)
class Moment:
    """When to strike: `seconds` after `lines` lines of output came, or after the work `began`."""

    seconds: float
    lines: int = 0
    began: Callable[[], bool] | None = None

    def __str__(self) -> str:
        since = "the work began" if self.began is not None else f"line {self.lines}"
        return f"{self.seconds:.3f} s after {since}"


@dataclass(frozen=True)
class Site:
    """A data folder, with the settings that `storydesk` works on it with."""

    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def with_settings(self, settings: Mapping[str, str]) -> Self:
        return replace(self, settings=settings)

    def run(self, *arguments: str | Path) -> Run:
        """Run a command to its end; what it prints is parsed when it was asked for JSON."""
        return self.strike(arguments, moment=None, strike=None)

    def kill(self, *arguments: str | Path, moment: Moment) -> Run:
        """Run a command, and send SIGKILL to all its processes at `moment`, unless it has ended."""
        return self.strike(arguments, moment=moment, strike=_kill)

    def strike(
        self,
        arguments: tuple[str | Path, ...],
        *,
        moment: Moment | None,
        strike: Callable[["subprocess.Popen[bytes]"], None] | None,
    ) -> Run:
        """Run a command, do `strike` at `moment` unless it has ended, and wait for its end."""
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", *map(str, arguments)],
            cwd=ROOT / "benchmarks",
            env=kept | {"PYTHONPATH": str(ROOT), "STORYDESK_HOME": str(self.home)} | dict(self.settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            out, err = _Stream(process.stdout), _Stream(process.stderr)
            struck = False
            if moment is not None and strike is not None and _waited(process, out, moment):
                strike(process)
                struck = True
            code = process.wait(timeout=_LONGEST_SECONDS)
            out.thread.join(timeout=_LONGEST_SECONDS)
            err.thread.join(timeout=_LONGEST_SECONDS)
        finally:
            if process.poll() is None:
                _kill(process)
                process.wait()
        complete = [(at, line) for at, line in out.lines if line.endswith(b"\n")]
        return Run(
            command=f"storydesk {' '.join(map(str, arguments))}",
            code=code,
            lines=tuple(json.loads(line) if "--json" in arguments else line.decode() for _, line in complete),
            times=tuple(at for at, _ in complete),
            err=b"".join(line for _, line in err.lines).decode(errors="replace"),
            struck=struck,
        )


class _Stream:
    """Reads lines as they come, with the time of each."""

    def __init__(self, pipe: Any) -> None:
        self.lines: list[tuple[float, bytes]] = []
        self._pipe = pipe
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        for line in self._pipe:
            self.lines.append((time.perf_counter(), line))
        self._pipe.close()


def _waited(process: "subprocess.Popen[bytes]", out: _Stream, moment: Moment) -> bool:
    """Wait for `moment`; returns whether the process was still there by then."""
    while not (len(out.lines) >= moment.lines and (moment.began is None or moment.began())):
        if process.poll() is not None:
            return False
        time.sleep(_POLL_SECONDS)
    until = time.perf_counter() + moment.seconds
    while (left := until - time.perf_counter()) > 0:
        if process.poll() is not None:
            return False
        time.sleep(min(left, _POLL_SECONDS))
    return process.poll() is None


def _kill(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGKILL)  # its group is its own: whatever it started dies with it
