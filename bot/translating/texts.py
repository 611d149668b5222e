"""What the interface says itself, in the language of the server or the person."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from bot.translating.languages import SOURCE, language_of


class MissingTextError(KeyError):
    """No sentence has this key: a mistake of ours, which a test over all keys finds."""


@dataclass(frozen=True)
class Words:
    """A language's file: sentences by key, and commands and choices by what they are called in English."""

    texts: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)


@cache
def words_of(language: str) -> Words:
    """The file of a language, read once."""
    file = files("bot.translating") / "texts" / f"{language}.toml"
    loaded = tomllib.loads(file.read_text(encoding="utf-8"))
    return Words(loaded.get("texts", {}), loaded.get("commands", {}), loaded.get("choices", {}))


def text(key: str, *, language: str | None, **values: object) -> str:
    """The sentence of `key` in `language`, a setting or a locale of Discord's, with `values` put in.

    Where a language lacks it, or there is no such language, it is English. Values are put in as they are: escape
    what people or stories wrote before. Raises MissingTextError.
    """
    for spoken in (language_of(language), SOURCE):
        sentence = words_of(spoken).texts.get(key)
        if sentence is not None:
            return sentence.format_map(values)
    raise MissingTextError(key)
