import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.reading import FoundFile, ReadFailure, read_file
from index.stories import Story

SUFFIXES = (".txt", ".md", ".html", ".pdf", ".json", ".jsonl")
# fmt: off
_fragments = st.sampled_from([
    "---\n", "title: x\n", "# T\n", "<p>", "</p>", "<html>", "&amp;", "{", "}", '"text": ', '"a"', ",", "[", "]", "\n",
    "%PDF-1.4\n", "1 0 obj\n", "stream\n", "\ufeff", "\u2028", "é", "停", "\x1b", "The bridge is closed. ", "2025",
])
# fmt: on
_texts = st.one_of(st.text(max_size=300), st.lists(_fragments, max_size=40).map("".join))
_contents = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda text, encoding: text.encode(encoding, errors="replace"),
        _texts,
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "cp1251", "shift_jis"]),
    ),
)
_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
_names = ["id", "title", "text", "url", "publisher", "authors", "published_at", "publish_date", "stories"]
_odd_records = st.dictionaries(st.sampled_from(_names), _values, max_size=9)
# Stories but for a title or names of any characters.
_odd_texts = st.fixed_dictionaries(
    {"text": st.just("The bridge is closed.")},
    optional={name: st.text(max_size=20) for name in ("id", "title", "url", "publisher", "authors")},
)
_records = st.one_of(_odd_records, _odd_texts)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("anything")


def check(path: Path) -> None:
    """Every result can be stored as UTF-8, and every failure is one sentence."""
    for result in read_file(FoundFile(path, path.name)):
        if isinstance(result, ReadFailure):
            assert result.error.endswith(".")
            assert "\n" not in result.error
            continue
        assert isinstance(result, Story)
        assert result.title == " ".join(result.title.split())
        assert 0 < len(result.title) <= 300
        for stored in (result.title, result.text, result.identity, result.url, result.publisher, *result.authors):
            assert stored is None or stored.encode("utf-8") is not None
        assert "\x00" not in result.text + result.identity + result.title


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(suffix=st.sampled_from(SUFFIXES), content=_contents)
def test_any_bytes_of_any_kind_give_stories_or_sentences(folder: Path, suffix: str, content: bytes) -> None:
    path = folder / f"any{suffix}"
    path.write_bytes(content)
    check(path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=st.lists(_records, max_size=4), suffix=st.sampled_from([".json", ".jsonl"]))
def test_any_values_of_any_field_give_stories_or_sentences(
    folder: Path, records: list[dict[str, Any]], suffix: str
) -> None:
    path = folder / f"any{suffix}"
    path.write_text("\n".join(map(json.dumps, records)) if suffix == ".jsonl" else json.dumps(records))
    check(path)
