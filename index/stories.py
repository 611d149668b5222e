"""The values that travel through the house: stories, passages, findings, answers. All frozen, none with behaviour."""

from dataclasses import dataclass, field
from typing import Literal

Leg = Literal["vectors", "words", "both"]
AddStatus = Literal["added", "updated", "unchanged", "duplicate", "failed"]
Reason = Literal[
    "no_stories",
    "nothing_found",
    "not_answered",
    "counts_over_stories",
    "about_the_bot",
    "not_a_question",
    "too_long",
]
NoteReason = Literal["model_gone", "vectors_unreachable", "vectors_incomplete"]


@dataclass(frozen=True, slots=True)
class Story:
    """One article as it was read, before it is stored.

    `source` is what to show a person: the path as it was given, for a line of a JSONL file with `#line`.
    `identity` says which story of a library this is: `id:...` when the file gave an id, else `url:...` with the
    canonical URL, else `path:...` with the absolute path (and `#line`). `text` is exactly what the file says.
    `published_at` is ISO 8601: a date, or a date and time with the offset that the publisher gave.
    """

    title: str
    text: str
    source: str
    identity: str
    url: str | None = None
    publisher: str | None = None
    authors: tuple[str, ...] = ()
    published_at: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a story's text, `text == story.text[start:end]`; offsets count characters, `position` from 0."""

    position: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class StorySummary:
    """What a list shows of a stored story: everything but its text. `added_at` is ISO 8601 in UTC."""

    story_id: str
    library: str
    title: str
    url: str | None
    publisher: str | None
    authors: tuple[str, ...]
    published_at: str | None
    language: str | None
    source: str
    added_at: str
    passages: int


@dataclass(frozen=True, slots=True)
class StoryTitle:
    """What it takes to choose a story from a list. `added_at` is ISO 8601 in UTC."""

    story_id: str
    title: str
    published_at: str | None
    publisher: str | None = None
    added_at: str = ""


@dataclass(frozen=True, slots=True)
class StoredStory(StorySummary):
    """A story's live version as the catalog has it, text included."""

    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a story, `text == story.text[start:end]`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Sentences of a story's own that say what it is about, in the order in which it tells them."""

    story: StorySummary
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes that were sent to be stored, not named by a path; `name` ends with the kind of file they are.

    `source` is what to show for where it comes from. `identity` is that of a story that gives no id nor URL itself;
    the same identity again is the same story. `title` and `published_at`, an ISO 8601 date, take the place of a single
    story's own.
    """

    data: bytes
    name: str
    source: str
    identity: str
    title: str | None = None
    published_at: str | None = None


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of one story that was to be added. `error` is a sentence when `status` is "failed", else None."""

    source: str
    status: AddStatus
    story_id: str | None = None
    title: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A passage that matched a question.

    `score` (0..1) is what speaks for it, by which findings are ordered but for the places of two stories;
    `vector_score` is the cosine (-1..1) and `word_score` the BM25 score of the leg that found it, None when that leg
    did not. `start` and `end` are offsets in the story's text.
    """

    story_id: str
    title: str
    url: str | None
    publisher: str | None
    published_at: str | None
    language: str | None
    passage_id: str
    start: int
    end: int
    text: str
    score: float
    vector_score: float | None
    word_score: float | None


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a sentence of an answer stands: `story.text[start:end] == quote`."""

    story_id: str
    title: str
    url: str | None
    publisher: str | None
    published_at: str | None
    passage_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was asked for, as a story writes it ("1,000 prisoners each"), with its value and unit.

    `citations` are indexes into the answer's citations; `published_at` is the newest of their stories' dates. `label`
    says what the number is of, in words that stand apart from it in its sentence ("on the second day", "in all").
    """

    text: str
    value: float
    unit: str | None
    published_at: str | None
    citations: tuple[int, ...]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or a refusal with its reason.

    When `answered`, `text` is made of the quotes of `citations` (with the figure asked for in front) and `reason` is
    None; `figures` are several when stories give different ones, the newest first. When refused, `text` is the sentence
    to show, `figures` is empty and `citations` may name the nearest stories. `confidence` is in 0..1; `elapsed_ms`
    gives milliseconds by stage, `total` among them. `note` is a sentence about how the answer was found when that was
    not as usual, and `note_reason` says it in a word. `stories_language` is the language that the stories are in, as
    ISO 639-1, when a question in another one was refused for that. `short` is the figure, name, place or date asked
    for, in the words of a citation, when it is sure enough to be shown first; `short_day` is the day, as ISO 8601, that
    words such as "Wednesday" mean in a story of its date, None for words that say it all and where it is not sure.
    `understood_as` is the question as the conversation completed it, None when it was asked as it stands.
    """

    question: str
    answered: bool
    reason: Reason | None
    text: str
    confidence: float
    figures: tuple[Figure, ...] = ()
    citations: tuple[Citation, ...] = ()
    elapsed_ms: dict[str, float] = field(default_factory=dict)
    note: str | None = None
    short: str | None = None
    short_day: str | None = None
    understood_as: str | None = None
    note_reason: NoteReason | None = None
    stories_language: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something in a data folder that is not as it should be.

    `check` is the part of the examination that found it, `kind` says what it is in one word, and `text` says it to a
    person ("3 passages are missing in the vector index"). One that is `serious` makes answers worse or loses
    something; the others only take room or will go away.
    """

    check: Literal["catalog", "counts", "lookup", "orphans", "generations"]
    kind: str
    text: str
    serious: bool = True
    mended: bool = False


@dataclass(frozen=True, slots=True)
class LibraryHealth:
    """How a library is, or, when `library` is None, what belongs to the whole data folder.

    `passages` is how many the catalog has of live stories, `vectors` and `words` how many entries the indexes have,
    `looked_up` how many passages were searched by their own vector.
    """

    library: str | None
    passages: int = 0
    vectors: int = 0
    words: int = 0
    looked_up: int = 0
    troubles: tuple[Trouble, ...] = ()
