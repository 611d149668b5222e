"""How well a text speaks of each word of a question."""

import numpy as np
import pytest

from index.finding.embedding import TextVectors
from index.finding.late_interaction import part, word_similarities


def vectors(*tokens: tuple[int, int, tuple[float, float]]) -> TextVectors:
    rows = np.array([vector for _, _, vector in tokens], dtype=np.float32).reshape(len(tokens), 2)
    return TextVectors(np.zeros(2, dtype=np.float32), rows, tuple((start, end) for start, end, _ in tokens))


TEXT = vectors((0, 3, (1.0, 0.0)), (4, 7, (0.6, 0.8)))


def test_each_word_takes_the_nearest_token_of_the_text() -> None:
    question = vectors((0, 4, (1.0, 0.0)), (5, 9, (0.0, 1.0)))
    similarities = word_similarities([(0, 4), (5, 9)], question, TEXT)
    assert similarities.tolist() == pytest.approx([1.0, 0.8])
    assert similarities.dtype == np.float32


def test_a_word_of_several_tokens_takes_their_mean() -> None:
    question = vectors((0, 2, (1.0, 0.0)), (2, 4, (0.0, 1.0)), (5, 9, (0.0, 1.0)))
    assert word_similarities([(0, 4)], question, TEXT).tolist() == pytest.approx([0.9])


def test_a_word_beyond_the_tokens_and_texts_without_tokens_score_nothing() -> None:
    question = vectors((0, 4, (1.0, 0.0)))
    assert word_similarities([(4, 9)], question, TEXT).tolist() == [0.0]
    assert word_similarities([(0, 4)], question, vectors()).tolist() == [0.0]
    assert word_similarities([(0, 4)], vectors(), TEXT).tolist() == [0.0]
    assert word_similarities([], question, TEXT).shape == (0,)


def test_a_part_of_a_text_keeps_the_vectors_its_tokens_have_in_the_whole() -> None:
    sentence = part(TEXT, 4, 8)
    assert sentence.token_vectors.tolist() == pytest.approx(np.array([[0.6, 0.8]], dtype=np.float32))
    assert sentence.offsets == ((0, 3),)
    assert sentence.vector.tolist() == pytest.approx([0.6, 0.8])

    both = part(TEXT, 0, 8)
    assert both.offsets == TEXT.offsets
    assert float(np.linalg.norm(both.vector)) == pytest.approx(1.0)


def test_a_part_without_a_whole_token_has_no_vector() -> None:
    nothing = part(TEXT, 1, 2)
    assert nothing.token_vectors.shape == (0, 2)
    assert not nothing.vector.any()
