"""The word index: BM25 over titles and texts, whatever a question is made of."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from index.errors import StorageError
from index.indexing.words import Words
from index.storing.passages import IndexedPassage

TEXTS = {
    "bridge": "The bridge over the Orla was closed on Monday.",
    "harbour": "The harbour and the bridge stayed open, and the bridge-keepers stayed at work.",
    "trees": "The council voted to plant 410 trees.",
    "café": "The Café Zürich reopened; its naïve façade was praised.",
}


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Words]:
    """Four texts in library 1; tests that write take libraries of their own."""
    words = Words(tmp_path_factory.mktemp("words"))
    put(words, TEXTS)
    yield words
    words.close()


def put(
    words: Words, texts: dict[str, str], *, library_id: int = 1, title: str = "", days: dict[str, int] | None = None
) -> None:
    passages = [IndexedPassage(name, "v", title, text, (days or {}).get(name, 0), "") for name, text in texts.items()]
    words.write(library_id, passages)


def test_the_best_come_first_with_their_scores(words: Words) -> None:
    found = words.search(1, "Was the bridge over the Orla closed?", limit=10)
    assert next(iter(found)) == "bridge"
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert all(score > 0 for score in found.values())
    assert list(words.search(1, "Was the bridge over the Orla closed?", limit=1)) == ["bridge"]


def test_words_are_found_in_other_forms_cases_and_spellings(words: Words) -> None:
    assert list(words.search(1, "VOTING planted tree", limit=1)) == ["trees"]
    assert list(words.search(1, "zurich naive cafe", limit=1)) == ["café"]
    assert words.search(1, "volcano", limit=10) == {}


def test_a_word_said_twice_in_a_question_counts_once(words: Words) -> None:
    assert words.search(1, "harbour harbours HARBOUR", limit=9) == words.search(1, "harbour", limit=9)


def test_a_title_counts_less_than_the_text(words: Words) -> None:
    put(words, {"in title": "It was closed."}, library_id=2, title="Bridge")
    put(words, {"in text": "Bridge."}, library_id=2, title="It was closed.")
    assert list(words.search(2, "bridge", limit=9)) == ["in text", "in title"]


def test_since_leaves_out_what_is_older_or_undated_and_changes_no_score(words: Words) -> None:
    texts = dict.fromkeys(("undated", "old", "of the day", "new"), "The bridge was closed.")
    put(words, texts, library_id=3, days={"old": 99, "of the day": 100, "new": 101})
    everything = words.search(3, "bridge", limit=9)
    found = words.search(3, "bridge", limit=9, since_day=100)
    assert set(everything) == set(texts)
    assert set(found) == {"of the day", "new"}
    assert all(everything[name] == pytest.approx(score) for name, score in found.items())


def test_an_id_that_is_there_is_replaced_and_one_that_is_not_can_be_deleted(words: Words) -> None:
    put(words, {"a": "The bridge was closed.", "b": "The harbour was open."}, library_id=4)
    put(words, {"a": "The tunnel was closed."}, library_id=4)
    assert words.search(4, "bridge", limit=9) == {}
    assert list(words.search(4, "tunnel", limit=9)) == ["a"]
    words.delete(4, ["a", "unknown"])
    words.delete(4, [])
    assert words.search(4, "tunnel", limit=9) == {}
    assert words.count(4) == 1


def test_libraries_have_indexes_of_their_own(words: Words) -> None:
    before = words.search(1, "bridge", limit=9)
    put(words, {f"{number}": "A bridge." for number in range(20)}, library_id=5)
    assert words.search(1, "bridge", limit=9) == before
    words.drop(5)
    assert (words.count(5), words.count(1)) == (0, 4)


def test_what_is_written_is_there_after_opening_again(tmp_path: Path) -> None:
    words = Words(tmp_path)
    put(words, TEXTS)
    words.close()
    assert set(Words(tmp_path).search(1, "bridge", limit=9)) == {"bridge", "harbour"}


@pytest.mark.parametrize(
    "question",
    ["bridge AND harbour", "+bridge -harbour", "text:bridge", '"bridge over"', "bridge*", "(bridge", "bridge~2",
     "title:[a TO z] bridge", "bridge^9", "/bridge/", "NOT bridge", "passage_id:bridge", "day:>5 bridge"],
)  # fmt: skip
def test_nothing_in_a_question_is_query_syntax(words: Words, question: str) -> None:
    found = words.search(1, question, limit=9)
    assert {"bridge", "harbour"} <= set(found)


@hypothesis_settings(max_examples=200, deadline=None)
@given(
    question=st.text(st.characters(exclude_categories=["Cs"])) | st.text('+-&|!(){}[]^"~*?:\\/ \0abAND', max_size=60)
)
def test_any_text_may_be_a_question(words: Words, question: str) -> None:
    found = words.search(1, question, limit=9, since_day=len(question) % 2)
    assert set(found) <= set(TEXTS)


def test_a_very_long_question_is_answered(words: Words) -> None:
    question = "bridge " + " ".join(f"word{number}" for number in range(5_000)) + " x" * 10_000
    assert set(words.search(1, question, limit=9)) == {"bridge", "harbour"}


@pytest.mark.parametrize("damaged", ["meta.json", ".managed.json"])
def test_a_damaged_index_is_told_and_can_be_dropped(tmp_path: Path, damaged: str) -> None:
    words = Words(tmp_path)
    put(words, TEXTS)
    words.close()
    (tmp_path / "1" / damaged).write_text("{")
    for use in (lambda: words.search(1, "bridge", limit=9), lambda: words.count(1), lambda: put(words, TEXTS)):
        with pytest.raises(
            StorageError, match=r"^The word index in .* cannot be used .*; run `storydesk doctor --fix`"
        ):
            use()
    words.drop(1)
    put(words, TEXTS)
    assert words.count(1) == 4


def test_a_change_that_fails_halfway_changes_nothing_and_lets_go_of_the_index(tmp_path: Path) -> None:
    words = Words(tmp_path)
    put(words, TEXTS)

    def half() -> Iterator[IndexedPassage]:
        yield IndexedPassage("bridge", "v", "", "The tunnel was closed.", 0, "")
        raise OSError(27, "File too large")

    with pytest.raises(StorageError, match="is full; make room and run the command again") as failure:
        words.write(1, half())
    assert (words.count(1), words.search(1, "tunnel", limit=9)) == (4, {})
    put(words, {"new": "The tunnel was closed."})  # while the failure, and all it refers to, still lives
    assert list(words.search(1, "tunnel", limit=9)) == ["new"]
    assert failure.value.__cause__ is not None


def test_what_a_kill_left_of_a_change_is_not_in_the_way(tmp_path: Path) -> None:
    words = Words(tmp_path)
    put(words, TEXTS)
    words.close()
    before = (tmp_path / "1" / "meta.json").read_bytes()
    words.delete(1, ["trees"])
    words.close()
    assert list((tmp_path / "1").glob("*.del"))  # the same change makes a file of the same name
    (tmp_path / "1" / "meta.json").write_bytes(before)
    words.delete(1, ["trees"])
    assert (words.count(1), words.search(1, "council", limit=9)) == (3, {})


def test_more_indexes_than_are_kept_open_can_be_used_again_and_again(tmp_path: Path) -> None:
    words = Words(tmp_path)
    for number in range(80):
        put(words, {f"passage{number}": f"The bridge number{number} was closed."}, library_id=number)
    for _ in range(2):
        for number in range(80):
            assert list(words.search(number, f"number{number}", limit=9)) == [f"passage{number}"]
            assert len(words._indexes) <= 32
    assert words.count(0) == words.count(79) == 1
    words.close()
    assert words.count(0) == 1


def test_questions_are_answered_while_an_index_is_written(tmp_path: Path) -> None:
    words = Words(tmp_path)
    put(words, TEXTS)

    def passages() -> Iterator[IndexedPassage]:
        yield IndexedPassage("new", "v", "", "The tunnel was closed.", 0, "")
        with ThreadPoolExecutor(1) as other:
            found.append(other.submit(words.search, 1, "bridge tunnel", limit=9).result(10))

    found: list[dict[str, float]] = []
    words.write(1, passages())
    assert set(found[0]) == {"bridge", "harbour"}
    assert "new" in words.search(1, "bridge tunnel", limit=9)


def test_an_index_that_is_opened_again_while_it_is_written_finds_what_was_written(tmp_path: Path) -> None:
    words = Words(tmp_path)
    put(words, TEXTS)

    def passages() -> Iterator[IndexedPassage]:
        words.close()
        assert words.search(1, "tunnel", limit=9) == {}
        yield IndexedPassage("new", "v", "", "The tunnel was closed.", 0, "")

    words.write(1, passages())
    assert list(words.search(1, "tunnel", limit=9)) == ["new"]


@pytest.mark.parametrize(
    ("number", "words", "advice"),
    [(5, "Input/output error", "; check the disk and run"), (30, "Read-only file system", " cannot be written; give")],
)
def test_a_disk_that_fails_is_not_taken_for_damage(tmp_path: Path, number: int, words: str, advice: str) -> None:
    def half() -> Iterator[IndexedPassage]:
        raise OSError(number, words)
        yield

    with pytest.raises(StorageError, match=f"^The word index {tmp_path}.*{advice}"):
        Words(tmp_path).write(1, half())


def test_what_all_indexes_hold_is_counted_without_opening_one(tmp_path: Path) -> None:
    words = Words(tmp_path)
    assert words.count_all() == 0
    put(words, TEXTS, library_id=1)
    put(words, {"more": "More words."}, library_id=2)
    words.delete(1, ["trees", "unknown"])
    words.write(3, [])
    unopened = Words(tmp_path)
    assert unopened.count_all() == words.count(1) + words.count(2) + words.count(3) == 4
    assert not unopened._indexes
    words.drop(1)
    assert words.count_all() == 1


def test_an_index_whose_description_is_damaged_is_one_sentence(tmp_path: Path) -> None:
    words = Words(tmp_path)
    put(words, TEXTS)
    (tmp_path / "1" / "meta.json").write_text("{")
    with pytest.raises(StorageError, match="doctor --fix"):
        words.count_all()
