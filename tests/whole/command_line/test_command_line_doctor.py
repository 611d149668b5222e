"""`storydesk doctor` on a data folder that was damaged behind Storydesk's back, by real processes."""

import os
import pty
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import chromadb
import pytest
from chromadb.config import Settings

from index.holding.joining import connect

ROOT = Path(__file__).parents[3]
QUESTION = "How much did the new bridge over the Orla cost?"
STORIES = {
    "New bridge over the Orla opens": "The new bridge over the Orla opened on Wednesday morning. "
    "It cost 48 million euros and took six years to build.",
    "Storm closes the harbour of Tarn": "The harbour of Tarn was closed for nine days after the storm.",
    "Council of Tarn votes for trees": "The council of Tarn voted on Monday to plant 410 trees along the quay.",
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three stories, to be copied."""
    folder = tmp_path_factory.mktemp("made")
    for title, text in STORIES.items():
        (folder / f"{title}.md").write_text(f"---\ntitle: {title}\npublished_at: 2025-04-02\n---\n{text}\n")
    home = folder / "home"
    command = [sys.executable, "-m", "bot", "add", *(f"{title}.md" for title in STORIES)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "STORYDESK_HOME": str(home)}
    subprocess.run(command, cwd=folder, env=environment, check=True, timeout=300, capture_output=True)
    return home


@pytest.fixture
def filled(storydesk: Any, made: Path) -> Any:
    """`storydesk` on a data folder with three stories."""
    shutil.copytree(made, storydesk.home)
    return storydesk


@pytest.fixture
def without_model(tmp_path: Path) -> dict[str, str]:
    """Settings for a process that cannot embed: what loads and runs the model is not there for it."""
    folder = tmp_path / "without-model"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        'import sys\nsys.modules["sentence_transformers"] = None\nsys.modules["torch"] = None\n'
    )
    return {"PYTHONPATH": f"{folder}:{ROOT}"}


def checks(run: Any) -> dict[str, tuple[str, str]]:
    return {check["name"]: (check["status"], check["message"]) for check in run.json["checks"]}


def bad(run: Any) -> dict[str, str]:
    """The checks that are not OK; a token is none of this file's business."""
    return {name: status for name, (status, _) in checks(run).items() if status != "OK" and name != "token"}


def catalog_fact(home: Path, query: str) -> Any:
    with closing(sqlite3.connect(home / "catalog.sqlite3")) as connection:
        return connection.execute(query).fetchall()


def kept_vectors(home: Path) -> Any:
    return catalog_fact(home, "SELECT rowid, text_key, model, vector FROM vectors ORDER BY rowid")


def change_vectors(home: Path) -> None:
    """By Chroma itself: one passage taken out, two strange ones put in, and a collection that belongs to nothing."""
    client = chromadb.PersistentClient(str(home / "vectors"), Settings(anonymized_telemetry=False))
    (collection,) = client.list_collections()
    collection.delete(ids=collection.get(limit=1)["ids"])
    row = [0.0] * 383 + [1.0]
    collection.add(ids=["strange-1", "strange-2"], embeddings=[row, row], metadatas=[{"day": 1}, {"day": 1}])
    prefix = collection.name.rpartition("-")[0]
    client.create_collection(f"{prefix}-4711", embedding_function=None)
    client.create_collection("somebody-elses", embedding_function=None)
    client.close()


def collections(home: Path) -> set[str]:
    client = chromadb.PersistentClient(str(home / "vectors"), Settings(anonymized_telemetry=False))
    names = {collection.name.rpartition("-")[2] for collection in client.list_collections()}
    client.close()
    return names


def assert_answers(storydesk: Any) -> None:
    answer = storydesk("ask", QUESTION, "--json").json
    assert answer["answered"]
    assert "48 million" in answer["text"]
    assert answer["note"] is None


def test_indexes_out_of_step_fail_are_mended_without_the_model_and_are_well_then(
    filled: Any, without_model: dict[str, str]
) -> None:
    home = filled.home
    before = kept_vectors(home)
    change_vectors(home)
    (index,) = (home / "words").iterdir()
    shutil.rmtree(index)
    (home / "words" / "4712").mkdir()

    run = filled("doctor", "--json")
    assert run.code == 1
    assert bad(run) == {"counts": "FAIL", "orphans": "WARN"}
    message = checks(run)["counts"][1]
    assert "public: 1 passage is missing in the vector index" in message
    assert "public: the vector index has 2 passages that no story has" in message
    assert "public: 3 passages are missing in the word index" in message
    assert "`storydesk doctor --fix` mends it" in message
    message = checks(run)["orphans"][1]
    assert "1 vector index belongs to no library" in message
    assert "1 word index belongs to no library" in message

    run = filled("doctor", "--fix", "--json", settings=without_model)
    assert run.code == 0
    assert bad(run) == {}
    assert checks(run)["counts"][1].startswith("Mended: public: 1 passage is missing in the vector index; ")
    assert checks(run)["orphans"][1].startswith("Mended: 1 vector index belongs to no library; ")

    run = filled("doctor", "--json")
    assert (run.code, bad(run)) == (0, {})
    assert "Mended" not in run.out
    assert kept_vectors(home) == before
    assert "4711" not in collections(home)
    assert "elses" in collections(home), "only what is ours is collected"
    assert not (home / "words" / "4712").exists()
    assert_answers(filled)


def test_a_vector_that_is_not_the_passages_own_is_found_by_looking_it_up(
    filled: Any, without_model: dict[str, str]
) -> None:
    client = chromadb.PersistentClient(str(filled.home / "vectors"), Settings(anonymized_telemetry=False))
    (collection,) = client.list_collections()
    collection.update(ids=collection.get(limit=1)["ids"], embeddings=[[0.0] * 383 + [1.0]])
    client.close()
    run = filled("doctor", "--json")
    assert run.code == 1
    assert bad(run) == {"lookup": "FAIL"}
    assert "1 of 3 passages was not found by its own vector" in checks(run)["lookup"][1]
    assert filled("doctor", "--fix", settings=without_model).code == 0
    run = filled("doctor", "--json")
    assert (run.code, bad(run)) == (0, {})


def garbage(path: Path) -> None:
    path.write_bytes(b"no database" * 1_000)


def cut_off(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def zeros_within(path: Path) -> None:
    whole = path.read_bytes()
    third = len(whole) // 3
    path.write_bytes(whole[:third] + b"\0" * third + whole[2 * third :])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "command"),
    [
        (garbage, ("doctor", "--fix")),
        (cut_off, ("doctor", "--fix")),
        (zeros_within, ("doctor", "--fix")),
        (empty, ("doctor", "--fix")),
        (garbage, ("rebuild",)),
        (zeros_within, ("rebuild",)),
    ],
)
def test_a_damaged_vector_index_is_made_anew_from_the_catalog_without_the_model(
    filled: Any, without_model: dict[str, str], damage: Callable[[Path], None], command: tuple[str, ...]
) -> None:
    before = kept_vectors(filled.home)
    damage(filled.home / "vectors" / "chroma.sqlite3")
    run = filled("doctor", "--json")
    assert run.code == 1
    assert "FAIL" in bad(run).values()
    run = filled(*command, settings=without_model)
    assert run.code == 0, run.out + run.err
    run = filled("doctor", "--json")
    assert (run.code, bad(run)) == (0, {})
    assert kept_vectors(filled.home) == before
    assert sorted(path.name for path in filled.home.glob("vectors*")) == ["vectors"]
    assert_answers(filled)


def test_a_damaged_catalog_fails_and_nothing_is_thrown_away_over_it(filled: Any) -> None:
    catalog = filled.home / "catalog.sqlite3"
    whole = bytearray(catalog.read_bytes())
    (root,) = catalog_fact(filled.home, "SELECT rootpage FROM sqlite_master WHERE name = 'ix_versions_text_hash_state'")
    size = int.from_bytes(whole[16:18], "big")
    whole[(root[0] - 1) * size : root[0] * size] = b"\xff" * size
    catalog.write_bytes(whole)
    index = sorted(path.name for path in filled.home.glob("*"))
    for arguments in (("doctor", "--json"), ("doctor", "--fix", "--json")):
        run = filled(*arguments)
        assert run.code == 1
        assert "damaged" in run.out
    assert sorted(path.name for path in filled.home.glob("*")) == index


def test_a_process_that_serves_the_folder_mends_it_when_it_is_asked_to(filled: Any) -> None:
    before = kept_vectors(filled.home)
    change_vectors(filled.home)
    keyboard, terminal = pty.openpty()  # a chat serves others only while a person sits at it
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "chat"],
        cwd=filled.folder,
        env=filled.environment(),
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while (connection := connect(filled.home)) is None:
            assert process.poll() is None
            time.sleep(0.1)
        connection.close()
        run = filled("doctor", "--json")
        assert (run.code, bad(run)) == (1, {"counts": "FAIL", "orphans": "WARN"})
        run = filled("doctor", "--fix", "--json")
        assert (run.code, bad(run)) == (0, {})
        assert checks(run)["counts"][1].startswith("Mended: ")
        assert process.poll() is None, "it serves on"
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)
        os.close(terminal)
    run = filled("doctor", "--json")
    assert (run.code, bad(run)) == (0, {})
    assert kept_vectors(filled.home) == before
