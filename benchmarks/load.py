"""Lets many people ask the bot at nearly the same time, and looks whether each of them gets something in time.

    python benchmarks/load.py
    python benchmarks/load.py --people 200 --seconds 10

`storydesk run` is a process of its own with the real model over the sample stories, Discord a stand-in on this machine
with a wall clock, which refuses what comes later than Discord would take it. Every question is another text. It prints
what people got and when, and how late the bot's event loop was. The exit code is 1 when somebody got nothing, when an
interaction expired, when anything else was refused, or when a heartbeat was late by a second.
"""

import argparse
import collections
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BENCH = ROOT / "tests" / "bench"
sys.path.insert(0, str(BENCH))

from discord_payloads import person  # noqa: E402
from discord_stand_in import StandIn  # noqa: E402

from index.samples import stories_folder  # noqa: E402

QUESTIONS = (
    "How many prisoners are being exchanged?",
    "When did the prisoner exchange begin?",
    "Where did the delegations meet?",
    "How many people died in the Velmora flood?",
    "Why was the flood's toll corrected?",
    "Who won the Continental Cup?",
    "How many jobs does the chip factory bring?",
    "Where is the chip factory?",
    "By how many votes did the mayor of Brackton win?",
    "Who asked for the recount in Brackton?",
    "How much is the hospital in Lakeshore given?",
    "When does the night ferry to Corra sail?",
    "How many people had to leave the villages below Mount Sarunga?",
    "Who is vaccinated in Namora?",
    "What does the vaccination protect from?",
    "How high is the ash above the volcano?",
    "Who scored the last penalty?",
    "How long does the crossing to Corra take?",
    "Who wrote the opera about the lighthouse?",
    "What is the capital of Mongolia?",
)
WAYS = (
    "{}", "Please tell me: {}", "Hello! {}", "{} Thank you.", "My aunt wants to know: {}", "One more: {}",
    "{} In short, please.", "So, {}", "I have a question. {}", "{} I have read about it.",
)  # fmt: skip
SECONDS_TO_START = 180.0
SECONDS_TO_ANSWER = 120.0
HEARTBEAT_SECONDS = 2.0


@dataclass
class Asked:
    """One person's question; `told` is when something was shown, in seconds since it was asked."""

    interaction: Any
    told: float | None = None

    @property
    def got(self) -> str:
        """What the person got, in a word or two."""
        words = json.dumps(self.interaction.shown or {}, ensure_ascii=False)
        if self.told is None:
            return "nothing"
        if "very busy" in words or "many questions" in words:
            return "told: busy"
        if "No answer within" in words:
            return "told: too slow"
        if re.search(r"`[0-9a-f]{8}`", words):
            return "told: failed"
        return "an answer or a refusal"


def main() -> int:
    """Run it once; returns the exit code."""
    parser = argparse.ArgumentParser(description="Many people ask the bot at nearly the same time.")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10.0, help="in which all of them ask")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, StandIn(heartbeat_seconds=HEARTBEAT_SECONDS).running() as stand_in:
        home = Path(folder) / "home"
        environment = _environment(home, port=_free_port())
        with stories_folder() as stories:
            command = [sys.executable, "-m", "bot", "add", str(stories)]
            subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        server = stand_in.add_server()
        with open(Path(folder) / "log", "wb") as log:  # noqa: PTH123 - a pipe that nobody reads would fill
            command = [sys.executable, str(BENCH / "bot_against.py"), stand_in.base, stand_in.gateway, "run"]
            bot = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
            try:
                _wait_until_ready(int(environment["STORYDESK_METRICS_PORT"]))
                asked = _ask_all(stand_in, server, people=options.people, seconds=options.seconds)
                health = _get(int(environment["STORYDESK_METRICS_PORT"]), "/healthz")
                metrics = _get(int(environment["STORYDESK_METRICS_PORT"]), "/metrics")
            finally:
                bot.send_signal(signal.SIGTERM)
                bot.wait(20)
        return _report(stand_in, asked, health=health, metrics=metrics)


def _ask_all(stand_in: StandIn, server: int, *, people: int, seconds: float) -> list[Asked]:
    """Everybody asks, evenly over `seconds`; returns when all were told something, or after a while."""
    asked: list[Asked] = []
    began = time.monotonic()
    while True:
        now = time.monotonic()
        due = min(people, int((now - began) / seconds * people) + 1)
        for number in range(len(asked), due):
            question = WAYS[number // len(QUESTIONS) % len(WAYS)].format(QUESTIONS[number % len(QUESTIONS)])
            # Every other one asks in a direct message.
            where = server if number % 2 else None
            asked.append(Asked(stand_in.ask(question, server_id=where, who=person(1_000 + number))))
        now = time.monotonic()
        for one in asked:
            if one.told is None and one.interaction.shown is not None:
                one.told = now - one.interaction.created
        if len(asked) == people and all(one.told is not None for one in asked):
            return asked
        if now - began > seconds + SECONDS_TO_ANSWER:
            return asked
        time.sleep(0.02)


def _report(stand_in: StandIn, asked: list[Asked], *, health: str, metrics: str) -> int:
    acknowledged = [
        one.interaction.acknowledged - one.interaction.created
        for one in asked
        if one.interaction.acknowledged is not None
    ]
    got = collections.Counter(one.got for one in asked)
    for what, number in got.most_common():
        print(f"{what:<24} {number:>5}")
    _print_times("acknowledged after", acknowledged)
    _print_times("told something after", [one.told for one in asked if one.told is not None])
    _print_times("of these, an answer", [one.told for one in asked if one.told and one.got.startswith("an answer")])
    print(f"event loop late by at most {json.loads(health)['loop_lag_seconds']:.3f} s")
    for line in metrics.splitlines():
        if line.startswith("storydesk_event_loop_lag_seconds_bucket"):
            print(f"    {line}")
    late = stand_in.late_heartbeats(by=1.0)
    heartbeats = sum(len(session.heartbeats) for session in stand_in.sessions)
    print(f"heartbeats {heartbeats}, late ones {len(late)}; connections {len(stand_in.sessions)}")
    print(f"refused by Discord: {collections.Counter((one.status, one.code) for one in stand_in.refused) or 'nothing'}")
    expired = len(asked) - len(acknowledged)
    return int(bool(got["nothing"] or expired or stand_in.refused or late))


def _print_times(what: str, seconds: list[float]) -> None:
    if len(seconds) > 1:
        p95 = statistics.quantiles(seconds, n=20)[-1]
        print(f"{what:<24} p50 {statistics.median(seconds):.2f} s, p95 {p95:.2f} s, at most {max(seconds):.2f} s")


def _wait_until_ready(port: int) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        try:
            if json.loads(_get(port, "/healthz"))["status"] == "ok":
                return
        except (OSError, urllib.error.URLError):
            pass  # it is not up yet
        time.sleep(0.2)
    raise SystemExit("The bot did not start in time.")


def _get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
        return str(response.read().decode())


def _environment(home: Path, *, port: int) -> dict[str, str]:
    passed = ("PATH", "HOME", "LANG", "TMPDIR", "OMP_NUM_THREADS")
    return {name: os.environ[name] for name in passed if name in os.environ} | {
        "PYTHONPATH": str(ROOT),
        "STORYDESK_HOME": str(home),
        "STORYDESK_PUBLIC_FOR_ALL": "true",
        "STORYDESK_METRICS_PORT": str(port),
        "DISCORD_TOKEN": "made-up.token.of-no-bot",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
