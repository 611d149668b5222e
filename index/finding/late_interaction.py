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
