"""Training a reader further on an operator's own questions, and keeping it in a folder."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.answering.reader import TokenReader
from index.answering.shipped_reader import apply_shipped_weights, base_model
from index.errors import ModelError, ReadingError
from index.finding.embedding import computes_bfloat16
from index.finding.named_models import find_model, quiet_libraries
from index.settings import IndexSettings
from index.training.checking import Score, check
from index.training.examples import Example

_HELD_OUT = 5
"""One question in so many is not trained on but checked with."""
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it: scores on questions that were not trained on, before and after."""

    before: Score
    after: Score
    trained_on: int


def train_further(
    settings: IndexSettings,
    examples: Sequence[Example],
    folder: Path,
    *,
    epochs: float,
    learning_rate: float,
    seed: int = 1,
    on_progress: Callable[[str, int, int], None],
) -> Trained:
    """Train the reader that the settings name on `examples` and save it in `folder`, as transformers does.

    Raises ReadingError when there are too few examples, ModelError when the reader cannot be loaded or saved.
    """
    from index.training.training import Plan, freeze_embeddings, train

    if len(examples) < _FEWEST:
        raise ReadingError(
            f"Only {len(examples)} questions can be trained on; give at least {_FEWEST}, better some hundreds."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(f"{folder} is there already and not empty; name a new folder for the reader.")
    mixed = list(examples)
    random.Random(seed).shuffle(mixed)
    held_out, learned = mixed[::_HELD_OUT], [each for index, each in enumerate(mixed) if index % _HELD_OUT]
    with quiet_libraries():
        model, tokenizer = _present_reader(settings)
    reader = TokenReader(model.eval(), tokenizer, name="in training", max_tokens=384)
    before = check(reader, held_out)
    freeze_embeddings(model)
    plan = Plan(epochs=epochs, learning_rate=learning_rate, head_rate=learning_rate, seed=seed)
    train(model, tokenizer, learned, plan, bfloat16=computes_bfloat16(), on_progress=on_progress)
    after = check(TokenReader(model.eval(), tokenizer, name="trained", max_tokens=384), held_out)
    try:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    except OSError as error:
        raise ModelError(f"The reader cannot be saved in {folder} ({error.strerror}); name another folder.") from error
    return Trained(before, after, len(learned))


def _present_reader(settings: IndexSettings) -> tuple[Any, Any]:
    if settings.reader_model is None:
        model, tokenizer = base_model()
        apply_shipped_weights(model)
        return model, tokenizer
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    folder = find_model(settings.reader_model, setting="STORYDESK_READER_MODEL")
    model = AutoModelForQuestionAnswering.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
    )
    return model, AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
