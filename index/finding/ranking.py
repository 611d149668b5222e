"""Ranks the passages found anew, by a cross-encoder that reads the question and a passage together."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.finding.embedding import Turns, long_lived, one_line
from index.finding.named_models import find_model, fingerprint, number_format, quiet_libraries, token_limit
from index.settings import IndexSettings
from index.stories import Finding

_log = logging.getLogger(__name__)
_BATCH = 16
_SETTING = "STORYDESK_RANKER_MODEL"
RANKER_WEIGHT = 0.5
"""How much the ranker's judgement counts against what the two searches and the date say."""


class Ranker(Protocol):
    """Anything that judges how well texts answer a question. Called from several threads; `name` tells them apart."""

    @property
    def name(self) -> str: ...

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """How relevant each text is, float32 of shape (len(texts),); higher is better, on any scale."""
        ...


def rerank(findings: Sequence[Finding], scores: NDArray[np.float32], *, weight: float) -> list[Finding]:
    """The findings in their new order, best first, with new scores.

    `findings` come best first, and `scores` are the ranker's of the first of them. The new score is `weight` times the
    ranker's and `1 - weight` times the finding's own as a share of the best one's, which holds the agreement of the two
    searches and the date. Findings that the ranker did not score count as its worst, and so stay behind.

    The ranker's scores are put in 0..1 by their least and greatest, as each search's are before they are fused. The
    alternative, a sigmoid, takes for granted that 0 means "half relevant", which holds for some cross-encoders only.
    """
    if len(scores) > len(findings) or not 0.0 <= weight <= 1.0:
        raise ValueError(f"{len(scores)} scores with weight {weight} for {len(findings)} findings")
    shares = _shares(scores)
    best = max((finding.score for finding in findings), default=0.0) or 1.0
    ranked = []
    for rank, finding in enumerate(findings):
        share = shares[rank] if rank < len(shares) else 0.0
        ranked.append(replace(finding, score=(1.0 - weight) * finding.score / best + weight * share))
    return sorted(ranked, key=lambda finding: -finding.score)  # of equal ones the one that was before


def _shares(scores: NDArray[np.float32]) -> list[float]:
    """Scores in 0..1, the best 1; one that is no number counts as the worst."""
    numbers = np.isfinite(scores)
    if not numbers.any():
        return [0.0] * len(scores)
    worst, best = float(scores[numbers].min()), float(scores[numbers].max())
    if best == worst:
        return [1.0 if number else 0.0 for number in numbers]
    return [(float(score) - worst) / (best - worst) if np.isfinite(score) else 0.0 for score in scores]


class CrossEncoderRanker:
    """A sentence-transformers cross-encoder with one label, on the processor; threads take turns, a batch each."""

    def __init__(self, encoder: Any, *, name: str) -> None:
        self._encoder = encoder
        self._name = name
        self._turns = Turns()

    @property
    def name(self) -> str:
        return self._name

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The logit of each text, float32 of shape (len(texts),). What is over the model's limit is not read."""
        import torch

        scores = np.empty(len(texts), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda index: -len(texts[index]))  # needs the least padding
        for first in range(0, len(texts), _BATCH):
            part = by_length[first : first + _BATCH]
            with self._turns:
                scores[part] = self._encoder.predict(
                    [(question, texts[index]) for index in part],
                    batch_size=_BATCH,
                    activation_fn=torch.nn.Identity(),
                    show_progress_bar=False,
                )
        return scores


@long_lived()
def load_ranker(settings: IndexSettings) -> CrossEncoderRanker | None:
    """The cross-encoder that the settings name, None when they name none. Takes seconds. Raises ModelError.

    Any sentence-transformers cross-encoder with one label that needs no code of its own.
    """
    if settings.ranker_model is None:
        return None
    folder = find_model(settings.ranker_model, setting=_SETTING)
    the_model = f"The model in {folder} ({_SETTING})"
    classifies = _check_kind(folder, the_model)
    dtype = number_format(settings)
    with quiet_libraries():
        from sentence_transformers import CrossEncoder

        try:
            if classifies:
                _check_trained(folder, the_model, dtype)
            encoder: Any = CrossEncoder(
                str(folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"dtype": dtype, "use_safetensors": True},
            )
            encoder.eval()
            if classifies:
                encoder.tokenizer.model_max_length = token_limit(encoder.model, encoder.tokenizer)
                encoder.tokenizer.split_special_tokens = True  # a story that says "[SEP]" does not end there
        except ModelError:
            raise
        except Exception as error:  # whatever the libraries raise, the person needs one sentence
            raise ModelError(f"{the_model} cannot be loaded as a cross-encoder ({one_line(error)}).") from error
    ranker = CrossEncoderRanker(encoder, name=fingerprint(settings.ranker_model, folder))
    try:
        scores = ranker.score("What is this?", ["A trial."])
    except Exception as error:  # a tokenizer that does not fit, several labels: it must not wait for a question
        raise ModelError(f"{the_model} cannot score a passage ({one_line(error)}).") from error
    if not np.isfinite(scores).all():
        raise ModelError(f"{the_model} gives no numbers as scores; take another, or STORYDESK_MODEL_DTYPE=float32.")
    _log.info("ranker %s loaded, %s", ranker.name, dtype)
    return ranker


def _check_kind(folder: Path, the_model: str) -> bool:
    """Whether the model is a classifier; raises ModelError when it is no cross-encoder, or would run its own code.

    The library would make a cross-encoder of any model, with a head that knows nothing.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        architecture = str((config.get("architectures") or [""])[0])
        parts = folder / "modules.json"
        types = [str(part["type"]) for part in json.loads(parts.read_text(encoding="utf-8"))] if parts.is_file() else []
        about = folder / "config_sentence_transformers.json"
        kind = json.loads(about.read_text(encoding="utf-8")).get("model_type") if about.is_file() else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise ModelError(f"{the_model} has a description that cannot be read ({one_line(error)}).") from error
    if not all(each.startswith("sentence_transformers.") for each in types):
        raise ModelError(f"{the_model} needs code of its own, which is not run; take another.")
    classifies = architecture.endswith("ForSequenceClassification")
    if not classifies and not architecture.endswith("ForCausalLM") and kind != "CrossEncoder":
        raise ModelError(f"{the_model} is no cross-encoder ({architecture or 'unknown kind'}); take one.")
    return classifies


def _check_trained(folder: Path, the_model: str, dtype: Any) -> None:
    """Raise ModelError when the model has several labels, or weights are missing, which the library would make up."""
    from transformers import AutoModelForSequenceClassification

    model, info = AutoModelForSequenceClassification.from_pretrained(
        folder,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        dtype=dtype,
        output_loading_info=True,
    )
    if model.config.num_labels != 1:
        raise ModelError(
            f"{the_model} sorts texts into {model.config.num_labels} classes; take a cross-encoder with one label."
        )
    if info["missing_keys"]:
        raise ModelError(
            f"{the_model} was not trained to rank passages: it has no {sorted(info['missing_keys'])[-1]}; take another."
        )
