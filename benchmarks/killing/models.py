"""A second embedding model, for changing from one to the other."""

import hashlib
import shutil
from pathlib import Path

from index.finding.model_files import model_folder
from index.settings import IndexSettings

_WEIGHTS = "model.safetensors"
_EMBEDDINGS = "embeddings.word_embeddings.weight"


def make_second_model(folder: Path) -> dict[str, str]:
    """Copy the packaged model into `folder`, a little changed; returns the settings that choose it."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(model_folder(IndexSettings()), folder)
    weights = load_file(folder / _WEIGHTS)
    weights[_EMBEDDINGS] = weights[_EMBEDDINGS] * 0.9 + weights[_EMBEDDINGS].roll(1, dims=1) * 0.1
    (folder / _WEIGHTS).unlink()
    save_file(weights, folder / _WEIGHTS, metadata={"format": "pt"})
    digest = hashlib.sha256((folder / _WEIGHTS).read_bytes()).hexdigest()
    return {"STORYDESK_MODEL_FOLDER": str(folder), "STORYDESK_MODEL_SHA256": digest}
