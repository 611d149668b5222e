import pytest

from index.measuring.matching import contains_answer, exact_match, normalised_answer, token_f1


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("The “Night Ferry”!", "night ferry"),
        ("  An  apple, a day ", "apple day"),
        ("$1,500.50", "150050"),
        ("Orla’s ban", "orlas ban"),
        ("talks—then silence", "talks then silence"),
        ("Theatre", "theatre"),
        ("The", ""),
    ],
)
def test_case_punctuation_and_articles_do_not_count(text: str, normalised: str) -> None:
    assert normalised_answer(text) == normalised


def test_an_exact_match_is_one_of_the_answers_as_a_whole() -> None:
    assert exact_match("the Night Ferry", ["Dawn Ferry", "“Night Ferry”"])
    assert not exact_match("Night Ferry line", ["Night Ferry"])


def test_token_f1_is_the_harmonic_mean_of_precision_and_recall() -> None:
    # Two of three words are right, and all of the two expected ones are there: 2 * (2/3 * 1) / (2/3 + 1).
    assert token_f1("big prisoner exchange", ["prisoner exchange"]) == pytest.approx(0.8)


def test_a_word_said_twice_counts_once_where_it_is_expected_once() -> None:
    assert token_f1("no no", ["no"]) == pytest.approx(2 / 3)


def test_token_f1_is_that_of_the_best_answer() -> None:
    assert token_f1("four boats", ["nine ships", "four small boats"]) == pytest.approx(0.8)
    assert token_f1("four boats", ["nine ships"]) == 0
    assert token_f1("four boats", []) == 0


def test_an_answer_is_contained_as_whole_words_only() -> None:
    assert contains_answer("It cost 48 million euros.", ["48 Million"])
    assert contains_answer("In 1994, at the latest.", ["2001", "1994"])
    assert not contains_answer("About 1,500 came.", ["500", "5"])
    assert not contains_answer("A theatre", ["Theatr"])


def test_an_answer_without_any_word_is_contained_in_nothing() -> None:
    assert not contains_answer("The end.", ["The", "!"])
