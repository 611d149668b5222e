"""The model's files: there, the expected ones, and what its vectors are known by."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.engine import Engine
from index.errors import ModelError
from index.finding import model_files
from index.finding.model_files import check_digest, load_token_offsets, model_fingerprint, model_folder
from index.settings import IndexSettings


@pytest.fixture
def own_model(settings: IndexSettings, make_model: Callable[[str], dict[str, Any]]) -> IndexSettings:
    """A model folder that a test may damage."""
    return settings.model_copy(update=make_model("my weights"))


def folder(settings: IndexSettings) -> Path:
    assert settings.model_folder is not None
    return settings.model_folder


def test_the_packaged_model_is_the_published_one(home: Path) -> None:
    settings = IndexSettings(home=home, model_folder=None, model_sha256=None)
    assert check_digest(settings).startswith("53aa51172d142c89")
    assert model_fingerprint(settings) == "all-MiniLM-L6-v2@53aa51172d142c89 title-first normalised"


def test_the_fingerprint_tells_models_of_one_name_apart(own_model: IndexSettings) -> None:
    before = model_fingerprint(own_model)
    (folder(own_model) / "model.safetensors").write_text("other weights")
    digest = hashlib.sha256(b"other weights").hexdigest()
    after = model_fingerprint(own_model.model_copy(update={"model_sha256": digest}))
    assert before != after
    assert digest[:16] in after


def test_other_weights_than_expected_are_refused(own_model: IndexSettings, open_engine: Callable[..., Engine]) -> None:
    (folder(own_model) / "model.safetensors").write_text("damaged weights")
    with pytest.raises(ModelError, match=r"is not the expected one \(SHA-256 .*; install it again, or set STORYDESK_"):
        check_digest(own_model)
    with pytest.raises(ModelError):
        open_engine(own_model)
    assert not own_model.home.exists()


def test_a_folder_without_a_digest_is_refused(own_model: IndexSettings) -> None:
    with pytest.raises(ModelError, match="without STORYDESK_MODEL_SHA256; set that to the SHA-256"):
        check_digest(own_model.model_copy(update={"model_sha256": None}))


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_named(own_model: IndexSettings, name: str) -> None:
    (folder(own_model) / name).unlink()
    with pytest.raises(ModelError, match=f"has no {name}; set STORYDESK_MODEL_FOLDER to a model's folder"):
        model_folder(own_model)


def test_a_damaged_tokenizer_is_told(own_model: IndexSettings) -> None:
    (folder(own_model) / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match=r"cannot be read .*; install the model again"):
        load_token_offsets(own_model)


def test_a_missing_package_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "_PACKAGE", "no_such_package_of_a_model")
    with pytest.raises(ModelError, match="The packaged model is not installed; run `pip install"):
        model_folder(IndexSettings(home=home, model_folder=None))


def test_token_offsets_count_characters_and_nothing_is_cut_off(home: Path) -> None:
    token_offsets = load_token_offsets(IndexSettings(home=home, model_folder=None))
    text = "Zoë’s 🚢🚢 sailed — 12,5 km. " * 200
    offsets = token_offsets(text)
    assert len(offsets) > 512
    assert [text[start:end] for start, end in offsets[:3]] == ["Zoë", "’", "s"]
    assert text[slice(*offsets[-1])] == "."
    assert offsets[-1][1] == len(text.rstrip())
    assert token_offsets("") == []
