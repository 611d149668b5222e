"""Says a question anew: with another question word, with something else in a place of it, or as a statement."""

import re

from index.answering.clauses import (
    BE,
    DETERMINERS,
    NAME,
    TIME,
    Clause,
    begins_with_preposition,
    head,
    is_participle,
    is_plural,
    names,
    stem,
    words,
)

_PLACES = frozenset("city town country place part region village street year month".split())
_CIRCUMSTANCES = frozenset("time day date week else".split())
_WITH_OR_WITHOUT = re.compile(r"(with|without)\s+(?:one|it|that|this|them|any|those)", re.I)
_OTHERWISE = {"with": "without", "without": "with"}


def counted_phrase(asked: Clause) -> str:
    """What a question counts, with what it says of them: "prisoners being exchanged by Russia and Ukraine"."""
    rest = asked.rest
    if asked.subject is not None:
        auxiliary = "" if asked.auxiliary in ("do", "does", "did") else asked.auxiliary
        return f"{asked.counted} that {asked.subject} {auxiliary} {rest[len(asked.subject) :]}"
    if not asked.auxiliary:
        first, _, others = rest.partition(" ")
        return f"{asked.counted} who {first} {others}".strip() if first else asked.counted
    if asked.auxiliary in BE:
        return f"{asked.counted} {rest}".strip()
    return f"{asked.counted} who {asked.auxiliary} {rest}".strip()


def statement(asked: Clause) -> str:
    """What a question asks, said as a clause as well as may be."""
    if asked.subject is not None:
        said = (asked.subject, asked.auxiliary, asked.rest[len(asked.subject) :], asked.counted)
    else:
        said = (asked.counted, asked.auxiliary, asked.rest, "")
    return " ".join(" ".join(said).split())


def reask(asks: str, asked: Clause, *, somebody: str) -> str:
    """The question `asked` with another question word: `asks` is "when", "by whom" or "how many civilians"."""
    clause = f"{asked.auxiliary} {asked.rest}"
    first = asks.split()[0].lower()
    noun_asked = first in ("which", "what", "whose") or re.search(r"\bhow\s+(?:many|much)\s+\w", asks) is not None
    if not asked.auxiliary and asked.rest.startswith("of "):  # "how many of the prisoners are civilians"
        return f"about {', '.join(asked.phrases[:2])}: {asks}"
    if first == "who" and asked.counted and asked.subject is None:
        return (
            f"{asks} {asked.auxiliary} the {asked.counted} {asked.rest}" if asked.auxiliary else f"{asks} {asked.rest}"
        )
    if first in ("which", "what") and asks.split()[1:2] and asks.split()[1].lower() in _PLACES:
        asks, first, noun_asked = f"in {asks}", "in", False
    elif first in ("which", "what") and len(asks.split()) > 1 and asks.split()[1].lower() not in _CIRCUMSTANCES:
        return f"about {', '.join(asked.phrases[:2]) or statement(asked)}: {asks}"
    if noun_asked and len(asks.split()) > 1:
        if not asked.auxiliary and not asked.counted:
            return _passive(asks, asked, somebody)
        noun = asks.split()[-1]
        return f"{asks} {clause}" if not clause.endswith(f" {noun}") else f"{asks} {clause[: -len(noun)]}"
    if not asked.auxiliary:
        return _passive(asks, asked, somebody)
    if first == "who" and asked.auxiliary in BE and asked.subject:
        return f"by whom {clause}"
    if asks.lower() == "how many" and asked.subject and is_plural(asked.subject):
        bare = re.sub(r"^(?:the|a|an|any|some)\s+", "", asked.subject)
        return f"how many {bare} {asked.auxiliary} {asked.rest[len(asked.subject) :]}"
    if asked.counted and asked.subject:
        return f"{asks} {clause} {asked.counted}"
    if asked.counted:
        return f"{asks} {asked.auxiliary} {asked.counted} {asked.rest}"
    if asked.asks_who and asked.subject is None:
        return f"{asks} {asked.auxiliary} {somebody} {asked.rest}"
    quality = asked.wh.partition(" ")[2] if asked.wh.startswith("how ") and asked.auxiliary in BE else ""
    return f"{asks} {clause} {quality}".rstrip()  # "since when are the reservoirs full"


def _passive(asks: str, asked: Clause, somebody: str) -> str:
    """`asks` of what somebody did: "when was the cup won", "when was it that people died"."""
    verb, _, others = asked.rest.partition(" ")
    if not asked.counted and is_participle(verb) and asked.phrases and others.startswith(asked.phrases[0]):
        whom = asked.phrases[0]
        return f"{asks} {'were' if is_plural(whom) else 'was'} {whom} {verb}{others[len(whom) :]}"
    return f"{asks} was it that {asked.counted or somebody} {asked.rest}"


def swap(asked: Clause, other: str) -> str | None:
    """The question with `other` ("Ukraine", "in 2024", "the civilians") for what is of its kind; None if nothing is."""
    text = asked.text.rstrip(" ?!.")
    if (without := _WITH_OR_WITHOUT.fullmatch(other)) is not None:
        changed = re.sub(rf"\b{_OTHERWISE[without[1].lower()]}\s+", f"{without[1].lower()} ", text, count=1)
        return changed if changed != text else None
    if TIME.fullmatch(other):
        found = list(TIME.finditer(text))
        return text[: found[-1].start()] + other + text[found[-1].end() :] if found else f"{text} {other}"
    if begins_with_preposition(other):
        preposition = words(other)[0].lower()
        same = list(re.finditer(rf"\b{preposition}\s+(?:the\s+)?{NAME.pattern}", text))
        if not same and preposition in ("in", "at", "on"):
            same = list(re.finditer(rf"\b(?:in|at|on)\s+(?:the\s+)?{NAME.pattern}", text))
        if same:
            return text[: same[-1].start()] + other + text[same[-1].end() :]
        other = other.split(maxsplit=1)[1] if preposition == "for" and len(other.split()) > 1 else other
        if preposition != "for":
            return None
    spans = [match for match in NAME.finditer(text) if match.start() > 0 and not TIME.fullmatch(match.group())]
    others = {stem(word) for word in words(other)} - DETERMINERS
    for phrase in asked.phrases:
        if stem(head(phrase)) == stem(head(other)) and not other[:1].isupper() and phrase in text:
            return text.replace(phrase, other, 1)
    if other.split()[0].lower() in DETERMINERS or not names(other):
        bare = re.sub(r"^(?:the|a|an|any|other)\s+", "", other)
        if asked.counted and is_plural(bare) and asked.counted in text:
            return text.replace(asked.counted, bare, 1)
        if names(other) or not spans:
            return text.replace(asked.subject, other, 1) if asked.subject else None
        if other.split()[0].lower() in DETERMINERS:
            return None
    alike = [match for match in spans if others & {stem(word) for word in words(match.group())}]
    subject = [match for match in spans if asked.subject and asked.subject.startswith(match.group())]
    for match in (*alike, *subject, *spans[-1:]):
        return text[: match.start()] + other + text[match.end() :]
    return text.replace(asked.subject, other, 1) if asked.subject else None
