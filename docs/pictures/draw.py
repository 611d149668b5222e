"""Draws what people see in Discord as PNG files next to this script.

    pip install -e '.[dev,pictures]'
    python docs/pictures/draw.py [path of a Chromium, if Playwright has none of its own]

The stories are made up. The bot is the real one, its engine says what is written here, Discord is simulated.
"""

import asyncio
import functools
import logging
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import simcord
from playwright.async_api import BrowserType

from bot.client import StorydeskClient
from bot.desk import Desk
from bot.remembering import Memory
from bot.settings import BotSettings
from index.stories import Answer, Citation, Figure, StoryTitle

FOLDER = Path(__file__).parent

_AGREED = Citation(
    story_id="agreed",
    title="Two sides agree on exchange of prisoners",
    url="https://harbour-post.example/world/prisoners-agreed",
    publisher="The Harbour Post",
    published_at="2025-05-16",
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
    url="https://corra-daily.example/2025/05/23/first-buses",
    publisher="Corra Daily",
    published_at="2025-05-23T07:40:00+02:00",
    passage_id="begun-1",
    quote="The exchange of 1,000 prisoners from each side began on Friday: the first buses crossed the line at dawn.",
)
_FLOOD = replace(
    _AGREED,
    story_id="flood",
    title="Fourteen dead after flood in Velmora",
    url="https://harbour-post.example/velmora/flood",
    published_at="2025-04-02",
    quote="Fourteen people have died in the flood, the district office said on Wednesday morning.",
)
_CORRECTED = replace(
    _FLOOD,
    story_id="corrected",
    title="Velmora corrects flood toll to eleven",
    url=None,
    publisher="Corra Daily",
    published_at="2025-04-05",
    quote="The district office corrected the number of dead to 11 on Saturday: three people had been counted twice.",
)

ANSWERS = {
    "figure": Answer(
        question="How many prisoners are being exchanged?",
        answered=True,
        reason=None,
        text="1,000 prisoners each.",
        confidence=0.9,
        figures=(Figure("1,000 prisoners each", 1000, "prisoners", "2025-05-23", (0, 1)),),
        citations=(_BEGUN, _AGREED),
    ),
    "figures-differ": Answer(
        question="How many people died in the Velmora flood?",
        answered=True,
        reason=None,
        text="11 dead; fourteen people.",
        confidence=0.8,
        figures=(
            Figure("Fourteen people", 14, "people", "2025-04-02", (1,)),
            Figure("11 dead", 11, "dead", "2025-04-05", (0,)),
        ),
        citations=(_CORRECTED, _FLOOD),
    ),
    "sentences": Answer(
        question="When did the exchange begin?",
        answered=True,
        reason=None,
        text=_BEGUN.quote,
        confidence=0.7,
        citations=(
            _BEGUN,
            replace(_BEGUN, quote="Families had waited at the crossing since midnight."),
            _AGREED,
        ),
    ),
    "refusal": Answer(
        question="Who won the chess tournament in Corra?",
        answered=False,
        reason="not_answered",
        text="The stories do not say that.",
        confidence=0.1,
        citations=(_BEGUN, _CORRECTED),
    ),
    "failure": None,
}


class _PreparedEngine:
    """Gives the prepared answer; fails when there is none."""

    def __init__(self, answer: Answer | None) -> None:
        self._answer = answer

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
        if self._answer is None:
            raise OSError("No space left on device")
        return self._answer

    def titles(self, library: str) -> tuple[StoryTitle, ...]:
        return ()

    def remove_library(self, name: str) -> bool:
        return True


async def draw(name: str, answer: Answer | None) -> None:
    """Let someone ask in a server and take a picture of the channel."""
    question = answer.question if answer else "How many prisoners are being exchanged?"
    with tempfile.TemporaryDirectory() as folder, Memory.open(Path(folder)) as memory:
        client = StorydeskClient(
            Desk(_PreparedEngine(answer), seconds=60),
            memory,
            BotSettings(),
            commands_file=Path(folder) / "commands",
            on_connected=lambda invite: None,
        )
        async with simcord.run(client, check_errors=False) as env:
            env.backend.bot_user.name = "Storydesk"
            server = env.create_guild("Newsroom")
            channel = server.create_text_channel("questions")
            member = server.add_member(env.create_user("Mira"))
            result = await member.slash(channel, "ask", question=question)
            async with env.preview(channel, viewers=[member], width=640, height=520) as preview:
                await preview.screenshot(FOLDER / f"{name}.png", target=result, allow_incomplete=True)


async def main() -> None:
    for name, answer in ANSWERS.items():
        await draw(name, answer)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        BrowserType.launch = functools.partialmethod(BrowserType.launch, executable_path=sys.argv[1])
    logging.disable()  # the failure is meant
    asyncio.run(main())
