"""What systemd is told, over a real socket like its own."""

import asyncio
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.operating.health import Health
from bot.operating.supervising import notify, supervised, watchdog_seconds

WELL = Health(model_loaded=True, ready=True, stopping=False, shards={0: True}, open_questions=0, loop_lag_seconds=0.01)
UNWELL = replace(WELL, shards={0: False})
STARTING = replace(WELL, ready=False)


class Systemd:
    """Hears what it is told, at the address that it gives in `environment`."""

    def __init__(self, address: str) -> None:
        self.environment = {"NOTIFY_SOCKET": address}
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.socket.setblocking(False)

    async def hear(self) -> list[str]:
        """The next message, waited for."""
        async with asyncio.timeout(20):
            return (await asyncio.get_running_loop().sock_recv(self.socket, 4_096)).decode().split("\n")

    def heard(self) -> list[str]:
        """What came and was not heard yet."""
        messages = []
        while True:
            try:
                messages += self.socket.recv(4_096).decode().split("\n")
            except BlockingIOError:
                return messages


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    systemd = Systemd(str(tmp_path / "notify"))
    yield systemd
    systemd.socket.close()


async def a_few_looks() -> None:
    """Long enough for the task to look several times when the watchdog wants to hear every 20 ms."""
    for _ in range(10):
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("abstract", [False, True])
async def test_a_message_arrives_as_lines(abstract: bool, tmp_path: Path) -> None:
    address = f"@storydesk-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    systemd = Systemd(address)
    assert notify("READY=1", "STATUS=ok", environment=systemd.environment)
    assert await systemd.hear() == ["READY=1", "STATUS=ok"]
    systemd.socket.close()


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}])
def test_without_a_socket_nothing_happens(environment: dict[str, str]) -> None:
    assert not notify("READY=1", environment=environment)


def test_a_socket_that_nobody_reads_is_logged_and_no_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert not notify("READY=1", environment={"NOTIFY_SOCKET": str(tmp_path / "gone")})
    assert "systemd could not be told READY=1" in caplog.text


def test_a_full_socket_is_not_waited_for(systemd: Systemd) -> None:
    while notify("STATUS=" + "x" * 10_000, environment=systemd.environment):
        pass


async def test_without_a_socket_no_task_is_begun() -> None:
    async with supervised(lambda: WELL, environment={}):
        assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_ready_is_said_once_and_not_before_it_is_well(systemd: Systemd) -> None:
    health = STARTING
    environment = systemd.environment | {"WATCHDOG_USEC": "20000"}
    async with supervised(lambda: health, environment=environment):
        assert await systemd.hear() == ["STATUS=starting"]
        await a_few_looks()
        assert systemd.heard() == []
        health = WELL
        assert await systemd.hear() == ["STATUS=ok", "READY=1", "WATCHDOG=1"]
        await a_few_looks()
        assert set(systemd.heard()) == {"WATCHDOG=1"}


async def test_who_is_unwell_is_silent_and_who_is_well_again_is_not(systemd: Systemd) -> None:
    health = WELL
    environment = systemd.environment | {"WATCHDOG_USEC": "20000"}
    async with supervised(lambda: health, environment=environment):
        assert "READY=1" in await systemd.hear()
        health = UNWELL
        await a_few_looks()
        assert [each for each in systemd.heard() if each != "WATCHDOG=1"] == ["STATUS=unwell"]
        await a_few_looks()
        assert systemd.heard() == []
        health = WELL
        assert await systemd.hear() == ["STATUS=ok", "WATCHDOG=1"]


async def test_without_a_watchdog_nobody_is_told_that_it_is_alive(systemd: Systemd) -> None:
    async with supervised(lambda: WELL, environment=systemd.environment):
        assert await systemd.hear() == ["STATUS=ok", "READY=1"]


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "300000000"}, 300.0),
        ({"WATCHDOG_USEC": "300000000", "WATCHDOG_PID": str(os.getpid())}, 300.0),
        ({"WATCHDOG_USEC": "300000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_the_one_of_this_process(environment: dict[str, str], seconds: float | None) -> None:
    assert watchdog_seconds(environment) == seconds
