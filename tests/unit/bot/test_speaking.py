"""In which language people have their Discord is remembered of the last ones."""

from types import SimpleNamespace
from typing import Any

import discord

from bot.speaking import Languages


def used_by(person_id: int, locale: discord.Locale) -> Any:
    return SimpleNamespace(user=SimpleNamespace(id=person_id), locale=locale)


def test_the_last_language_of_a_person_is_remembered_until_it_is_forgotten() -> None:
    languages = Languages()
    assert languages.of(7) == "en"
    languages.note(used_by(7, discord.Locale.german))
    languages.note(used_by(8, discord.Locale.latin_american_spanish))
    assert (languages.of(7), languages.of(8)) == ("de", "es")
    languages.note(used_by(7, discord.Locale.french))
    assert languages.of(7) == "fr"
    languages.forget(7)
    assert (languages.of(7), languages.of(8)) == ("en", "es")


def test_only_so_many_people_are_remembered_the_last_ones() -> None:
    languages = Languages(most=2)
    for person_id in (7, 8, 7, 9):
        languages.note(used_by(person_id, discord.Locale.german))
    assert [languages.of(person_id) for person_id in (7, 8, 9)] == ["de", "en", "de"]
