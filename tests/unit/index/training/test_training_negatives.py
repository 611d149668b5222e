"""Passages that a search mixes up with the right one."""

from index.training.examples import Asked, Collection, Context
from index.training.negatives import examples

PASSAGES = (
    Context("Bridge", "The Orla bridge was closed on Monday."),
    Context("Bridge", "The Orla bridge was opened again."),
    Context("Bridge", "Engineers closed the Orla bridge, on Monday as well."),
    Context("Cooking", "Soup needs salt."),
)


def test_other_passages_about_it_are_taken_and_never_one_with_the_answer() -> None:
    asked = Asked("When was the Orla bridge closed?", 0, ((30, 36),), ("Monday",))
    for seed in range(5):
        (example,) = examples(Collection(PASSAGES, (asked,)), negatives=2, seed=seed)
        assert example.contexts[0] == Context("Bridge", PASSAGES[0].text, ((30, 36),))
        assert example.contexts[1:] == (Context("Bridge", PASSAGES[1].text),)


def test_a_question_without_an_answer_gets_its_own_passage_and_the_best_others() -> None:
    asked = Asked("Who closed the Orla bridge?", 1, (), ())
    (example,) = examples(Collection(PASSAGES, (asked,)), negatives=2, seed=1)
    assert example.contexts[0] == PASSAGES[1]
    assert {each.text for each in example.contexts[1:]} == {PASSAGES[0].text, PASSAGES[2].text}


def test_the_same_seed_gives_the_same_examples_and_no_more_unanswerable_ones_than_wanted() -> None:
    asked = tuple(Asked(f"Why was the bridge closed {number}?", 1, (), ()) for number in range(8))
    collection = Collection(PASSAGES, asked)
    chosen = examples(collection, negatives=1, seed=3, most_unanswerable=5)
    assert len(chosen) == 5
    assert chosen == examples(collection, negatives=1, seed=3, most_unanswerable=5)
    assert chosen != examples(collection, negatives=1, seed=4, most_unanswerable=5)
