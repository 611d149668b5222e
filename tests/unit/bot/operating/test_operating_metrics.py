"""The bot's figures, its health and the page that shows both."""

import asyncio
import json
import socket
import time
from dataclasses import replace

import aiohttp
import pytest

from bot.desk import BusyError
from bot.operating.gateway import kind_of
from bot.operating.health import Health
from bot.operating.lag import LoopLag
from bot.operating.metrics import Metrics
from bot.operating.page import monitored
from bot.shelf import RefusedError
from index.errors import SettingsError
from index.stories import Answer

WELL = Health(
    model_loaded=True, ready=True, stopping=False, shards={0: True, 1: True}, open_questions=2, loop_lag_seconds=0.01
)
ANSWER = Answer(question="Who?", answered=True, reason=None, text="Nobody.", confidence=0.9)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_answers_refusals_and_failures_are_counted_by_what_they_were() -> None:
    metrics = Metrics()
    metrics.answered(ANSWER)
    metrics.answered(replace(ANSWER, answered=False, reason="not_answered"))
    metrics.failed(BusyError("busy"), asked=True)
    metrics.failed(RefusedError("file_or_text"), asked=False)
    assert value(metrics, "storydesk_questions_total", outcome="answered") == 1
    assert value(metrics, "storydesk_questions_total", outcome="refused") == 1
    assert value(metrics, "storydesk_questions_total", outcome="failed") == 1
    assert value(metrics, "storydesk_refusals_total", reason="not_answered") == 1
    assert value(metrics, "storydesk_failures_total", kind="BusyError") == 1
    assert value(metrics, "storydesk_failures_total", kind="RefusedError") == 1


def test_a_stage_is_timed_also_when_it_fails() -> None:
    metrics = Metrics()
    with pytest.raises(RuntimeError), metrics.timed("answering"):
        raise RuntimeError
    assert value(metrics, "storydesk_stage_seconds_count", stage="answering") == 1


def test_the_whole_of_a_question_is_timed_from_its_arrival() -> None:
    metrics = Metrics()
    metrics.delivered(time.perf_counter() - 20.0)
    assert value(metrics, "storydesk_stage_seconds_bucket", stage="whole", le="10.0") == 0
    assert value(metrics, "storydesk_stage_seconds_bucket", stage="whole", le="30.0") == 1


def test_votes_are_what_there_is_and_not_added_up() -> None:
    metrics = Metrics()
    metrics.voted(helpful=3, unhelpful=2)
    metrics.voted(helpful=2, unhelpful=2)
    assert value(metrics, "storydesk_votes", vote="helpful") == 2
    assert value(metrics, "storydesk_votes", vote="not_helpful") == 2


def test_what_is_watched_is_read_when_it_is_asked_for() -> None:
    metrics = Metrics()
    numbers = {"0": 1.0}
    metrics.watch("storydesk_waiting", "Waiting", lambda: len(numbers))
    metrics.watch_all("storydesk_up", "Up", lambda: numbers.items(), label="shard")
    numbers["1"] = 0.0
    exposed = metrics.exposition().decode()
    assert "storydesk_waiting 2.0" in exposed
    assert 'storydesk_up{shard="1"} 0.0' in exposed
    assert "process_resident_memory_bytes" in exposed


def test_two_bots_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.counted({"stories": 3})
    assert value(first, "storydesk_index", what="stories") == 3
    assert value(second, "storydesk_index", what="stories") is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v10/interactions/1/a-token/callback", "acknowledge"),
        ("/api/v10/webhooks/43/a-token/messages/@original", "answer"),
        ("/api/v10/webhooks/43/a-token", "answer"),
        ("/api/v10/channels/70/messages", "message"),
        ("/api/v10/channels/70/messages/61", "message"),
        ("/api/v10/channels/70/typing", "typing"),
        ("/api/v10/guilds/1/members/2", "member"),
        ("/api/v10/applications/43/commands", "commands"),
        ("/api/v10/users/@me", "other"),
    ],
)
def test_requests_are_told_apart_by_a_handful_of_words(path: str, kind: str) -> None:
    assert kind_of(path) == kind


@pytest.mark.parametrize(
    ("health", "status"),
    [
        (WELL, "ok"),
        (replace(WELL, model_loaded=False), "starting"),
        (replace(WELL, ready=False), "starting"),
        (replace(WELL, shards={0: True, 1: False}), "unwell"),
        (replace(WELL, shards={}), "unwell"),
        (replace(WELL, loop_lag_seconds=6.0), "unwell"),
        (replace(WELL, stopping=True), "stopping"),
    ],
)
async def test_healthz_says_how_it_is(health: Health, status: str) -> None:
    port = free_port()
    async with monitored(port, metrics=Metrics(), health=lambda: health), aiohttp.ClientSession() as session:
        response = await session.get(f"http://127.0.0.1:{port}/healthz")
        assert response.status == (200 if status == "ok" else 503)
        said = await response.json()
        assert said["status"] == status
        assert said["open_questions"] == 2


async def test_metrics_are_served_in_prometheus_format_and_nothing_else_is() -> None:
    port, metrics = free_port(), Metrics()
    metrics.answered(ANSWER)
    async with monitored(port, metrics=metrics, health=lambda: WELL), aiohttp.ClientSession() as session:
        response = await session.get(f"http://127.0.0.1:{port}/metrics")
        assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert 'storydesk_questions_total{outcome="answered"} 1.0' in await response.text()
        assert (await session.get(f"http://127.0.0.1:{port}/")).status == 404
        assert (await session.post(f"http://127.0.0.1:{port}/metrics")).status == 405


async def test_without_a_port_nothing_is_served() -> None:
    async with monitored(None, metrics=Metrics(), health=lambda: WELL):
        assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"STORYDESK_METRICS_PORT is {port}, which cannot be used"):
            async with monitored(port, metrics=Metrics(), health=lambda: WELL):
                pass


async def test_a_loop_that_is_held_up_is_noticed() -> None:
    noted: list[float] = []
    lag = LoopLag(note=noted.append)
    assert lag.worst_lately == 0
    measuring = asyncio.create_task(lag.measure())
    await asyncio.sleep(0.01)
    time.sleep(0.6)  # noqa: ASYNC251 - this is what it measures
    await asyncio.sleep(0.01)
    measuring.cancel()
    assert lag.worst_lately > 0.2
    assert noted == [lag.worst_lately]


def test_health_is_json_of_numbers_and_words() -> None:
    assert json.loads(json.dumps(replace(WELL, loop_lag_seconds=float("nan")).to_json()))["loop_lag_seconds"] is None
