"""The page on which one tries the bot without Discord: it is asked, pressed and paged as its buttons do it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import simcord

from bot.previewing import run_preview, show_preview
from bot.settings import load_settings
from index.errors import SettingsError
from index.stories import AddResult, StoredStory, StoryTitle


@dataclass
class Page:
    """One browser page of a preview."""

    session: aiohttp.ClientSession
    base: str
    capability: str
    state: dict[str, Any] = field(default_factory=dict)
    sequence: int = 0

    @property
    def headers(self) -> dict[str, str]:
        context = {"X-Simcord-Context": self.state["context"]["id"]} if self.state else {}
        return {"X-Simcord-Capability": self.capability} | context

    async def open(self) -> None:
        async with self.session.post(f"{self.base}api/pages", headers=self.headers, json={}) as response:
            assert response.status == 200, await response.text()
            self.state = await response.json()

    async def act(self, kind: str, **more: Any) -> dict[str, Any]:
        self.sequence += 1
        body = {
            "protocol_version": 3, "sequence": self.sequence, "request_id": f"r{self.sequence}", "kind": kind,
            "generation": self.state["context"]["generation"], "bot_generation": self.state["botGeneration"],
            "published_revision": self.state["publishedRevision"],
        }  # fmt: skip
        async with self.session.post(f"{self.base}api/action", headers=self.headers, json=body | more) as response:
            result: dict[str, Any] = await response.json()
            assert response.status == 200, result
            assert not result["rejected"], result
        async with self.session.get(f"{self.base}api/state", headers=self.headers) as response:
            self.state = await response.json()
        return result

    async def ask(self, question: str) -> None:
        async with self.session.get(f"{self.base}api/commands", headers=self.headers) as response:
            commands = await response.json()
        (ask,) = [entry for entry in commands["entries"] if entry["invocation"] == "ask"]
        await self.act(
            "run_command",
            command_id=ask["commandId"],
            path=ask["path"],
            schema_fingerprint=ask["schemaFingerprint"],
            options={"question": question},
        )

    @property
    def shown(self) -> str:
        return json.dumps(self.state["messages"], ensure_ascii=False)


@pytest.fixture
def prepared_engine(prepared_engine: Any) -> Any:
    """It also takes stories in, which all are the one that its answer is from."""

    def add(paths: Sequence[Path], *, library: str) -> Iterator[AddResult]:
        assert list(paths[0].glob("*.md"))
        prepared_engine.stories[library] = (StoryTitle("a", "Two sides agree on exchange", "2025-05-16"),)
        yield AddResult("agreed.md", "added", "a", "Two sides agree on exchange")

    def story(story_id: str, *, library: str | None = None) -> StoredStory:
        text = "Each side will hand over 1,000 prisoners. It took a day."
        return StoredStory(
            story_id, library or "", "Two sides agree on exchange", None, None, (), "2025-05-16", "en", "agreed.md",
            "2025-05-17T00:00:00+00:00", 1, text,
        )  # fmt: skip

    prepared_engine.add = add
    prepared_engine.story = story
    return prepared_engine


@pytest.fixture
def preview(prepared_engine: Any, tmp_path: Path) -> Callable[..., Any]:
    @asynccontextmanager
    async def shown(**options: Any) -> AsyncIterator[Page]:
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        stop = asyncio.Event()
        showing = asyncio.create_task(
            show_preview(prepared_engine, home=tmp_path, seconds=30, on_ready=ready.set_result, stop=stop, **options)
        )
        await asyncio.wait({ready, showing}, return_when=asyncio.FIRST_COMPLETED)
        if showing.done():
            await showing
        base, _, capability = ready.result().partition("#")
        async with aiohttp.ClientSession() as session:
            page = Page(session, base, capability)
            await page.open()
            yield page
        stop.set()
        await showing

    return shown


async def test_one_asks_and_presses_in_a_browser_without_discord(preview: Callable[..., Any]) -> None:
    async with preview() as page:
        assert page.base.startswith("http://127.0.0.1:")
        await page.ask("How many prisoners are being exchanged?")
        assert "1,000 prisoners each" in page.shown
        (message,) = page.state["messages"].values()
        (passages,) = [
            control for control in _every(message) if control.get("label") == "Passages" and "control_key" in control
        ]
        await page.act("click", target_id=message["id"], control_key=passages["control_key"])
        assert "It took a day." in page.shown


async def test_a_direct_message_is_answered_from_the_sample_stories_at_once(
    preview: Callable[..., Any], prepared_engine: Any
) -> None:
    async with preview(direct=True) as page:
        await page.ask("How many prisoners are being exchanged?")
        assert "1,000 prisoners each" in page.shown
    ((_, library),) = prepared_engine.asked
    assert library in prepared_engine.stories


async def test_nobody_is_held_up_by_a_clock_that_stands_still(preview: Callable[..., Any]) -> None:
    async with preview() as page:
        for _ in range(5):
            await page.ask("How many prisoners are being exchanged?")
        assert "That was fast" not in page.shown


async def test_who_does_not_know_the_address_sees_nothing(preview: Callable[..., Any]) -> None:
    async with (
        preview() as page,
        page.session.post(f"{page.base}api/pages", headers={"X-Simcord-Capability": "guessed"}, json={}) as refused,
    ):
        assert refused.status == 401


async def test_a_port_that_is_taken_is_one_sentence(preview: Callable[..., Any]) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        with pytest.raises(SettingsError, match=f"could not bind port {port}"):
            async with preview(port=port):
                pass
    finally:
        server.close()
        await server.wait_closed()


def test_the_users_own_folder_is_not_touched(
    prepared_engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "own"
    environment = {"STORYDESK_HOME": str(home), "STORYDESK_CHROMA_URL": "http://127.0.0.1:9"}
    opened: list[Any] = []

    class Opened:
        def __enter__(self) -> Any:
            prepared_engine.load_model = lambda: None
            return prepared_engine

        def __exit__(self, *_: object) -> None:
            opened.append("closed")

    def open_engine(settings: Any) -> Opened:
        opened.append(settings)
        return Opened()

    async def ended(preview: simcord.Preview) -> None:
        return

    monkeypatch.setattr(simcord.Preview, "wait_closed", ended)
    urls: list[str] = []
    run_preview(load_settings(folder=tmp_path, environment=environment), open_engine=open_engine, on_ready=urls.append)
    settings, closed = opened
    assert settings.home != home
    assert settings.chroma_url is None
    assert not home.exists()
    assert not settings.home.exists()
    assert closed == "closed"
    assert len(urls) == 1


def _every(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _every(one)
