"""How well a text speaks of each word of a question, over the vectors of their tokens."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.finding.embedding import TextVectors


def word_similarities(
    words: Sequence[tuple[int, int]], question: TextVectors, text: TextVectors
) -> NDArray[np.float32]:
    """For each of the question's words, given by (start, end), how near the nearest token of `text` is.

    Cosines, float32 of shape (len(words),); a word of several tokens takes their mean. Late interaction after Khattab
    and Zaharia, "ColBERT" (2020), with the vectors of a model that was not trained for it.
    """
    if not words or not len(text.token_vectors) or not len(question.token_vectors):
        return np.zeros(len(words), dtype=np.float32)
    nearest = (question.token_vectors @ text.token_vectors.T).max(axis=1)
    similarities = []
    for start, end in words:
        tokens = [index for index, span in enumerate(question.offsets) if span[0] < end and start < span[1]]
        similarities.append(nearest[tokens].mean() if tokens else 0.0)
    return np.array(similarities, dtype=np.float32)


def part(text: TextVectors, start: int, end: int) -> TextVectors:
    """The characters `start` to `end` of an embedded text, by the vectors that its tokens have within the whole.

    The vector is the normalised mean of its tokens' (zeros when it has none): "late chunking" after Günther et al.
    (2024). So a sentence costs nothing beside its passage, and "it" knows what was spoken of before.
    """
    inside = [index for index, span in enumerate(text.offsets) if start <= span[0] and span[1] <= end]
    tokens = text.token_vectors[inside]
    mean = tokens.mean(axis=0) if inside else np.zeros_like(text.vector)
    vector = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return TextVectors(vector, tokens, tuple((text.offsets[i][0] - start, text.offsets[i][1] - start) for i in inside))
