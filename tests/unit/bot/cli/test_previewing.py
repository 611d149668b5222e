"""`storydesk preview`; the page itself is driven in tests/whole."""

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from bot import previewing
from bot.cli import context
from index.errors import SettingsError

Storydesk = Callable[..., Any]
URL = "http://127.0.0.1:4711/#known-to-you-alone"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """How the page was asked for; it is ended at once."""
    calls: list[dict[str, Any]] = []

    def show_preview(settings: Any, *, on_ready: Callable[[str], None], **options: Any) -> None:
        calls.append(options)
        on_ready(URL)

    monkeypatch.setattr(context, "show_preview", show_preview)
    return calls


def test_the_address_is_printed_and_nothing_else_that_a_script_must_read(
    storydesk: Storydesk, shown: list[dict[str, Any]]
) -> None:
    run = storydesk("preview")
    assert run.code == 0
    assert URL in run.out
    assert storydesk("preview", "--json", "--port", "4711", "--direct").json == {"status": "ready", "url": URL}
    assert shown == [{"port": 0, "direct": False}, {"port": 4711, "direct": True}]


def test_a_port_that_is_none_is_refused(storydesk: Storydesk, shown: list[dict[str, Any]]) -> None:
    assert storydesk("preview", "--port", "65536").code == 2
    assert not shown


@pytest.mark.parametrize("missing", ["simcord", "markdown_it"])
def test_without_simcord_one_sentence_says_how_to_install_it(
    storydesk: Storydesk, engine: Any, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(previewing.importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    run = storydesk("preview")
    assert (run.code, run.out) == (2, "")
    assert "pip install -e '.[preview]'" in run.err
    assert run.err.count("\n") == 1
    assert not engine.calls


def test_all_that_the_page_needs_is_there_for_development() -> None:
    try:
        previewing.require_simcord()
    except SettingsError as error:
        pytest.fail(str(error))
