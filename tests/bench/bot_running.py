"""The bot in this process, over real HTTP and a real websocket, while a test does something."""

import json
import os
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.running import run_bot
from bot.settings import load_settings

QUESTION = "How many prisoners are being exchanged in Wolpertingen?"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Bot:
    """What a test does while the bot runs in the main thread, where signals arrive."""

    def __init__(self, engine: Any, home: Path) -> None:
        engine.load_model = lambda: None
        self.engine = engine
        self.port = free_port()
        self.settings = load_settings(
            folder=home,
            environment={
                "STORYDESK_HOME": str(home),
                "DISCORD_TOKEN": "MTE4NTYzNzQ5OTk4.made-up.token-of-no-bot",
                "STORYDESK_QUESTION_SECONDS": "20",
                "STORYDESK_PUBLIC_FOR_ALL": "true",
                "STORYDESK_LOG_FORMAT": "json",
                "STORYDESK_METRICS_PORT": str(self.port),
            },
        )

    def run(self, meanwhile: Callable[[], None]) -> None:
        """Run until `meanwhile`, in a thread of its own, has ended; what it raises is raised here."""
        raised: list[BaseException] = []

        def act() -> None:
            try:
                meanwhile()
            except BaseException as error:  # noqa: BLE001 - raised again where the test sees it
                raised.append(error)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        run_bot(self.settings, self.engine, on_connected=lambda invite: threading.Thread(target=act).start())
        if raised:
            raise raised[0]

    def get(self, path: str) -> tuple[int, str]:
        """What the page for monitors says."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def figure(self, line: str) -> float:
        """A line of the metrics, such as `storydesk_servers`; 0 when there is none."""
        found = [one for one in self.get("/metrics")[1].splitlines() if one.startswith(line + " ")]
        return float(found[0].rpartition(" ")[2]) if found else 0.0


def answered(interaction: Any) -> bool:
    return "1,000 prisoners each" in json.dumps(interaction.shown, ensure_ascii=False)
