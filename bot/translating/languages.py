"""The languages the interface speaks, and which of them serves a language of Discord's."""

from typing import Literal, get_args

Language = Literal["en", "de", "fr", "es"]

SOURCE: Language = "en"
"""The language that the commands are written in, and that is spoken where no other fits."""

LANGUAGES: dict[Language, str] = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
"""What each calls itself, for a person to choose from."""

LOCALES: dict[Language, str] = {"en": "en_GB", "de": "de_DE", "fr": "fr_FR", "es": "es_ES"}
"""By which numbers and dates are written; English days are "23 May 2025"."""


def language_of(locale: str | None) -> Language:
    """The language for one of Discord's locales, such as `es-419`, or for a stored setting; English when none fits."""
    code = (locale or "").partition("-")[0].lower()
    return next((language for language in get_args(Language) if language == code), SOURCE)
