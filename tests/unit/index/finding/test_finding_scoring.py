"""One score out of all that speaks for a passage."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from index.finding.recency import Timing
from index.finding.scoring import FEATURES, evidence, shipped_weights, weigh
from index.stories import Finding

TODAY = date(2025, 5, 23)
PASSAGE = Finding("s", "The ferry", None, None, None, "en", "p", 0, 20, "The ferry sank.", 0.0, 0.5, 4.0)
OTHER = replace(PASSAGE, story_id="t", passage_id="q", title="A parade", text="Bands played.", start=80)


def of(findings: list[Finding], days: list[int] | None = None) -> dict[str, list[float]]:
    found = evidence("When did the ferry sink?", findings, days or [0] * len(findings), timing=Timing(TODAY))
    assert found.shape == (len(findings), len(FEATURES))
    return {name: [float(value) for value in column] for name, column in zip(FEATURES, found.T, strict=True)}


def test_each_leg_counts_as_a_share_of_its_best() -> None:
    told = of([PASSAGE, replace(OTHER, vector_score=0.25, word_score=None)])
    assert told["near"] == [1.0, 0.5]
    assert told["worded"] == [1.0, 0.0]


def test_a_story_is_supported_by_its_other_passage_and_led_by_its_first() -> None:
    told = of([PASSAGE, replace(PASSAGE, passage_id="p2", start=40), OTHER])
    assert told["supported"] == [1.0, 1.0, 0.0]
    assert told["opening"] == [1.0, 0.0, 0.0]


def test_the_day_counts_where_there_is_one() -> None:
    assert of([PASSAGE, OTHER], [TODAY.toordinal(), 0])["recency"] == [1.0, 0.0]


def test_the_title_counts_as_words_of_the_passage() -> None:
    told = of([replace(PASSAGE, text="It sinks."), OTHER])
    assert told["rare_words"][0] == pytest.approx(1.0)
    assert told["rare_words"][1] == 0.0


def test_a_score_is_the_weighted_mean() -> None:
    rows = np.array([[1.0] * len(FEATURES), [0.0] * len(FEATURES), [1.0] + [0.0] * (len(FEATURES) - 1)])
    assert weigh(rows, {"near": 3.0, "pairs": 1.0}) == pytest.approx([1.0, 0.0, 0.75])
    assert weigh(rows)[:2] == pytest.approx([1.0, 0.0])


def test_the_package_weighs_every_feature_and_none_against_a_passage() -> None:
    weights = shipped_weights()
    assert tuple(weights) == FEATURES
    assert min(weights.values()) >= 0.0
    assert sum(weights.values()) == pytest.approx(1.0, abs=0.001)


def test_nothing_found_is_nothing_weighed() -> None:
    assert weigh(evidence("Who?", [], [], timing=Timing(TODAY))).shape == (0,)
