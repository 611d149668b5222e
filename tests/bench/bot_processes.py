"""`storydesk` as processes of their own: a data folder filled, and the bot run against a stand-in for Discord."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from discord_stand_in import StandIn

import bot

ROOT = Path(bot.__file__).parents[1]
TOKEN = "MTE4NTYzNzQ5OTk4NzY1NDMy.GaBcDe." + "y" * 38
SECONDS_TO_START = 120


def add(stories: Path, *, home: Path) -> None:
    """Fill a data folder with the stories of a file or a folder."""
    command = [sys.executable, "-m", "bot", "add", str(stories)]
    subprocess.run(command, cwd=home.parent, env=_environment(home), check=True, capture_output=True, timeout=300)


def start_bot(stand_in: StandIn, home: Path, *, log: Any = subprocess.PIPE, **settings: str) -> subprocess.Popen[str]:
    """Start the bot over a data folder; a `log` that is a pipe must be read before it is full."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tests/bench/bot_against.py"), stand_in.base, stand_in.gateway, "run"],
        cwd=home.parent,
        env=_environment(home) | settings,
        stdout=subprocess.PIPE,
        stderr=log,
        encoding="utf-8",
    )


def _environment(home: Path) -> dict[str, str]:
    names = ("PATH", "HOME", "LANG", "TMPDIR", "OMP_NUM_THREADS")
    return {name: os.environ[name] for name in names if name in os.environ} | {
        "PYTHONPATH": str(ROOT),
        "STORYDESK_HOME": str(home),
        "STORYDESK_PUBLIC_FOR_ALL": "true",
        "STORYDESK_LOG_FORMAT": "json",
        "DISCORD_TOKEN": TOKEN,
    }
