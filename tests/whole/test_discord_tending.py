"""What the bot does by itself when it is connected is done again after it failed."""

from collections.abc import Callable
from typing import Any

import pytest
import simcord

from bot.remembering import servers
from bot.sweeping import Swept
from index.errors import StorageError


def failing(times: int, error: Exception, do: Callable[..., Any]) -> tuple[Callable[..., Any], list[Exception]]:
    """`do`, which fails some times before, and what it raised."""
    raised: list[Exception] = []

    async def fail_before(*arguments: Any, **options: Any) -> Any:
        if len(raised) < times:
            raised.append(error)
            raise error
        return await do(*arguments, **options)

    return fail_before, raised


async def nothing_to_sweep(*_: Any, **__: Any) -> Swept:
    return Swept()


@pytest.mark.parametrize("error", [StorageError("The disk is full."), ValueError("surprise")])
async def test_where_it_cannot_be_noted_which_servers_there_are_the_link_comes_and_it_is_tried_again(
    error: Exception, make_client: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    swept: list[Any] = []
    links: list[str] = []
    client = make_client(connected=links.append)
    take, raised = failing(2, error, lambda memory, present, *, at: memory.run(servers.joined, 77, at=at))
    monkeypatch.setattr("bot.client.take_stock", take)
    monkeypatch.setattr("bot.client.sweep", lambda *_, **__: swept.append(True) or nothing_to_sweep())
    async with simcord.run(client) as env:
        assert len(links) == 1
        assert (len(raised), swept) == (1, [])
        assert str(error) in caplog.text
        assert "Traceback" in caplog.text
        await env.advance_time(130)
        assert len(raised) == 2
        assert servers.known(client.memory) == {77: True}
        assert swept == [True]
        assert len(links) == 1


@pytest.mark.parametrize("error", [StorageError("The disk is full."), ValueError("surprise")])
async def test_sweeping_goes_on_after_whatever_failed(
    error: Exception, make_client: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    swept: list[Any] = []
    sweep, raised = failing(1, error, lambda *_, **__: swept.append(True) or nothing_to_sweep())
    monkeypatch.setattr("bot.client.sweep", sweep)
    async with simcord.run(make_client()) as env:
        assert (len(raised), swept) == (1, [])
        assert str(error) in caplog.text
        assert "Traceback" in caplog.text
        await env.advance_time(3_601)
        assert swept == [True]
