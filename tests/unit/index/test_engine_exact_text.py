"""What is quoted stands in the story at just the offsets that are given, whatever characters it is made of."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from index.engine import Engine
from index.settings import IndexSettings

TEXTS = {
    "emoji": "🚢🚢 The ferry sailed 👩\u200d👩\u200d👧\u200d👦 at nine. 🏴󠁧󠁢󠁳󠁣󠁴󠁿 It came back 👍🏽 at ten. ",
    "combining characters": "The cafe\u0301 and its fac\u0327ade closed. Z\u0351\u036b\u0343a\u0300lgo stayed. ",
    "carriage returns": "The bridge was closed.\r\nThe harbour was open.\r\n\r\nNobody swam.\rAll slept. ",
    "right to left": "أُغلق الجسر يوم الاثنين. وظل الميناء مفتوحا. \u202bנסגר הגשר ביום שני.\u202c הנמל נשאר פתוח. ",
    "astral letters": "𝔗𝔥𝔢 𝔟𝔯𝔦𝔡𝔤𝔢 was closed. 𠜎𠜱𠝹𠱓 was open. 𓀀𓁐 saw it. ",
    "other scripts": "大桥周一关闭。港口保持开放。「没有人游泳」，他说。 สะพานปิดแล้ว ท่าเรือยังเปิดอยู่ ",
    "odd white space": "\u3000The\u00a0bridge\u2009was\u200bclosed.\u2028The harbour\x0bwas\x0copen.\x85Nobody.\ufeff",
}


@pytest.fixture
def model_engine(open_engine: Callable[..., Engine], home: Path) -> Engine:
    """With the tokens of the model that is used, whose offsets the passages are cut at."""
    return open_engine(IndexSettings(home=home, model_folder=None, model_sha256=None, read_passages=0))


def assert_exact(engine: Engine) -> int:
    """Every passage and every finding is the story's text at its offsets; returns the number of findings."""
    catalog = engine._stores.catalog
    number = 0
    for summary in catalog.summaries():
        text = catalog.story(summary.story_id).text
        findings = [
            finding
            for leg in ("vectors", "words", "both")
            for finding in engine.find(text[:300], leg=leg, limit=100)  # type: ignore[arg-type]
        ]
        assert summary.passages
        for finding in findings:
            assert catalog.story(finding.story_id).text[finding.start : finding.end] == finding.text
            assert finding.text.strip()
        number += len(findings)
    return number


@pytest.mark.parametrize("name", TEXTS)
def test_findings_are_the_storys_text_at_their_offsets(name: str, model_engine: Engine, newsroom: Any) -> None:
    path = newsroom.folder / "story.txt"
    body = "\n\n".join(TEXTS[name] * 12 + f"Paragraph {number}." for number in range(6))
    path.write_bytes(body.encode())
    (result,) = newsroom.add(model_engine)
    assert result.status == "added"
    stored = model_engine._stores.catalog.story(result.story_id)
    assert stored.text == body.removeprefix("\ufeff")
    assert stored.passages > 5
    assert assert_exact(model_engine) > 5


def test_what_no_database_stores_is_replaced_one_for_one(model_engine: Engine, newsroom: Any) -> None:
    text = "The bridge \0 was closed. \ud800 The harbour \udfff was open. \ud83d\ude00 Nobody swam."
    newsroom.write("story", text, title="T\0i\ud800tle", publisher="\ud800 Coast\0 Radio", authors=["\udfff Jon\0"])
    (result,) = newsroom.add(model_engine)
    stored = model_engine._stores.catalog.story(result.story_id)
    # Written as JSON, the last two were one character, and are again.
    assert stored.text == ("The bridge \ufffd was closed. \ufffd The harbour \ufffd was open. \U0001f600 Nobody swam.")
    assert (stored.title, stored.publisher, stored.authors) == ("Title", "Coast Radio", ("Jon",))
    assert assert_exact(model_engine)


@pytest.mark.parametrize(
    "field",
    [{"id": "\ud800"}, {"id": "a\0b"}, {"url": "http://a.example/\ud800"}, {"url": "http://a.example/\0"},
     {"published_at": "2025-01-01\ud800"}, {"title": "\ud800"}, {"text": "\ud800\0"}, {"authors": ["\ud800"]}],
    ids=repr,
)  # fmt: skip
def test_a_field_that_cannot_be_stored_ends_in_a_sentence_or_without_it(
    field: dict[str, Any], engine: Engine, newsroom: Any, assert_in_step: Callable[[Engine], None]
) -> None:
    record = {"title": "T", "text": "The bridge was closed."} | field
    newsroom.write_lines("wire", [record, {"id": "next", "title": "T", "text": "The harbour was open."}])
    first, second = newsroom.add(engine)
    assert second.status == "added"
    if first.status == "failed":
        assert first.error is not None
        assert first.error.endswith(".")
        first.error.encode()
    else:
        assert first.status == "added"
        stored = engine._stores.catalog.story(first.story_id)
        repr((stored.title, stored.url, stored.authors)).encode()
    assert newsroom.add(engine)[0].status in ("failed", "unchanged")
    assert_in_step(engine)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), min_size=1, max_size=300), title=st.text(st.characters(), max_size=20))
def test_any_text_is_stored_exactly_or_refused_with_a_sentence(
    text: str, title: str, engine: Engine, newsroom: Any
) -> None:
    newsroom.write("story", text, title=title)
    (result,) = newsroom.add(engine)
    if result.status == "failed":
        assert result.error is not None
        assert result.error.endswith(".")
    else:
        stored = engine._stores.catalog.story(result.story_id)
        written = json.loads(json.dumps(text))  # in JSON, two halves of a character that meet become one
        assert stored.text == re.sub("[\0\ud800-\udfff]", "\ufffd", written)
        for finding in engine.find(text, limit=50):
            assert stored.text[finding.start : finding.end] == finding.text
