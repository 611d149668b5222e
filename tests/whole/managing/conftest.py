"""A server with someone who manages it and someone who does not, and an engine that keeps stories in memory."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from zlib import crc32

import discord
import pytest
from simcord.env import Env

from bot.desk import UnansweredError
from index.errors import UnknownStoryError
from index.stories import AddResult, Answer, Document, Quote, StoredStory, StorySummary, StoryTitle, Summary

Tell = Callable[[str, int, int], None]


@dataclass
class KeepingEngine:
    """Keeps stories by library and id; a text file is a story, a JSON file one with its fields."""

    kept: dict[str, dict[str, StoredStory]] = field(default_factory=dict)
    documents: list[dict[str, Any]] = field(default_factory=list)
    error: Exception | None = None
    error_not_for: tuple[str, ...] = ()
    while_adding: Callable[[Tell], None] = lambda tell: None
    threads: set[int] = field(default_factory=set)

    def put(self, library: str, title: str, text: str = "The bridge was closed.", **fields: Any) -> str:
        """Put a story in; returns its id."""
        story_id = f"{crc32(f'{library} {title}'.encode()):016x}"
        added = f"2026-03-01T10:{len(self.kept.get(library, {})):02}:00.000+00:00"
        defaults = {
            "url": None, "publisher": "Wire", "authors": (), "published_at": "2026-03-01", "language": "en",
            "source": "a.txt", "added_at": added, "passages": 1,
        }  # fmt: skip
        self.kept.setdefault(library, {})[story_id] = StoredStory(
            story_id=story_id, library=library, title=title, text=text, **(defaults | fields)
        )
        return story_id

    def ask(
        self,
        question: str,
        *,
        library: str = "public",
        now: datetime | None = None,
        since: date | None = None,
        story: str | None = None,
        conversation: Sequence[Answer] = (),
    ) -> Answer:
        return Answer(question, False, "nothing_found", "Nothing was found.", 0.0)

    def titles(self, library: str) -> tuple[StoryTitle, ...]:
        self.threads.add(threading.get_ident())
        found = [
            StoryTitle(each.story_id, each.title, each.published_at, each.publisher, each.added_at)
            for each in self.kept.get(library, {}).values()
        ]
        return tuple(sorted(found, key=lambda each: each.published_at or "", reverse=True))

    def story(self, story_id: str, *, library: str | None = None) -> StoredStory:
        self.threads.add(threading.get_ident())
        try:
            return self.kept[library or ""][story_id]
        except KeyError:
            raise UnknownStoryError(f"There is no story {story_id!r}; `storydesk list` shows the ids.") from None

    def summarize(self, story_id: str, *, library: str, sentences: int = 3) -> Summary:
        story = self.story(story_id, library=library)
        fields = {name: getattr(story, name) for name in StorySummary.__dataclass_fields__}
        return Summary(StorySummary(**fields), (Quote(0, len(story.text), story.text),))

    def add_document(self, document: Document, *, library: str, on_progress: Tell | None = None) -> list[AddResult]:
        self.threads.add(threading.get_ident())
        self.documents.append(asdict(document) | {"library": library})
        self.while_adding(on_progress or (lambda *step: None))
        if self.error is not None and document.name not in self.error_not_for:
            raise self.error
        fields = json.loads(document.data) if document.name.endswith(".json") else {"text": document.data.decode()}
        if not fields["text"].strip():
            problem = "This has no words; give a file with the story's text."
            return [AddResult(document.source, "failed", error=problem)]
        named = document.title or fields.get("title") or "Untitled"
        return [AddResult(document.source, "added", self.put(library, named, fields["text"]), named)]

    def remove(self, story_id: str, *, library: str | None = None) -> str:
        story = self.story(story_id, library=library)
        del self.kept[library or ""][story_id]
        return story.title

    def remove_library(self, name: str) -> bool:
        self.kept.pop(name, None)
        return True


@pytest.fixture
def prepared_engine() -> KeepingEngine:
    return KeepingEngine()


@pytest.fixture(autouse=True)
def _every_failure_is_one_that_was_meant(simcord_env: Env, prepared_engine: KeepingEngine) -> Iterator[None]:
    """Fails unless whatever arrived at the bot's handler is a refusal, or the error that the test prepared."""
    yield
    for error in simcord_env.errors:
        original = getattr(error, "original", error)
        assert isinstance(original, UnansweredError) or original is prepared_engine.error, original


@dataclass(frozen=True)
class Town:
    """A server: who manages it, who is just in it, and the name of its library."""

    guild: Any
    channel: Any
    manager_role: Any
    manager: Any
    reader: Any
    library: str
    demote_manager: Callable[[], None]


@pytest.fixture
def make_town(simcord_env: Env) -> Callable[[], Town]:
    def make() -> Town:
        guild = simcord_env.create_guild()
        role = guild.create_role("desk", permissions=discord.Permissions(manage_guild=True))
        user = simcord_env.create_user("mira")
        return Town(
            guild,
            guild.create_text_channel("general"),
            role,
            guild.add_member(user, roles=[role]),
            guild.add_member(simcord_env.create_user("noor")),
            f"server-{guild.id}",
            lambda: simcord_env.backend.remove_member_role(guild.id, user.id, role.id),
        )

    return make


@pytest.fixture
def town(make_town: Callable[[], Town]) -> Town:
    return make_town()


def _body(request: Any) -> dict[str, Any]:
    body = request.json if isinstance(request.json, dict) else {}
    body = body.get("data", body) if "callback" in request.path else body
    return body if isinstance(body, dict) else {}


@pytest.fixture
def assert_quiet(simcord_env: Env) -> Callable[[], None]:
    """Fails if anything the bot sent could ping anybody, or was written for others to see that should not be."""

    def check() -> None:
        bodies = [_body(request) for request in simcord_env.http_requests]
        shown = [body for body in bodies if body.get("embeds") or body.get("content")]
        assert shown
        for body in shown:
            assert body.get("allowed_mentions", {"parse": []})["parse"] == []
            assert not body.get("content")

    return check


@pytest.fixture
def audited(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """What the audit log has so far: what was done, to what, by whom."""
    caplog.set_level("INFO", logger="audit")
    names = ("server_id", "person_id", "library", "story_id", "setting", "value")

    def read() -> list[dict[str, Any]]:
        records = [record for record in caplog.records if record.name == "audit"]
        return [
            {"event": record.getMessage()} | {name: vars(record)[name] for name in names if name in vars(record)}
            for record in records
        ]

    return read
