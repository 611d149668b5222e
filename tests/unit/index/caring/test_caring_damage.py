"""Damaged and lost files of the indexes and the catalog: told, and the indexes made anew from the catalog."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from caring_health import InStep, current, health_of, kinds

from index.caring import checking
from index.engine import Engine
from index.errors import StorageError
from index.stories import LibraryHealth
from index.storing import generations


@pytest.mark.parametrize("name", ["meta.json", "*.store"])
def test_a_damaged_word_index_is_made_anew(
    desk: Engine,
    open_engine: Callable[..., Engine],
    home: Path,
    name: str,
    assert_in_step: InStep,
    embedder: Any,
) -> None:
    folder = home / "words" / str(current(desk).id)
    desk.close()
    for path in folder.glob(name):
        path.write_bytes(b"rubbish")
    engine = open_engine()
    (trouble,) = health_of(engine).troubles
    assert trouble.kind == "unreadable_words"
    assert trouble.text.startswith("The word index in ")
    assert [trouble.mended for trouble in health_of(engine, fix=True).troubles] == [True]
    assert health_of(engine).troubles == ()
    assert not folder.exists()
    assert embedder.embedded == []
    assert_in_step(engine)


@pytest.mark.parametrize("way", ["check", "rebuild"])
@pytest.mark.parametrize("damage", ["garbage", "half a file"])
def test_a_vector_index_that_cannot_be_opened_is_made_anew_without_the_model(
    desk: Engine,
    newsroom: Any,
    open_engine: Callable[..., Engine],
    home: Path,
    way: str,
    damage: str,
    assert_in_step: InStep,
    embedder: Any,
) -> None:
    newsroom.add(desk, library="city")
    embedder.embedded.clear()
    desk.close()
    path = home / "vectors" / "chroma.sqlite3"
    whole = path.read_bytes()
    path.write_bytes(b"rubbish" * 1000 if damage == "garbage" else whole[: len(whole) // 2])
    engine = open_engine()
    (trouble,) = health_of(engine, None).troubles
    assert trouble.kind == "vector_index_damaged"
    assert trouble.text.endswith("run `storydesk doctor --fix` to make it anew")
    assert health_of(engine).troubles == ()
    with pytest.raises(StorageError, match="doctor --fix"):
        engine.find("bridge", leg="vectors")
    embedder.embedded.clear()  # the question
    if way == "check":
        assert [trouble.mended for trouble in health_of(engine, None, fix=True).troubles] == [True]
    else:
        assert engine.rebuild(library="public") == {"public": 5}
    assert [health.troubles for health in engine.check()] == [(), (), ()]
    assert embedder.embedded == []
    assert sorted(path.name for path in home.glob("vectors*")) == ["vectors"]
    assert_in_step(engine)


def test_a_kill_while_the_vector_index_is_made_anew_is_made_up_for_at_the_next_start(
    desk: Engine,
    open_engine: Callable[..., Engine],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    assert_in_step: InStep,
    embedder: Any,
) -> None:
    def killed(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    desk.close()
    (home / "vectors" / "chroma.sqlite3").write_bytes(b"rubbish" * 1000)
    engine = open_engine()
    with monkeypatch.context() as patched:
        patched.setattr(generations, "switch", killed)
        with pytest.raises(KeyboardInterrupt):
            engine.check(fix=True)
    engine.close()
    engine = open_engine()
    assert len(engine.find("bridge", leg="vectors")) == 5
    embedder.embedded.clear()  # the question
    assert health_of(engine).troubles == ()
    assert kinds(health_of(engine, None)) == ["put_aside"]
    engine.check(fix=True)
    assert embedder.embedded == []
    assert_in_step(engine)


def test_vectors_whose_files_are_gone_are_made_anew(
    desk: Engine, open_engine: Callable[..., Engine], home: Path, assert_in_step: InStep, embedder: Any
) -> None:
    generation = current(desk)
    many = [f"strange-{number}" for number in range(1_200)]  # so many that Chroma writes them to files of their own
    rows = np.random.default_rng(0).normal(size=(1_200, 64)).astype(np.float32)
    desk._stores.vectors.write(generation, many, rows / np.linalg.norm(rows, axis=1, keepdims=True), [0] * 1_200)
    desk._stores.vectors.search(generation, rows[0], limit=1)
    desk._stores.vectors.delete(generation, many)
    desk.close()
    segments = [path for path in (home / "vectors").iterdir() if path.is_dir()]
    assert segments
    for path in segments:
        shutil.rmtree(path)
    engine = open_engine()
    assert health_of(engine).troubles
    engine.check(fix=True)
    assert health_of(engine) == LibraryHealth("public", 5, 5, 5, looked_up=5)
    assert embedder.embedded == []
    assert_in_step(engine)


def test_a_damaged_catalog_is_told_and_left_as_it_is(desk: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "quick_check", lambda connection: "row 3 missing from index")
    for health in (health_of(desk, None), health_of(desk, None, fix=True)):
        (trouble,) = health.troubles
        assert (trouble.check, trouble.serious, trouble.mended) == ("catalog", True, False)
        assert "row 3 missing from index" in trouble.text
        assert "storydesk restore" in trouble.text
