"""Names and descriptions of slash commands in other languages, as discord.py asks for them."""

from collections.abc import Iterator, Mapping
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as At
from discord.app_commands import TranslationContextTypes, locale_str

from bot.translating.languages import LANGUAGES, SOURCE, language_of
from bot.translating.texts import Words, words_of

Place = tuple[str, ...]
"""Where a word stands in a language's file: ("commands", "stories add", "options", "title", "name")."""


class CommandTranslator(app_commands.Translator):
    """Gives Discord the words of `texts/` for every locale that one of our languages serves."""

    async def translate(
        self, string: locale_str, locale: discord.Locale, context: TranslationContextTypes
    ) -> str | None:
        language = language_of(locale.value)
        if language == SOURCE:
            return None
        place = _place(string, context)
        return None if place is None else _look_up(words_of(language), place)


def expected_places(tree: app_commands.CommandTree[Any]) -> Iterator[Place]:
    """Where a language's file must have a word, for every word that Discord shows of the commands of `tree`."""
    for context_menu in (*tree.walk_commands(type=_MESSAGE), *tree.walk_commands(type=_USER)):
        yield ("commands", context_menu.name, "name")
    for command in tree.walk_commands():
        yield ("commands", command.qualified_name, "name")
        yield ("commands", command.qualified_name, "description")
        for option in command.parameters if isinstance(command, app_commands.Command) else ():
            yield ("commands", command.qualified_name, "options", option.name, "name")
            yield ("commands", command.qualified_name, "options", option.name, "description")
            for choice in option.choices:
                if choice.name not in LANGUAGES.values():  # languages are called what they call themselves
                    yield ("choices", choice.name)


def translation(language: str, place: Place) -> str | None:
    """The word at `place` in a language's file."""
    return _look_up(words_of(language), place)


def _place(string: locale_str, context: TranslationContextTypes) -> Place | None:
    data: Any = context.data
    match context.location:
        case At.command_name | At.group_name:
            return ("commands", data.qualified_name, "name")
        case At.command_description | At.group_description:
            return ("commands", data.qualified_name, "description")
        case At.parameter_name:
            return ("commands", data.command.qualified_name, "options", data.name, "name")
        case At.parameter_description:
            return ("commands", data.command.qualified_name, "options", data.name, "description")
        case At.choice_name:
            return ("choices", string.message)
    return None


def _look_up(words: Words, place: Place) -> str | None:
    found: Any = {"commands": words.commands, "choices": words.choices}
    for step in place:
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found if isinstance(found, str) else None


_MESSAGE, _USER = discord.AppCommandType.message, discord.AppCommandType.user
