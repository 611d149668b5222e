"""The bot's settings, and the one place where all settings are read and checked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from index.errors import SettingsError
from index.settings import IndexSettings

_PREFIX = "STORYDESK_"
_LIBRARY_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
_PATHS = (
    "STORYDESK_HOME",
    "STORYDESK_MODEL_FOLDER",
    "STORYDESK_CHROMA_CA_FILE",
    "STORYDESK_EVAL_CORPUS",
    "STORYDESK_EVAL_QUESTIONS",
    "STORYDESK_EVAL_REFUSALS",
    "STORYDESK_EVAL_CACHE",
)


class _GivenSettings(BaseSettings):
    """Takes values from its caller only: `load_settings` has read the environment, and a test hands over its own."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


class BotSettings(_GivenSettings):
    """Settings of `bot`: environment variables of the same names in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    discord_token: SecretStr | None = None
    """The bot's token from Discord's developer portal."""

    question_seconds: Annotated[float, Field(gt=0, le=840, alias="STORYDESK_QUESTION_SECONDS")] = 60.0
    """How long a question in Discord may take before the person is told that it took too long.

    Who would probably wait for longer than two thirds of that is turned away at once."""

    public_library: Annotated[str, Field(pattern=_LIBRARY_NAME, alias="STORYDESK_PUBLIC_LIBRARY")] = "public"
    """The library that everybody may read in Discord if `public_for_all` says so."""

    public_for_all: Annotated[bool, Field(alias="STORYDESK_PUBLIC_FOR_ALL")] = False
    """Whether everybody may read that library, in every server and in direct messages."""

    direct_messages: Annotated[bool, Field(alias="STORYDESK_DIRECT_MESSAGES")] = True
    """Whether direct messages are answered."""

    grace_days: Annotated[int, Field(ge=0, le=3_650, alias="STORYDESK_GRACE_DAYS")] = 30
    """For how many days a server's libraries are kept after the bot left it."""

    answer_days: Annotated[int, Field(ge=1, le=365, alias="STORYDESK_ANSWER_DAYS")] = 7
    """For how many days answers are kept for the buttons below them, and votes on them."""

    log_format: Annotated[Literal["console", "json"], Field(alias="STORYDESK_LOG_FORMAT")] = "console"
    """How the bot's log is written: lines for people, or a JSON object a line."""

    metrics_port: Annotated[int | None, Field(ge=1, le=65_535, alias="STORYDESK_METRICS_PORT")] = None
    """Port of the loopback address where the bot serves /healthz and /metrics; None for nowhere."""


class EvaluationSettings(_GivenSettings):
    """What `storydesk eval` measures with unless an option says otherwise; `STORYDESK_<NAME>` in the environment."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    eval_corpus: Path | None = None
    """File of the stories."""

    eval_questions: Path | None = None
    """File of the questions and their answers."""

    eval_refusals: Path | None = None
    """File of questions that the stories do not answer."""

    eval_cache: Path | None = None
    """Folder of the indexes made for measuring; None takes one in the user's cache folder."""


class _GivenIndexSettings(_GivenSettings, IndexSettings):
    pass


@dataclass(frozen=True)
class Settings:
    """All settings of this process."""

    index: IndexSettings
    bot: BotSettings
    evaluation: EvaluationSettings = field(default_factory=EvaluationSettings)


def known_names() -> frozenset[str]:
    """The environment variables that Storydesk reads."""
    prefixed = (*IndexSettings.model_fields, *EvaluationSettings.model_fields)
    prefixed_names = {f"{_PREFIX}{name.upper()}" for name in prefixed}
    bot_names = {(setting.alias or name).upper() for name, setting in BotSettings.model_fields.items()}
    return frozenset(prefixed_names | bot_names)


def load_settings(*, folder: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read settings from `.env` in `folder` (default: the working folder) and the environment, which wins.

    An empty value is no value. Paths may begin with `~`, and are relative to `folder`. Raises SettingsError that
    names every unknown or wrong setting, and repeats no value.
    """
    folder = Path.cwd() if folder is None else folder.absolute()
    environment = os.environ if environment is None else environment
    env_file = folder / ".env"
    values = _read_env_file(env_file)
    unknown = [f"{name} in {env_file}" for name in values if name.upper() not in known_names()]
    unknown += [name for name in environment if name.upper().startswith(_PREFIX) and name.upper() not in known_names()]
    if unknown:
        raise SettingsError(
            f"Unknown setting{'s' if len(unknown) > 1 else ''}: {', '.join(sorted(unknown))}. "
            f"Settings are: {', '.join(sorted(known_names()))}."
        )
    merged = {name.upper(): value for name, value in values.items()}
    merged |= {name.upper(): value for name, value in environment.items() if name.upper() in known_names()}
    merged = {name: value.strip() for name, value in merged.items() if value.strip()}
    for name in _PATHS:
        if name in merged:
            merged[name] = str(_absolute(name, merged[name], folder))
    without_prefix = {name.removeprefix(_PREFIX).lower(): value for name, value in merged.items()}
    try:
        settings = Settings(
            index=_GivenIndexSettings.model_validate(without_prefix),
            bot=BotSettings.model_validate(
                {name if name.startswith(_PREFIX) else name.lower(): value for name, value in merged.items()}
            ),
            evaluation=EvaluationSettings.model_validate(without_prefix),
        )
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None
    if settings.index.model_folder is not None and settings.index.model_sha256 is None:
        raise SettingsError(
            "STORYDESK_MODEL_FOLDER is set without STORYDESK_MODEL_SHA256; "
            "set that to the SHA-256 of the folder's model.safetensors."
        )
    return settings


def _read_env_file(path: Path) -> dict[str, str]:
    """The settings in a `.env` file; empty when there is no file. Raises SettingsError, which repeats no line of it."""
    try:
        if not path.exists() or path.is_dir():  # a folder of that name is somebody's virtual environment
            return {}
        text = path.read_text(encoding="utf-8-sig")  # some editors put a byte order mark in front
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read ({error}); save it as UTF-8 text or remove it.") from error
    for binding in parse_stream(StringIO(text)):
        # A line of another form may be a bare token: name it by its number.
        if binding.error or (binding.key and (binding.value is None or not binding.key.isidentifier())):
            raise SettingsError(
                f"Line {binding.original.line} of {path} is not of the form NAME=value; "
                "correct it, or begin it with # to leave it out."
            )
    return {name: value or "" for name, value in dotenv_values(stream=StringIO(text)).items()}


def _absolute(name: str, value: str, folder: Path) -> Path:
    try:
        return folder / Path(value).expanduser()
    except RuntimeError:
        raise SettingsError(f"{name} begins with ~, but no such user's folder is known; give the whole path.") from None


def _sentence(error: ValidationError) -> str:
    """Name each wrong setting by its environment variable; never repeat a value, it may be a secret."""
    parts = []
    for problem in error.errors(include_input=False, include_url=False):
        message = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:  # of several settings together; the sentence names them
            parts.append(message)
            continue
        name = str(problem["loc"][0]).upper()
        if f"{_PREFIX}{name}" in known_names():
            name = f"{_PREFIX}{name}"
        if name == "STORYDESK_MODEL_SHA256":
            message = "must be 64 digits of 0-9 and a-f"
        parts.append(f"{name}: {message}")
    return f"Wrong setting: {'; '.join(parts)}."
