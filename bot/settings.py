"""The bot's settings, and the one place where all settings are read and checked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.errors import SettingsError
from index.settings import IndexSettings

_PREFIX = "STORYDESK_"


class BotSettings(BaseSettings):
    """Settings of `bot`: environment variables of the same names in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    discord_token: SecretStr | None = None
    """The bot's token from Discord's developer portal."""

    question_seconds: Annotated[float, Field(gt=0, le=840, alias="STORYDESK_QUESTION_SECONDS")] = 60.0
    """How long a question in Discord may take before the person is told that it took too long."""


@dataclass(frozen=True)
class Settings:
    """All settings of this process."""

    index: IndexSettings
    bot: BotSettings


def known_names() -> frozenset[str]:
    """The environment variables that Storydesk reads."""
    index_names = {f"{_PREFIX}{name.upper()}" for name in IndexSettings.model_fields}
    bot_names = {(field.alias or name).upper() for name, field in BotSettings.model_fields.items()}
    return frozenset(index_names | bot_names)


def load_settings(*, folder: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read settings from `.env` in `folder` (default: the working folder) and the environment, which wins.

    Raises SettingsError that names every unknown or wrong setting.
    """
    environment = os.environ if environment is None else environment
    env_file = (folder or Path.cwd()) / ".env"
    values = _read_env_file(env_file)
    unknown = [f"{name} in {env_file}" for name in values if name.upper() not in known_names()]
    unknown += [name for name in environment if name.upper().startswith(_PREFIX) and name.upper() not in known_names()]
    if unknown:
        raise SettingsError(
            f"Unknown setting{'s' if len(unknown) > 1 else ''}: {', '.join(sorted(unknown))}. "
            f"Settings are: {', '.join(sorted(known_names()))}."
        )
    merged = {name.upper(): value for name, value in values.items() if value is not None}
    merged |= {name.upper(): value for name, value in environment.items() if name.upper() in known_names()}
    merged = {name: value.strip() for name, value in merged.items() if value.strip()}
    try:
        return Settings(
            index=IndexSettings.model_validate(
                {name.removeprefix(_PREFIX).lower(): value for name, value in merged.items()}
            ),
            bot=BotSettings.model_validate(
                {name if name.startswith(_PREFIX) else name.lower(): value for name, value in merged.items()}
            ),
        )
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None


def _read_env_file(path: Path) -> dict[str, str | None]:
    try:
        return dotenv_values(path, encoding="utf-8") if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read ({error}); save it as UTF-8 text or remove it.") from error


def _sentence(error: ValidationError) -> str:
    """Name each wrong setting by its environment variable; never repeat a value, it may be a secret."""
    parts = []
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0]).upper() if problem["loc"] else "a setting"
        if f"{_PREFIX}{name}" in known_names():
            name = f"{_PREFIX}{name}"
        parts.append(f"{name}: {problem['msg']}")
    return f"Wrong setting: {'; '.join(parts)}."
