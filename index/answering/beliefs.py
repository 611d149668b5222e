"""What the reader believes to be the answer: the wordings of its spans, each with all that speaks for it."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from index.answering.sentences import Candidate
from index.shaping.words import stems

_PASSAGE_BELIEF = 2.0
"""What being of the best passage adds to the belief in a wording (a logit)."""
_FLATTENING = 5.0
LEAST = -10.0
"""A wording that is believed so much less than the strongest one (a logit) is not believed at all."""
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


@dataclass(frozen=True, slots=True)
class Belief:
    """Words that may be the short answer, in the sentence that says them best.

    `strength` is the reader's belief (a logit) in all sentences that say them, taken together. `probability` (0..1)
    is that of being the answer if one of the wordings is.
    """

    candidate: Candidate
    strength: float
    probability: float

    @property
    def text(self) -> str:
        return self.candidate.span_text


@lru_cache(maxsize=4_000)
def wording(text: str) -> str:
    """What two texts share that differ in articles, punctuation and case only; each text is asked for many times."""
    plain = "".join(" " if unicodedata.category(character)[0] in "PZC" else character for character in text.casefold())
    return " ".join(_ARTICLES.sub(" ", plain).split())


def by_wording(found: Sequence[Candidate]) -> dict[str, list[Candidate]]:
    """The sentences in which the reader sees an answer, by what `wording` makes of its words."""
    saying: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in found:
        if candidate.read is not None and (key := wording(candidate.span_text)):
            saying[key].append(candidate)
    return dict(saying)


def strengths(saying: Mapping[str, Sequence[Candidate]]) -> dict[str, float]:
    """How much the reader believes each wording (a logit), all sentences that say it taken together."""
    return {
        key: float(
            np.logaddexp.reduce([(each.read or 0.0) + _PASSAGE_BELIEF * each.passage_share for each in sentences])
        )
        for key, sentences in saying.items()
    }


def shares_of_belief(believed: Mapping[str, float]) -> dict[str, float]:
    """The share (0..1) of all belief that each wording has, given the strengths; they add up to 1.

    Flatter than the reader's own probabilities, which leave next to nothing for all but the first.
    """
    strongest = max(believed.values(), default=0.0)
    odds = {key: float(np.exp((strength - strongest) / _FLATTENING)) for key, strength in believed.items()}
    total = sum(odds.values())
    return {key: each / total for key, each in odds.items()}


def in_headlines(found: Sequence[Candidate]) -> dict[str, float]:
    """How much the reader believes each wording that it sees in a title (a logit)."""
    seen: dict[str, float] = {}
    for candidate in found:
        if candidate.headline is not None and (key := wording(candidate.headline.text)):
            seen[key] = max(candidate.headline.read, seen.get(key, LEAST))
    return seen


def passages_of(found: Sequence[Candidate]) -> list[str]:
    """What `wording` makes of each passage of the sentences, with its title."""
    passages = {each.finding.passage_id: each.finding for each in found}.values()
    return [wording(f"{each.title} {each.text}") for each in passages]


def told(words: str, passages: Sequence[str]) -> int:
    """How many of `passages_of` sentences say these words."""
    span = wording(words)
    return sum(f" {span} " in f" {passage} " for passage in passages) if span else 0


def repeats(span: str, asked: frozenset[str]) -> bool:
    """Whether words of the question (`asked`, stems) stand in `span`: who asks of a thing does not ask for its name."""
    return bool(stems(span) & asked)


def beliefs(found: Sequence[Candidate], asked: frozenset[str], weights: Sequence[float]) -> list[Belief]:
    """The wordings, the likeliest first, of sentences that have their scores; `weights` are of `BELIEF_FEATURES`."""
    saying = by_wording(found)
    if not saying:
        return []
    logits = np.array([np.dot(row, weights) for row in belief_features(found, saying, asked)])
    odds = np.exp(logits - logits.max())
    believed = strengths(saying)
    chosen = [
        Belief(max(saying[key], key=lambda each: each.score), believed[key], float(share))
        for key, share in zip(saying, odds / odds.sum(), strict=True)
    ]
    return sorted(chosen, key=lambda belief: -belief.probability)


BELIEF_FEATURES = ("strength", "sentence", "times", "repeats", "headline")


def belief_features(
    found: Sequence[Candidate], saying: Mapping[str, Sequence[Candidate]], asked: frozenset[str]
) -> list[list[float]]:
    """For each wording of `by_wording(found)` what speaks for it, in the order of `BELIEF_FEATURES`."""
    believed = strengths(saying)
    strongest = max(believed.values())
    titles = [f" {wording(title)} " for title in dict.fromkeys(each.finding.title for each in found)]
    return [
        [
            max(believed[key] - strongest, LEAST),
            float(np.log(max(each.score for each in sentences))),
            float(np.log(len(sentences))),
            float(repeats(sentences[0].span_text, asked)),
            float(any(f" {key} " in title for title in titles)),
        ]
        for key, sentences in saying.items()
    ]
