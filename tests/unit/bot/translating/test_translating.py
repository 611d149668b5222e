"""The texts of all languages: the same keys, the same things to fill in, and the language that fits."""

import re
from string import Formatter
from typing import get_args

import discord
import pytest

from bot.translating import LANGUAGES, SOURCE, Language, MissingTextError, language_of, text
from bot.translating.texts import words_of

OTHERS = [language for language in LANGUAGES if language != SOURCE]


def to_fill_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_says_everything_with_the_same_things_to_fill_in(language: str) -> None:
    english, other = words_of(SOURCE).texts, words_of(language).texts
    assert set(other) == set(english)
    assert {key: to_fill_in(other[key]) for key in other} == {key: to_fill_in(english[key]) for key in english}
    same = {key for key in english if english[key] == other[key]}
    assert same == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_pings_links_or_is_empty(language: str) -> None:
    for sentence in words_of(language).texts.values():
        assert sentence.strip() == sentence != ""
        assert not re.search(r"@everyone|@here|<@|https?://|\]\(", sentence)


def test_every_language_has_a_name_and_serves_a_locale_of_discord() -> None:
    assert set(LANGUAGES) == set(get_args(Language))
    assert {language_of(locale.value) for locale in discord.Locale} == set(LANGUAGES)


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de", "de"), ("fr", "fr"), ("es-ES", "es"), ("es-419", "es"), ("en-GB", "en"), ("ja", "en"), ("", "en"),
     (None, "en"), ("xx", "en"), ("deutsch", "en"), ("DE", "de")],
)  # fmt: skip
def test_the_language_that_serves_a_locale(locale: str | None, language: str) -> None:
    assert language_of(locale) == language


def test_a_text_is_in_the_language_asked_for_with_its_values() -> None:
    assert text("cooldown", language="de", seconds=5) == "Bitte warte 5 Sekunden, bevor du wieder fragst."
    assert text("cooldown", language="es-419", seconds=5).startswith("Espera 5 segundos")
    assert text("cooldown", language="ja", seconds=5) == text("cooldown", language=None, seconds=5)
    assert text("not_here", language="en", channels="{seconds} <#1>").endswith("Ask in {seconds} <#1>.")


def test_a_text_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(MissingTextError):
        text("no such", language="de")


def test_what_a_language_lacks_is_said_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(words_of("fr").texts, "helpful")  # type: ignore[arg-type]
    assert text("helpful", language="fr") == "Helpful"


@pytest.mark.parametrize(
    ("key", "only_of_questions"),
    [("failed", r"answer|Antwort|réponse|respuesta"), ("failed_index", r"answer|Antwort|réponse|respuesta"),
     ("failed_model", r"answer|Antwort|réponse|respuesta"),
     ("help_what", r"this server|dieser Server|ce serveur|este servidor"), ("all_libraries", r"\b(I|ich|je|puedo)\b")],
)  # fmt: skip
def test_what_is_said_wherever_it_may_be_said_fits_there(key: str, only_of_questions: str) -> None:
    for language in LANGUAGES:
        assert not re.search(only_of_questions, words_of(language).texts[key])


@pytest.mark.parametrize("key", ["refused_nothing_found", "own_message", "empty_message"])
def test_who_is_refused_is_told_what_to_do(key: str) -> None:
    for language in LANGUAGES:
        assert len(re.findall(r"\.(?= |$)", words_of(language).texts[key])) >= 2
