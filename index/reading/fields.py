"""Fields as they are written in JSON or front matter -> their values, or a sentence on what is wrong."""

import re
from collections.abc import Mapping
from typing import Any

from index.errors import ReadingError
from index.reading.dates import iso_date

_MAX_ID_CHARACTERS = 500
_NOT_STORABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_TYPE_NAMES = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


def text_field(fields: Mapping[str, Any], name: str) -> str | None:
    """The text of field `name`, None when it is missing, null or blank. Raises ReadingError for another type."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ReadingError(f"The field {name} is {_type_name(value)} where text is expected; write it in quotes.")
    return value if value.strip() else None


def id_field(fields: Mapping[str, Any]) -> str | None:
    """The field id, text or a whole number, as text; None when it is missing or blank."""
    value = fields.get("id")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ReadingError(f"The field id is {_type_name(value)} where text or a whole number is expected; correct it.")
    given = " ".join(str(value).split())
    if _NOT_STORABLE.search(given):
        raise ReadingError(
            "The field id has a character that cannot be stored (a control code, half a pair); correct it."
        )
    if len(given) > _MAX_ID_CHARACTERS:
        raise ReadingError(f"The field id has more than {_MAX_ID_CHARACTERS} characters; give a shorter one or none.")
    return given or None


def authors_field(fields: Mapping[str, Any], name: str = "authors") -> tuple[str, ...]:
    """The names in field `name`: a list of texts, or one text with commas or semicolons between the names."""
    value = fields.get(name)
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(author.strip() for author in value.replace(";", ",").split(",") if author.strip())
    if not isinstance(value, list) or not all(isinstance(author, str) for author in value):
        raise ReadingError(f"The field {name} must be a text or a list of texts, one for each author; correct it.")
    return tuple(author for author in value if author.strip())


def date_field(fields: Mapping[str, Any]) -> str | None:
    """The date in published_at, or else in publish_date or date, as ISO 8601."""
    for name in ("published_at", "publish_date", "date"):
        found = iso_date(fields.get(name), field=name)
        if found:
            return found
    return None


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), f"of type {type(value).__name__}")
