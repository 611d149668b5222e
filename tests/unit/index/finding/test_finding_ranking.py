"""Ranking anew: the ranker's scores and the searches' in one, scores of any cross-encoder, models that are none."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index.errors import ModelError
from index.finding.model_files import model_folder
from index.finding.ranking import CrossEncoderRanker, load_ranker, rerank
from index.settings import IndexSettings
from index.stories import Finding

MakeTinyModel = Callable[..., Path]
QUESTION = "Who will pay on Friday?"
TEXTS = [
    "The mayor said the council will pay 1,000 euros.",
    "Friday.",
    "",
    "A café 🙂\r\nin the city.",
    "The city. " * 200,
    "[SEP] The council and [CLS] the mayor </s>",
]


def findings(*scores: float) -> list[Finding]:
    """Findings `a`, `b`, ... with these scores."""
    common = dict.fromkeys(["url", "publisher", "published_at", "language", "vector_score", "word_score"])
    return [
        Finding(story_id=name, title=name, passage_id=name, start=0, end=1, text=name, score=score, **common)  # type: ignore[arg-type]
        for name, score in zip("abcdefgh", scores, strict=False)
    ]


def order(ranked: list[Finding]) -> str:
    return "".join(finding.story_id for finding in ranked)


def array(*scores: float) -> NDArray[np.float32]:
    return np.array(scores, dtype=np.float32)


def test_without_weight_the_ranker_changes_nothing() -> None:
    found = findings(1.0, 0.7, 0.2)
    assert rerank(found, array(-5, 3, 9), weight=0.0) == found


def test_with_all_weight_the_rankers_order_counts_alone() -> None:
    ranked = rerank(findings(1.0, 0.7, 0.2), array(-5, 9, 3), weight=1.0)
    assert order(ranked) == "bca"
    assert [finding.score for finding in ranked] == pytest.approx([1.0, 8 / 14, 0.0])


def test_the_new_score_is_the_weighted_mean_of_both_as_shares_of_their_best() -> None:
    ranked = rerank(findings(1.1, 0.8, 0.2), array(0, 4, 3), weight=0.25)
    assert {finding.story_id: finding.score for finding in ranked} == pytest.approx(
        {"a": 0.75, "b": 0.75 * 0.8 / 1.1 + 0.25, "c": 0.75 * 0.2 / 1.1 + 0.25 * 0.75}
    )
    assert order(ranked) == "bac"


def test_what_the_ranker_finds_equally_good_stays_in_the_order_of_agreement_and_date() -> None:
    assert order(rerank(findings(0.9, 0.6, 0.6, 0.5), array(2, 2, 2, 2), weight=0.9)) == "abcd"
    assert order(rerank(findings(0.9, 0.6, 0.6, 0.5), array(2, 8, 8, 8), weight=0.9)) == "bcda"


def test_the_scale_of_the_ranker_does_not_matter() -> None:
    found, scores = findings(0.9, 0.6, 0.5, 0.3), array(-1, 2, 0.5, 1)
    for scaled in (scores * 40 - 300, scores / 100, scores + 7):
        ranked = rerank(found, scaled.astype(np.float32), weight=0.6)
        expected = rerank(found, scores, weight=0.6)
        assert order(ranked) == order(expected)
        assert [each.score for each in ranked] == pytest.approx([each.score for each in expected], abs=1e-4)


def test_findings_that_were_not_scored_stay_behind_in_their_order() -> None:
    ranked = rerank(findings(1.0, 0.9, 0.8, 0.79), array(1, 2), weight=0.5)
    assert order(ranked) == "bacd"
    assert [finding.score for finding in ranked] == sorted((each.score for each in ranked), reverse=True)
    assert rerank(findings(1.0, 0.5), array(), weight=0.5) == findings(0.5, 0.25)


def test_only_the_score_of_a_finding_changes() -> None:
    found = findings(1.0, 0.5)
    before = list(found)
    ranked = rerank(found, array(1, 2), weight=0.9)
    assert found == before
    assert [replace(each, score=0.0) for each in ranked] == [replace(found[1], score=0.0), replace(found[0], score=0.0)]


def test_a_score_that_is_no_number_is_the_worst() -> None:
    assert order(rerank(findings(1.0, 0.9, 0.8, 0.7), array(float("nan"), 2, 3, 1), weight=0.9)) == "cbad"
    assert order(rerank(findings(1.0, 0.9), array(float("nan"), float("inf")), weight=0.9)) == "ab"
    assert order(rerank(findings(1.0, 0.9), array(float("nan"), 3), weight=0.9)) == "ba"


def test_scores_for_other_findings_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="2 scores"):
        rerank(findings(1.0), array(1, 2), weight=0.5)
    with pytest.raises(ValueError, match="weight"):
        rerank(findings(1.0), array(1), weight=1.5)


def test_nothing_found_is_ranked_as_nothing() -> None:
    assert rerank([], array(), weight=0.5) == []


def load(folder: Path | str, **settings: Any) -> CrossEncoderRanker:
    ranker = load_ranker(IndexSettings(ranker_model=str(folder), **{"model_dtype": "float32", **settings}))
    assert ranker is not None
    return ranker


def test_without_the_setting_there_is_no_ranker() -> None:
    assert load_ranker(IndexSettings()) is None
    assert load_ranker(IndexSettings(ranker_model=" ")) is None


@pytest.mark.slow
@pytest.mark.parametrize("class_name", ["BertForSequenceClassification", "RobertaForSequenceClassification"])
def test_a_text_scores_what_the_model_says_of_the_pair_alone(class_name: str, make_tiny_model: MakeTinyModel) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = make_tiny_model(class_name, num_labels=1)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    expected = []
    for text in TEXTS:
        pair = tokenizer(
            [QUESTION], [text], truncation=True, max_length=64, split_special_tokens=True, return_tensors="pt"
        )
        with torch.inference_mode():
            expected.append(float(model(**pair).logits[0, 0]))
    ranker = load(folder)
    scores = ranker.score(QUESTION, TEXTS)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, atol=1e-4)
    assert scores.min() < 0 or scores.max() > 1, "logits, no sigmoid"
    assert np.unique(scores).size == len(TEXTS)
    assert ranker.score(QUESTION, []).shape == (0,)
    many = ranker.score(QUESTION, TEXTS * 4)  # more than a batch
    np.testing.assert_allclose(many, [*scores] * 4, atol=1e-4)
    for question in ("", "🙂" * 300, "Who? " * 300):
        assert np.isfinite(ranker.score(question, TEXTS)).all()


@pytest.mark.slow
def test_threads_take_turns_and_get_their_own_scores() -> None:
    busy, together = threading.Lock(), []

    class Slow:
        """Scores a pair by the lengths of both."""

        def predict(self, pairs: list[tuple[str, str]], **_: Any) -> NDArray[np.float32]:
            together.append(not busy.acquire(blocking=False))
            time.sleep(0.01)  # long enough for another thread to come
            if not together[-1]:
                busy.release()
            return np.array([1000 * len(question) + len(text) for question, text in pairs], dtype=np.float32)

    ranker = CrossEncoderRanker(Slow(), name="slow")
    texts = ["x" * (number * 7 % 40) for number in range(40)]
    with ThreadPoolExecutor(4) as threads:
        scores = list(threads.map(lambda length: ranker.score("q" * length, texts), range(8)))
    assert together == [False] * 8 * 3  # three batches each
    for length, each in enumerate(scores):
        assert each.tolist() == [1000 * length + len(text) for text in texts]


@pytest.mark.slow
def test_a_cross_encoder_as_the_library_saves_it_is_found_by_its_name(
    make_tiny_model: MakeTinyModel, downloaded_models: Callable[[str, Path], None], tmp_path: Path
) -> None:
    from sentence_transformers import CrossEncoder

    folder = make_tiny_model("BertForSequenceClassification", num_labels=1)
    expected = load(folder).score(QUESTION, TEXTS)
    CrossEncoder(str(folder), device="cpu").save_pretrained(str(tmp_path / "saved"))
    downloaded_models("someone/tiny-ranker", tmp_path / "saved")
    ranker = load("someone/tiny-ranker")
    assert ranker.name.startswith("someone/tiny-ranker@")
    np.testing.assert_allclose(ranker.score(QUESTION, TEXTS), expected, atol=1e-4)
    quick = load("someone/tiny-ranker", model_dtype="bfloat16").score(QUESTION, TEXTS)
    assert quick.dtype == np.float32
    np.testing.assert_allclose(quick, expected, atol=0.3)


def refused(ranker_model: Path | str) -> str:
    """The sentence with which the model is refused."""
    with pytest.raises(ModelError) as failure:
        load_ranker(IndexSettings(ranker_model=str(ranker_model)))
    sentence = str(failure.value)
    assert "STORYDESK_RANKER_MODEL" in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_model_that_is_not_there_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    assert "does not exist" in refused(tmp_path / "gone")
    assert "hf download someone/ranker" in refused("someone/ranker")
    (tmp_path / "config.json").write_text('{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}')
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickled")
    assert "model.safetensors" in refused(tmp_path)


def test_a_model_that_embeds_is_no_cross_encoder() -> None:
    assert "is no cross-encoder" in refused(model_folder(IndexSettings()))


def test_a_description_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    for description in ("{", "[]", '{"architectures": 5}', "\ud800"):
        (tmp_path / "config.json").write_bytes(description.encode("utf-8", "surrogatepass"))
        assert "cannot be read" in refused(tmp_path)


@pytest.mark.slow
def test_models_without_a_trained_head_for_one_label_are_refused(
    make_tiny_model: MakeTinyModel, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "is no cross-encoder (BertModel)" in refused(make_tiny_model("BertModel"))
    assert "is no cross-encoder" in refused(make_tiny_model("BertForQuestionAnswering"))
    headless = make_tiny_model("BertForSequenceClassification", folder="headless", num_labels=1, dropping="classifier")
    assert "was not trained to rank passages: it has no classifier.weight" in refused(headless)
    three = make_tiny_model("BertForSequenceClassification", folder="three", num_labels=3)
    assert "3 classes" in refused(three)
    cut = make_tiny_model("BertForSequenceClassification", folder="cut", num_labels=1)
    (cut / "model.safetensors").write_bytes((cut / "model.safetensors").read_bytes()[:1000])
    assert "cannot be loaded" in refused(cut)
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_code_that_a_model_brings_is_not_run(make_tiny_model: MakeTinyModel, tmp_path: Path) -> None:
    folder = make_tiny_model("BertForSequenceClassification", num_labels=1)
    (folder / "own.py").write_text(f"open({str(tmp_path / 'was run')!r}, 'w')\nclass Own: pass\n")
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": "", "type": "own.Own"}]))
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"model_type": "CrossEncoder"}))
    assert "code of its own" in refused(folder)
    assert not (tmp_path / "was run").exists()
