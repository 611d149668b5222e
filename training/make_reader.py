"""Train the reader in the package and write its weights.

    python training/make_reader.py --squad squad11-b.json --squad squad11-a.json --squad2 squad20-half.json \\
        --qamr dev.tsv.gz --qamr test.tsv.gz [--lesson FILE]

SQuAD 1.1 and 2.0 (CC BY-SA 4.0) and QAMR (MIT) are given by their files; the stories beside this script are our own.
SQuAD's articles in `unseen.json` are left out, so that they can be fitted on and reported on. There are two lessons:
reading, from SQuAD and QAMR, and then news, from our stories with some of SQuAD again, so that it is not forgotten.
Everything else is fixed here: the same files and seed give the same examples in the same order. Takes about an hour and
a half on one core that computes in bfloat16; `--lesson` keeps what the first lesson came to in a file of yours, and
goes on from there when it is run again.
"""

import argparse
import json
import random
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from index.answering.shipped_reader import base_model
from index.finding.embedding import computes_bfloat16
from index.finding.model_files import load_token_offsets
from index.settings import IndexSettings
from index.shaping import Span, cut_passages
from index.training.examples import Collection, Example
from index.training.negatives import examples
from index.training.sources import joined, read_qamr, read_squad, read_stories
from index.training.training import Plan, freeze_embeddings, train
from index.training.weights import save_difference

HERE = Path(__file__).parent
TARGET = HERE.parent / "index" / "answering" / "reader.safetensors"
UNSEEN = frozenset(chain.from_iterable(json.loads((HERE / "unseen.json").read_text(encoding="utf-8")).values()))
QAMR_QUESTIONS = 2_000
AGAIN = 800
"""Questions of SQuAD 1.1, and as many of SQuAD 2.0's unanswerable ones, that are read again among the news."""
SEED = 1
NAME = "storydesk-reader-2"
READING = Plan(epochs=1.0, learning_rate=1.5e-4, seed=SEED)
NEWS = Plan(epochs=1.0, learning_rate=1.0e-4, head_rate=2e-4, seed=SEED)


def main() -> None:
    """Read, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squad", type=Path, action="append", required=True, help="SQuAD 1.1; may be repeated")
    parser.add_argument("--squad2", type=Path, required=True, help="SQuAD 2.0, whose unanswerable questions are used")
    parser.add_argument("--qamr", type=Path, action="append", default=[], help="QAMR, gzipped; may be repeated")
    parser.add_argument("--lesson", type=Path, help="file that keeps what the first lesson comes to")
    parser.add_argument("--output", type=Path, default=TARGET, help="file for the weights (default: in the package)")
    options = parser.parse_args()

    torch.manual_seed(SEED)  # the output rows begin at random
    model, tokenizer = base_model()
    base, _ = base_model()
    freeze_embeddings(model)
    answered, impossible = squad_examples(options.squad, options.squad2)
    if options.lesson is not None and options.lesson.exists():
        model.load_state_dict(torch.load(options.lesson, weights_only=True), strict=False)
    else:
        learn(model, tokenizer, reading_examples(answered, impossible, options.qamr), READING, "reading")
        if options.lesson is not None:
            trained = {name: each for name, each in model.state_dict().items() if ".embeddings." not in name}
            torch.save(trained, options.lesson)
    learn(model, tokenizer, news_examples(answered, impossible), NEWS, "news")
    size = save_difference(model, base, options.output, metadata={"name": NAME})
    print(f"wrote {options.output}, {size / 1e6:.1f} MB, torch {torch.__version__}")


def learn(model: Any, tokenizer: Any, chosen: Sequence[Example], plan: Plan, what: str) -> None:
    """One lesson, with its progress."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"), TimeRemainingColumn())
    with Progress(*columns) as bars:
        task = bars.add_task(what)
        train(
            model,
            tokenizer,
            chosen,
            plan,
            bfloat16=computes_bfloat16(),
            on_progress=lambda _, done, total: bars.update(task, completed=done, total=total),
        )


def squad_examples(paths: Sequence[Path], second: Path) -> tuple[list[Example], list[Example]]:
    """Examples of SQuAD 1.1, and of the unanswerable questions of SQuAD 2.0, each with one passage that misleads."""
    answered = examples(joined([read_squad(path, leaving_out=UNSEEN) for path in paths]), negatives=1, seed=SEED)
    collection = read_squad(second, leaving_out=UNSEEN)
    unanswerable = Collection(collection.passages, tuple(asked for asked in collection.asked if not asked.answers))
    return answered, examples(unanswerable, negatives=1, seed=SEED)


def reading_examples(answered: Sequence[Example], impossible: Sequence[Example], qamr: Sequence[Path]) -> list[Example]:
    """What the first lesson is about."""
    chance = random.Random(SEED)
    mixed = chance.sample(answered, len(answered))
    short: list[Example] = []
    for path in qamr:
        short += examples(read_qamr(path), negatives=1, seed=SEED)
    return [*mixed, *impossible, *chance.sample(short, min(QAMR_QUESTIONS, len(short)))]


def news_examples(answered: Sequence[Example], impossible: Sequence[Example]) -> list[Example]:
    """What the second lesson is about: our stories, each question with two passages that a search mixes up with it."""
    chance = random.Random(SEED)
    again = [*chance.sample(answered, AGAIN), *chance.sample(impossible, AGAIN)]
    token_offsets = load_token_offsets(IndexSettings.model_validate({}))

    def cut(text: str, title: str) -> list[Span]:
        passages = cut_passages(text, title=title, token_offsets=token_offsets, language="en")
        return [(passage.start, passage.end) for passage in passages]

    files = sorted((HERE / "stories").glob("*.jsonl"))
    own = examples(joined([read_stories(path, cut=cut) for path in files]), negatives=2, seed=SEED)
    return [*again, *own]


if __name__ == "__main__":
    main()
