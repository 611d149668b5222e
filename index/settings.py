"""What the index needs to know to work: where the data lives and which model embeds it."""

from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _default_home() -> Path:
    return user_data_path("storydesk", appauthor=False)


class IndexSettings(BaseSettings):
    """Settings of `index`. Read once at start and passed in; each is an environment variable `STORYDESK_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="STORYDESK_", frozen=True, extra="ignore", env_ignore_empty=True)

    home: Path = Field(default_factory=_default_home)
    """Folder of the catalog and the indexes."""

    model_folder: Path | None = None
    """Folder of a sentence-transformers model; None takes the packaged all-MiniLM-L6-v2."""

    model_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Expected SHA-256 of the model folder's `model.safetensors`; needed with `model_folder`."""

    model_dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format to embed in; auto takes bfloat16 where the processor computes in it."""

    lock_wait_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    """How long a command waits for another one that holds the data folder."""
