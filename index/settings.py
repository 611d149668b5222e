"""What the index needs to know to work: where the data lives and which model embeds it."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _default_home() -> Path:
    return user_data_path("storydesk", appauthor=False)


class IndexSettings(BaseSettings):
    """Settings of `index`. Read once at start and passed in; each is an environment variable `STORYDESK_<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix="STORYDESK_", frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    home: Path = Field(default_factory=_default_home)
    """Folder of the catalog and the indexes."""

    model_folder: Path | None = None
    """Folder of a sentence-transformers model; None takes the packaged all-MiniLM-L6-v2."""

    model_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Expected SHA-256 of the model folder's `model.safetensors`; needed with `model_folder`."""

    model_dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format to embed in; auto takes bfloat16 where the processor computes in it."""

    reader_model: str | None = None
    """Transformers model for extractive question answering, by folder or by name; None takes the shipped reader."""

    read_passages: Annotated[int, Field(ge=0, le=50)] = 8
    """How many of the best passages are read for a short answer; 0 reads none."""

    ranker_model: str | None = None
    """Sentence-transformers cross-encoder, by folder or by name; None ranks by the two searches and the date alone."""

    rank_passages: Annotated[int, Field(ge=1, le=200)] = 30
    """How many of the best passages the cross-encoder ranks anew."""

    lock_wait_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    """How many seconds without progress of the process that holds the data folder a command waits for it."""

    chroma_url: str | None = None
    """Address of a Chroma server, like http://127.0.0.1:8000, that keeps the vectors instead of the data folder."""

    chroma_headers: SecretStr | None = None
    """Headers for the server, or for a proxy in front of it, like `Authorization: Bearer abc`; several are separated
    by line breaks or, when there is none, by semicolons."""

    chroma_ca_file: Path | None = None
    """File of certificates, in PEM format, that an https server's is checked against instead of the system's."""

    chroma_question_seconds: Annotated[float, Field(gt=0, le=60)] = 3.0
    """How long a question waits for the server before only words are searched."""

    chroma_write_seconds: Annotated[float, Field(ge=0, le=86_400)] = 300.0
    """How long storing waits for a server that is down before it gives up; what was begun is finished later."""

    @field_validator("reader_model", "ranker_model")
    @classmethod
    def _is_given(cls, name: str | None) -> str | None:
        return (name or "").strip() or None

    @field_validator("chroma_url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        try:
            parts = urlsplit(url)
            if parts.port == 0:
                raise ValueError
        except ValueError:
            raise ValueError("is no address; give one like http://127.0.0.1:8000") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\x00-\x1f\\]", url):
            raise ValueError("must be like http://127.0.0.1:8000 or https://vectors.example.org")
        if "@" in parts.netloc:
            raise ValueError("must have no user name or password; put what a proxy wants into STORYDESK_CHROMA_HEADERS")
        if parts.path not in ("", "/") or parts.query or parts.fragment or url.endswith(("?", "#")):
            raise ValueError("must end after the host and port, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("chroma_headers")
    @classmethod
    def _are_headers(cls, headers: SecretStr | None) -> SecretStr | None:
        if headers is not None:
            _parse_headers(headers.get_secret_value())
        return headers

    @model_validator(mode="after")
    def _has_what_it_belongs_to(self) -> Self:
        https = self.chroma_url is not None and self.chroma_url.startswith("https:")
        if self.chroma_ca_file is not None and not https:
            raise ValueError("STORYDESK_CHROMA_CA_FILE is set, but STORYDESK_CHROMA_URL does not begin with https://")
        if self.chroma_headers is not None and self.chroma_url is None:
            raise ValueError("STORYDESK_CHROMA_HEADERS is set without STORYDESK_CHROMA_URL")
        return self

    def chroma_header_values(self) -> dict[str, str]:
        """The headers by name. They are secret."""
        return _parse_headers(self.chroma_headers.get_secret_value()) if self.chroma_headers is not None else {}


_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)")
_HEADERS_OF_OURS = frozenset({"host", "content-type", "content-length", "transfer-encoding", "connection"})


def _parse_headers(text: str) -> dict[str, str]:
    """Headers by name; raises ValueError with a sentence that repeats nothing of them."""
    parts = [part.strip() for part in (text.splitlines() if "\n" in text.strip() else text.split(";"))]
    headers: dict[str, str] = {}
    for number, part in enumerate(filter(None, parts), start=1):
        match = _HEADER.fullmatch(part)
        if match is None:
            raise ValueError(
                f"header {number} is not of the form Name: value; separate several by line breaks or by semicolons"
            )
        if match[1].lower() in _HEADERS_OF_OURS:
            raise ValueError(f"header {number} is one that is set for each request; leave it out")
        headers[match[1]] = match[2]
    return headers
