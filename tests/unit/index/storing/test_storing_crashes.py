"""A kill at any step leaves the old story or the new one, and the next start finishes what was begun."""

from collections.abc import Callable
from typing import Any

import pytest

from index.engine import Engine
from index.errors import OutdatedIndexError, StorageError
from index.storing import publisher, versions
from index.storing.catalog import Catalog
from index.storing.vectors import Vectors
from index.storing.words import Words

OLD, NEW = "The bridge was closed.", "The bridge was opened."

PUBLISHING = [
    (versions, "stage"),
    (Vectors, "write"),
    (Words, "write"),
    (versions, "make_live"),
    (Vectors, "delete"),
    (Words, "delete"),
    (versions, "delete_versions"),
]
REMOVING = [
    (versions, "retire_story"),
    (Vectors, "delete"),
    (Words, "delete"),
    (versions, "delete_versions"),
]
REBUILDING = [
    (Catalog, "set_fingerprint"),
    (Vectors, "drop"),
    (Words, "drop"),
    (Vectors, "write"),
    (Words, "write"),
]


class Killed(BaseException):
    """No handler of errors may catch it, as none would run after a kill."""


def steps(places: list[tuple[Any, str]]) -> Any:
    """Every step twice: killed before it did anything, and after it did all."""
    cases = [(owner, name, when) for owner, name in places for when in ("before", "after")]
    return pytest.mark.parametrize(
        ("owner", "name", "when"), cases, ids=[f"{when}-{owner.__name__}.{name}" for owner, name, when in cases]
    )


def dying_at(
    patched: pytest.MonkeyPatch, owner: Any, name: str, when: str, error: type[BaseException] = Killed
) -> None:
    real = getattr(owner, name)

    def step(*arguments: Any, **options: Any) -> None:
        if when == "after":
            real(*arguments, **options)
        raise error("killed")

    patched.setattr(owner, name, step)


def found(engine: Engine, leg: Any) -> list[str]:
    return [finding.text for finding in engine.find("bridge closed opened", leg=leg)]


@steps(PUBLISHING)
def test_killed_while_a_story_is_updated(
    owner: Any,
    name: str,
    when: str,
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = open_engine()
    newsroom.write("bridge", OLD)
    newsroom.write("harbour", "The harbour stays as it was.")
    newsroom.add(engine)
    newsroom.write("bridge", NEW)
    with monkeypatch.context() as patched:
        dying_at(patched, owner, name, when)
        with pytest.raises(Killed):
            newsroom.add(engine)
    engine.close()

    engine = open_engine()
    assert_in_step(engine)
    live = OLD if (owner, name, when) == (versions, "stage", "before") else NEW
    for leg in ("vectors", "words", "both"):
        assert found(engine, leg)[0] == live
        assert len({OLD, NEW} & set(found(engine, leg))) == 1
    assert [finding.text for finding in engine.find("harbour", leg="words")] == ["The harbour stays as it was."]
    bridge, harbour = newsroom.add(engine)
    assert (bridge.status, harbour.status) == ("updated" if live == OLD else "unchanged", "unchanged")
    assert found(engine, "words") == [NEW]
    assert_in_step(engine)


@steps(PUBLISHING[:4])
def test_killed_while_a_story_is_added(
    owner: Any,
    name: str,
    when: str,
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = open_engine()
    newsroom.write("bridge", NEW)
    with monkeypatch.context() as patched:
        dying_at(patched, owner, name, when)
        with pytest.raises(Killed):
            newsroom.add(engine)
        # Nobody sees a story that is not live yet, whatever the indexes have of it.
        if (owner, name, when) != (versions, "make_live", "after"):
            assert found(engine, "both") == []
    engine.close()

    engine = open_engine()
    assert_in_step(engine)
    stored = (owner, name, when) != (versions, "stage", "before")
    assert found(engine, "both") == ([NEW] if stored else [])
    (result,) = newsroom.add(engine)
    assert result.status == ("unchanged" if stored else "added")
    assert found(engine, "both") == [NEW]
    assert_in_step(engine)


@steps(PUBLISHING[4:])
def test_killed_while_a_story_that_became_a_duplicate_is_retired(
    owner: Any,
    name: str,
    when: str,
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = open_engine()
    newsroom.write("bridge", OLD)
    newsroom.write("copy", "Another bridge was opened.")
    newsroom.add(engine)
    newsroom.write("copy", OLD)
    with monkeypatch.context() as patched:
        dying_at(patched, owner, name, when)
        with pytest.raises(Killed):
            newsroom.add(engine)
    engine.close()

    engine = open_engine()
    assert_in_step(engine)
    assert found(engine, "words") == [OLD]
    assert [result.status for result in newsroom.add(engine)] == ["unchanged", "duplicate"]


@steps(REMOVING)
def test_killed_while_a_story_is_removed(
    owner: Any,
    name: str,
    when: str,
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = open_engine()
    newsroom.write("bridge", OLD)
    (added,) = newsroom.add(engine)
    with monkeypatch.context() as patched:
        dying_at(patched, owner, name, when)
        with pytest.raises(Killed):
            engine.remove(added.story_id)
    engine.close()

    engine = open_engine()
    assert_in_step(engine)
    removed = (owner, name, when) != (versions, "retire_story", "before")
    for leg in ("vectors", "words"):
        assert found(engine, leg) == ([] if removed else [OLD])


@steps(REBUILDING)
def test_killed_while_rebuilding(
    owner: Any,
    name: str,
    when: str,
    open_engine: Callable[..., Engine],
    newsroom: Any,
    embedder: Any,
    assert_in_step: Callable[[Engine], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = open_engine()
    newsroom.write("bridge", OLD)
    newsroom.write("harbour", "The harbour stays calm.")
    newsroom.add(engine)
    embedder.embedded.clear()
    with monkeypatch.context() as patched:
        dying_at(patched, owner, name, when)
        with pytest.raises(Killed):
            engine.rebuild()
    if (owner, name, when) != (Catalog, "set_fingerprint", "before"):
        with pytest.raises(OutdatedIndexError, match="storydesk rebuild"):
            engine.find("bridge")
    engine.close()

    engine = open_engine()
    assert embedder.embedded == []
    assert_in_step(engine)
    assert found(engine, "words") == [OLD]


@steps([(versions, "stage"), (versions, "make_live"), (versions, "delete_versions")])
def test_killed_while_stories_are_cut_anew(
    owner: Any,
    name: str,
    when: str,
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = open_engine()
    newsroom.write("bridge", OLD)
    newsroom.write("harbour", "The harbour stays calm.")
    newsroom.add(engine)
    engine.close()
    monkeypatch.setattr(publisher, "SPLITTER_VERSION", "other")
    engine = open_engine()
    with monkeypatch.context() as patched:
        dying_at(patched, owner, name, when)
        with pytest.raises(Killed):
            engine.rebuild()
    engine.close()
    engine = open_engine()
    engine.rebuild()
    assert_in_step(engine)
    assert found(engine, "words") == [OLD]
    assert versions.cut_by_others(engine._stores.catalog, engine._libraries()[0], "other") == []
    assert [result.status for result in newsroom.add(engine)] == ["unchanged", "unchanged"]


def test_what_a_failure_left_staged_never_comes_live_over_a_later_version(
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = open_engine()
    newsroom.write("bridge", OLD)
    newsroom.add(engine)
    newsroom.write("bridge", "The bridge was painted.")
    with monkeypatch.context() as patched:
        dying_at(patched, Words, "write", "before", StorageError)
        with pytest.raises(StorageError):
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


def test_what_cannot_be_finished_at_the_start_keeps_nobody_from_reading_or_rebuilding(
    open_engine: Callable[..., Engine],
    newsroom: Any,
    assert_in_step: Callable[[Engine], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = open_engine()
    newsroom.write("bridge", OLD)
    newsroom.add(engine)
    newsroom.write("bridge", NEW)
    with monkeypatch.context() as patched:
        dying_at(patched, versions, "make_live", "before")
        with pytest.raises(Killed):
            newsroom.add(engine)
    engine.close()
    with monkeypatch.context() as patched:
        dying_at(patched, Words, "write", "before", StorageError)
        engine = open_engine()
        assert "could not be finished" in caplog.text
        assert found(engine, "words") == [OLD]
    assert engine.rebuild() == {"public": 1}
    assert found(engine, "words") == [NEW]
    assert_in_step(engine)
