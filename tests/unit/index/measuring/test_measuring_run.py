"""What the command runs, against an engine with real stores and a small embedder."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from index.engine import Engine
from index.errors import MeasuringError, StorageError
from index.measuring.cache import cache_settings, default_cache, fill, keep_corpus
from index.measuring.run import Measured, measure
from index.settings import IndexSettings
from index.stories import AddResult

STORIES: list[dict[str, Any]] = [
    {
        "id": "bridge",
        "title": "New bridge over the Orla opens",
        "text": "The new bridge over the Orla opened on Wednesday. The bridge over the Orla cost 48 million euros.",
        "publish_date": "2025/04/02",
    },
    {
        "id": "harbour",
        "title": "Storm closes the harbour of Tarn",
        "text": "The harbour of Tarn was closed for nine days. Harbour master Jon Ferro said that 26 boats were lost.",
        "publish_date": "2025/05/20",
    },
    {
        "id": "harbour-copy",
        "title": "Harbour closed",
        "text": "The harbour of Tarn was closed for nine days. Harbour master Jon Ferro said that 26 boats were lost.",
        "publish_date": None,
    },
    {"id": "trees", "title": "Council votes", "text": "The council voted to plant 410 trees along the avenue."},
]
QUESTIONS: list[dict[str, Any]] = [
    {"id": "q1", "question": "How much did the bridge over the Orla cost?", "answers": ["48 million"]}
    | {"date": "2025/05/22", "gold_docs": ["bridge"], "silver_docs": []},
    {"id": "q2", "question": "How many boats were lost in the harbour of Tarn?", "answers": ["26"]}
    | {"date": "2025/05/22", "gold_docs": [], "silver_docs": ["harbour-copy", "not there"]},
    {"id": "q3", "question": "Who won the race?", "answers": ["Nobody"], "date": "2025/05/22"},
]


@dataclass
class Files:
    """Files to measure with, and what a run said beside its result."""

    folder: Path
    notes: list[str]
    progress: list[tuple[str, int, int]]

    def write(self, name: str, records: list[dict[str, Any]]) -> Path:
        path = self.folder / name
        text = "".join(f"{json.dumps(record)}\n" for record in records)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path, [], [])


@pytest.fixture
def run(files: Files, home: Path, settings: IndexSettings, embedder: Any) -> Callable[..., Measured]:
    """Measures with the stories and questions above unless a test says otherwise."""

    def run(**options: Any) -> Measured:
        given: dict[str, Any] = {"split": "all", "cache": home}
        if "corpus" not in options:
            given["corpus"] = files.write("corpus.jsonl.gz", STORIES)
        if "questions" not in options:
            given["questions"] = files.write("questions.jsonl", QUESTIONS)
        return measure(
            settings,
            on_note=files.notes.append,
            on_progress=lambda *told: files.progress.append(told),
            open_engine=lambda changed, **how: Engine.open(changed, load_embedder=lambda _: embedder, **how),
            **(given | options),
        )

    return run


def test_the_json_has_every_figure_in_its_place(run: Callable[..., Measured], files: Files) -> None:
    refusals = files.write("refusals.jsonl", [{"id": "r", "question": "Zebra quorum?", "now": "2025/05/22"}])
    found = json.loads(json.dumps(run(refusals=refusals).as_json(worst=5), allow_nan=False))
    assert found["retrieval"]["gold"] == {"n": 1, "hit1": 1.0, "hit5": 1.0, "hit10": 1.0, "mrr10": 1.0}
    assert found["retrieval"]["gold_silver"]["n"] == 2
    assert [found["answers"][kind]["n"] for kind in ("gold", "silver", "all")] == [1, 1, 2]
    assert {"contains1", "contains3", "given_short", "exact_match", "f1", "citation_precision"} <= set(
        found["answers"]["gold"]
    )
    assert found["answers"]["all"]["contains3"] == 1.0
    assert found["answers"]["all"]["citation_precision"] == 1.0
    assert found["refusals"]["elsewhere"]["n"] == 1
    assert found["refusals"]["left_out"]["n"] == 2
    assert {"balanced_accuracy", "auroc"} <= set(found["refusals"]["left_out"])
    assert 0 <= found["refusals"]["ece"] <= 1
    assert found["intervals"]["answers"]["all"]["contains3"] == [1.0, 1.0]
    assert found["intervals"]["retrieval"]["gold"]["hit1"] is None  # one question has no interval
    assert set(found["latency_ms"]["total"]) == {"p50", "p95"}
    assert found["settings"]["stories"] == 4
    assert found["settings"]["questions"] == 2
    assert found["settings"]["labels_not_in_corpus"] == 1
    assert 0 < found["settings"]["threshold"] < 1
    assert {"reader_model", "ranker_model"} <= set(found["settings"]["models"])


def test_a_copy_of_a_story_counts_as_that_story(run: Callable[..., Measured]) -> None:
    measured = run()
    assert measured.settings["stories_of_their_own_text"] == 3
    scores = measured.evaluation.retrieval["gold_silver"]
    assert (scores.n, scores.hit1.value) == (2, 1.0)  # q2 names the copy, which is not stored


def test_labels_that_are_not_in_the_corpus_are_told(run: Callable[..., Measured], files: Files) -> None:
    run()
    assert files.notes == ["Labels that name a story which is not in the corpus: 1, left out."]


def test_stories_that_hold_the_answer_are_left_out_when_it_is_asked_without_them(
    run: Callable[..., Measured], files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []
    real = Engine.ask

    def ask(self: Engine, question: str, **options: Any) -> Any:
        answer = real(self, question, **options)
        asked.append((question, len(options["leaving_out"])))
        if options["leaving_out"]:
            assert not {citation.story_id for citation in answer.citations} & set(options["leaving_out"])
        return answer

    monkeypatch.setattr(Engine, "ask", ask)
    hidden = {"id": "hidden", "title": "In short", "text": "Also 48 million euros went to the bridge over the Orla."}
    other = [{"id": f"other-{number}", "text": f"Item {number} of the day, as told."} for number in range(4)]
    run(corpus=files.write("more.jsonl", [*STORIES, hidden, *other]))
    bridge, boats = QUESTIONS[0]["question"], QUESTIONS[1]["question"]
    # The labelled story and the one that nobody labelled; the harbour's and its copy are one.
    assert sorted(asked) == sorted([(bridge, 0), (boats, 0), (bridge, 2), (boats, 1)])


def test_a_question_whose_answer_is_in_most_stories_is_not_asked_without_them(
    run: Callable[..., Measured], files: Files
) -> None:
    common = QUESTIONS[0] | {"answers": ["the Orla", "Tarn", "trees"]}
    measured = run(questions=files.write("common.jsonl", [common]))
    assert measured.evaluation.too_common == 1
    assert measured.evaluation.left_out.n == 0


@pytest.fixture
def statuses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What became of each story that was given to an engine."""
    found: list[str] = []
    real = Engine.add

    def add(self: Engine, *arguments: Any, **options: Any) -> Iterator[AddResult]:
        for result in real(self, *arguments, **options):
            found.append(result.status)
            yield result

    monkeypatch.setattr(Engine, "add", add)
    return found


def test_the_second_run_stores_nothing_and_finds_the_same(run: Callable[..., Measured], statuses: list[str]) -> None:
    first = run()
    assert statuses == ["added", "added", "duplicate", "added"]
    statuses.clear()
    second = run()
    assert statuses == []
    assert second.evaluation.retrieval == first.evaluation.retrieval
    assert second.evaluation.answers == first.evaluation.answers
    assert second.settings == first.settings


def test_a_run_that_was_stopped_while_storing_goes_on_from_there(
    run: Callable[..., Measured], monkeypatch: pytest.MonkeyPatch, statuses: list[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("index.publishing.batches._STORIES_AT_ONCE", 1)
        real = Engine.add

        def stopped(self: Engine, *arguments: Any, **options: Any) -> Iterator[AddResult]:
            yield next(real(self, *arguments, **options))
            raise KeyboardInterrupt

        patched.setattr(Engine, "add", stopped)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert statuses == ["added"]
    statuses.clear()
    assert run().evaluation.retrieval["gold_silver"].hit1.value == 1.0
    assert statuses == ["unchanged", "added", "duplicate", "added"]


def test_indexes_of_another_model_are_made_anew(models: Any, files: Files, home: Path) -> None:
    corpus = keep_corpus(files.write("corpus.jsonl", STORIES), home)
    fingerprints = []
    for settings in (models.old, models.new):
        with Engine.open(settings, load_embedder=models.load) as engine:
            library = fill(engine, corpus, settings, on_progress=lambda *told: None)
            assert engine.find("bridge over the Orla", library=library.name, leg="vectors", limit=1)
            fingerprints.append(library.fingerprint)
    assert fingerprints[0] != fingerprints[1]
    assert models.new_embedder.embedded


def test_a_story_that_cannot_be_stored_is_told_at_every_run(run: Callable[..., Measured], files: Files) -> None:
    corpus = files.write("corpus.jsonl", [*STORIES, {"id": "empty", "title": "Nothing", "text": " "}])
    for _ in range(2):
        files.notes.clear()
        assert run(corpus=corpus).settings["stories_not_stored"] == 1
        assert any("cannot be stored: 1; the first," in note and "#5" in note for note in files.notes)


def test_only_the_wanted_stories_are_used(run: Callable[..., Measured], files: Files) -> None:
    ids = files.folder / "ids.txt"
    ids.write_text("bridge\ntrees\nnowhere\n")
    measured = run(only=ids)
    assert (measured.settings["stories"], measured.settings["questions"]) == (2, 1)
    assert files.notes[0] == f"Ids in {ids} that are not in the corpus: 1 of 3."


def test_a_limit_asks_the_first_questions_only(run: Callable[..., Measured]) -> None:
    assert run(limit=1).settings["questions"] == 1


def test_questions_about_other_stories_are_refused_before_anything_is_embedded(
    run: Callable[..., Measured], files: Files, embedder: Any
) -> None:
    questions = files.write("other.jsonl", [QUESTIONS[1] | {"silver_docs": ["elsewhere"]}])
    with pytest.raises(
        MeasuringError, match=r"No question of .*other\.jsonl \(split: all\) names a story of the corpus"
    ):
        run(questions=questions)
    assert embedder.embedded == []


def test_the_cache_of_a_user_with_a_vector_server_is_still_a_folder(settings: IndexSettings, tmp_path: Path) -> None:
    with_server = settings.model_copy(update={"chroma_url": "http://127.0.0.1:1"})
    changed = cache_settings(with_server, tmp_path / "cache")
    assert (changed.home, changed.chroma_url) == (tmp_path / "cache", None)
    assert changed.model_folder == settings.model_folder


def test_the_cache_is_in_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "storydesk" / "eval"


def test_a_cache_that_cannot_be_written_is_named(files: Files) -> None:
    in_the_way = files.folder / "file"
    in_the_way.write_text("")
    with pytest.raises(StorageError, match=r"The folder .*file cannot be written .*--cache"):
        keep_corpus(files.write("corpus.jsonl", STORIES), in_the_way)


def test_the_same_stories_are_one_corpus_and_others_another(files: Files, home: Path) -> None:
    first = keep_corpus(files.write("a.jsonl", STORIES), home)
    same = keep_corpus(files.write("b.jsonl.gz", STORIES), home)
    other = keep_corpus(files.write("c.jsonl", STORIES[:3]), home)
    assert first == same
    assert first.library != other.library
    assert len(list((home / "corpora").iterdir())) == 2
