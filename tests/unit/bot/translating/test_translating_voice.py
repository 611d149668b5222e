"""Sentences with commands in them: mentioned where their ids are known, else called as the reader's Discord does."""

from collections import Counter
from datetime import date
from typing import get_args

import pytest

from bot.showing.escaping import show
from bot.translating import LANGUAGES, SOURCE, Language, Voice
from bot.translating.texts import words_of
from bot.translating.voice import _NAMED

COMMANDS = words_of("de").commands
GROUPS = {name.split(" ")[0] for name in COMMANDS if " " in name and name.islower()}
OPTIONS = {option for command in COMMANDS.values() for option in command.get("options", {})}
NOT_OURS = {"{number}", "storydesk doctor --fix"}
"""Between backticks, but none of Discord's."""


def named(sentence: str) -> Counter[str]:
    return Counter(found["name"] for found in _NAMED.finditer(sentence))


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_name_what_is_there_and_the_same_in_every_language(language: str) -> None:
    for key, sentence in words_of(language).texts.items():
        names = named(sentence)
        assert names == named(words_of(SOURCE).texts[key]), key
        for name in names:
            if name.startswith("/"):  # a group itself cannot be used, so it cannot be mentioned
                assert name[1:] in COMMANDS.keys() - GROUPS, key
            else:
                assert name.removesuffix(":") in OPTIONS or name in COMMANDS or name in NOT_OURS, key
        assert "/" not in _NAMED.sub("", sentence).replace("http://", ""), f"a command without backticks: {key}"


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != SOURCE])
def test_an_option_is_called_the_same_wherever_it_is(language: str) -> None:
    called: dict[str, set[str]] = {}
    for command in words_of(language).commands.values():
        for option, words in command.get("options", {}).items():
            called.setdefault(option, set()).add(words["name"])
    assert {option: names for option, names in called.items() if len(names) > 1} == {}


def test_commands_with_ids_are_mentioned_and_drawn_by_discord_in_the_readers_language() -> None:
    say = Voice("de", "fr", {"stories": 17, "ask": 5})
    assert say.named("Try `/stories add` or `/ask`.") == "Try </stories add:17> or </ask:5>."
    assert say.named("`/forget`") == "`/oublier`"


def test_without_ids_they_are_called_as_the_reader_sees_them_whatever_the_sentence_is_in() -> None:
    sentence = "`/stories add` `story:` `Add as story` `/settings direct-messages`"
    assert Voice().named(sentence) == "`/stories add` `story:` *Add as story* `/settings direct-messages`"
    assert Voice("en", "de").named(sentence) == (
        "`/artikel hinzufügen` `artikel:` *Als Artikel hinzufügen* `/einstellungen direktnachrichten`"
    )
    assert Voice("de").named(sentence) == Voice().named(sentence)


@pytest.mark.parametrize("hostile", ["`/ask`", "\\`/ask`", "`since:`", "`Add as story`", "`", "</ask:1>"])
def test_what_others_wrote_names_no_command(hostile: str) -> None:
    say = Voice("de", "de", {"ask": 5})
    written = show(hostile, limit=100)
    assert say.named(f"{written} `") == f"{written} `"
    assert say("one_chosen", library=written).count(written) == 1
    assert "</ask:5>" not in say("one_chosen", library=written)


def test_numbers_are_written_as_in_the_language_and_other_values_stay() -> None:
    counted = {
        language: Voice(language)("stories_count", count=12_345).split(" ")[0] for language in get_args(Language)
    }
    assert counted == {"en": "12,345", "de": "12.345", "fr": "12\u202f345", "es": "12.345"}
    assert "1,5 MB" in Voice("de")("file_large", size=1.5, most=10)
    assert "1,234" in Voice("de")("file_large", size="1,234", most=10)


@pytest.mark.parametrize(
    ("language", "first", "other"),
    [
        ("en", "1 March 2026", "23 May 2025"),
        ("de", "1. März 2026", "23. Mai 2025"),
        ("fr", "1er mars 2026", "23 mai 2025"),
        ("es", "1 de marzo de 2026", "23 de mayo de 2025"),
    ],
)
def test_days_are_written_as_in_the_language_and_no_line_parts_them(language: Language, first: str, other: str) -> None:
    say = Voice(language)
    assert [say.day(date(2026, 3, 1)), say.day(date(2025, 5, 23))] == [
        first.replace(" ", "\xa0"),
        other.replace(" ", "\xa0"),
    ]
    assert say.day(date(11, 1, 11)).count("11") == 2
    assert say.day(date.min)
