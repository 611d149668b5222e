"""Draws what people see in Discord as PNG files next to this script.

    pip install -e '.[dev,pictures]'
    python docs/pictures/draw.py [names of pictures, else all]

The stories are made up. The bot is the real one, its engine says what is written here, Discord is simulated. The
browser is Debian's Chromium if it is installed, else Playwright's own.
"""

import asyncio
import functools
import logging
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import discord
import simcord
from playwright.async_api import BrowserType

from bot.client import StorydeskClient
from bot.desk import Desk
from bot.remembering import Memory
from bot.settings import BotSettings
from index.errors import UnknownStoryError
from index.stories import AddResult, Answer, Citation, Document, Figure, StoredStory, StoryTitle, Summary

FOLDER = Path(__file__).parent
NOW = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
"""When simulated Discord begins."""

_AGREED = Citation(
    story_id="agreed",
    title="Two sides agree on exchange of prisoners",
    url="https://harbour-post.example/world/prisoners-agreed",
    publisher="The Harbour Post",
    published_at="2025-12-12",
    passage_id="agreed-0",
    start=0,
    end=0,
    quote="Each side will hand over 1,000 prisoners, the largest exchange since the fighting began, mediators said "
    "after a day of talks.",
)
_BEGUN = replace(
    _AGREED,
    story_id="begun",
    title="First buses cross at dawn",
    url="https://corra-daily.example/2025/12/19/first-buses",
    publisher="Corra Daily",
    published_at="2025-12-19T07:40:00+02:00",
    passage_id="begun-1",
    quote="The exchange of 1,000 prisoners from each side began on Friday: the first buses crossed the line at dawn.",
)
_FLOOD = replace(
    _AGREED,
    story_id="flood",
    title="Fourteen dead after flood in Velmora",
    url="https://harbour-post.example/velmora/flood",
    published_at="2025-12-03",
    quote="Fourteen people have died in the flood, the district office said on Wednesday morning.",
)
_CORRECTED = replace(
    _FLOOD,
    story_id="corrected",
    title="Velmora corrects flood toll to eleven",
    url=None,
    publisher="Corra Daily",
    published_at="2025-12-06",
    quote="The district office corrected the number of dead to 11 on Saturday: three people had been counted twice.",
)

_TEXTS = {
    "agreed": "ORVENA — The two sides agreed on Friday to exchange prisoners.\n\n"
    f"{_AGREED.quote} Only the sick and those under 25 go first, and lists were swapped at noon.\n\n"
    "Neither side said when the exchange would begin. Two earlier ones had failed at the last moment, over a name.",
    "begun": "The night was cold and the road had been swept twice.\n\n"
    f"{_BEGUN.quote} Families had waited at the crossing since midnight.\n\n"
    "By nine o’clock 120 people had come home. A clerk ticked off each name with a pencil.",
    "flood": f"VELMORA — {_FLOOD.quote}\n\nThe river rose by four metres within an hour.",
    "corrected": f"{_CORRECTED.quote}\n\nTheir names had been on the lists of two hospitals.",
}


def _placed(citation: Citation) -> Citation:
    start = _TEXTS[citation.story_id].index(citation.quote)
    return replace(citation, start=start, end=start + len(citation.quote))


_AGREED, _BEGUN, _FLOOD, _CORRECTED = map(_placed, (_AGREED, _BEGUN, _FLOOD, _CORRECTED))
_WAITED = _placed(replace(_BEGUN, quote="Families had waited at the crossing since midnight."))
_CITED = {citation.story_id: citation for citation in (_BEGUN, _AGREED, _CORRECTED, _FLOOD)}
_MORE = {
    "ferry": ("Night ferry to Corra returns after eleven years", "The Harbour Post", "2025-12-28"),
    "hospital": ("Lakeshore council adds $4.2 million for the hospital", "Lakeshore Ledger", "2025-12-22"),
    "cup": ("Kestrel Bay win Continental Cup on penalties", "The Harbour Post", "2025-11-30"),
    "recount": ("Recount confirms Ruiz as mayor of Brackton by 37 votes", "Brackton Beacon", "2025-11-26"),
    "chips": ("Norrvale chip factory to open with 2,300 jobs", "Norrvale Times", "2025-11-18"),
    "volcano": ("Villages below Mount Sarunga are cleared", "Corra Daily", "2025-11-09"),
    "vaccine": ("Namora begins cholera vaccination", "Corra Daily", "2025-10-30"),
    "pier": ("The pier of Aldmere is closed for repairs", None, "2025-10-12"),
}

ANSWERS = {
    "How many prisoners are being exchanged?": Answer(
        question="How many prisoners are being exchanged?",
        answered=True,
        reason=None,
        text="1,000 prisoners each.",
        confidence=0.9,
        figures=(Figure("1,000 prisoners", 1000, "prisoners", "2025-12-19", (0, 1), label="from each side"),),
        citations=(_BEGUN, _AGREED),
    ),
    "How many people died in the Velmora flood?": Answer(
        question="How many people died in the Velmora flood?",
        answered=True,
        reason=None,
        text="11; fourteen people.",
        confidence=0.8,
        figures=(
            Figure("11", 11, None, "2025-12-06", (0,)),
            Figure("Fourteen people", 14, "people", "2025-12-03", (1,)),
        ),
        citations=(_CORRECTED, _FLOOD),
    ),
    "When did the exchange begin?": Answer(
        question="When did the exchange begin?",
        answered=True,
        reason=None,
        text=_BEGUN.quote,
        confidence=0.7,
        citations=(_BEGUN, _WAITED, _AGREED),
    ),
    "Who won the chess tournament in Corra?": Answer(
        question="Who won the chess tournament in Corra?",
        answered=False,
        reason="not_answered",
        text="The stories do not say.",
        confidence=0.1,
        citations=(_BEGUN, _CORRECTED),
    ),
}


class _PreparedEngine:
    """Gives the prepared answers; fails at a question that has none."""

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
        if question not in ANSWERS:
            raise OSError("No space left on device")
        return ANSWERS[question]

    def titles(self, library: str) -> tuple[StoryTitle, ...]:
        added = "2025-12-29T09:00:00+00:00"
        told = {key: (each.title, each.publisher, each.published_at) for key, each in _CITED.items()} | _MORE
        titles = [StoryTitle(key, title, day, publisher, added) for key, (title, publisher, day) in told.items()]
        return tuple(sorted(titles, key=lambda title: title.published_at or "", reverse=True))

    def story(self, story_id: str, *, library: str | None = None) -> StoredStory:
        if story_id not in _TEXTS:
            raise UnknownStoryError(story_id)
        cited = _CITED[story_id]
        return StoredStory(
            story_id, library or "", cited.title, cited.url, cited.publisher, (), cited.published_at, "en",
            f"{story_id}.md", "2025-12-29T09:00:00+00:00", 1, _TEXTS[story_id],
        )  # fmt: skip

    def summarize(self, story_id: str, *, library: str, sentences: int = 3) -> Summary:
        raise UnknownStoryError(story_id)

    def remove(self, story_id: str, *, library: str | None = None) -> str:
        raise UnknownStoryError(story_id)

    def add_document(self, document: Document, **options: Any) -> list[AddResult]:
        return []

    def remove_library(self, name: str) -> bool:
        return True


Scene = Callable[[Any, Any], Awaitable[Any]]
"""What a member does in a channel; gives what is to be photographed."""


def _asked(question: str) -> Scene:
    return lambda member, channel: member.slash(channel, "ask", question=question)


async def _passages(member: Any, channel: Any) -> Any:
    result = await member.slash(channel, "ask", question="How many prisoners are being exchanged?")
    return await member.click(result.response, label="Passages")


async def _voted(member: Any, channel: Any) -> Any:
    result = await member.slash(channel, "ask", question="How many prisoners are being exchanged?")
    return await member.click(result.response, label="Helpful")


SCENES: dict[str, tuple[int, Scene]] = {
    "answer": (640, _asked("How many prisoners are being exchanged?")),
    "disagreement": (640, _asked("How many people died in the Velmora flood?")),
    "sentences": (640, _asked("When did the exchange begin?")),
    "refusal": (520, _asked("Who won the chess tournament in Corra?")),
    "passages": (640, _passages),
    "vote": (520, _voted),
    "help": (1_300, lambda member, channel: member.slash(channel, "help")),
    "list": (900, lambda member, channel: member.slash(channel, "stories list")),
    "settings": (700, lambda member, channel: member.slash(channel, "settings show")),
    "privacy": (700, lambda member, channel: member.slash(channel, "privacy")),
    "error": (520, _asked("How many chess players are there?")),
}


async def main(names: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, Memory.open(Path(folder)) as memory:
        client = StorydeskClient(
            Desk(_PreparedEngine(), seconds=60),
            memory,
            BotSettings(),
            commands_file=Path(folder) / "commands",
            on_connected=lambda invite: None,
            now=lambda: NOW,
        )
        async with simcord.run(client, check_errors=False, shard_count=1) as env:
            env.backend.bot_user.name = "Storydesk"
            server = env.create_guild("Newsroom")
            editors = server.create_role("Editors", permissions=discord.Permissions(manage_guild=True))
            mira = server.add_member(env.create_user("Mira"), roles=[editors])
            await env.advance_time(5)  # Discord is ready
            client.command_ids = {}  # what draws does not know mentions of commands
            for name in names:
                height, scene = SCENES[name]
                channel = server.create_text_channel(name)
                shown = await scene(mira, channel)
                async with env.preview(channel, viewers=[mira], width=640, height=height) as preview:
                    await preview.screenshot(FOLDER / f"{name}.png", target=shown, allow_incomplete=True)
                await env.advance_time(30)  # nobody asks that fast


if __name__ == "__main__":
    if (chromium := shutil.which("chromium")) is not None:
        BrowserType.launch = functools.partialmethod(BrowserType.launch, executable_path=chromium)
    logging.disable()  # the failure is meant
    asyncio.run(main(sys.argv[1:] or list(SCENES)))
