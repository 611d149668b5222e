"""Extractive reading: where in a passage a question-answering model sees the answer to a question."""

import inspect
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.finding.embedding import Turns, long_lived, one_line
from index.finding.named_models import find_model, fingerprint, number_format, quiet_libraries, token_limit
from index.settings import IndexSettings

_log = logging.getLogger(__name__)
_BATCH = 16
_QUESTION_TOKENS = 128
_LENGTH_STEP = 32
"""Each new shape of a batch costs the processor's library preparation and memory, so lengths come in steps."""
_SETTING = "STORYDESK_READER_MODEL"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of one passage.

    `starts` and `ends` are float32 logits of shape (tokens,): how much an answer begins, or ends, with that token of
    the passage. `offsets` are the tokens' (start, end) characters in the passage. The question, special tokens and
    what is over the model's limit are left out. `no_answer` is the start and end logit of the position that stands
    for "there is no answer here".
    """

    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    offsets: tuple[tuple[int, int], ...]
    no_answer: float


@dataclass(frozen=True, slots=True)
class ReadSpan:
    """A possible answer, `passage[start:end]`. `score` is its start and end logit less those of no answer."""

    start: int
    end: int
    score: float


class Reader(Protocol):
    """Anything that reads passages for a question. Called from several threads; `name` tells readers apart."""

    @property
    def name(self) -> str: ...

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """A reading of each passage, in their order."""
        ...


def best_span(reading: Reading, *, within: tuple[int, int] | None = None, max_tokens: int = 30) -> ReadSpan | None:
    """The best span of at most `max_tokens` tokens, wholly in the characters `within`; None when there is no token."""
    spans = best_spans(reading, count=1, max_tokens=max_tokens, within=within)
    return spans[0] if spans else None


def best_spans(
    reading: Reading, *, count: int, max_tokens: int = 30, within: tuple[int, int] | None = None
) -> list[ReadSpan]:
    """At most `count` spans that do not overlap, best first; of equal ones the earlier and shorter first."""
    tokens = len(reading.offsets)
    if not tokens or max_tokens < 1:
        return []
    offsets = np.asarray(reading.offsets, dtype=np.int64)
    usable = (offsets[:, 1] > offsets[:, 0]) & np.isfinite(reading.starts) & np.isfinite(reading.ends)
    if within is not None:
        usable &= (offsets[:, 0] >= within[0]) & (offsets[:, 1] <= within[1])
    # Row i, column j is the span of the tokens i to i + j; those that reach over the end score -inf.
    width = min(max_tokens, tokens)
    last = np.arange(tokens)[:, None] + np.arange(width)[None, :]
    ends = np.append(np.where(usable, reading.ends, -np.inf), np.full(width - 1, -np.inf))
    scores = np.where(usable, reading.starts, -np.inf)[:, None] + ends[last]
    last_character = np.append(offsets[:, 1], np.full(width - 1, offsets[-1, 1]))[last]
    spans: list[ReadSpan] = []
    for _ in range(count):
        first, length = np.unravel_index(int(np.argmax(scores)), scores.shape)
        score = float(scores[first, length])
        if not np.isfinite(score):
            break
        start, end = int(offsets[first, 0]), int(last_character[first, length])
        spans.append(ReadSpan(start, end, score - reading.no_answer))
        # Characters, not tokens: a character outside the vocabulary can be several tokens.
        scores[(offsets[:, 0] < end)[:, None] & (last_character > start)] = -np.inf
    return spans


class TokenReader:
    """Reads with a transformers model and tokenizer on the processor; threads take turns, a batch each.

    `model` is called with the tensors `input_ids`, `attention_mask` and, if `token_types`, `token_type_ids`, and gives
    something with `start_logits` and `end_logits` of shape (batch, tokens). `tokenizer` is a fast one; it is changed
    while it works, so it must be this reader's own. `max_tokens` is the model's limit for a question and a passage.
    """

    def __init__(
        self, model: Callable[..., Any], tokenizer: Any, *, name: str, max_tokens: int = 512, token_types: bool = True
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._name = name
        self._max_tokens = max_tokens
        self._token_types = token_types
        special = tokenizer.num_special_tokens_to_add(pair=True)
        self._question_tokens = max(1, min(_QUESTION_TOKENS, (max_tokens - special) // 2))
        # Models that are padded on the left were trained with the passage before the question.
        self._question_first = tokenizer.padding_side == "right"
        self._turns = Turns()

    @property
    def name(self) -> str:
        return self._name

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """A reading of each passage, in their order.

        Of a question that is too long its end is read, of a passage its beginning.
        """
        return self.read_pairs([(question, passage) for passage in passages])

    def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
        """A reading of each (question, passage), in their order."""
        readings: list[Reading] = []
        for first in range(0, len(pairs), _BATCH):
            with self._turns:
                readings += self._read(pairs[first : first + _BATCH])
        return readings

    def _read(self, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
        import torch

        shortened = {question: self._shortened(question) for question, _ in pairs}
        questions = [shortened[question] for question, _ in pairs]
        passages = [passage for _, passage in pairs]
        features = self._tokenizer(
            *((questions, passages) if self._question_first else (passages, questions)),
            truncation="only_second" if self._question_first else "only_first",
            max_length=self._max_tokens,
            padding=True,  # to the longest
            pad_to_multiple_of=_LENGTH_STEP if self._max_tokens % _LENGTH_STEP == 0 else None,
            return_offsets_mapping=True,
            return_token_type_ids=self._token_types,
            split_special_tokens=True,  # a story that says "[SEP]" does not end there
            return_tensors="pt",
        )
        all_offsets = features.pop("offset_mapping").tolist()
        with torch.inference_mode():
            output = self._model(**features)
        starts = output.start_logits.float().numpy()
        ends = output.end_logits.float().numpy()
        readings = []
        for row, offsets in enumerate(all_offsets):
            own = 1 if self._question_first else 0
            inside = np.array([sequence == own for sequence in features.sequence_ids(row)], dtype=bool)
            nothing = self._no_answer_position(features["input_ids"][row].tolist())
            readings.append(
                Reading(
                    starts=starts[row][inside],
                    ends=ends[row][inside],
                    offsets=tuple((offsets[index][0], offsets[index][1]) for index in np.flatnonzero(inside)),
                    no_answer=float(starts[row, nothing] + ends[row, nothing]),
                )
            )
        return readings

    def _shortened(self, question: str) -> str:
        """The end of the question that is not over the limit."""
        while True:
            encoded = self._tokenizer(
                question,
                add_special_tokens=False,
                return_offsets_mapping=True,
                split_special_tokens=True,
                verbose=False,
            )
            offsets = encoded["offset_mapping"]
            if len(offsets) <= self._question_tokens:
                return question
            # What is left may be cut into more tokens than before, so look again; each time it is shorter.
            question = question[max(1, offsets[-self._question_tokens][0]) :]

    def _no_answer_position(self, token_ids: list[int]) -> int:
        special = self._tokenizer.cls_token_id
        return token_ids.index(special) if special in token_ids else 0


@long_lived()
def load_reader(settings: IndexSettings) -> TokenReader | None:
    """The question-answering model that the settings name, None when they name none. Takes seconds. Raises ModelError.

    Any model of transformers' AutoModelForQuestionAnswering that needs no code of its own.
    """
    if settings.reader_model is None:
        return None
    folder = find_model(settings.reader_model, setting=_SETTING)
    the_model = f"The model in {folder} ({_SETTING})"
    dtype = number_format(settings)
    with quiet_libraries():
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            model, info = AutoModelForQuestionAnswering.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=dtype,
                output_loading_info=True,
            )
        except Exception as error:  # whatever the libraries raise, the person needs one sentence
            sentence = f"{the_model} cannot be loaded as a question-answering model ({one_line(error)})."
            raise ModelError(sentence) from error
    if info["missing_keys"]:  # the library makes them up
        raise ModelError(
            f"{the_model} was not trained to answer questions from passages: "
            f"it has no {sorted(info['missing_keys'])[-1]}; take one for extractive question answering."
        )
    model.eval()
    keep_head_precise(model)
    name = fingerprint(settings.reader_model, folder)
    limit = token_limit(model, tokenizer)
    reader = TokenReader(model, tokenizer, name=name, max_tokens=limit, token_types=_takes_token_types(model))
    try:
        reading = reader.read("What is this?", ["A trial."])[0]
    except Exception as error:  # a model for pictures, a tokenizer that does not fit: it must not wait for a question
        raise ModelError(f"{the_model} cannot read a passage ({one_line(error)}).") from error
    if best_span(reading) is None:
        raise ModelError(f"{the_model} gives no numbers for a passage; take another, or STORYDESK_MODEL_DTYPE=float32.")
    _log.info("reader %s loaded, %s", name, dtype)
    return reader


def keep_head_precise(model: Any) -> None:
    """Let the last layer compute in float32: in bfloat16 many spans would score the same."""
    import torch

    head = getattr(model, "qa_outputs", None)
    if isinstance(head, torch.nn.Linear):
        head.float()
        head.register_forward_pre_hook(lambda _, inputs: tuple(each.float() for each in inputs))


def _takes_token_types(model: Any) -> bool:
    """Whether the model tells question and passage apart by type; some have one type only, and fail on a second."""
    accepted = "token_type_ids" in inspect.signature(model.forward).parameters
    return accepted and getattr(model.config, "type_vocab_size", 2) > 1
