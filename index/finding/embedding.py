"""Turns texts into vectors with a sentence-transformers model."""

import gc
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.finding.model_files import check_digest, load_token_offsets, model_folder
from index.settings import IndexSettings

_log = logging.getLogger(__name__)
_BATCH = 32
_ROWS, _LENGTH_STEP = 8, 16
"""Each new shape of a batch costs the processor's library preparation and memory: rows and tokens come in steps."""


@dataclass(frozen=True, slots=True)
class TextVectors:
    """A text as a whole and token by token.

    `vector` is float32 of shape (dimension,), `token_vectors` float32 of shape (tokens, dimension), all normalised;
    `offsets` are the tokens' (start, end) in the text. Special tokens and what is over the model's limit are left out.
    """

    vector: NDArray[np.float32]
    token_vectors: NDArray[np.float32]
    offsets: tuple[tuple[int, int], ...]


class Embedder(Protocol):
    """Anything that embeds texts. Called from several threads."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Normalised vectors, float32 of shape (len(texts), dimension)."""
        ...

    def embed_tokens(self, texts: Sequence[str]) -> list[TextVectors]:
        """The vectors of each text and of its tokens, in one pass through the model."""
        ...


@contextmanager
def long_lived() -> Iterator[None]:
    """Keep garbage collection away from what is made meanwhile, now and later: it lives as long as the process.

    A full collection looks at each of the libraries' half a million objects, and every thread, an event loop's too,
    waits a third of a second for it; while they are loaded there are several, a third of the loading time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


class Turns:
    """A lock that threads get in the order in which they asked for it: whoever goes on at once goes to the back."""

    def __init__(self) -> None:
        self._waiting: deque[threading.Event] = deque()
        self._changing = threading.Lock()

    def __enter__(self) -> None:
        turn = threading.Event()
        with self._changing:
            self._waiting.append(turn)
            if len(self._waiting) == 1:
                turn.set()
        try:
            turn.wait()
        except BaseException:  # Ctrl-C: whoever does not wait any more must not be waited for
            self._leave(turn)
            raise

    def __exit__(self, *_: object) -> None:
        with self._changing:
            self._waiting.popleft()
            self._call_first()

    def _leave(self, turn: threading.Event) -> None:
        with self._changing:
            self._waiting.remove(turn)
            self._call_first()

    def _call_first(self) -> None:
        if self._waiting:
            self._waiting[0].set()


class SentenceTransformerEmbedder:
    """A sentence-transformers model on the processor; threads take turns, a batch each."""

    def __init__(self, model: Any, token_offsets: Callable[[str], list[tuple[int, int]]]) -> None:
        self._model = model
        self._token_offsets = token_offsets
        self._turns = Turns()

    @classmethod
    @long_lived()
    def load(cls, settings: IndexSettings) -> Self:
        """Check the model's digest and load it, without any network. Takes seconds. Raises ModelError."""
        check_digest(settings)
        folder = model_folder(settings)
        os.environ["HF_HUB_OFFLINE"] = "1"  # read when the libraries are imported: a missing network costs no retries
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        bfloat16 = settings.model_dtype == "bfloat16" or (settings.model_dtype == "auto" and computes_bfloat16())
        try:
            model = SentenceTransformer(
                str(folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"dtype": torch.bfloat16 if bfloat16 else torch.float32},
            )
        except Exception as error:  # whatever the libraries raise, the person needs one sentence
            sentence = f"The model in {folder} cannot be loaded ({one_line(error)}); install it again."
            raise ModelError(sentence) from error
        _log.info("model %s loaded, %s", folder.name, "bfloat16" if bfloat16 else "float32")
        return cls(model, load_token_offsets(settings))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Normalised vectors, float32 of shape (len(texts), dimension), of at least one text."""
        # Texts of a length together need the least padding; and a question waits for one batch, not for a thousand.
        by_length = sorted(range(len(texts)), key=lambda index: -len(texts[index]))
        rows = []
        for first in range(0, len(texts), _BATCH):
            part = [texts[index] for index in by_length[first : first + _BATCH]]
            with self._turns:
                rows.append(self._encode(part))
        encoded = np.concatenate(rows)
        vectors = np.empty_like(encoded)
        vectors[by_length] = encoded
        return _normalised(vectors)

    def _encode(self, texts: Sequence[str], *, batch_size: int = _BATCH, **options: Any) -> Any:
        filling = [""] * (-len(texts) % _ROWS)
        step = _LENGTH_STEP if (self._model.max_seq_length or 1) % _LENGTH_STEP == 0 else None
        encoded = self._model.encode(
            [*texts, *filling],
            batch_size=batch_size,
            show_progress_bar=False,
            processing_kwargs={"text": {"padding": True, "pad_to_multiple_of": step}},
            **options,
        )
        return encoded[: len(texts)]

    def embed_tokens(self, texts: Sequence[str]) -> list[TextVectors]:
        """The vectors of each text and of its tokens, in one pass through the model."""
        with self._turns:
            encoded = self._encode(
                texts, batch_size=_ROWS, output_value=None
            )  # sentences beside passages would be padded
        results = []
        for text, features in zip(texts, encoded, strict=True):
            offsets = tuple(self._token_offsets(text))
            token_vectors = _normalised(features["token_embeddings"].float().numpy())
            inner = token_vectors[1 : min(len(offsets), len(token_vectors) - 2) + 1]  # without [CLS], [SEP], padding
            vector = _normalised(features["sentence_embedding"].float().numpy()[None])[0]
            results.append(TextVectors(vector, inner, offsets[: len(inner)]))
        return results


def _normalised(rows: Any) -> NDArray[np.float32]:
    """Rows of length 1; done here because bfloat16 would leave lengths that are off by half a percent."""
    vectors: NDArray[np.float32] = np.array(rows, dtype=np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return vectors


def computes_bfloat16() -> bool:
    """Whether the processor has instructions for bfloat16; without them it is slower than float32."""
    import torch

    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, probe, lambda: False)()) for probe in probes)


def one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
