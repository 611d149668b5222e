"""A reader learns: tiny models, trained for real."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.answering.reader import TokenReader, best_span
from index.training.checking import Score, check
from index.training.examples import Context, Example

pytestmark = pytest.mark.slow

COLOURS = ["red", "blue", "green", "black", "white"]


@pytest.fixture
def tiny(make_tiny_model: Callable[..., Path]) -> Callable[[], tuple[Any, Any]]:
    from transformers import AutoTokenizer, BertForQuestionAnswering

    folder = make_tiny_model("BertForQuestionAnswering")

    def load() -> tuple[Any, Any]:
        return BertForQuestionAnswering.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)

    return load


def lesson(answer: str, other: str) -> Example:
    """In the right passage the answer stands after "is"; the wrong one has none."""
    text = f"it is {answer}, not {other}."
    right = Context("a", text, ((6, 6 + len(answer)),))
    return Example("what is it?", (right, Context("a", f"not {other}.")))


def lessons() -> list[Example]:
    return [lesson(one, other) for one in "abcdefgh" for other in "qrstuvw"]


def plan(**changes: Any) -> Any:
    from index.training.training import Plan

    # A tiny model with random weights needs large steps.
    return Plan(**({"epochs": 12, "contexts_a_batch": 16, "learning_rate": 3e-3, "head_rate": 3e-3} | changes))


def test_training_teaches_what_is_right_and_that_nothing_is(tiny: Callable[[], tuple[Any, Any]]) -> None:
    from index.training.training import train

    model, tokenizer = tiny()
    heard: list[tuple[int, int]] = []
    losses = train(
        model, tokenizer, lessons(), plan(), on_progress=lambda what, done, total: heard.append((done, total))
    )
    assert sum(losses[-5:]) < 0.3 * sum(losses[:5])
    assert heard[-1] == (heard[-1][1], heard[-1][1])
    reader = TokenReader(model.eval(), tokenizer, name="tiny", max_tokens=64)
    unseen = [lesson("k", "m"), Example("what is it?", (Context("a", "not k."),))]
    score = check(reader, [*lessons()[:10], *unseen])
    assert score.answerable == 11
    assert score.right >= 0.9
    assert score.told == 1.0


def test_the_same_seed_trains_the_same_reader(tiny: Callable[[], tuple[Any, Any]]) -> None:
    from index.training.training import train

    first, second, third = (
        train(*tiny(), lessons(), plan(epochs=1, seed=seed), on_progress=lambda *_: None) for seed in (1, 1, 2)
    )
    assert first == second != third


def test_frozen_embeddings_stay_as_they_are(tiny: Callable[[], tuple[Any, Any]]) -> None:
    from index.training.training import freeze_embeddings, train

    model, tokenizer = tiny()
    before = {name: value.clone() for name, value in model.named_parameters()}
    freeze_embeddings(model)
    train(model, tokenizer, lessons(), plan(epochs=1), on_progress=lambda *_: None)
    changed = {name for name, value in model.named_parameters() if not bool((value == before[name]).all())}
    assert changed
    assert not any("embeddings" in name for name in changed)


def test_a_saved_difference_makes_the_trained_reader_of_the_base_model(
    tiny: Callable[[], tuple[Any, Any]], tmp_path: Path
) -> None:
    from index.answering.shipped_reader import apply_weights
    from index.training.training import train
    from index.training.weights import save_difference

    model, tokenizer = tiny()
    base, _ = tiny()
    again, _ = tiny()
    train(model, tokenizer, lessons(), plan(), on_progress=lambda *_: None)
    path = tmp_path / "reader.safetensors"
    size = save_difference(model, base, path, metadata={"name": "lessons"})
    assert apply_weights(again, path) == "lessons"
    passage = "a\nit is k, not m."
    for one, other in zip(
        TokenReader(model.eval(), tokenizer, name="a", max_tokens=64).read("what is it?", [passage]),
        TokenReader(again.eval(), tokenizer, name="b", max_tokens=64).read("what is it?", [passage]),
        strict=True,
    ):
        assert one.starts == pytest.approx(other.starts, abs=0.2)
        assert best_span(one, within=(2, 17)).start == best_span(other, within=(2, 17)).start  # type: ignore[union-attr]
    assert size == path.stat().st_size
    own, changed = dict(base.named_parameters()), 0
    for (name, trained), (_, loaded) in zip(model.named_parameters(), again.named_parameters(), strict=True):
        if trained.dim() == 2 and len(trained) > 2:
            steps = (trained - own[name]).abs().amax(dim=1, keepdim=True) / 127
            assert bool(((trained - loaded).abs() <= 0.51 * steps + 1e-7).all()), name
            changed += int(bool(steps.any()))
    assert changed


def test_a_file_of_weights_that_fits_no_such_model_is_refused(
    tiny: Callable[[], tuple[Any, Any]], tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import save_file

    from index.answering.shipped_reader import apply_weights
    from index.errors import ModelError

    model, _ = tiny()
    (tmp_path / "text").write_text("no weights")
    save_file({"whole:of.another.model": torch.zeros(2)}, tmp_path / "other")
    save_file({"whole:qa_outputs.weight": torch.zeros(3, 5)}, tmp_path / "shape")
    save_file({"left:qa_outputs.weight": torch.zeros(2, 1)}, tmp_path / "unknown")
    for name in ("text", "other", "shape", "unknown", "missing"):
        with pytest.raises(ModelError, match="cannot be used"):
            apply_weights(model, tmp_path / name)


def test_nothing_to_check_is_no_success() -> None:
    class Silent:
        name = "silent"

        def read(self, question: str, passages: Any) -> list[Any]:
            return []

    assert check(Silent(), []) == Score(0.0, 0.0, 0, 0)
