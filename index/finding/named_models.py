"""Models of the transformers libraries that a setting gives by folder or by name: where they are, and loading them."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.errors import ModelError
from index.finding.embedding import computes_bfloat16
from index.settings import IndexSettings

_SINGLE = "model.safetensors"
_SHARDED = "model.safetensors.index.json"
_DEFAULT_LIMIT = 512


def find_model(name: str, *, setting: str) -> Path:
    """The folder of the model that `setting` gives as `name`: a folder, or a name on the Hugging Face hub.

    A name is looked up among what was downloaded to this machine, never in the network. Raises ModelError, also when
    the weights are not there as safetensors: files of the older format run whatever code is in them.
    """
    _keep_offline()
    folder = _given_folder(name, setting) or _downloaded_folder(name, setting)
    if not (folder / "config.json").is_file():
        raise ModelError(f"{setting} names {folder}, which has no config.json; give the folder of a model.")
    if not (folder / _SINGLE).is_file() and not (folder / _SHARDED).is_file():
        raise ModelError(
            f"{setting} names {folder}, which has no {_SINGLE}; "
            "other formats are not loaded, as they can run code, so take a version of the model that has it."
        )
    return folder


def fingerprint(name: str, folder: Path) -> str:
    """The model's name and the beginning of its weights' SHA-256, like `model@0123456789ab`. Raises ModelError."""
    digest = hashlib.sha256()
    try:
        for path in sorted(folder.glob("*.safetensors")):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise ModelError(f"The model in {folder} cannot be read ({error.strerror}); check the folder.") from error
    label = folder.name if Path(name).expanduser() == folder else name
    return f"{label[:80]}@{digest.hexdigest()[:12]}"


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Load with transformers and sentence-transformers in here: without any network, and with no word but ours."""
    _keep_offline()
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)


def number_format(settings: IndexSettings) -> Any:
    """The torch dtype that the setting `model_dtype` means on this processor."""
    import torch

    bfloat16 = settings.model_dtype == "bfloat16" or (settings.model_dtype == "auto" and computes_bfloat16())
    return torch.bfloat16 if bfloat16 else torch.float32


def token_limit(model: Any, tokenizer: Any) -> int:
    """How many tokens, special ones included, a transformers model can take at once."""
    limits = [_DEFAULT_LIMIT] if tokenizer.model_max_length > 1_000_000 else [int(tokenizer.model_max_length)]
    positions = getattr(model.config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:  # -1 is XLNet's way to say that there is no limit
        limits.append(positions)
    for name, module in model.named_modules():
        if name.rpartition(".")[2] == "position_embeddings" and hasattr(module, "num_embeddings"):
            # RoBERTa and its kin count positions from behind the one that stands for padding.
            before = 0 if module.padding_idx is None else module.padding_idx + 1
            limits.append(module.num_embeddings - before)
    return min(limits)


def _keep_offline() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"  # read when the libraries are imported: a missing network costs no retries
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _given_folder(name: str, setting: str) -> Path | None:
    try:
        folder = Path(name).expanduser()
    except RuntimeError:
        raise ModelError(f"{setting} begins with ~, but no such user's folder is known; give the whole path.") from None
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ModelError(f"{setting} names the file {folder}; give the folder that it is in.")
    if name.startswith(("/", "~", ".")):
        raise ModelError(
            f"{setting} names the folder {folder}, which does not exist; correct it or remove the setting."
        )
    return None


def _downloaded_folder(name: str, setting: str) -> Path:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(name, "config.json")
    except HFValidationError:
        raise ModelError(
            f"{setting} is {name!r}, which is neither a folder nor a name like cross-encoder/ms-marco-MiniLM-L6-v2."
        ) from None
    if not isinstance(config, str):
        raise ModelError(
            f"{setting} names the model {name}, which is not on this machine; "
            f"download it with `hf download {name}`, or give the folder it is in."
        )
    return Path(config).parent
