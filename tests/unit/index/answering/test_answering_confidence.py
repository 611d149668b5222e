"""What makes an answer sure."""

import pytest

from index.answering.beliefs import Belief
from index.answering.confidence import FEATURES, READ_FEATURES, Calibration, confidence, features, suiting
from index.answering.questions import understand
from index.answering.sentences import Candidate
from index.stories import Finding

QUESTION = understand("How many goats crossed the Sarn bridge?")


def candidate(text: str, *, story: str, passage: str, title: str = "News", kind_fit: float = 1.0) -> Candidate:
    found = Finding(story, title, None, None, None, "en", passage, 0, len(text), text, 1.0, None, None)
    return Candidate(found, 0, len(text), text, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, kind_fit, None)


def known(found: list[Candidate]) -> dict[str, float]:
    return dict(zip(FEATURES, features(QUESTION, found, None), strict=True))


def calibration(names: tuple[str, ...], **weights: float) -> Calibration:
    each = tuple(weights.get(name, 0.0) for name in names)
    return Calibration(each, 0.0, each, 0.0, threshold=0.5, fitted_with="tests")


def test_words_that_stand_anywhere_in_the_best_sentences_story_count_as_its_own() -> None:
    best = candidate("Forty goats came.", story="a", passage="a1")
    elsewhere = candidate("They crossed at noon.", story="a", passage="a2")
    other = candidate("The bridge is old.", story="b", passage="b1")

    assert known([best])["story_coverage"] == pytest.approx(1 / 4)
    assert known([best, elsewhere])["story_coverage"] == pytest.approx(2 / 4)
    assert known([best, elsewhere, other])["story_coverage"] == pytest.approx(2 / 4)
    titled = candidate("Forty goats came.", story="a", passage="a1", title="Sarn bridge")
    assert known([titled])["story_coverage"] == pytest.approx(3 / 4)


def test_what_is_found_of_many_stories_is_less_about_the_matter() -> None:
    best = candidate("Forty goats came.", story="a", passage="a1")
    again = candidate("All forty.", story="a", passage="a1")
    others = [candidate(f"{index} sheep.", story=f"s{index}", passage=f"s{index}") for index in range(3)]

    assert known([best, again])["story_share"] == 1.0
    assert known([best, again, *others])["story_share"] == pytest.approx(1 / 4)


@pytest.mark.parametrize(("kind_fit", "least", "most"), [(1.0, 1.0, 1.0), (0.3, 0.4, 0.6), (0.0, 0.0, 0.0)])
def test_a_number_of_something_else_makes_less_sure_once_passages_are_read(
    kind_fit: float, least: float, most: float
) -> None:
    found = [candidate("Forty sheep came.", story="a", passage="a1", kind_fit=kind_fit)]
    beliefs = [Belief(found[0], 5.0, 1.0)]

    assert least <= suiting(QUESTION, found, beliefs) <= most
    assert suiting(QUESTION, found, None) == 1.0
    assert suiting(understand("Who crossed the Sarn bridge?"), found, beliefs) == 1.0
    sure = confidence(QUESTION, found, beliefs, calibration=calibration(READ_FEATURES))
    assert sure == pytest.approx(0.5 * suiting(QUESTION, found, beliefs))


def test_weights_are_those_of_the_features_in_their_order() -> None:
    found = [candidate("Forty goats came.", story="a", passage="a1")]
    sure = calibration(FEATURES, story_share=2.0)
    assert confidence(QUESTION, found, None, calibration=sure) == pytest.approx(0.8808, abs=1e-4)
    assert confidence(QUESTION, [], None, calibration=sure) == 0.0
