"""`storydesk eval` with the real model."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

STORIES: list[dict[str, Any]] = [
    {
        "id": "bridge",
        "title": "New bridge over the Orla opens",
        "text": "The new bridge over the Orla opened on Wednesday morning. It cost 48 million euros.",
        "publish_date": "2025/04/02",
    },
    {
        "id": "harbour",
        "title": "Storm closes the harbour of Tarn",
        "text": "The harbour of Tarn was closed after the storm. Harbour master Jon Ferro said 26 boats had been lost.",
        "publish_date": "2025/05/20",
    },
    {
        "id": "watches",
        "title": "Museum of Clocks is robbed",
        "text": "Thieves took 14 pocket watches from the museum in Velm on Sunday night, director Ana Sorel said.",
        "publish_date": None,
    },
]
QUESTIONS: list[dict[str, Any]] = [
    {"id": "cost", "question": "How much did the bridge over the Orla cost?", "answers": ["48 million euros"]}
    | {"date": "2025/05/22", "gold_docs": ["bridge"]},
    {"id": "boats", "question": "How many boats were lost in the harbour of Tarn?", "answers": ["26"]}
    | {"date": "2025/05/22", "silver_docs": ["harbour"]},
]
REFUSALS = [{"id": "chess", "question": "Who won the chess championship of Karo?", "now": "2025/05/22"}]


@pytest.mark.slow
def test_a_small_corpus_is_measured_with_the_real_model(storydesk: Any, tmp_path: Path) -> None:
    for name, records in (("corpus.jsonl.gz", STORIES), ("questions.jsonl", QUESTIONS), ("refusals.jsonl", REFUSALS)):
        text = "".join(f"{json.dumps(record)}\n" for record in records).encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    run = storydesk(
        *("eval", "--questions", "questions.jsonl", "--split", "all", "--json", "--plot", "curve.png"),
        settings={
            "STORYDESK_EVAL_CORPUS": "corpus.jsonl.gz",
            "STORYDESK_EVAL_REFUSALS": "refusals.jsonl",
            "STORYDESK_EVAL_CACHE": "cache",
        },
    )
    assert run.code == 0, run.err
    found = run.json
    assert found["retrieval"]["gold"] == {"n": 1, "hit1": 1.0, "hit5": 1.0, "hit10": 1.0, "mrr10": 1.0}
    assert found["retrieval"]["gold_silver"] == {"n": 2, "hit1": 1.0, "hit5": 1.0, "hit10": 1.0, "mrr10": 1.0}
    assert found["answers"]["all"]["contains1"] == 1.0
    assert found["answers"]["all"]["citation_precision"] == 1.0
    assert found["refusals"]["elsewhere"]["auroc"] == 1.0
    assert found["refusals"]["left_out"] | {"n": 2, "auroc": 1.0} == found["refusals"]["left_out"]
    assert found["latency_ms"]["total"]["p50"] > 0
    assert (tmp_path / "curve.png").stat().st_size > 1_000
    assert (tmp_path / "cache" / "catalog.sqlite3").exists()
    assert not storydesk.home.exists(), "a person's own data folder is not touched"
