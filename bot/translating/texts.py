"""What the interface says itself, in the language of the server or the person."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from babel.numbers import format_decimal

from bot.translating.languages import LOCALES, SOURCE, Language, language_of


class MissingTextError(KeyError):
    """No sentence has this key: a mistake of ours, which a test over all keys finds."""


@dataclass(frozen=True)
class Words:
    """A language's file: sentences by key; commands, choices and errors of files by what they are in English."""

    texts: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


@cache
def words_of(language: str) -> Words:
    """The file of a language, read once."""
    file = files("bot.translating") / "texts" / f"{language}.toml"
    loaded = tomllib.loads(file.read_text(encoding="utf-8"))
    tables = ("texts", "commands", "choices", "errors")
    return Words(**{table: loaded.get(table, {}) for table in tables})


def text(key: str, *, language: str | None, **values: object) -> str:
    """The sentence of `key` in `language`, a setting or a locale of Discord's, with `values` put in.

    Where a language lacks it, or there is no such language, it is English. Numbers are written as in the language,
    all else is put in as it is: escape what people or stories wrote before. Raises MissingTextError.
    """
    for spoken in (language_of(language), SOURCE):
        sentence = words_of(spoken).texts.get(key)
        if sentence is not None:
            return sentence.format_map({name: _written(value, spoken) for name, value in values.items()})
    raise MissingTextError(key)


def error_in(language: str, error: str) -> str:
    """A sentence of the index about a file that cannot be read, in `language` as far as it has that sentence."""
    return words_of(language_of(language)).errors.get(error, error)


def _written(value: object, language: Language) -> object:
    return format_decimal(value, locale=LOCALES[language]) if isinstance(value, int | float) else value
