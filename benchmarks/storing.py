"""Measure storing: how fast stories are published, what is on disk, how fast a large data folder starts and searches.

    python benchmarks/storing.py publish             # with the model, against the model alone on the same passages
    python benchmarks/storing.py lock                # what waiting for another process costs
    python benchmarks/storing.py float16             # what rounding the kept vectors costs in ranking
    python benchmarks/storing.py large --passages 100000   # size, start, search, rebuild against Chroma alone

Everything lies in a temporary folder. "publish", "lock" and "float16" use the packaged model; "large" uses random
vectors of the same dimension in its place, as it measures the stores. Stories are made up from a list of words.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.engine import Engine
from index.finding import SentenceTransformerEmbedder, TextVectors
from index.settings import IndexSettings

DIMENSION = 384
PARTS = 6
WORDS = (
    "the of a in to and on for with from by at council harbour minister bridge report storm railway court prisoners "
    "exchange talks vote hospital school river market price workers strike company election border village mayor "
    "engineers figures evening morning week month officials residents police army ferry island budget plan people "
    "said told found opened closed rejected accepted doubled fell rose reached crossed signed delayed new old large"
).split()


def main() -> int:
    """Run what was asked for; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["publish", "lock", "float16", "large"])
    parser.add_argument("--stories", type=int, default=240, help="for publish and float16 (default 240)")
    parser.add_argument("--passages", type=int, default=100_000, help="for large (default 100000)")
    parser.add_argument("--folder", type=Path, default=None, help="where to make the temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        match given.what:
            case "publish":
                measure_publishing(folder, stories=given.stories)
            case "lock":
                measure_waiting(folder)
            case "float16":
                measure_rounding(folder, stories=given.stories)
            case "large":
                measure_large(folder, passages=given.passages)
    return 0


class Recording:
    """The model, with a record of what it was given."""

    def __init__(self, embedder: SentenceTransformerEmbedder) -> None:
        self._embedder = embedder
        self.calls: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As the model does."""
        self.calls.append(list(texts))
        return self._embedder.embed(texts)

    def embed_tokens(self, texts: Sequence[str]) -> list[TextVectors]:
        """As the model does."""
        return self._embedder.embed_tokens(texts)


def measure_publishing(folder: Path, *, stories: int) -> None:
    """Publish parts of the stories in turn with encoding the same texts alone, so that noise falls on both."""
    settings = IndexSettings(home=folder / "home")
    embedder = SentenceTransformerEmbedder.load(settings)
    embedder.embed([" ".join(made_up(random.Random(1), 9, number=1))] * 64)
    alone = publishing = 0.0
    passages = 0
    recording = Recording(embedder)
    with Engine.open(settings, load_embedder=lambda _: recording) as engine:
        for part in range(PARTS):
            path = write_stories(folder / f"{part}.jsonl", stories // PARTS, seed=part, paragraphs=6)
            recording.calls.clear()
            began = time.perf_counter()
            for result in engine.add([path]):
                assert result.status == "added", result
            publishing += time.perf_counter() - began
            passages += sum(len(call) for call in recording.calls)
            began = time.perf_counter()
            for call in recording.calls:
                embedder.embed(call)
            alone += time.perf_counter() - began
    print(f"{stories} stories, {passages} passages")
    print(f"encoder alone      {passages / alone:8.1f} passages/s   {stories / alone:6.2f} stories/s")
    print(f"storydesk add      {passages / publishing:8.1f} passages/s   {stories / publishing:6.2f} stories/s")
    print(f"share of encoder   {alone / publishing:8.1%}")


def measure_waiting(folder: Path) -> None:
    """How long after one process let go of the data folder the next one has it, beside opening it when it is free."""
    settings = IndexSettings(home=folder / "home")
    with Engine.open(settings):
        pass
    holding = (
        "import sys, time; from pathlib import Path; from index.holding.lock import hold\n"
        f"lock = hold(Path({str(settings.home)!r}), wait_seconds=60)\n"
        "print(flush=True); sys.stdin.readline(); print(time.time(), flush=True); lock.release()"
    )
    free, waited = [], []
    for _ in range(20):
        began = time.time()
        with Engine.open(settings):
            free.append(time.time() - began)
        holder = subprocess.Popen(
            [sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdout.readline()

        def let_go(_: str, holder: "subprocess.Popen[str]" = holder) -> None:
            assert holder.stdin is not None
            holder.stdin.write("\n")
            holder.stdin.flush()

        with Engine.open(settings, on_wait=let_go):
            now = time.time()
        waited.append(now - float(holder.stdout.readline()))
        holder.wait()
    print(f"opening a free folder              {1_000 * statistics.median(free):6.1f} ms")
    print(f"from its release to being open     {1_000 * statistics.median(waited):6.1f} ms")


def measure_rounding(folder: Path, *, stories: int) -> None:
    """Rank all passages for each question by full and by rounded vectors, and compare the first ten."""
    embedder = SentenceTransformerEmbedder.load(IndexSettings(home=folder))
    source = random.Random(7)
    texts = [sentence for number in range(stories) for sentence in made_up(source, 10, number=number)]
    full = embedder.embed(texts)
    questions = embedder.embed(
        [f"What did the {source.choice(WORDS[18:50])} say of {number}?" for number in range(300)]
    )
    rounded = full.astype(np.float16).astype(np.float32)
    exact, coarse = questions @ full.T, questions @ rounded.T
    first = np.argsort(-exact, axis=1)[:, :10]
    same_first = float(np.mean(first[:, 0] == np.argmax(coarse, axis=1)))
    second = np.argsort(-coarse, axis=1)[:, :10]
    overlap = statistics.mean(len(set(a) & set(b)) / 10 for a, b in zip(first.tolist(), second.tolist(), strict=True))
    print(f"{len(texts)} passages, {len(questions)} questions")
    print(f"largest difference of a cosine    {float(np.abs(exact - coarse).max()):.6f}")
    print(f"same first passage                {same_first:.2%}")
    print(f"of the first ten, the same        {overlap:.2%}")


class RandomVectors:
    """An embedder that gives random normalised vectors, the same one for the same text."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Float32 of shape (len(texts), DIMENSION)."""
        seeds = [hash(text) & 0xFFFFFFFF for text in texts]
        rows = np.stack([np.random.default_rng(seed).standard_normal(DIMENSION, dtype=np.float32) for seed in seeds])
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def embed_tokens(self, texts: Sequence[str]) -> list[TextVectors]:
        """Not needed here."""
        raise NotImplementedError


def measure_large(folder: Path, *, passages: int) -> None:
    """Fill a data folder through the publisher, then start, rebuild and search it."""
    settings = IndexSettings(home=folder / "home")
    embedder = RandomVectors()
    print("random vectors in the place of the model's", flush=True)
    rates: list[float] = []
    with Engine.open(settings, load_embedder=lambda _: embedder) as engine:
        stored, part = 0, 0
        while stored < passages:
            path = write_stories(folder / "part.jsonl", 500, seed=part, paragraphs=6)
            began = time.perf_counter()
            for result in engine.add([path]):
                assert result.status == "added", result
            now = engine._stores.catalog.count_passages(engine._libraries()[0])
            rates.append((now - stored) / (time.perf_counter() - began))
            stored, part = now, part + 1
            if part % 10 == 1 or stored >= passages:
                print(f"  {stored:9,} passages, {rates[-1]:6.0f} passages/s, {memory_mb():6.0f} MB", flush=True)
    tenth = max(1, len(rates) // 10)
    print(
        f"published            {stored:,} passages; passages/s in the first tenth "
        f"{statistics.mean(rates[:tenth]):.0f}, in the last {statistics.mean(rates[-tenth:]):.0f}"
    )
    for name in ("catalog.sqlite3", "vectors", "words"):
        print(f"on disk, {name:<16} {1_000 * size_mb(settings.home / name) / stored:6.2f} MB per 1,000 passages")
    began = time.perf_counter()
    with Engine.open(settings, load_embedder=lambda _: embedder) as engine:
        opened = time.perf_counter() - began
        question = f"What did the {WORDS[20]} say?"
        engine.find(question)
        print(f"start                {opened:.2f} s to open, first search after {time.perf_counter() - began:.2f} s")
        measure_searching(engine)
        print(f"memory               {memory_mb():.0f} MB at most so far")
        compare_rebuilding(engine, folder, stored)


def measure_searching(engine: Engine) -> None:
    """Search with questions of a few words each, by both legs and by each alone."""
    source = random.Random(3)
    questions = [" ".join(source.sample(WORDS[18:], 5)) for _ in range(200)]
    for leg in ("vectors", "words", "both"):
        times = []
        for question in questions:
            began = time.perf_counter()
            engine.find(question, leg=leg)
            times.append(1_000 * (time.perf_counter() - began))
        low, high = np.percentile(times, [50, 95])
        print(f"search, {leg:<8}     p50 {low:6.1f} ms, p95 {high:6.1f} ms")


def compare_rebuilding(engine: Engine, folder: Path, stored: int) -> None:
    """Rebuild, and then insert the same vectors into an empty Chroma with nothing else."""
    began = time.perf_counter()
    engine.rebuild()
    rebuilt = stored / (time.perf_counter() - began)
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(str(folder / "alone"), Settings(anonymized_telemetry=False))
    collection = client.create_collection("alone", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None)
    began = time.perf_counter()
    for first in range(0, stored, 2_000):
        count = min(2_000, stored - first)
        rows = np.random.default_rng(first).standard_normal((count, DIMENSION), dtype=np.float32)
        collection.add(
            ids=[f"{number:016x}-1-0" for number in range(first, first + count)],
            embeddings=rows / np.linalg.norm(rows, axis=1, keepdims=True),
            metadatas=[{"day": number % 1000} for number in range(count)],
        )
    alone = stored / (time.perf_counter() - began)
    print(f"rebuild              {rebuilt:.0f} passages/s; Chroma's insert alone {alone:.0f}; {rebuilt / alone:.1%}")
    client.close()


def made_up(source: random.Random, sentences: int, *, number: int) -> Iterator[str]:
    """Sentences of 12 to 24 words, each with a number of its own."""
    for sentence in range(sentences):
        words = source.choices(WORDS, k=source.randint(12, 24))
        yield f"{words[0].capitalize()} {' '.join(words[1:])} {number * 1_000 + sentence}."


def write_stories(path: Path, count: int, *, seed: int, paragraphs: int) -> Path:
    """Stories of about `paragraphs` passages each, all different."""
    source = random.Random(seed)
    with path.open("w") as file:
        for number in range(count):
            serial = seed * count + number
            text = "\n\n".join(" ".join(made_up(source, 9, number=serial * 10 + each)) for each in range(paragraphs))
            day = f"2025-{1 + serial % 12:02}-{1 + serial % 28:02}"
            record = {"id": f"made-up-{serial}", "title": f"Story {serial}", "text": text, "published_at": day}
            file.write(f"{json.dumps(record)}\n")
    return path


def memory_mb() -> float:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000


def size_mb(path: Path) -> float:
    """Of a file with its companions, or of a folder."""
    files = path.rglob("*") if path.is_dir() else path.parent.glob(f"{path.name}*")
    return sum(each.stat().st_size for each in files if each.is_file()) / 1_000_000


if __name__ == "__main__":
    sys.exit(main())
