"""Words that say the opposite of what is asked: "closed in 2021" does not tell when something opened."""

from index.answering.questions import Question
from index.shaping.sentences import clause_around
from index.shaping.words import stem, stems

_OPPOSITES = (
    ("open reopen opening inaugurate unveil", "close shut closure demolish"),
    ("begin start launch open", "end finish stop conclude expire"),
    ("rise increase grow climb jump gain soar", "fall drop decrease decline shrink plunge slump"),
    ("arrest", "release free acquit"),  # not "captured" or "jailed", which those who are freed have been
    ("bear born birth", "die dead death kill"),
)
"""Pairs of what people ask and stories tell; in others, as "won" and "lost", the one often tells the other."""
_SIDES = [
    (frozenset(map(stem, one.split())), frozenset(map(stem, other.split())))
    for pair in _OPPOSITES
    for one, other in (pair, pair[::-1])
]


def says_the_opposite(question: Question, words: str, sentence: str) -> bool:
    """Whether the clause around `words` of `sentence` says the opposite of what the question asks, and not that too."""
    asked, said = {stem(word) for word in question.content}, stems(clause_around(words, sentence))
    return any(asked & one and not asked & other and said & other and not said & one for one, other in _SIDES)
