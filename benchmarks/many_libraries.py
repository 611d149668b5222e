"""Asks 500 libraries of 200 passages in turn, round after round, when 1,024 files may be open and when many may.

    python benchmarks/many_libraries.py --libraries 500 --passages 200 --rounds 3

The stories are made of random words and the vectors are random but fixed for each text, so the times are of search
alone: no model is loaded and nothing is embedded. Stories are added under the limit too. Between two rounds some are
added to every tenth library, from a thread of its own, while three others ask. Whatever the limit, at most 256 vector
indexes are kept open, for the memory they take.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from index.engine import Engine
from index.settings import IndexSettings

_DIMENSION = 384
_LIMIT = 1_024
_NOW = datetime(2025, 6, 1, tzinfo=UTC)
_WORDS = [f"{start}{end}" for start in "ba de fi go hu ka le mi no pu ra se ti vo wu".split() for end in
          "ban der fin gol hun kar len min nor pul ram sel tin vor wun zed".split()]  # fmt: skip


class RandomVectors:
    """In place of a model: a vector for each text, the same each time."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Normalised vectors, float32 of shape (len(texts), 384)."""
        seeds = [int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) for text in texts]
        rows = np.stack([np.random.default_rng(seed).standard_normal(_DIMENSION, dtype=np.float32) for seed in seeds])
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    def embed_tokens(self, texts: Sequence[str]) -> list[Any]:
        """Not needed to search."""
        raise NotImplementedError


def main() -> None:
    """Make the libraries, ask them under the limit, and ask them again without it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--libraries", type=int, default=500)
    parser.add_argument("--passages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--home", type=Path, help="where to keep the data, which are then used again")
    parser.add_argument("--part", choices=["add", "ask"], help=argparse.SUPPRESS)
    parser.add_argument("--limit", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (given.limit, given.limit))
        (_add if given.part == "add" else _ask)(given)
        return
    print(f"{given.libraries} libraries of {given.passages} passages, {given.rounds} rounds, in milliseconds")
    print("random vectors in place of a model: the times are of search alone\n")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or Path(folder)
        if not (home / "made").exists():
            _run(given, "add", home, _LIMIT)
            (home / "made").touch()
        _run(given, "ask", home, _LIMIT)
        if most > _LIMIT:
            _run(given, "ask", home, most)
        else:
            print(f"not compared: this process itself may open no more than {most} files")


def _run(given: argparse.Namespace, part: str, home: Path, limit: int) -> None:
    options = {"part": part, "home": home, "limit": limit, "libraries": given.libraries,
               "passages": given.passages, "rounds": given.rounds}  # fmt: skip
    command = [
        sys.executable,
        __file__,
        *(text for name, value in options.items() for text in (f"--{name}", str(value))),
    ]
    subprocess.run(command, check=True)


def _open(home: Path) -> Engine:
    folder = home / "model"
    if not folder.exists():
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_text("random")
        tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = Whitespace()
        tokenizer.save(str(folder / "tokenizer.json"))
    digest = hashlib.sha256(b"random").hexdigest()
    settings = IndexSettings(home=home / "data", model_folder=folder, model_sha256=digest)
    return Engine.open(settings, load_embedder=lambda _: RandomVectors())


def _sentence(chosen: random.Random) -> str:
    return " ".join(chosen.choices(_WORDS, k=12)).capitalize() + "."


def _write_stories(path: Path, *, seed: str, passages: int) -> None:
    """Stories of at most 50 paragraphs, each of which is a passage."""
    chosen = random.Random(seed)
    records = []
    for first in range(0, passages, 50):
        paragraphs = [" ".join(_sentence(chosen) for _ in range(14)) for _ in range(min(50, passages - first))]
        records.append({"id": f"{seed}-{first}", "title": _sentence(chosen)[:-1], "text": "\n\n".join(paragraphs)})
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))


def _add(given: argparse.Namespace) -> None:
    started = time.perf_counter()
    stories = given.home / "stories.jsonl"
    with _open(given.home) as engine:
        for number in range(given.libraries):
            _write_stories(stories, seed=f"library-{number}", passages=given.passages)
            results = list(engine.add([stories], library=f"library-{number}"))
            assert {result.status for result in results} == {"added"}, results
            library = engine.catalog.library(f"library-{number}")
            assert library is not None
            assert (count := engine.catalog.count_passages(library)) == given.passages, count
        seconds = time.perf_counter() - started
        print(f"added under a limit of {given.limit} open files in {seconds:.0f} s; {_state()}", flush=True)


def _ask(given: argparse.Namespace) -> None:
    print(f"\nlimit of {given.limit} open files", flush=True)
    with _open(given.home) as engine:
        for turn in range(1, given.rounds + 1):
            times = [_ask_one(engine, number, turn) for number in range(given.libraries)]
            print(f"  round {turn}, one thread:        {_times(times)}; {_state()}", flush=True)
            times = _ask_while_adding(engine, given, turn)
            print(f"  round {turn}, 3 threads, adding: {_times(times)}; {_state()}", flush=True)
        times = []
        for number in range(0, given.libraries, max(1, given.libraries // 20)):
            times += [_ask_one(engine, number, turn) for turn in range(10)][1:]
        print(f"  the same library again:   {_times(times)}", flush=True)


def _ask_one(engine: Engine, number: int, turn: int) -> float:
    question = _sentence(random.Random(f"question-{number}-{turn}"))
    started = time.perf_counter()
    notes: list[str] = []
    found = engine.find(question, library=f"library-{number}", leg="vectors", now=_NOW, on_note=notes.append)
    seconds = time.perf_counter() - started
    assert len(found) == 10, f"library-{number}: {len(found)} found"
    assert not notes, notes
    return seconds


def _ask_while_adding(engine: Engine, given: argparse.Namespace, turn: int) -> list[float]:
    def add() -> None:
        stories = given.home / "more.jsonl"
        for number in range(0, given.libraries, 10):
            _write_stories(stories, seed=f"more-{number}-{turn}-{given.limit}-{time.time_ns()}", passages=5)
            results = list(engine.add([stories], library=f"library-{number}"))
            assert {result.status for result in results} == {"added"}, results

    numbers = list(range(given.libraries))
    random.Random(turn).shuffle(numbers)
    with ThreadPoolExecutor(4) as threads:
        adding = threads.submit(add)
        times = list(threads.map(lambda number: _ask_one(engine, number, turn), numbers))
        adding.result()
    return times


def _times(seconds: Sequence[float]) -> str:
    p50, p95 = np.percentile(np.array(seconds) * 1_000, [50, 95])
    return f"p50 {p50:6.1f}  p95 {p95:6.1f}  longest {max(seconds) * 1_000:6.0f}"


def _state() -> str:
    """Memory and open files now, where the system tells them as Linux does."""
    status = Path("/proc/self/status")
    if not status.exists():
        return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss} memory at most"
    memory = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    files = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count
    return f"{int(memory.split()[1]) // 1024} MB, {files} files open"


if __name__ == "__main__":
    main()
