"""`storydesk libraries`: what is whose, and only what is nobody's can be removed whole."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli import context
from bot.cli.doctor import run_checks
from bot.cli.printing import progress_bars
from bot.remembering import Memory, libraries, servers
from index.finding import model_files
from index.stories import StoredStory

Storydesk = Callable[..., Any]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KNOWN, LEFT = 123456789012345678, 223456789012345678
LOST = "server-323456789012345678"
LOST_SPORTS = f"server-{KNOWN}-sports-0a1b2c"


def story(story_id: str, library: str) -> StoredStory:
    return StoredStory(story_id, library, "Title", None, None, (), None, None, "a.txt", "2025-06-01", 1, "Text.")


@pytest.fixture
def sports(tmp_path: Path) -> str:
    """The name of a library of the one server that the bot is in; it has left another one."""
    home = tmp_path / "home"
    home.mkdir()
    with Memory.open(home) as memory:
        for server_id in (KNOWN, LEFT):
            servers.joined(memory, server_id, at=NOON)
        servers.left(memory, LEFT, at=NOON)
        added = libraries.add(memory, KNOWN, "Sports", role_id=7, at=NOON)
        removed = libraries.add(memory, KNOWN, "Old", role_id=None, at=NOON)
        libraries.remove(memory, removed.name, at=NOON)
        assert not libraries.nobodys(memory, [added.name, removed.name, f"server-{KNOWN}", f"server-{LEFT}"])
    return added.name


@pytest.fixture
def stories(catalog: Any, engine: Any, sports: str) -> None:
    """Of an operator, in whose names anything may stand, of servers, and of nobody."""
    names = ("public", "server-room", "server-12", f"server-{KNOWN}-sports", f"server-{KNOWN}", f"server-{LEFT}")
    catalog.stories = [story(f"{number:02}", name) for number, name in enumerate((*names, sports, LOST, LOST_SPORTS))]
    catalog.stories.append(story("99", LOST))
    engine.titles = {each.story_id: each.title for each in catalog.stories}


@pytest.mark.usefixtures("stories")
def test_each_library_is_an_operators_a_servers_or_nobodys(storydesk: Storydesk, sports: str) -> None:
    owners = {each["library"]: each["owner"] for each in storydesk("libraries", "--json").json_lines}
    assert owners == {
        "public": "operator",
        "server-room": "operator",
        "server-12": "operator",
        f"server-{KNOWN}-sports": "operator",
        f"server-{KNOWN}": "server",
        f"server-{LEFT}": "server",
        sports: "server",
        LOST: "nobody",
        LOST_SPORTS: "nobody",
    }
    assert f"{LOST}: 2 stories, nobody's" in storydesk("libraries").out.splitlines()


@pytest.mark.usefixtures("stories")
def test_what_is_nobodys_can_be_removed(storydesk: Storydesk, engine: Any) -> None:
    run = storydesk("libraries", "--remove", LOST)
    assert (run.code, run.out) == (0, f"removed: {LOST}, 2 stories\n")
    assert [call["library"] for call in engine.called("remove")] == [LOST, LOST]
    assert storydesk("libraries", "--remove", LOST_SPORTS, "--json").json == {"library": LOST_SPORTS, "stories": 1}


@pytest.mark.usefixtures("stories")
@pytest.mark.parametrize(
    "name", ["public", "server-room", "server-12", f"server-{KNOWN}", f"server-{LEFT}", f"server-{KNOWN}-sports", ""]
)
def test_what_is_somebodys_cannot_be_removed(name: str, storydesk: Storydesk, engine: Any) -> None:
    run = storydesk("libraries", "--remove", name)
    assert run.code == 2
    assert "`storydesk libraries` shows them" in run.err
    assert engine.called("remove") == []


def test_where_no_bot_has_run_nothing_is_nobodys(storydesk: Storydesk, catalog: Any, engine: Any) -> None:
    catalog.stories = [story("a", LOST)]
    assert storydesk("libraries", "--json").json["owner"] == "server"
    assert storydesk("libraries", "--remove", LOST).code == 2
    assert engine.called("remove") == []


def test_without_a_catalog_there_is_nothing_to_list(storydesk: Storydesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "open_catalog", lambda settings: None)
    assert storydesk("libraries").out == ""


@pytest.mark.usefixtures("stories")
def test_doctor_names_what_is_nobodys_and_the_command(catalog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "check_digest", lambda settings: "ab" * 32)
    monkeypatch.setattr(model_files, "model_folder", lambda settings: Path("/model"))
    monkeypatch.setattr(context, "list_jobs", lambda catalog: [])

    def servers_check() -> Any:
        (check,) = [each for each in run_checks(context.settings(), progress=progress_bars) if each.name == "servers"]
        return check

    found = servers_check()
    assert found.status == "WARN"
    assert found.message.startswith(f"{LOST_SPORTS}, {LOST}: named like a server's library")
    assert "`storydesk libraries --remove NAME`" in found.message
    catalog.stories = [each for each in catalog.stories if each.library not in (LOST, LOST_SPORTS)]
    assert servers_check().status == "OK"
