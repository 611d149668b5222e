"""The words of texts and their stems."""

import pytest

from index.shaping.irregular_verbs import BASE_FORMS
from index.shaping.words import all_words, content_spans, content_words, stem, stems


def test_content_words_leave_out_what_carries_no_meaning() -> None:
    assert content_words("What is the mayor's plan for the U.S. ferry?") == ("mayor", "plan", "u.s", "ferry")
    assert content_words("how many are there?") == ()


def test_words_lose_the_possessive_and_keep_what_joins_them() -> None:
    assert all_words("The mayor’s cease-fire cost $1,000; O'Neill's too.") == [
        "the", "mayor", "cease-fire", "cost", "1,000", "o'neill", "too",
    ]  # fmt: skip


def test_spans_are_of_the_words_that_carry_meaning_or_of_all_where_none_does() -> None:
    text = "Who is the Mayor's aide?"
    assert [text[start:end] for start, end in content_spans(text)] == ["Mayor's", "aide"]
    assert [start for start, _ in content_spans("who is it")] == [0, 4, 7]


def test_stems_are_the_same_whatever_the_ending_and_the_hyphen() -> None:
    assert stem("prisoners") == stem("prisoner")
    assert stem("cease-fire") == stem("ceasefire")
    assert stems("Floods flooded the flood") == stems("the flooding")


@pytest.mark.parametrize(
    "forms", ["lose losing lost", "begin begins began begun", "write wrote written", "go went gone"]
)
def test_the_forms_of_an_irregular_verb_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


def test_every_irregular_form_is_another_word_than_its_base() -> None:
    assert len(BASE_FORMS) > 150
    for past, base in BASE_FORMS.items():
        assert past != base
        assert base not in BASE_FORMS
        assert past.isalpha()
        assert past.islower()
