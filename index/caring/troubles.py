"""What is said of things that are not as they should be, by their kind and number."""

from typing import Literal

from index.stories import Trouble

_TEXTS = {
    "missing_vectors": ("{} passage is missing in the vector index", "{} passages are missing in the vector index"),
    "missing_words": ("{} passage is missing in the word index", "{} passages are missing in the word index"),
    "double_words": ("{} passage is in the word index twice", "{} passages are in the word index twice"),
    "superfluous_vectors": (
        "the vector index has {} passage that no story has",
        "the vector index has {} passages that no story has",
    ),
    "superfluous_words": (
        "the word index has {} passage that no story has",
        "the word index has {} passages that no story has",
    ),
    "unusable": (
        "the catalog keeps no usable vector of {} passage",
        "the catalog keeps no usable vectors of {} passages",
    ),
    "unindexed": ("{} story is not noted as indexed", "{} stories are not noted as indexed"),
    "stale": (
        "{} version of a story is noted as indexed that is not live",
        "{} versions of stories are noted as indexed that are not live",
    ),
    "lost": (
        "{} of {of} passages was not found by its own vector",
        "{} of {of} passages were not found by their own vectors",
    ),
    "unfinished": (
        "{} version of a story was left half stored or half removed",
        "{} versions of stories were left half stored or half removed",
    ),
    "collections": ("{} vector index belongs to no library", "{} vector indexes belong to no library"),
    "word_indexes": ("{} word index belongs to no library", "{} word indexes belong to no library"),
    "put_aside": ("{} damaged vector index was put aside", "{} damaged vector indexes were put aside"),
    "replaced": ("{} replaced index was not removed", "{} replaced indexes were not removed"),
    "kept_vectors": ("{} kept vector belongs to no passage", "{} kept vectors belong to no passage"),
    "stories": ("{} story has no text", "{} stories have no text"),
}
"""What is said of one and of several."""


def some(
    check: Literal["counts", "lookup", "orphans", "generations"], kind: str, number: int, *, of: int = 0
) -> list[Trouble]:
    """One trouble, or none when there is no case of it."""
    if not number:
        return []
    text = _TEXTS[kind][number > 1].format(f"{number:,}", of=f"{of:,}")
    return [Trouble(check, kind, text, serious=check != "orphans")]
