"""Train the reader in the package and write its weights.

    python training/make_reader.py --squad squad11-b.json --squad2 squad20-half.json --unseen squad11-a.json \\
        --qamr dev.tsv.gz --qamr test.tsv.gz

SQuAD 1.1 and 2.0 (CC BY-SA 4.0) and QAMR (MIT) are given by their files; the stories beside this script are our own.
Articles of the file `--unseen` are left out of SQuAD 2.0, so that they can be reported on. Everything else is fixed
here: the same files and seed give the same examples in the same order. Takes about half an hour on two cores that
compute in bfloat16.
"""

import argparse
import json
import random
from pathlib import Path

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
SQUAD_QUESTIONS = 4_600
QAMR_QUESTIONS = 2_000
OWN_TIMES = 2
SEED = 1
RANK = 48


def main() -> None:
    """Read, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squad", type=Path, required=True, help="SQuAD 1.1 to learn from")
    parser.add_argument("--squad2", type=Path, required=True, help="SQuAD 2.0, whose unanswerable questions are used")
    parser.add_argument("--unseen", type=Path, required=True, help="SQuAD 1.1 whose articles are not to be seen")
    parser.add_argument("--qamr", type=Path, action="append", default=[], help="QAMR, gzipped; may be repeated")
    parser.add_argument("--rank", type=int, default=RANK, help=f"rank of the kept differences (default {RANK})")
    parser.add_argument("--output", type=Path, default=TARGET, help="file for the weights (default: in the package)")
    options = parser.parse_args()

    chosen = gather(options.squad, options.squad2, options.unseen, options.qamr)
    model, tokenizer = base_model()
    base, _ = base_model()
    base.qa_outputs.load_state_dict(model.qa_outputs.state_dict())
    freeze_embeddings(model)
    plan = Plan(epochs=1.0, seed=SEED)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"), TimeRemainingColumn())
    with Progress(*columns) as bars:
        task = bars.add_task("training")
        train(
            model,
            tokenizer,
            chosen,
            plan,
            bfloat16=computes_bfloat16(),
            on_progress=lambda _, done, total: bars.update(task, completed=done, total=total),
        )
    size = save_difference(
        model, base, options.output, rank=options.rank, metadata={"name": f"storydesk-reader-{SEED}"}
    )
    print(f"wrote {options.output}, {size / 1e6:.1f} MB, torch {torch.__version__}")


def gather(squad: Path, squad2: Path, unseen: Path, qamr: list[Path]) -> list[Example]:
    """All examples that the reader in the package is trained on."""
    chance = random.Random(SEED)
    answered = examples(read_squad(squad), negatives=1, seed=SEED)
    titles = {article["title"] for article in json.loads(unseen.read_text(encoding="utf-8"))["data"]}
    second = read_squad(squad2, leaving_out=titles)
    impossible = Collection(second.passages, tuple(asked for asked in second.asked if not asked.answers))
    short: list[Example] = []
    for path in qamr:
        short += examples(read_qamr(path), negatives=1, seed=SEED)
    return [
        *chance.sample(answered, min(SQUAD_QUESTIONS, len(answered))),
        *examples(impossible, negatives=1, seed=SEED),
        *chance.sample(short, min(QAMR_QUESTIONS, len(short))),
        *(own_examples() * OWN_TIMES),
    ]


def own_examples() -> list[Example]:
    """The stories beside this script, cut as the index cuts stories, with the passages a search mixes them up with."""
    token_offsets = load_token_offsets(IndexSettings.model_validate({}))

    def cut(text: str, title: str) -> list[Span]:
        passages = cut_passages(text, title=title, token_offsets=token_offsets, language="en")
        return [(passage.start, passage.end) for passage in passages]

    files = sorted((HERE / "stories").glob("*.jsonl"))
    return examples(joined([read_stories(path, cut=cut) for path in files]), negatives=2, seed=SEED)


if __name__ == "__main__":
    main()
