"""The sample stories are well-formed, and the question files say of them only what they say."""

import json
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from index.samples import stories_folder

FIXTURES = Path(__file__).parents[2] / "fixtures"
FIELDS = ["title", "url", "publisher", "authors", "published_at"]
REASONS = {"counts_over_stories", "about_the_bot", "not_a_question", None}


def read_samples() -> dict[str, str]:
    with stories_folder() as folder:
        return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}


def read_other_stories() -> dict[str, str]:
    """Texts by file stem; a line of a JSONL file is `stem#line`, counted from 1."""
    stories = {}
    for path in sorted((FIXTURES / "stories").iterdir()):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            for number, line in enumerate(text.splitlines(), start=1):
                stories[f"{path.stem}#{number}"] = json.loads(line)["text"]
        else:
            stories[path.stem] = text.split("\n---\n", 1)[-1]
    return stories


def read_questions(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines()]


def front_matter_of(text: str) -> dict[str, str]:
    opening, header, _ = re.split(r"^---\n", text, maxsplit=2, flags=re.MULTILINE)
    assert opening == "", "front matter stands at the very top"
    return dict(line.split(": ", 1) for line in header.splitlines())


def body_of(text: str) -> str:
    return re.split(r"^---\n", text, maxsplit=2, flags=re.MULTILINE)[2]


def says(text: str, answer: str) -> bool:
    """Whether `answer` stands in `text` as a whole: "11" neither in "110" nor in "11,000" or "3.11"."""
    pattern = rf"(?<!\w)(?<!\d[.,]){re.escape(answer)}(?!\w)(?![.,]\d)"
    return re.search(pattern, " ".join(text.split())) is not None


def figures(text: str, pattern: str) -> list[int]:
    found = re.search(pattern, text)
    assert found, pattern
    return [int(figure) for figure in found.groups()]


SAMPLES = read_samples()
QUESTION_SETS = {
    "questions_samples.jsonl": {stem: body_of(text) for stem, text in SAMPLES.items()},
    "questions_other.jsonl": read_other_stories(),
}
ANSWERABLE = [
    pytest.param(question, stories, id=f"{name}:{number}")
    for name, stories in QUESTION_SETS.items()
    for number, question in enumerate(read_questions(name), start=1)
    if question["kind"] == "answerable"
]


def test_the_folder_holds_8_to_12_readable_stories_and_nothing_else() -> None:
    with stories_folder() as folder:
        assert folder.is_dir()
        names = [path.name for path in folder.iterdir()]
    assert all(name.endswith(".md") for name in names)
    assert 8 <= len(names) <= 12


@pytest.mark.parametrize("stem", SAMPLES)
def test_front_matter_is_complete_and_well_formed(stem: str) -> None:
    header = front_matter_of(SAMPLES[stem])
    assert list(header) == FIELDS
    assert all(value.strip() for value in header.values())
    assert ": " not in header["title"], "would have to be quoted in YAML"
    assert re.fullmatch(r"\[[^\[\],]+(, [^\[\],]+)*\]", header["authors"])
    assert urlsplit(header["url"]).scheme == "https"
    assert urlsplit(header["url"]).hostname in {"example.org", "example.com", "example.net"}
    published = header["published_at"]
    moment = datetime.fromisoformat(published)
    assert 2024 <= moment.year <= 2026
    assert (moment.tzinfo is not None) == ("T" in published), "a date with a time says its offset"


def test_no_two_stories_share_a_day_a_url_or_a_title() -> None:
    headers = [front_matter_of(text) for text in SAMPLES.values()]
    assert len({header["published_at"][:10] for header in headers}) == len(SAMPLES)
    assert len({header["published_at"][:7] for header in headers}) >= 6
    assert len({header["url"] for header in headers}) == len(SAMPLES)
    assert len({header["title"] for header in headers}) == len(SAMPLES)


@pytest.mark.parametrize("stem", SAMPLES)
def test_a_story_is_of_ordinary_length(stem: str) -> None:
    assert 180 <= len(body_of(SAMPLES[stem]).split()) <= 450


def test_exactly_one_story_has_the_flaws_of_a_real_page() -> None:
    flawed = set()
    for stem, text in SAMPLES.items():
        paragraphs = Counter(body_of(text).strip().split("\n\n"))
        if max(paragraphs.values()) > 1:
            flawed.add(stem)
            assert paragraphs[front_matter_of(text)["title"]] == 2
            assert sum(1 for words, count in paragraphs.items() if count > 1 and len(words) > 150) >= 2
            assert any(words.startswith("Sign up for") for words in paragraphs)
            assert any(words.startswith("Read more:") for words in paragraphs)
    assert flawed == {"corra-night-ferry"}


def test_three_stories_follow_one_prisoner_exchange_and_its_figures_add_up() -> None:
    agreed, begins, completed = sorted(
        (text for stem, text in SAMPLES.items() if stem.startswith("prisoner-exchange")),
        key=lambda text: front_matter_of(text)["published_at"],
    )
    assert says(agreed, "agreed on Friday to exchange 1,000 prisoners each")
    soldiers, civilians = figures(begins, r"(\d+) soldiers and (\d+) civilians were freed")
    (first,) = figures(begins, r"handed over (\d+) people each")
    (remaining,) = figures(begins, r"Another (\d+) people on either side")
    days = figures(completed, r"was (\d+) from each side\. On Saturday came (\d+) and on Sunday the last (\d+)")
    assert days[0] == first
    assert sum(days) == 1000
    assert first == soldiers + civilians
    assert remaining == days[1] + days[2]
    assert figures(completed, r"All the civilians in the deal, (\d+) from") == [civilians]
    assert figures(completed, r"so that (\d+) of each thousand") == [soldiers + remaining]
    assert says(completed, "each country has freed 1,000 people")


def test_the_flood_toll_changes_from_one_story_to_the_next() -> None:
    assert says(SAMPLES["velmora-flood-fourteen-dead"], "At least 14 people died")
    assert says(SAMPLES["velmora-flood-toll-corrected"], "Eleven people died")


@pytest.mark.parametrize(("question", "stories"), ANSWERABLE)
def test_the_answer_stands_in_the_story_that_is_named(question: dict[str, Any], stories: dict[str, str]) -> None:
    assert question["story"]
    assert set(question["story"]) <= set(stories)
    texts = [stories[stem] for stem in question["story"]]
    assert question["answer"]
    for answer in question["answer"]:
        assert any(says(text, answer) for text in texts), answer
    for stem, text in zip(question["story"], texts, strict=True):
        assert any(says(text, answer) for answer in question["answer"]), stem


@pytest.mark.parametrize(("name", "answerable", "left_out"), [
    ("questions_samples.jsonl", 50, 30),
    ("questions_other.jsonl", 40, 20),
])  # fmt: skip
def test_each_set_asks_enough_and_about_every_story(name: str, answerable: int, left_out: int) -> None:
    questions = read_questions(name)
    kinds = Counter(question["kind"] for question in questions)
    assert set(kinds) == {"answerable", "left_out"}
    assert kinds["answerable"] >= answerable
    assert kinds["left_out"] >= left_out
    asked_about = {stem for question in questions for stem in question.get("story", ())}
    assert asked_about == set(QUESTION_SETS[name])


def test_no_question_is_asked_twice() -> None:
    names = [*QUESTION_SETS, "questions_special.jsonl"]
    counts = Counter(question["question"].casefold() for name in names for question in read_questions(name))
    assert [question for question, count in counts.items() if count > 1] == []


def test_special_questions_name_a_known_reason_or_none() -> None:
    reasons = Counter(question["reason"] for question in read_questions("questions_special.jsonl"))
    assert set(reasons) == REASONS
    assert min(reasons.values()) >= 5


def test_the_two_sets_of_stories_share_no_text() -> None:
    samples, others = QUESTION_SETS.values()
    sentences = [set(re.split(r"(?<=[.!?])\s+", " ".join(texts.values()))) for texts in (samples, others)]
    assert sentences[0] & sentences[1] == set()
