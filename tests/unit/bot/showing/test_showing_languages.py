"""Every card in every language: all that is drawn but stories and names comes from the languages' files."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest
from discord_shown import problems_of, text_of

import index.reading
from bot.commands.privacy import what_is_stored
from bot.remembering import people, servers
from bot.showing import stories as drawn
from bot.showing.answers import draw_answer
from bot.showing.escaping import escape
from bot.showing.help import draw_help
from bot.showing.look import draw_hint
from bot.showing.passages import draw_passages, passage_pages
from bot.showing.servers import draw_settings
from bot.since import offered_days
from bot.translating import LANGUAGES, SOURCE, Language, Voice, texts
from bot.translating.texts import Words, words_of
from index.reading.dates import iso_date
from index.stories import (
    AddResult,
    AddStatus,
    Answer,
    Citation,
    Figure,
    NoteReason,
    Quote,
    Reason,
    StoredStory,
    StorySummary,
    StoryTitle,
    Summary,
)

NOW = datetime(2025, 11, 26, 12, tzinfo=UTC)
OTHERS = [language for language in LANGUAGES if language != SOURCE]
THEIRS, URL = "123 456.", "https://1.example/1"
"""A story's words, which no language changes."""
MADE_BY_DISCORD = re.compile(r"<t:-?\d+:R>|</[^>]+>|<#\d+>|\]\(https?://[^)]*\)")


def cards(say: Voice) -> Iterator[tuple[str, Any]]:
    """All that is drawn, in each of its forms; texts of stories are digits."""
    day, added = "2025-05-16", "2025-05-17T00:00:00+00:00"
    cited = Citation("1", THEIRS, URL, THEIRS, day, "1", 0, len(THEIRS), THEIRS)
    bare = replace(cited, story_id="2", title="", url=None, publisher=None, published_at=None)
    address = replace(cited, story_id="3", title="1.example")
    answer = Answer(THEIRS, True, None, THEIRS, 0.9, citations=(cited, bare, address), understood_as=THEIRS)
    figures = tuple(Figure(str(n), n, None, day if n else None, (n % 2,)) for n in range(9))
    yield "sentences", draw_answer(answer, now=NOW, say=say)
    many = tuple(replace(cited, story_id=str(n), quote=f"{n} {THEIRS}" * 40) for n in range(20))
    yield "many", draw_answer(replace(answer, citations=many), now=NOW, say=say)
    yield "figures", draw_answer(replace(answer, figures=figures), now=NOW, say=say)
    for note in get_args(NoteReason):
        noted = replace(answer, note="Only words were searched.", note_reason=note)
        yield note, draw_answer(noted, now=NOW, say=say)
    for reason in get_args(Reason):
        refused = replace(answer, answered=False, reason=reason, text="The stories do not say.")
        yield reason, draw_answer(refused, now=NOW, say=say)
        yield f"{reason} alone", draw_answer(replace(refused, citations=(cited,)), now=NOW, say=say)
    yield "nothing", draw_answer(Answer("", True, None, "", 0.0), now=NOW, say=say)
    story = StoredStory("1", "l", THEIRS, URL, None, (), day, "en", drawn.FROM_PERSON, added, 1, THEIRS)
    summary = StorySummary(**{name: getattr(story, name) for name in StorySummary.__dataclass_fields__})
    pages = passage_pages(replace(answer, citations=(cited, bare)), {"1": story, "2": story})
    for page in range(len(pages)):
        yield f"passages {page}", draw_passages(pages, page=page, now=NOW, say=say)
    yield "no passages", draw_passages([], page=0, now=NOW, say=say)
    for count in (0, 1, 12):
        titles = [
            StoryTitle(str(n), "" if n == 1 else THEIRS, None if n == 2 else day, None, added) for n in range(count)
        ]
        yield f"list of {count}", drawn.draw_list(titles, page=0, heading=say("added_last", library="1"), say=say)
    yield "story", drawn.draw_story(story, [THEIRS, THEIRS], page=1, say=say)
    yield "message", drawn.draw_story(replace(story, source=drawn.FROM_MESSAGE), [THEIRS], page=0, say=say)
    for quotes in ((), (Quote(0, 1, THEIRS), Quote(0, 1, THEIRS))):
        yield f"summary of {len(quotes)}", drawn.draw_summary(Summary(summary, quotes), say=say)
    yield "removal", drawn.draw_removal(summary, say=say)
    yield "removed", drawn.draw_removed("", say=say)
    statuses: list[Any] = [status for status in get_args(AddStatus) if status != "failed"]
    results = [AddResult("1", status, "1", THEIRS) for status in statuses]
    yield "added", drawn.draw_added([*results, AddResult(drawn.FROM_MESSAGE, "failed")], say=say)
    yield "many added", drawn.draw_added(results * 9, say=say)
    yield "many failed", drawn.draw_added([AddResult("1", "failed")] * 99, say=say)
    yield "nothing added", drawn.draw_added([], say=say)
    for settings in (
        servers.ServerSettings(language="1"),
        servers.ServerSettings(frozenset([1]), False, "off", "1", 1),
        servers.ServerSettings(cooldown_seconds=0, language="1"),
    ):
        yield "settings", draw_settings(settings, channels=sorted(settings.channels), languages={}, say=say)
    for manages in (True, False):
        yield f"help {manages}", draw_help(in_server=True, manages=manages, say=say)
    for chosen in (None, "1"):
        kept = what_is_stored(people.Kept(1, 2, 3, chosen), answer_days=30, vector_server=chosen is None, say=say)
        yield f"privacy {chosen}", draw_hint(kept)
    yield "days", draw_hint("\n".join(name for name, _ in offered_days("", today=date(2026, 3, 15), say=say)))


@pytest.fixture
def only_keys(monkeypatch: pytest.MonkeyPatch) -> Callable[[], set[str]]:
    """Say nothing but what is put into a text, between brackets of ours; gives the keys that were said."""
    said: set[str] = set()

    class Empty(dict[str, str]):
        def get(self, key: str, default: Any = None) -> Any:
            said.add(key)
            names = [name for _, name, _, _ in Formatter().parse(words_of(SOURCE).texts[key]) if name]
            return "".join(f"{{{name}}}" for name in names) or "0"

    monkeypatch.setattr(texts, "words_of", lambda language: Words(texts=Empty()))
    return lambda: said


async def test_nothing_is_drawn_but_what_the_files_of_the_languages_say(only_keys: Callable[[], set[str]]) -> None:
    for name, shown in cards(Voice("de")):
        letters = re.sub(r"16\.\xa0Mai\xa02025|(?<=\n)`/[a-z -]+`", "", MADE_BY_DISCORD.sub("", text_of(shown)))
        assert re.findall(r"[^\W\d_]{2,}", letters.replace("1.example", "").replace("1\\.example", "")) == [], name
    assert len(only_keys()) > 80


@pytest.mark.parametrize("language", OTHERS)
async def test_no_card_says_a_line_in_english(language: Language) -> None:
    english = dict(cards(Voice(commands=dict.fromkeys(["stories", "settings"], 1))))
    there = dict(cards(Voice(language, language, dict.fromkeys(["stories", "settings"], 1))))
    assert english.keys() == there.keys()
    for name, shown in there.items():
        assert problems_of(shown) is None, name
        lines = [MADE_BY_DISCORD.sub("", each) for each in text_of(shown).split("\n")]
        of_english = {MADE_BY_DISCORD.sub("", each) for each in text_of(english[name]).split("\n")}
        same = [each for each in lines if each in of_english and re.search(r"[^\W\d_]{2,}", each)]
        assert [each for each in same if "1.example" not in each.replace("\\", "")] == [], name


@pytest.mark.parametrize("language", OTHERS)
def test_why_a_file_cannot_be_read_is_said_in_the_language(language: Language) -> None:
    errors = words_of(language).errors
    assert set(errors) == set(words_of("de").errors)
    for english, said in errors.items():
        shown = drawn.draw_added([AddResult("a.pdf", "failed", error=english)], say=Voice(language)).description or ""
        assert english not in shown
        assert shown == f"✗ a.pdf: {escape(said)}", "it is short enough"
    unknown = drawn.draw_added([AddResult("a.pdf", "failed", error="It is *odd*.")], say=Voice(language))
    assert unknown.description == "✗ a.pdf: It is \\*odd\\*."


def test_those_sentences_are_the_ones_that_reading_gives() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted(Path(index.reading.__file__).parent.glob("*.py"))
    )
    of_dates = set()
    for value in ("soon", "2026-13-45", "1/2/2026", "March 2026"):
        with pytest.raises(Exception, match="published_at") as raised:
            iso_date(value)
        of_dates.add(str(raised.value))
    for english in words_of("de").errors:
        assert english in of_dates or f'"{english}"' in code, english
    assert {each for each in words_of("de").errors if "published_at" in each} == of_dates
