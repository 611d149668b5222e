"""Wherever Discord limits a text, it fits in every language, with whatever is put into it."""

from datetime import date
from string import Formatter

import pytest
from discord_shown import problems_of

from bot.remembering import servers
from bot.showing.escaping import units
from bot.showing.help import draw_help
from bot.showing.servers import draw_settings
from bot.translating import LANGUAGES, Language, Voice
from bot.translating.texts import words_of

MODAL_TITLE, LABEL, LABEL_DETAIL, PLACEHOLDER, SELECT, BUTTON, CHOICE, EMBED_TITLE, FIELD_NAME = (
    45, 45, 100, 100, 150, 80, 100, 256, 256,
)  # fmt: skip
LIMITS = {
    MODAL_TITLE: ("follow_up", "add_story"),
    LABEL: ("your_question", "story_title", "story_text"),
    LABEL_DETAIL: ("may_be_empty",),
    PLACEHOLDER: ("follow_up_example",),
    SELECT: ("choose_channels",),
    BUTTON: (
        "passages", "follow_up", "helpful", "not_helpful", "remove_it", "keep_it", "previous_page", "next_page",
        "answer_everywhere",
    ),
    CHOICE: ("last_days", "last_months", "since_day", "all_libraries", "server_library", "public_library", "untitled"),
    EMBED_TITLE: ("settings_title", "story_remove", "help_title", "server_library", "untitled"),
    FIELD_NAME: (
        "setting_channels", "setting_direct_messages", "setting_mentions", "setting_language", "setting_cooldown",
    ),
}  # fmt: skip
LONGEST_IDS = {name: 2**63 - 1 for name in words_of("de").commands if " " not in name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_fit_where_they_are_shown(language: Language) -> None:
    say = Voice(language)
    fills = {"count": 999_999, "day": say.day(date(2026, 9, 30)), "library": "x" * 100}
    for limit, keys in LIMITS.items():
        for key in keys:
            sentence = words_of(language).texts[key]
            names = [name for _, name, _, _ in Formatter().parse(sentence) if name]
            assert units(say(key, **{name: fills[name] for name in names})) <= limit, key


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("listed_in", LANGUAGES)
def test_help_and_settings_fit_however_commands_are_called(language: Language, listed_in: Language) -> None:
    every_channel = frozenset(range(2**63 - 30, 2**63))
    for commands in ({}, LONGEST_IDS):
        say = Voice(language, listed_in, commands)
        settings = servers.ServerSettings(
            channels=every_channel, language=language, cooldown_seconds=servers.LONGEST_COOLDOWN
        )
        shown = [
            draw_help(in_server=True, manages=True, say=say),
            draw_settings(settings, channels=sorted(settings.channels), languages=dict(LANGUAGES.items()), say=say),
        ]
        assert [problems_of(each) for each in shown] == [None, None]
        assert all(len(each) <= 6_000 for each in shown)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_fit_into_a_message_as_plain_text(language: Language) -> None:
    """Where the bot may not embed, a sentence is a message's content: 2,000 characters."""
    say = Voice(language, language, LONGEST_IDS)
    assert [key for key, sentence in words_of(language).texts.items() if units(say.named(sentence)) > 1_500] == []
