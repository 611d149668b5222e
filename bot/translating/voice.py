"""How the bot speaks to someone: the language of its sentences, and the names that their Discord has for its commands.

Discord names commands in the language of each reader's own client, whatever the server's is. A mention of a command,
`</ask:ID>`, is drawn by that client with the name it has there, so sentences mention commands where their ids are
known. Else they are called by the name that the reader's client most likely has.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from babel.core import Locale
from babel.dates import format_date

from bot.translating.languages import LANGUAGES, LOCALES, SOURCE, Language
from bot.translating.texts import text, words_of

NOT_BREAKING = "\xa0"
# Ours in sentences; what others wrote has a backslash before each backtick.
_NAMED = re.compile(r"(?<!\\)`(?P<name>[^`\\]+)`")


@dataclass(frozen=True, slots=True)
class Voice:
    """`language` is that of the sentences, `listed_in` the one in which the reader's Discord lists commands.

    `commands` has the ids of the bot's commands by their English names, as far as they are known.
    """

    language: Language = SOURCE
    listed_in: Language = SOURCE
    commands: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of `key` with `values` put in as they are: escape what people or stories wrote before."""
        return self.named(text(key, language=self.language, **values))

    def named(self, sentence: str) -> str:
        """A sentence of ours in which commands, options and context menus have the names that the reader sees.

        Sentences write them in English: `/stories add`, `since:`, `Add as story`, each between backticks.
        """
        return _NAMED.sub(lambda found: self._name(found["name"], found[0]), sentence)

    def day(self, day: date) -> str:
        """A day in words, like "23 May 2025", that no line break parts."""
        written = format_date(day, "long", locale=LOCALES[self.language])
        if self.language == "fr" and day.day == 1:  # which is how French counts the first, and babel does not
            written = written.replace("1", "1er", 1)
        return written.replace(" ", NOT_BREAKING)

    def language_called(self, code: str) -> str | None:
        """What the language of a code is called in this one; None for a code that is none."""
        called: str | None = Locale.parse(LOCALES[self.language]).languages.get(code)
        return called

    def _name(self, name: str, as_it_is: str) -> str:
        if name.startswith("/"):
            return self._command(name[1:])
        if name.endswith(":"):
            return f"`{option_called(name[:-1], self.listed_in)}:`"
        if any(name in words_of(language).commands for language in LANGUAGES):
            return f"*{command_called(name, self.listed_in)}*"
        return as_it_is

    def _command(self, name: str) -> str:
        root = name.partition(" ")[0]
        if root in self.commands:
            return f"</{name}:{self.commands[root]}>"
        return f"`/{command_called(name, self.listed_in)}`"


def command_called(name: str, language: str) -> str:
    """What a command, such as `stories add`, is called where Discord is in `language`; its own name when not at all."""
    commands = words_of(language).commands
    steps = name.split(" ") if name.islower() else [name]  # the name of a context menu is one, spaces and all
    paths = (" ".join(steps[: count + 1]) for count in range(len(steps)))
    return " ".join(commands.get(path, {}).get("name", step) for path, step in zip(paths, steps, strict=True))


def option_called(name: str, language: str) -> str:
    """What an option is called where Discord is in `language`: the same for every command that has it."""
    for command in words_of(language).commands.values():
        if name in command.get("options", {}):
            called: str = command["options"][name]["name"]
            return called
    return name
