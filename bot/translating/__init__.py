"""The bot's words in a few languages: names and descriptions of commands, and what the interface says itself.

Stories and answers are never translated. `texts/` has a file a language; adding a language is adding a file, its
name and its locale in `languages.py`, and its words for spans of time in `bot/since.py`.
"""

from bot.translating.commands import CommandTranslator, expected_places
from bot.translating.languages import LANGUAGES, SOURCE, Language, language_of
from bot.translating.texts import MissingTextError, error_in, text
from bot.translating.voice import Voice

__all__ = [
    "LANGUAGES",
    "SOURCE",
    "CommandTranslator",
    "Language",
    "MissingTextError",
    "Voice",
    "error_in",
    "expected_places",
    "language_of",
    "text",
]
