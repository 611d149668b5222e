"""What a reader believes: short answers, and sentences ordered by it."""

from collections.abc import Sequence

import numpy as np
import pytest

from index.answering.answer import answer_question
from index.answering.beliefs import wording
from index.answering.confidence import READ_FEATURES, Calibration
from index.answering.ordering import believed, ordered
from index.answering.questions import understand
from index.answering.reader import Reading
from index.answering.sentences import candidates, was_read
from index.finding.embedding import TextVectors
from index.stories import Answer, Finding


def finding(
    text: str, *, story: str = "s", title: str = "Storm", score: float = 1.0, day: str | None = None
) -> Finding:
    return Finding(story, title, None, "Post", day, "en", f"{story}:{text[:8]}", 0, len(text), text, score, None, None)


def embed_tokens(texts: Sequence[str]) -> list[TextVectors]:
    """All texts the same: only the reader tells sentences apart."""
    one = np.ones(4, dtype=np.float32) / 2
    return [TextVectors(one, one[None], ((0, len(text)),)) for text in texts]


def reader(**beliefs: float):  # type: ignore[no-untyped-def]
    """A reader that believes in words, by how much; underscores stand for spaces. All else it takes for no answer."""

    def read(question: str, passages: Sequence[str]) -> list[Reading]:
        readings = []
        for passage in passages:
            starts = np.full(len(passage), -9.0, dtype=np.float32)
            ends = starts.copy()
            for words, belief in beliefs.items():
                at = passage.find(words.replace("_", " "), passage.find("\n"))
                if at >= 0:
                    starts[at] = ends[at + len(words) - 1] = belief / 2
            offsets = tuple((index, index + 1) for index in range(len(passage)))
            readings.append(Reading(starts, ends, offsets, 0.0))
        return readings

    return read


SURE = Calibration(
    figure_weights=(0.0,) * len(READ_FEATURES),
    figure_intercept=2.0,
    other_weights=(0.0,) * len(READ_FEATURES),
    other_intercept=2.0,
    threshold=0.5,
    fitted_with="tests",
    short_weights=(10.0, 0.0),
    short_intercept=0.0,
    short_threshold=0.5,
)


def ask(question: str, found: list[Finding], **beliefs: float) -> Answer:
    return answer_question(
        question,
        has_stories=lambda: True,
        search=lambda text, limit: found,
        embed_tokens=embed_tokens,
        read=reader(**beliefs),
        calibration=SURE,
    )


def test_the_words_the_reader_believes_are_shown_first_with_the_sentence_that_says_them() -> None:
    found = [finding("The council met. Mayor Ada Brill opened the bridge. It rained.")]
    answer = ask("Who opened the bridge?", found, Ada_Brill=6)
    assert answer.short == "Ada Brill"
    assert answer.text.startswith("Ada Brill: Mayor Ada Brill opened the bridge.")
    assert answer.citations[0].quote == "Mayor Ada Brill opened the bridge."


def test_what_the_reader_hardly_believes_is_not_shown_as_an_answer() -> None:
    answer = ask("Who opened the bridge?", [finding("Mayor Ada Brill opened the bridge.")], Ada_Brill=-6)
    assert answer.short is None
    assert answer.answered
    assert answer.text == "Mayor Ada Brill opened the bridge."


def test_a_short_answer_of_a_list_is_in_one_of_its_lines() -> None:
    text = "Those who opened bridges:\n\nAda Brill in Orla\n\nBela Corran in Velm"
    answer = ask("Who opened the bridge?", [finding(text)], Ada_Brill=6, **{"Orla\n\nBela_Corran": 9})
    assert answer.citations[0].quote == text
    assert answer.short == "Ada Brill"


def test_a_place_is_never_the_answer_to_how_many() -> None:
    found = [finding("In Orla 40 boats were lost.")]
    answer = ask("How many boats were lost?", found, Orla=9, **{"40": 1})
    assert answer.short == "40"
    assert [figure.value for figure in answer.figures] == [40.0]


def test_a_question_of_no_such_kind_gets_sentences_alone() -> None:
    answer = ask("Why was the bridge closed?", [finding("It was closed because of ice.")], ice=9)
    assert answer.short is None


def test_words_that_several_stories_say_win_over_words_of_one_that_are_believed_a_little_more() -> None:
    found = [
        finding("Bo Lind did it.", story="a"), finding("The Ada Brill did it.", story="b"),
        finding("It was Ada Brill.", story="c"), finding("So it was, Ada Brill did.", story="d"),
    ]  # fmt: skip
    asked = understand("Who did it?")
    read = reader(Bo_Lind=4.5, Ada_Brill=4)
    first, second = believed(asked, ordered(asked, candidates(asked, found, embed_tokens=embed_tokens, read=read)))
    assert (first.text, second.text) == ("Ada Brill", "Bo Lind")
    assert 0.5 < first.probability < 1.0
    assert first.probability + second.probability == pytest.approx(1.0)


def test_words_of_a_headline_win_over_words_that_are_believed_as_much() -> None:
    found = [
        finding("Bo Lind was there. Ada Brill was there.", title="Ada Brill opens the bridge"),
    ]
    asked = understand("Who opened the bridge?")

    def read(question: str, passages: Sequence[str]) -> list[Reading]:
        (reading,) = reader(Bo_Lind=3, Ada_Brill=3)(question, passages)
        reading.starts[0] = reading.ends[len("Ada Brill") - 1] = 2.0
        return [reading]

    sentences = ordered(asked, candidates(asked, found, embed_tokens=embed_tokens, read=read))
    assert [each.text for each in sentences] == ["Ada Brill was there.", "Bo Lind was there."]
    assert [belief.text for belief in believed(asked, sentences)] == ["Ada Brill", "Bo Lind"]
    assert sentences[0].headline is not None
    assert sentences[0].headline.text == "Ada Brill"


def test_the_further_sentences_are_those_with_other_words_to_offer() -> None:
    found = [
        finding("Ada Brill opened the bridge.", story="a"),
        finding("On Friday the new bridge over the Tarn was opened by Ada Brill.", story="b"),
        finding("The first to cross was Bo Lind.", story="c"),
    ]
    answer = ask("Who opened the bridge?", found, Ada_Brill=6, Bo_Lind=5)
    assert [citation.story_id for citation in answer.citations] == ["a", "c"]


def test_passages_that_were_not_read_count_as_unread() -> None:
    found = [finding("Ada Brill did it.", story="a"), finding("Bo Lind did it.", story="b")]
    asked = understand("Who did it?")
    some = candidates(asked, found, embed_tokens=embed_tokens, read=lambda q, p: reader(Bo_Lind=5)(q, p)[:1])
    assert {candidate.finding.story_id: candidate.read is None for candidate in some} == {"a": False, "b": True}
    assert was_read(some)
    assert not was_read(candidates(asked, found, embed_tokens=embed_tokens))


@pytest.mark.parametrize(("one", "other"), [("The Tarn", "tarn"), ("“1,000”", "1 000"), ("a  boat.", "Boat")])
def test_articles_case_and_punctuation_make_no_other_wording(one: str, other: str) -> None:
    assert wording(one) == wording(other)


def test_a_sentence_that_asks_the_same_is_no_answer() -> None:
    found = [finding("Who opened the new bridge? Boats were late. Ada Brill did, on Friday.")]
    asked = understand("Who opened the new bridge?")
    for read in (reader(bridge=3, Ada_Brill=2), None):
        best = ordered(asked, candidates(asked, found, embed_tokens=embed_tokens, read=read))[0]
        assert best.text == "Ada Brill did, on Friday."


def test_a_short_answer_is_never_an_outdated_figure_beside_a_newer_one() -> None:
    found = [
        finding("The flood killed 14 people in Orla.", story="a", day="2025-05-01"),
        finding("The flood killed 11 people in Orla, not more.", story="b", day="2025-05-09"),
    ]
    answer = ask("How many people did the flood in Orla kill?", found, **{"14": 6, "11": 4})
    assert [figure.value for figure in answer.figures] == [11.0, 14.0]
    assert answer.short is None


def test_a_day_of_the_week_is_told_by_the_day_of_its_story() -> None:
    text = "The tower was handed over on Wednesday."
    answer = ask("When was the tower handed over?", [finding(text, day="2025-02-27T23:30:00-05:00")], Wednesday=8.0)
    assert (answer.short, answer.short_day) == ("Wednesday", "2025-02-26")
    assert answer.text == f"Wednesday (26 February 2025): {text}"


def test_without_a_date_no_day_is_told() -> None:
    text = "The tower was handed over on Wednesday."
    undated = ask("When was the tower handed over?", [finding(text)], Wednesday=8.0)
    assert (undated.short, undated.short_day) == ("Wednesday", None)
    assert undated.text == f"Wednesday: {text}"


def test_what_says_the_opposite_is_quoted_and_not_shown_first() -> None:
    text = "The old library closed in 2021."
    answer = ask("When did the library open?", [finding(text)], **{"2021": 8.0})
    assert (answer.answered, answer.short, answer.text) == (True, None, text)
    fallen = ask("By how many percent did prices rise?", [finding("Prices fell by 3 percent.")], **{"3_percent": 8.0})
    assert fallen.figures == ()


@pytest.mark.parametrize(
    ("marked", "shown"),
    [("5:48", "5:48 a.m. on Friday"), ("5:48_a.m", "5:48 a.m. on Friday"), ("5:48_a.m.", "5:48 a.m. on Friday")],
)
def test_an_hour_is_shown_with_its_half_of_the_day_and_its_day(marked: str, shown: str) -> None:
    text = "The satellite was launched at 5:48 a.m. on Friday from Cape Orlan."
    answer = ask("When was the satellite launched?", [finding(text, day="2025-02-27")], **{marked: 8.0})
    assert (answer.short, answer.short_day) == (shown, "2025-02-21")


def test_an_hour_without_more_stays_as_it_is() -> None:
    answer = ask("When does the shop shut?", [finding("The shop shuts at 7:30, mostly.")], **{"7:30": 8.0})
    assert answer.short == "7:30"
