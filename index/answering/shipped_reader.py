"""The reader in the package: the packaged MiniLM with what its training changed.

The file beside this module holds, for each changed matrix, the difference to the model's own in eight bits a number and
a scale for each row, and the small tensors (biases, normalisation, the two output rows) whole.
`training/make_reader.py` makes it; `training/MODEL_CARD.md` says of what.
"""

import logging
from importlib import resources
from pathlib import Path
from typing import Any

from index.answering.reader import TokenReader, keep_head_precise
from index.errors import ModelError
from index.finding.embedding import long_lived
from index.finding.model_files import packaged_model_folder
from index.finding.named_models import number_format, quiet_libraries
from index.settings import IndexSettings

_log = logging.getLogger(__name__)
_FILE = "reader.safetensors"
_MAX_TOKENS = 384
ROWS, SCALES, WHOLE = "rows:", "scales:", "whole:"


@long_lived()
def load_shipped_reader(settings: IndexSettings, *, weights: Path | None = None) -> TokenReader:
    """The reader in the package, or the one whose weights are in the file `weights`. Takes seconds.

    Raises ModelError.
    """
    with quiet_libraries():
        model, tokenizer = base_model()
        name = apply_shipped_weights(model) if weights is None else apply_weights(model, weights)
    dtype = number_format(settings)
    model.to(dtype)
    keep_head_precise(model)
    _log.info("reader %s loaded, %s", name, dtype)
    return TokenReader(model.eval(), tokenizer, name=name, max_tokens=_MAX_TOKENS)


def base_model() -> tuple[Any, Any]:
    """The packaged MiniLM with an untrained question-answering head, in float32, and its tokenizer."""
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    folder = packaged_model_folder()
    model = AutoModelForQuestionAnswering.from_pretrained(
        folder,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        dtype=torch.float32,
        attention_probs_dropout_prob=0.0,
    )
    return model, AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def apply_shipped_weights(model: Any) -> str:
    """Make the reader in the package of `model`, the base model; returns its name. Raises ModelError."""
    with resources.as_file(resources.files("index.answering").joinpath(_FILE)) as path:
        return apply_weights(model, path)


def apply_weights(model: Any, path: Path) -> str:
    """Add the file's differences to the model's matrices and put its small tensors in; returns the reader's name.

    Raises ModelError when the file cannot be read or belongs to another model.
    """
    import torch
    from safetensors import SafetensorError, safe_open

    own = dict(model.named_parameters())
    try:
        with safe_open(str(path), framework="pt") as file, torch.no_grad():
            name = str((file.metadata() or {}).get("name", path.stem))
            for key in file.keys():  # noqa: SIM118 - it is no mapping
                kind, _, parameter = key.partition(":")
                tensor = file.get_tensor(key).float()
                if f"{kind}:" == WHOLE:
                    own[parameter].copy_(tensor)
                elif f"{kind}:" == ROWS:
                    own[parameter].add_(tensor * file.get_tensor(SCALES + parameter))
                elif f"{kind}:" != SCALES:
                    raise KeyError(f"{key} is nothing that is known here")
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise ModelError(
            f"The reader's weights in {path} cannot be used ({' '.join(str(error).split())[:200]}); "
            "install Storydesk again, or make them anew."
        ) from error
    return name
