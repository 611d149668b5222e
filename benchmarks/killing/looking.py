"""Looks at what a data folder holds, past the engine first and then through it, and says what is wrong with it."""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.engine import Engine
from index.finding import Embedder, SentenceTransformerEmbedder, TextVectors
from index.finding.model_files import model_fingerprint
from index.settings import IndexSettings
from index.stories import Leg
from killing.processes import Run, Site
from killing.stories import OurStory

_LEGS: tuple[Leg, ...] = ("vectors", "words")
_LIMIT = 50
"""Among how many passages a story has to be: the question is whether an index has it, not how well it ranks."""
_NEVER: dict[str, str] = {
    "staged versions": "SELECT count(*) FROM versions WHERE state = 'staged'",
    "retired versions": "SELECT count(*) FROM versions WHERE state = 'retired'",
    "building generations": "SELECT count(*) FROM generations WHERE state = 'building'",
    "retired generations": "SELECT count(*) FROM generations WHERE state = 'retired'",
    "stories without a version": (
        "SELECT count(*) FROM stories WHERE NOT EXISTS (SELECT 1 FROM versions WHERE story_id = stories.id)"
    ),
    "stories with two live versions": (
        "SELECT count(*) FROM (SELECT 1 FROM versions WHERE state = 'live' GROUP BY story_id HAVING count(*) > 1)"
    ),
    "libraries with two current generations": (
        "SELECT count(*) FROM (SELECT 1 FROM generations WHERE state = 'current' GROUP BY library_id "
        "HAVING count(*) > 1)"
    ),
    "passages without a version": ("SELECT count(*) FROM passages WHERE version_id NOT IN (SELECT id FROM versions)"),
    "passages of a splitter that no generation has": (
        "SELECT count(*) FROM passages WHERE splitter NOT IN (SELECT splitter FROM generations)"
    ),
    "live versions without a passage": (
        "SELECT count(*) FROM versions WHERE state = 'live' AND id NOT IN (SELECT version_id FROM passages)"
    ),
    "live versions that the current generation has not": (
        "SELECT count(*) FROM versions JOIN stories ON stories.id = story_id JOIN generations "
        "ON generations.library_id = stories.library_id AND generations.state = 'current' "
        "WHERE versions.state = 'live' AND NOT EXISTS (SELECT 1 FROM indexed_versions "
        "WHERE version_id = versions.id AND generation_id = generations.id)"
    ),
    "passages without a vector of the current model": (
        "SELECT count(*) FROM passages JOIN versions ON versions.id = version_id JOIN stories "
        "ON stories.id = story_id JOIN generations ON generations.library_id = stories.library_id "
        "AND generations.state = 'current' AND generations.splitter = passages.splitter "
        "WHERE NOT EXISTS (SELECT 1 FROM vectors WHERE vectors.text_key = passages.text_key "
        "AND vectors.model = generations.model)"
    ),
    "vectors that nothing needs": (
        "SELECT count(*) FROM vectors WHERE text_key NOT IN (SELECT text_key FROM passages) "
        "OR model NOT IN (SELECT model FROM generations)"
    ),
}
"""What must not be there once a command has ended, and how many of it there are."""


@dataclass(frozen=True)
class Expected:
    """What a data folder has to hold: `present` is there, `gone` is not.

    Of each pair in `one_of` one is there. Each of `whole` may be there or not: it is found or leaves no trace.
    """

    present: Sequence[OurStory] = ()
    gone: Sequence[OurStory] = ()
    one_of: Sequence[tuple[OurStory, OurStory]] = ()
    whole: Sequence[OurStory] = ()


class Looker:
    """Looks at data folders with models that are loaded once and texts that are embedded once."""

    def __init__(self) -> None:
        self._embedders: dict[str, Embedder] = {}

    def look(self, site: Site, expected: Expected, *, chance: random.Random) -> list[str]:
        """What is wrong in the data folder of `site`, which no process may hold; nothing when all is well."""
        problems = [*_look_at_catalog(site.home), *_look_at_indexes(site.home)]
        with self._engine(site) as engine:
            live = {summary.title for summary in engine.catalog.summaries()}
            problems += [f"lost: {story.title!r}" for story in expected.present if story.title not in live]
            problems += [f"still there: {story.title!r}" for story in expected.gone if story.title in live]
            problems += [
                f"not one of two: {one.title!r}, {other.title!r}"
                for one, other in expected.one_of
                if (one.title in live) == (other.title in live)
            ]
            pairs = (story for pair in expected.one_of for story in pair)
            for story in (*expected.present, *expected.gone, *expected.whole, *pairs):
                search = _look_for if story.title in live else _look_for_traces
                problems += search(engine, story, chance)
        return problems

    @contextmanager
    def _engine(self, site: Site) -> Iterator[Engine]:
        names = {name.removeprefix("STORYDESK_").lower(): value for name, value in site.settings.items()}
        settings = IndexSettings.model_validate({"home": site.home, **names})
        with Engine.open(settings, load_embedder=self._embedder) as engine:
            yield engine

    def _embedder(self, settings: IndexSettings) -> Embedder:
        fingerprint = model_fingerprint(settings)
        if fingerprint not in self._embedders:
            self._embedders[fingerprint] = _Remembering(SentenceTransformerEmbedder.load(settings))
        return self._embedders[fingerprint]


class _Remembering:
    """Embeds each text once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= dict(zip(new, self._embedder.embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])

    def embed_tokens(self, texts: Sequence[str]) -> list[TextVectors]:
        return self._embedder.embed_tokens(texts)


def _look_for(engine: Engine, story: OurStory, chance: random.Random) -> Iterator[str]:
    sentence = chance.choice(story.sentences)
    for leg in _LEGS:
        findings = engine.find(sentence, leg=leg, limit=_LIMIT)
        if not any(finding.title == story.title and sentence in finding.text for finding in findings):
            yield f"not found by {leg}: {story.title!r}, {sentence!r}"


def _look_for_traces(engine: Engine, story: OurStory, chance: random.Random) -> Iterator[str]:
    sentence = chance.choice(story.sentences)
    for leg in _LEGS:
        if any(sentence in finding.text for finding in engine.find(sentence, leg=leg, limit=_LIMIT)):
            yield f"still found by {leg}: {story.title!r}"


@contextmanager
def _catalog(home: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{home}/catalog.sqlite3?mode=ro", uri=True, timeout=30)) as connection:
        yield connection


def work_has_begun(home: Path) -> bool:
    """Whether a generation of indexes is being made, as a rebuild does."""
    with _catalog(home) as connection:
        return bool(connection.execute("SELECT count(*) FROM generations WHERE state = 'building'").fetchone()[0])


def vectors_were_kept(home: Path) -> bool:
    """Whether texts were embedded with a second model."""
    with _catalog(home) as connection:
        return bool(connection.execute("SELECT count(DISTINCT model) > 1 FROM vectors").fetchone()[0])


def _look_at_catalog(home: Path) -> Iterator[str]:
    with _catalog(home) as connection:
        for what, query in _NEVER.items():
            (number,) = connection.execute(query).fetchone()
            if number:
                yield f"{number} {what}"
        if broken := connection.execute("PRAGMA foreign_key_check").fetchall():
            yield f"broken references: {broken[:3]}"
        (sound,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if sound != "ok":
            yield f"the catalog is damaged: {sound}"


def _look_at_indexes(home: Path) -> Iterator[str]:
    """Whether both indexes have just the passages that the catalog has, and no index is left over."""
    with _catalog(home) as connection:
        (catalog_id,) = connection.execute("SELECT value FROM facts WHERE name = 'catalog id'").fetchone()
        generations = [row[0] for row in connection.execute("SELECT id FROM generations")]
        passages = {
            generation: {
                row[0]
                for row in connection.execute(
                    "SELECT passages.id FROM passages JOIN versions ON versions.id = version_id "
                    "JOIN stories ON stories.id = story_id JOIN generations USING (library_id, splitter) "
                    "WHERE generations.id = ? AND versions.state = 'live'",
                    (generation,),
                )
            }
            for generation in generations
        }
    in_vectors, in_words = _ids_in_vectors(home / "vectors", f"storydesk-{catalog_id}-"), _ids_in_words(home / "words")
    for index, found in (("vectors", in_vectors), ("words", in_words)):
        if surplus := found.keys() - passages.keys():
            yield f"{index} of generations that the catalog does not know: {sorted(surplus)}"
        for generation, expected in passages.items():
            ids = found.get(generation, [])
            if sorted(ids) != sorted(expected):
                lacking, extra = len(expected - set(ids)), len(ids) - len(expected & set(ids))
                yield f"{index} of generation {generation}: {lacking} passages lacking, {extra} too many"


def _ids_in_vectors(path: Path, prefix: str) -> dict[int, list[str]]:
    import chromadb
    from chromadb.config import Settings

    client: Any = chromadb.PersistentClient(str(path), Settings(anonymized_telemetry=False))
    try:
        return {
            int(collection.name.removeprefix(prefix)): collection.get(include=[])["ids"]
            for collection in client.list_collections()
        }
    finally:
        client.close()


def _ids_in_words(path: Path) -> dict[int, list[str]]:
    import tantivy

    found = {}
    for folder in path.iterdir():
        searcher = tantivy.Index.open(str(folder)).searcher()
        hits = searcher.search(tantivy.Query.all_query(), max(1, searcher.num_docs)).hits
        found[int(folder.name)] = [searcher.doc(address)["passage_id"][0] for _, address in hits]
    return found


def look_at_doctor(run: Run, *, warnings: Sequence[str] = ()) -> list[str]:
    """What `storydesk doctor --json` does not like, other than a missing token and what `warnings` names."""
    if len(run.lines) != 1:
        return look_at_end(run, code=0) or [f"{run.command} printed {len(run.lines)} lines"]
    return [
        f"doctor: {check['status']} {check['name']}: {check['message']}"
        for check in run.lines[0]["checks"]
        if check["status"] != "OK" and not (check["status"] == "WARN" and check["name"] in ("token", *warnings))
    ]


def look_at_end(run: Run, *, code: int) -> list[str]:
    """Whether a run ended as it should, with one line on standard error at most."""
    problems = []
    if run.code != code:
        problems.append(f"{run.command} ended with {run.code} instead of {code}: {run.err.strip()[-600:]}")
    if "Traceback" in run.err or run.err.count("\n") > 1:
        problems.append(f"{run.command} printed more than a line of errors: {run.err.strip()[-600:]}")
    return problems


def look_by_command(site: Site, story: OurStory, *, chance: random.Random) -> list[str]:
    """Whether `storydesk find` finds the story by its own sentence in both legs."""
    problems = []
    for leg in _LEGS:
        sentence = chance.choice(story.sentences)
        run = site.run("find", sentence, "--leg", leg, "--limit", str(_LIMIT), "--json")
        problems += look_at_end(run, code=0)
        findings = run.lines[0]["findings"] if run.lines else []
        if not any(finding["title"] == story.title for finding in findings):
            problems.append(f"{run.command} does not find {story.title!r}")
    return problems
