"""`storydesk train-reader`: what it asks for, and what it tells."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.stories import Finding
from index.training.checking import Score
from index.training.further import Trained

Storydesk = Callable[..., Any]
PASSAGE = Finding("s", "Storm", None, None, None, "en", "p", 0, 31, "The bridge was closed on Monday.", 1.0, None, None)


@pytest.fixture
def trained_with(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Stands for the training itself, and remembers what it was given."""
    calls: list[Any] = []

    def train(settings: Any, examples: Any, folder: Path, **options: Any) -> Trained:
        calls.append((list(examples), folder, options["epochs"]))
        return Trained(Score(0.5, 0.0, 4, 0), Score(0.75, 1.0, 4, 2), 24)

    monkeypatch.setattr("index.training.further.train_further", train)
    return calls


def known(path: Path, *records: object) -> str:
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return str(path)


def test_questions_are_looked_up_and_what_came_of_it_is_told(
    storydesk: Storydesk, engine: Any, trained_with: list[Any], tmp_path: Path
) -> None:
    engine.findings = [PASSAGE]
    file = known(tmp_path / "q", {"question": "When?", "answer": "Monday"}, {"question": "Who?", "answer": "Nobody"})
    run = storydesk("train-reader", "--questions", file, "--output", str(tmp_path / "mine"), "--epochs", "3")
    assert run.code == 0
    ((examples, folder, epochs),) = trained_with
    assert [(each.question, each.contexts[0].answers) for each in examples] == [("When?", ((25, 31),))]
    assert (folder, epochs) == (tmp_path / "mine", 3.0)
    assert "before: 50% of 4 answered rightly\n" in run.out
    assert "after:  75% of 4 answered rightly, 100% of 2 without an answer told as such\n" in run.out
    assert f"STORYDESK_READER_MODEL={tmp_path / 'mine'}" in run.out
    assert "Line 2 is left out" in run.err


def test_json_has_the_scores(storydesk: Storydesk, engine: Any, trained_with: list[Any], tmp_path: Path) -> None:
    engine.findings = [PASSAGE]
    file = known(tmp_path / "q", {"question": "When?", "answer": "Monday"})
    run = storydesk("train-reader", "--questions", file, "--output", str(tmp_path / "mine"), "--json")
    printed = json.loads(run.out)
    assert printed["trained_on"] == 24
    assert printed["left_out"] == 0
    assert printed["after"] == {"right": 0.75, "told": 1.0, "answerable": 4, "unanswerable": 2}


def test_a_wrong_line_is_named_and_nothing_is_trained(
    storydesk: Storydesk, trained_with: list[Any], tmp_path: Path
) -> None:
    run = storydesk("train-reader", "--questions", known(tmp_path / "q", ["x"]), "--output", str(tmp_path / "mine"))
    assert run.code == 1
    assert "Line 1 of" in run.err
    assert trained_with == []


def test_too_few_questions_are_refused(storydesk: Storydesk, engine: Any, tmp_path: Path) -> None:
    engine.findings = [PASSAGE]
    file = known(tmp_path / "q", {"question": "When?", "answer": "Monday"})
    run = storydesk("train-reader", "--questions", file, "--output", str(tmp_path / "mine"))
    assert run.code == 1
    assert "Only 1 questions can be trained on; give at least 20" in run.err
    assert not (tmp_path / "mine").exists()
