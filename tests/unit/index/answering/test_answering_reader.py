"""Reading: spans out of logits, logits out of any question-answering model, and models that cannot be used."""

import json
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.answering.reader import Reading, TokenReader, best_span, best_spans, load_reader
from index.errors import ModelError
from index.settings import IndexSettings

MakeTinyModel = Callable[..., Path]
QUESTION = "Who said what on Friday?"
PASSAGES = [
    "The mayor said the council will pay 1,000 euros.",
    "Friday.",
    "Naïve “quotes”, an emoji 🙂 and a family 👨\u200d👩\u200d👧 in the café\r\n"
    "of the city,\r\n\r\n\ttwo — dashes, ﬁsh and İstanbul.",
    "A story that says [SEP] and [CLS] and </s><s> on Friday.",
]


def reading(starts: list[float], ends: list[float], *, no_answer: float = 0.0, width: int = 3) -> Reading:
    """A reading of words of `width` letters with a blank between."""
    offsets = tuple((index * (width + 1), index * (width + 1) + width) for index in range(len(starts)))
    return Reading(np.array(starts, dtype=np.float32), np.array(ends, dtype=np.float32), offsets, no_answer)


def read_with(folder: Path | str, **settings: Any) -> TokenReader:
    reader = load_reader(IndexSettings(reader_model=str(folder), **{"model_dtype": "float32", **settings}))
    assert reader is not None
    return reader


def test_the_best_span_begins_and_ends_where_the_logits_say() -> None:
    span = best_span(reading([0, 5, 1, 0], [1, 0, 4, 0], no_answer=2.5))
    assert span is not None
    assert (span.start, span.end, span.score) == (4, 11, 6.5)


def test_a_span_never_ends_before_it_begins() -> None:
    span = best_span(reading([0, 0, 9], [9, 0, 1]))
    assert span is not None
    assert (span.start, span.end, span.score) == (8, 11, 10)


def test_a_span_has_no_more_tokens_than_it_may() -> None:
    long = reading([9, 0, 0, 0], [0, 1, 0, 8])
    assert (best_span(long).start, best_span(long).end) == (0, 15)  # type: ignore[union-attr]
    assert (best_span(long, max_tokens=3).start, best_span(long, max_tokens=3).end) == (0, 7)  # type: ignore[union-attr]


@pytest.mark.parametrize("within", [(4, 11), (3, 12), (1, 14)])
def test_a_span_lies_wholly_within_the_window(within: tuple[int, int]) -> None:
    span = best_span(reading([9, 0, 0, 9], [9, 0, 0, 9]), within=within)
    assert span is not None
    assert (span.start, span.end) in {(4, 7), (4, 11), (8, 11)}


def test_without_a_token_there_is_no_span() -> None:
    assert best_span(reading([], [])) is None
    assert best_span(reading([1, 1], [1, 1]), within=(1, 6)) is None
    assert best_span(reading([1], [1]), max_tokens=0) is None
    assert best_spans(reading([1], [1]), count=0) == []


def test_tokens_without_characters_and_numbers_that_are_none_are_never_taken() -> None:
    empty = Reading(np.array([9, 1], dtype=np.float32), np.array([9, 1], dtype=np.float32), ((0, 0), (0, 4)), 0.0)
    assert best_span(empty) == best_span(Reading(empty.starts[1:], empty.ends[1:], ((0, 4),), 0.0))
    broken = best_span(reading([float("nan"), 1, 0], [float("inf"), 1, 0]))
    assert broken is not None
    assert (broken.start, broken.end) == (4, 7)


def test_several_spans_do_not_overlap() -> None:
    spans = best_spans(reading([5, 4, 0, 3], [0, 6, 0, 3]), count=3, max_tokens=30)
    assert [(span.start, span.end) for span in spans] == [(0, 7), (12, 15), (8, 11)]
    assert [span.score for span in spans] == [11, 6, 0]


def test_tokens_that_share_a_character_overlap() -> None:
    logits = np.array([3, 2, 1], dtype=np.float32)
    spans = best_spans(Reading(logits, logits, ((0, 1), (0, 1), (2, 3)), 0.0), count=3, max_tokens=1)
    assert [(span.start, span.end) for span in spans] == [(0, 1), (2, 3)]


numbers = st.floats(-20, 20, width=32)


@given(
    logits=st.lists(st.tuples(numbers, numbers), max_size=12),
    max_tokens=st.integers(1, 14),
    window=st.tuples(st.integers(0, 48), st.integers(0, 48)) | st.none(),
    count=st.integers(1, 4),
)
def test_no_span_is_better_than_the_best_ones(
    logits: list[tuple[float, float]], max_tokens: int, window: tuple[int, int] | None, count: int
) -> None:
    given_reading = reading([start for start, _ in logits], [end for _, end in logits], no_answer=1.0)
    starts, ends, offsets = given_reading.starts, given_reading.ends, given_reading.offsets
    possible = [
        (offsets[first][0], offsets[last][1], float(starts[first]) + float(ends[last]) - 1.0)
        for first in range(len(offsets))
        for last in range(first, min(first + max_tokens, len(offsets)))
        if window is None or (offsets[first][0] >= window[0] and offsets[last][1] <= window[1])
    ]
    for span in best_spans(given_reading, count=count, max_tokens=max_tokens, within=window):
        assert (span.start, span.end, span.score) in possible
        assert span.score == max(score for _, _, score in possible)
        possible = [each for each in possible if each[1] <= span.start or each[0] >= span.end]
        count -= 1
    assert count == 0 or not possible


def test_without_the_setting_there_is_no_reader() -> None:
    assert load_reader(IndexSettings()) is None
    assert load_reader(IndexSettings(reader_model="  ")) is None


@pytest.mark.slow
def test_offsets_are_those_of_the_tokens_in_the_passage(make_tiny_model: MakeTinyModel) -> None:
    by_word = read_with(make_tiny_model("BertForQuestionAnswering"), model_dtype="float32")
    by_byte = read_with(make_tiny_model("RobertaForQuestionAnswering"), model_dtype="float32")
    for passage in PASSAGES:
        for reader in (by_word, by_byte):
            read = reader.read(QUESTION, [passage])[0]
            assert read.starts.shape == read.ends.shape == (len(read.offsets),)
            assert read.starts.dtype == read.ends.dtype == np.float32
        pieces = [passage[start:end] for start, end in by_word.read(QUESTION, [passage])[0].offsets]
        assert "".join(pieces) == re.sub(r"\s+", "", passage)
        offsets = by_byte.read("a", [passage])[0].offsets
        assert len(offsets) == min(len(passage.encode()), 64 - 5)  # a question of one byte, and four special tokens
        covered = {index for start, end in offsets for index in range(start, end)}
        assert {index for index in range(max(covered)) if not passage[index].isspace()} <= covered


@pytest.mark.slow
@pytest.mark.parametrize("class_name", ["BertForQuestionAnswering", "RobertaForQuestionAnswering"])
def test_a_reading_is_what_the_model_says_of_the_pair_alone(class_name: str, make_tiny_model: MakeTinyModel) -> None:
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    folder = make_tiny_model(class_name)
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    passages = [PASSAGES[1], "The council will pay.", "A"]  # of several lengths: padding must not matter
    for passage, read in zip(passages, read_with(folder).read("Who?", passages), strict=True):
        features = tokenizer("Who?", passage, return_tensors="pt")
        inside = [sequence == 1 for sequence in features.sequence_ids(0)]
        with torch.inference_mode():
            output = model(**features)
        np.testing.assert_allclose(read.starts, output.start_logits[0].numpy()[inside], atol=1e-4)
        np.testing.assert_allclose(read.ends, output.end_logits[0].numpy()[inside], atol=1e-4)
        assert read.no_answer == pytest.approx(float(output.start_logits[0, 0] + output.end_logits[0, 0]), abs=1e-4)


class Listening:
    """A model that remembers what it was given, and the reader that asks it."""

    def __init__(self, folder: Path, **options: Any) -> None:
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        if "padding_side" in options:
            self.tokenizer.padding_side = options.pop("padding_side")
        self.model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
        self.given: list[dict[str, Any]] = []
        self.reader = TokenReader(self.listen, self.tokenizer, name="listening", **{"max_tokens": 64, **options})

    def listen(self, **features: Any) -> Any:
        self.given.append(features)
        return self.model(**features)

    def texts(self) -> list[str]:
        return [self.tokenizer.decode(row) for features in self.given for row in features["input_ids"]]


@pytest.mark.slow
def test_of_a_long_question_the_end_is_read_and_of_a_long_passage_the_beginning(make_tiny_model: MakeTinyModel) -> None:
    listening = Listening(make_tiny_model("BertForQuestionAnswering"))
    read = listening.reader.read(
        "The city. " * 300 + "Who will pay on Friday?", ["The mayor said this. " + "And the council. " * 300]
    )[0]
    text = listening.texts()[0]
    question, passage = text.split("[SEP]")[:2]
    assert question.endswith("the city. who will pay on friday? ")
    assert passage.startswith(" the mayor said this. and the council.")
    assert len(listening.given[0]["input_ids"][0]) == 64
    assert read.offsets[0] == (0, 3)
    assert len(read.offsets) >= 30


@pytest.mark.slow
def test_a_story_cannot_end_its_own_passage(make_tiny_model: MakeTinyModel) -> None:
    listening = Listening(make_tiny_model("BertForQuestionAnswering"))
    read = listening.reader.read("[CLS] [SEP] who?", [PASSAGES[3]])[0]
    ids = listening.given[0]["input_ids"][0].tolist()
    assert (ids.count(listening.tokenizer.sep_token_id), ids.count(listening.tokenizer.cls_token_id)) == (2, 1)
    assert PASSAGES[3][slice(*read.offsets[-1])] == "."


@pytest.mark.slow
def test_a_model_that_is_padded_on_the_left_is_given_the_passage_first(make_tiny_model: MakeTinyModel) -> None:
    listening = Listening(make_tiny_model("BertForQuestionAnswering"), padding_side="left")
    passages = ["The mayor said this.", "Friday."]
    readings = listening.reader.read("Who?", passages)
    words = listening.texts()[1].split()
    assert " ".join(word for word in words if word != "[PAD]") == "[CLS] friday. [SEP] who? [SEP]"
    assert words[0] == "[PAD]"
    assert len(words) < 32  # tokens come in steps of 32
    assert [passages[1][start:end] for start, end in readings[1].offsets] == ["Friday", "."]


@pytest.mark.slow
@pytest.mark.parametrize("class_name", ["BertForQuestionAnswering", "RobertaForQuestionAnswering"])
def test_no_question_and_no_passage_is_too_little_or_too_much(class_name: str, make_tiny_model: MakeTinyModel) -> None:
    reader = read_with(make_tiny_model(class_name))
    assert reader.read(QUESTION, []) == []
    texts = ["", " \r\n", "🙂" * 200, "x" * 5000, "A \x00 and \ufffe."]
    for question in ["", *texts, QUESTION]:
        readings = reader.read(question, texts)
        assert best_span(readings[0]) is None
        for text, read in zip(texts, readings, strict=True):
            assert all(0 <= start <= end <= len(text) for start, end in read.offsets)
            assert np.isfinite(read.starts).all()
            assert np.isfinite(read.no_answer)
    several_batches = reader.read(QUESTION, [f"{number} euros" for number in range(40)])
    assert [len(read.offsets) for read in several_batches[:10]] == [len(several_batches[0].offsets)] * 10
    assert len(several_batches) == 40


@pytest.mark.slow
def test_threads_take_turns_and_read_what_one_alone_reads(make_tiny_model: MakeTinyModel) -> None:
    listening = Listening(make_tiny_model("RobertaForQuestionAnswering"))
    model, busy, together = listening.model, threading.Lock(), []

    def slowly(**features: Any) -> Any:
        together.append(not busy.acquire(blocking=False))
        time.sleep(0.01)  # long enough for another thread to come
        output = model(**features)
        if not together[-1]:
            busy.release()
        return output

    listening.model = slowly
    questions = [(QUESTION * (number + 1), PASSAGES[: 1 + number % 4]) for number in range(8)]
    alone = [listening.reader.read(question, passages) for question, passages in questions]
    with ThreadPoolExecutor(4) as threads:
        at_once = list(threads.map(lambda each: listening.reader.read(*each), questions))
    assert together == [False] * 16
    for expected, readings in zip(alone, at_once, strict=True):
        assert [read.offsets for read in readings] == [read.offsets for read in expected]
        for read, one in zip(readings, expected, strict=True):
            np.testing.assert_allclose(read.starts, one.starts, atol=1e-4)


@pytest.mark.slow
def test_bfloat16_reads_nearly_the_same_and_tells_spans_apart(make_tiny_model: MakeTinyModel) -> None:
    folder = make_tiny_model("BertForQuestionAnswering")
    precise = read_with(folder, model_dtype="float32").read(QUESTION, PASSAGES)
    quick = read_with(folder, model_dtype="bfloat16").read(QUESTION, PASSAGES)
    for one, other in zip(precise, quick, strict=True):
        assert other.starts.dtype == np.float32
        np.testing.assert_allclose(one.starts, other.starts, atol=0.3)
    starts = quick[2].starts
    assert (starts.view(np.uint32) & 0xFFFF).any(), "the last layer computes in float32"


@pytest.mark.slow
def test_a_model_is_found_by_the_name_it_was_downloaded_under(
    make_tiny_model: MakeTinyModel, downloaded_models: Callable[[str, Path], None]
) -> None:
    folder = make_tiny_model("BertForQuestionAnswering")
    digest = read_with(folder).name.partition("@")[2]
    downloaded_models("someone/tiny-reader", folder)
    reader = read_with("someone/tiny-reader")
    assert reader.name == f"someone/tiny-reader@{digest}"
    assert best_span(reader.read(QUESTION, PASSAGES)[0]) is not None


@pytest.mark.slow
def test_readers_of_one_name_with_other_weights_have_other_names(make_tiny_model: MakeTinyModel) -> None:
    one = read_with(make_tiny_model("BertForQuestionAnswering", folder="a/reader"))
    same = read_with(make_tiny_model("BertForQuestionAnswering", folder="b/reader"))
    other = read_with(make_tiny_model("BertForQuestionAnswering", folder="c/reader", type_vocab_size=3))
    assert re.fullmatch(r"reader@[0-9a-f]{12}", one.name)
    assert one.name == same.name
    assert other.name.startswith("reader@")
    assert other.name != one.name


def refused(reader_model: Path | str) -> str:
    """The sentence with which the model is refused."""
    with pytest.raises(ModelError) as failure:
        load_reader(IndexSettings(reader_model=str(reader_model)))
    sentence = str(failure.value)
    assert "STORYDESK_READER_MODEL" in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_folder_or_name_that_leads_nowhere_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    assert "does not exist" in refused(tmp_path / "gone")
    assert "does not exist" in refused("./gone")
    assert "hf download someone/reader" in refused("someone/reader")
    assert "neither a folder nor a name" in refused("some one/rea der/x")
    assert "no such user" in refused("~nobody-of-that-name/reader")
    (tmp_path / "model.safetensors").write_text("weights")
    assert "the folder that it is in" in refused(tmp_path / "model.safetensors")
    assert "config.json" in refused(tmp_path)


def test_weights_that_could_run_code_are_refused_unread(tmp_path: Path) -> None:
    import pickle

    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "was run",))

    (tmp_path / "config.json").write_text(
        json.dumps({"model_type": "bert", "architectures": ["BertForQuestionAnswering"]})
    )
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(Harmful()))
    assert "model.safetensors" in refused(tmp_path)
    assert not (tmp_path / "was run").exists()


@pytest.mark.slow
def test_code_that_a_model_brings_is_not_run(make_tiny_model: MakeTinyModel, tmp_path: Path) -> None:
    folder = make_tiny_model("BertForQuestionAnswering")
    config = json.loads((folder / "config.json").read_text())
    own = {"AutoConfig": "own.OwnConfig", "AutoModelForQuestionAnswering": "own.OwnModel"}
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "own", "auto_map": own}))
    (folder / "own.py").write_text(f"open({str(tmp_path / 'was run')!r}, 'w')")
    refused(folder)
    assert not (tmp_path / "was run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("class_name", ["BertModel", "BertForSequenceClassification", "BertForMaskedLM"])
def test_a_model_of_another_kind_is_refused(
    class_name: str, make_tiny_model: MakeTinyModel, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = make_tiny_model(class_name)
    assert "was not trained to answer questions" in refused(folder)
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_model_that_lacks_weights_or_fits_nothing_is_refused(make_tiny_model: MakeTinyModel) -> None:
    lacking = make_tiny_model("BertForQuestionAnswering", folder="lacking", dropping="layer.1.output")
    assert "layer.1.output" in refused(lacking)
    cut = make_tiny_model("BertForQuestionAnswering", folder="cut")
    (cut / "model.safetensors").write_bytes((cut / "model.safetensors").read_bytes()[:1000])
    assert "cannot be loaded" in refused(cut)
    speechless = make_tiny_model("BertForQuestionAnswering", folder="speechless")
    (speechless / "tokenizer.json").write_text("{}")
    assert "cannot be loaded" in refused(speechless)
    foreign = make_tiny_model("BertForQuestionAnswering", folder="foreign")
    long_words = make_tiny_model("RobertaForQuestionAnswering", folder="bytes")
    (foreign / "tokenizer.json").write_text((long_words / "tokenizer.json").read_text())
    (foreign / "tokenizer_config.json").write_text((long_words / "tokenizer_config.json").read_text())
    assert "cannot read a passage" in refused(foreign)
