"""Reading the catalog: lists in pages, stories by the beginning of their ids, without the data folder's lock."""

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

import index
from index.engine import Engine
from index.errors import StorageError, UnknownStoryError
from index.settings import IndexSettings
from index.storing import Catalog, generations, schema
from index.storing import catalog as catalog_module
from index.storing import passages as passages_module


@pytest.fixture
def catalog(home: Path) -> Iterator[Catalog]:
    home.mkdir()
    with Catalog.open(home) as opened:
        yield opened


def put(
    catalog: Catalog, story_id: str, *, library: str = "public", added_at: str = "2025-05-01", **changed: Any
) -> None:
    """Put a live story with one passage into the catalog alone."""
    found = catalog.make_library(library)
    if found.current is None:
        generations.begin(catalog, found, model="model", model_files="{}", splitter="1", state="current")
    version = {
        "id": f"v{story_id}", "story_id": story_id, "state": "live", "content_hash": "", "text_hash": "",
        "title": f"Story {story_id}", "authors": '["Jon Ferro"]', "published_day": 0,
        "source": "somewhere", "text": "The bridge was closed.",
    }  # fmt: skip
    with catalog.writing() as connection:
        connection.execute(
            insert(schema.stories).values(
                id=story_id, library_id=found.id, identity=f"id:{story_id}", added_at=added_at
            )
        )
        connection.execute(insert(schema.versions).values(version | changed))
        connection.execute(
            insert(schema.passages).values(
                id=f"v{story_id}-0",
                version_id=f"v{story_id}",
                splitter="1",
                position=0,
                start=0,
                end=22,
                text_key="key",
            )
        )


def test_a_story_is_given_back_as_it_was_added(engine: Engine, newsroom: Any, settings: IndexSettings) -> None:
    text = "  Zwölf Boote\r\nlagen im Hafen.\n\n\tKeines sank.  "
    path = newsroom.write(
        "boats", text, title="Boote", url="https://orla-post.example/boote", publisher="Coast Radio",
        authors=["Jon Ferro", "Ilse Brandt"], published_at="2025-05-20T08:30:00+02:00",
    )  # fmt: skip
    (added,) = newsroom.add(engine, path)
    stored = engine._stores.catalog.story(added.story_id)
    assert stored.text == text
    assert (stored.title, stored.url) == ("Boote", "https://orla-post.example/boote")
    assert (stored.publisher, stored.authors) == ("Coast Radio", ("Jon Ferro", "Ilse Brandt"))
    assert (stored.published_at, stored.library) == ("2025-05-20T08:30:00+02:00", "public")
    assert (stored.language, stored.source, stored.passages) == ("de", str(path), 1)
    (summary,) = engine._stores.catalog.summaries()
    assert {name: getattr(stored, name) for name in type(summary).__dataclass_fields__} == {
        name: getattr(summary, name) for name in type(summary).__dataclass_fields__
    }


def test_lists_are_complete_and_in_order_of_addition_however_many_pages_they_take(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        put(catalog, f"s{(number * 3) % 7}", added_at=f"2025-05-0{1 + number // 3}")
    put(catalog, "other", library="night-desk")
    whole = [summary.story_id for summary in catalog.summaries("public")]
    assert whole == ["s0", "s3", "s6", "s1", "s2", "s5", "s4"]
    for page in (1, 2, 3, 7, 8):
        monkeypatch.setattr(catalog_module, "PAGE", page)
        assert [summary.story_id for summary in catalog.summaries("public")] == whole
        assert len(list(catalog.summaries())) == 8


def test_passages_and_vectors_are_complete_however_many_pages_they_take(
    engine: Engine, newsroom: Any, assert_in_step: Callable[[Engine], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_module, "PAGE", 2)
    for number in range(5):
        newsroom.write(f"story{number}", f"Bridge {number} was closed.")
    added = newsroom.add(engine)
    assert len(engine.find("bridge", limit=10)) == 5
    assert engine.rebuild() == {"public": 5}
    assert_in_step(engine)
    for result in added:
        engine.remove(result.story_id)
    assert_in_step(engine)


def test_a_story_is_known_by_a_beginning_that_no_other_id_has(catalog: Catalog) -> None:
    put(catalog, "abc1")
    put(catalog, "abd2", library="night-desk")
    assert catalog.story("abc").story_id == "abc1"
    assert catalog.story("abd2").library == "night-desk"
    assert catalog.story("ab", "night-desk").story_id == "abd2"
    with pytest.raises(UnknownStoryError, match="More than one story's id begins with 'ab'"):
        catalog.story("ab")


@pytest.mark.parametrize("story_id", ["x", "", "%", "_bc1", "abc12", "\x00"])
def test_an_unknown_id_is_refused_with_a_sentence(catalog: Catalog, story_id: str) -> None:
    put(catalog, "abc1")
    with pytest.raises(UnknownStoryError, match=r"There is no story .*; `storydesk list` shows the ids\."):
        catalog.story(story_id)
    with pytest.raises(UnknownStoryError):
        catalog.story("abc1", "night-desk")


@pytest.mark.parametrize("state", ["staged", "retired"])
def test_what_is_not_live_is_not_there(catalog: Catalog, state: str) -> None:
    put(catalog, "abc1", state=state)
    assert list(catalog.summaries()) == []
    assert catalog.count_stories() == 0
    library = catalog.library("public")
    assert library is not None
    assert catalog.count_passages(library) == 0
    assert library.current is not None
    assert passages_module.readable(catalog, library.current, ["vabc1-0"]) == []
    with pytest.raises(UnknownStoryError):
        catalog.story("abc1")


def test_stories_are_counted_by_library(catalog: Catalog) -> None:
    for story_id, library in (("a", "public"), ("b", "public"), ("c", "night-desk")):
        put(catalog, story_id, library=library)
    assert [catalog.count_stories(name) for name in ("public", "night-desk", "other", None)] == [2, 1, 0, 3]
    assert catalog.libraries() == ["night-desk", "public"]


def test_a_fact_is_kept_and_replaced(catalog: Catalog, home: Path) -> None:
    assert catalog.fact("mood") is None
    catalog.set_fact("mood", "calm")
    catalog.set_fact("mood", "stormy")
    catalog.close()
    with Catalog.open(home) as again:
        assert again.fact("mood") == "stormy"


def test_a_transaction_that_fails_changes_nothing(catalog: Catalog) -> None:
    def write_and_fail() -> None:
        with catalog.writing() as connection:
            connection.execute(insert(schema.libraries).values(name="half"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert catalog.libraries() == []


def test_reading_sees_one_state_while_another_thread_writes(catalog: Catalog) -> None:
    put(catalog, "a")
    with catalog.reading() as connection:
        before = connection.execute(select(schema.stories.c.id)).all()
        writer = threading.Thread(target=put, args=(catalog, "b"))
        writer.start()
        writer.join()
        assert connection.execute(select(schema.stories.c.id)).all() == before
    assert catalog.count_stories() == 2


def test_the_catalog_is_read_without_the_lock_while_an_engine_holds_it(
    engine: Engine, newsroom: Any, settings: IndexSettings
) -> None:
    newsroom.write("bridge", "The bridge was closed.")
    (added,) = newsroom.add(engine)
    catalog = Catalog.open_read_only(settings.home)
    assert catalog is not None
    with catalog:
        assert [summary.story_id for summary in catalog.summaries()] == [added.story_id]
        assert catalog.story(added.story_id).text == "The bridge was closed."
        newsroom.write("harbour", "The harbour was open.")
        newsroom.add(engine)
        assert catalog.count_stories() == 2


def test_a_catalog_that_is_open_for_reading_cannot_be_written(catalog: Catalog, home: Path) -> None:
    catalog.close()
    reader = Catalog.open_read_only(home)
    assert reader is not None
    with reader, pytest.raises(StorageError, match="cannot be written"):
        reader.set_fact("mood", "calm")


def test_a_data_folder_without_a_catalog_gives_none_and_stays_as_it_is(tmp_path: Path) -> None:
    assert Catalog.open_read_only(tmp_path / "home") is None
    assert not (tmp_path / "home").exists()
    (tmp_path / "empty").mkdir()
    assert Catalog.open_read_only(tmp_path / "empty") is None
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_catalog_that_another_process_is_just_making_counts_as_none(home: Path) -> None:
    home.mkdir()
    (home / catalog_module.FILE_NAME).touch()
    assert Catalog.open_read_only(home) is None


def test_a_damaged_catalog_is_told_in_a_sentence(home: Path) -> None:
    home.mkdir()
    (home / catalog_module.FILE_NAME).write_bytes(b"no database, but long enough to be taken for one " * 100)
    for opening in (Catalog.open, Catalog.open_read_only):
        with pytest.raises(StorageError, match="is damaged; bring it back from a backup"):
            opening(home)


def run_without_rights(code: str, folder: Path) -> str:
    """What `code` prints when it runs as somebody who owns nothing here; its imports are done with all rights."""
    imports = """
        import os, sys
        from pathlib import Path
        import sqlalchemy.dialects.sqlite
        from index.errors import StorageError
        from index.holding import lock as holder
        from index.storing import Catalog, migrating
        home = Path(sys.argv[1])
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(imports) + textwrap.dedent(code), folder],
        env=os.environ | {"PYTHONPATH": str(Path(index.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.fixture
def read_only_home(catalog: Catalog, home: Path) -> Iterator[Path]:
    """A data folder with one story that the process of `run_without_rights` may read and not write."""
    put(catalog, "abc1")
    catalog.close()
    for path in home.iterdir():
        path.chmod(0o444)
    home.parent.chmod(0o755)
    home.chmod(0o555)
    yield home
    home.chmod(0o755)


@pytest.mark.slow
def test_a_read_only_data_folder_can_be_listed(read_only_home: Path) -> None:
    listed = """
        with Catalog.open_read_only(home) as catalog:
            print([(story.story_id, catalog.story(story.story_id).text) for story in catalog.summaries()])
    """
    assert run_without_rights(listed, read_only_home) == "[('abc1', 'The bridge was closed.')]"
    assert [path.name for path in read_only_home.iterdir()] == [catalog_module.FILE_NAME]


@pytest.mark.slow
def test_a_read_only_data_folder_cannot_be_taken_nor_written(read_only_home: Path) -> None:
    opened = """
        for opening in (lambda: holder.hold(home, wait_seconds=0, on_wait=None), lambda: Catalog.open(home)):
            try:
                opening()
            except StorageError as error:
                print(error)
    """
    sentence = f"The data folder {read_only_home} cannot be written; give yourself the right to, or set STORYDESK_HOME."
    assert run_without_rights(opened, read_only_home).splitlines() == [sentence, sentence]
