"""A kill at any step leaves the old story or the new one, and the next start finishes what was begun."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.engine import Engine
from index.errors import StorageError

OLD, NEW = "The bridge was closed.", "The bridge was opened."

PUBLISHING = [
    "storing.versions.stage",
    "indexing.vectors.Vectors.write",
    "indexing.words.Words.write",
    "storing.versions.make_live",
    "indexing.vectors.Vectors.delete",
    "indexing.words.Words.delete",
    "storing.versions.delete_versions",
]
REMOVING = [
    "storing.versions.retire_story",
    "indexing.vectors.Vectors.delete",
    "indexing.words.Words.delete",
    "storing.versions.delete_versions",
]
before_and_after = pytest.mark.parametrize("when", ["before", "after"])


def found(engine: Engine, leg: Any) -> list[str]:
    return [finding.text for finding in engine.find("bridge closed opened", leg=leg)]


@before_and_after
@pytest.mark.parametrize("step", PUBLISHING)
def test_killed_while_a_story_is_updated(
    step: str,
    when: str,
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
    killed_at: Callable[..., Any],
) -> None:
    engine = open_engine()
    newsroom.write("bridge", OLD)
    newsroom.write("harbour", "The harbour stays as it was.")
    newsroom.add(engine)
    newsroom.write("bridge", NEW)
    with killed_at(step, when):
        newsroom.add(engine)
    engine.close()

    engine = open_engine()
    assert_in_step(engine)
    live = OLD if (step, when) == ("storing.versions.stage", "before") else NEW
    for leg in ("vectors", "words", "both"):
        assert found(engine, leg)[0] == live
        assert len({OLD, NEW} & set(found(engine, leg))) == 1
    assert [finding.text for finding in engine.find("harbour", leg="words")] == ["The harbour stays as it was."]
    bridge, harbour = newsroom.add(engine)
    assert (bridge.status, harbour.status) == ("updated" if live == OLD else "unchanged", "unchanged")
    assert found(engine, "words") == [NEW]
    assert_in_step(engine)


@before_and_after
@pytest.mark.parametrize("step", PUBLISHING[:4])
def test_killed_while_a_story_is_added(
    step: str,
    when: str,
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
    killed_at: Callable[..., Any],
) -> None:
    engine = open_engine()
    newsroom.write("bridge", NEW)
    with killed_at(step, when):
        newsroom.add(engine)
    # Nobody sees a story that is not live yet, whatever the indexes have of it.
    if (step, when) != ("storing.versions.make_live", "after"):
        assert found(engine, "both") == []
    engine.close()

    engine = open_engine()
    assert_in_step(engine)
    stored = (step, when) != ("storing.versions.stage", "before")
    assert found(engine, "both") == ([NEW] if stored else [])
    (result,) = newsroom.add(engine)
    assert result.status == ("unchanged" if stored else "added")
    assert found(engine, "both") == [NEW]
    assert_in_step(engine)


@before_and_after
@pytest.mark.parametrize("step", PUBLISHING[4:])
def test_killed_while_a_story_that_became_a_duplicate_is_retired(
    step: str,
    when: str,
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
    killed_at: Callable[..., Any],
) -> None:
    engine = open_engine()
    newsroom.write("bridge", OLD)
    newsroom.write("copy", "Another bridge was opened.")
    newsroom.add(engine)
    newsroom.write("copy", OLD)
    with killed_at(step, when):
        newsroom.add(engine)
    engine.close()

    engine = open_engine()
    assert_in_step(engine)
    assert found(engine, "words") == [OLD]
    assert [result.status for result in newsroom.add(engine)] == ["unchanged", "duplicate"]


@before_and_after
@pytest.mark.parametrize("step", REMOVING)
def test_killed_while_a_story_is_removed(
    step: str,
    when: str,
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
    killed_at: Callable[..., Any],
) -> None:
    engine = open_engine()
    newsroom.write("bridge", OLD)
    (added,) = newsroom.add(engine)
    with killed_at(step, when):
        engine.remove(added.story_id)
    engine.close()

    engine = open_engine()
    assert_in_step(engine)
    removed = (step, when) != ("storing.versions.retire_story", "before")
    for leg in ("vectors", "words"):
        assert found(engine, leg) == ([] if removed else [OLD])


def test_what_a_failure_left_staged_never_comes_live_over_a_later_version(
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
    killed_at: Callable[..., Any],
) -> None:
    engine = open_engine()
    newsroom.write("bridge", OLD)
    newsroom.add(engine)
    newsroom.write("bridge", "The bridge was painted.")
    with killed_at("indexing.words.Words.write", "before", error=StorageError):
        newsroom.add(engine)
    assert found(engine, "words") == [OLD]
    newsroom.write("bridge", NEW)
    (result,) = newsroom.add(engine)
    assert result.status == "updated"
    assert_in_step(engine)
    engine.close()
    engine = open_engine()
    assert found(engine, "words") == [NEW]
    assert_in_step(engine)


@pytest.mark.parametrize("half_done", ["updated", "removed"])
def test_a_damaged_index_keeps_nobody_from_reading_the_other_nor_from_rebuilding(
    half_done: str,
    open_engine: Callable[..., Engine],
    newsroom: Any,
    home: Path,
    assert_in_step: Callable[[Engine], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = open_engine()
    newsroom.write("bridge", OLD)
    newsroom.write("harbour", "The harbour stays calm.")
    bridge, _ = newsroom.add(engine)
    engine.close()
    (meta,) = (home / "words").glob("*/meta.json")
    meta.write_text("no JSON")

    engine = open_engine()
    newsroom.write("bridge", NEW)
    with pytest.raises(StorageError, match=r"The word index .* cannot be used"):
        newsroom.add(engine) if half_done == "updated" else engine.remove(bridge.story_id)
    engine.close()
    engine = open_engine()
    assert "could not be finished" in caplog.text
    live = [OLD, "The harbour stays calm."] if half_done == "updated" else ["The harbour stays calm."]
    assert sorted(found(engine, "vectors")) == live
    assert engine.rebuild() == {"public": len(live)}
    assert_in_step(engine)
    assert found(engine, "words") == ([NEW] if half_done == "updated" else [])
    assert [result.status for result in newsroom.add(engine)] == [
        "unchanged" if half_done == "updated" else "added", "unchanged",
    ]  # fmt: skip
