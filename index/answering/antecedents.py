"""What the words that point back stand for: whom "she" is, what "it" is, where "there" is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.answering import clauses, rephrasing
from index.answering.clauses import Clause, is_plural, names, stem, words
from index.shaping.calendar_names import MONTHS, WEEKDAYS

_EXPLETIVE = re.compile(
    r"\bit\s+(?:(?:is|was|be)\s+)?(?:(?:still|really|also|not)\s+)?"
    r"(?:true|possible|likely|clear|safe|legal|known|raining|snowing)\b"
    r"|\b(?:is|was)\s+it\s+(?:true|possible|likely|clear|safe|legal|known)\s+(?:that|to|for)\b"
    r"|\bit\s+takes?\s+to\b|\bwhat\s+time\s+is\s+it\b",
    re.I,
)
PRONOUN = re.compile(
    r"\b(?:he|she|him|his|hers?|himself|herself|it|its|they|them|their|theirs|there|here|this|that|these|those)\b", re.I
)
_CLAUSE_BORDER = re.compile(
    r"\b(?:when|that|after|before|because|if|whether|and|while|as|since|who|which|until|but|where|how)\b|,", re.I
)
_BEFORE_THAT = clauses.AUXILIARIES | {"of", "about", "for", "by", "to", ""}
_PROPERTY_OF = re.compile(
    r"(?:the\s+)?(?:\w+\s+)?(?:age|aim|amount|cause|cost|date|depth|height|length|name|number|price|purpose|reason|result|size"
    r"|speed|toll|total|value|weight|width)\s+of\s+(?P<thing>.+)",
    re.I,
)
"""A property that a question asks for: "it" is then the thing that has it."""
_THESE_DAYS = frozenset(
    "year week month morning afternoon evening night time summer winter spring autumn weekend".split()
)
_PERSON = re.compile(
    r"(?P<title>\b(?:Mr|Mrs|Ms|Dr|Prof|Sir|Capt|Sgt|Gen|Col|Lt|Supt|Insp|Sen|Rep|Gov|President|Mayor|Minister|Judge|King"
    r"|Queen|Pope)\.?\s+)?"
    r"(?P<name>\b[A-Z][\w’'-]+(?:\s+(?:(?:van|von|de|da|al|bin|del|la)\s+)*[A-Z][\w’'-]+){0,3})"
    r"(?P<after>,?\s*\w*)"
)
_NO_PERSON = frozenset(MONTHS + WEEKDAYS) | frozenset(
    (
        "hospital university bank museum gallery council city town union party court bay port mount mountain river "
        "street road lane avenue bridge cup league island islands sea lake ministry states kingdom company agency "
        "institute stadium station school library tower general united north south east west northern southern "
        "eastern western new palace airport club federation association parliament government army group cross red "
        "house office press news radio post courier the a an in on at it he she they we but and for most some each "
        "both of his her their no one two three four five six"
    ).split()
)
_BUILDINGS = frozenset(
    (
        "tower hospital library museum school university factory plant mine prison hotel station stadium airport port "
        "church mosque temple theatre theater office shop market park camp hall court bank bridge ferry ship"
    ).split()
)
"""What people are at, or on, without its being named."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked before, complete, with what was shown for it."""

    asked: Clause
    short: str | None
    quotes: tuple[str, ...]
    titles: tuple[str, ...]

    @property
    def stems(self) -> frozenset[str]:
        """The words of it all."""
        return frozenset(stem(word) for text in (self.asked.text, *self.quotes, *self.titles) for word in words(text))


def definite(phrase: str) -> str:
    """`phrase` as one speaks of it the second time."""
    if re.match(r"(?:the|this|that|these|those|his|her|its|their|our|my|your)\b|[A-Z]", phrase):
        return phrase
    return "the " + re.sub(r"^(?:a|an|any|some|all)\s+", "", phrase)


def points_back(question: str, match: re.Match[str]) -> bool:
    """Whether this pronoun stands for something outside of the question."""
    pronoun = match.group().lower()
    before, after = question[: match.start()].rstrip(), question[match.end() :].lstrip()
    previous, following = (words(before) or [""])[-1].lower(), (words(after) or [""])[0].lower()
    if pronoun == "this" and following in _THESE_DAYS:
        return False
    if pronoun == "that" and after and previous not in _BEFORE_THAT:  # "says that", "the man that"
        return False
    if pronoun == "there" and (following in clauses.BE or previous in clauses.BE):
        # "are there any", but "who was there"
        return not after and re.match(r"(?:who|what|which)\b", question, re.I) is not None
    if pronoun == "it" and _EXPLETIVE.search(question):
        return False
    candidates = [before.rfind(name) for name in names(before, at_start=False)]
    candidates += [each.end() for each in re.finditer(r"\b(?:the|a|an)\s+[\w’'-]+", before, re.I)]
    if _is_possessive(pronoun, following) and (asked_for := _asked_for(question, before, pronoun)) is not None:
        candidates.append(asked_for)
    if candidates and pronoun not in ("there", "here", "this", "that"):
        return not (_is_possessive(pronoun, following) or _CLAUSE_BORDER.search(before[max(candidates) :]))
    return True


def _asked_for(question: str, before: str, pronoun: str) -> int | None:
    """The end, in `before`, of what a question asks for, when the pronoun may be its: "which hospital closes its ward".

    None when the question asks for nothing like that, or only for a part of what the pronoun stands for ("which of its
    wards", "how many people on its slopes").
    """
    counted = clauses.parse(question).counted
    if not counted or counted not in before or is_plural(counted) != (pronoun == "their"):
        return None
    end = before.find(counted) + len(counted)
    between = before[end:]
    return end if between.strip() and not re.match(r"\s+(?:of|in|on|at)\b", between) else None


def _is_possessive(pronoun: str, following: str) -> bool:
    return pronoun in ("his", "its", "their") or (pronoun == "her" and clauses.is_noun_like(following))


def meant_by(question: str, match: re.Match[str], turns: Sequence[Turn]) -> str | None:
    """What to say in the place of a pronoun, None when that is not clear."""
    pronoun = match.group().lower()
    following = (words(question[match.end() :]) or [""])[0].lower()
    before = (words(question[: match.start()]) or [""])[-1].lower()
    last = turns[0]
    meant: str | None
    if pronoun in ("he", "she", "him", "his", "her", "hers", "himself", "herself"):
        woman = pronoun.startswith(("she", "her"))
        meant = next((found for turn in turns if (found := person(turn, woman)) is not None), None)
        meant = meant or (definite(last.asked.subject) if last.asked.subject else None)
    elif pronoun in ("there", "here"):
        return _place(turns)
    elif pronoun in ("it", "its"):
        meant = _thing(last)
    elif pronoun in ("they", "them", "their", "theirs") or (pronoun in ("these", "those") and before == "of"):
        meant = _several(last, rather_counted=pronoun in ("them", "these", "those"))
    elif pronoun in ("this", "that", "these", "those") and clauses.is_noun_like(following):
        return None
    else:
        return None
    if meant is not None and _is_possessive(pronoun, following):
        return meant + ("’" if meant.endswith("s") else "’s")
    return meant


def _thing(turn: Turn) -> str | None:
    """What "it" is after this question: its subject if that is one thing, else the first that is.

    None where only a place is named, "What happened in Velmora?": that may be meant, or what happened there.
    """
    if turn.asked.wh == "how much" and turn.asked.counted:
        return definite(rephrasing.counted_phrase(turn.asked))
    things = [phrase for phrase in turn.asked.phrases if not is_plural(phrase)]
    things = [each for each in things if not _is_only_a_place(each, turn.asked.text)]
    things.sort(key=_is_like_a_person)
    if not things:
        about = turn.asked.about
        return about if about and not clauses.NAME.fullmatch(about) else None
    of = _PROPERTY_OF.fullmatch(things[0])
    return definite(of["thing"] if of is not None and not is_plural(of["thing"]) else things[0])


def _is_only_a_place(phrase: str, question: str) -> bool:
    """Whether `phrase` is a name that the question has as that of a place: "in Velmora"."""
    return (
        clauses.NAME.fullmatch(phrase) is not None
        and re.search(rf"\b(?:in|near)\s+{re.escape(phrase)}\b", question) is not None
    )


def _is_like_a_person(phrase: str) -> bool:
    parts = phrase.split()
    return len(parts) > 1 and all(part[:1].isupper() and part.lower() not in _NO_PERSON for part in parts)


def _several(turn: Turn, *, rather_counted: bool) -> str | None:
    """Who "they" are after this question: its subject, else what it counts, else the first that are several."""
    asked = turn.asked
    subject = definite(asked.subject) if asked.subject is not None else None
    counted = definite(rephrasing.counted_phrase(asked)) if asked.counted else None
    if counted is not None and (rather_counted or (subject is not None and not _may_be_several(subject))):
        return counted
    if subject is not None:
        return subject
    watched = next((phrase for phrase in asked.phrases if phrase[:1].isupper()), None)
    if watched is not None and asked.counted == "people" and asked.rest.partition(" ")[2].startswith(watched):
        return watched  # "how many people watched Olympia Tarsos"
    if counted is not None:
        return counted
    if asked.asks_who and turn.short:
        return turn.short
    return next((definite(phrase) for phrase in asked.phrases if is_plural(phrase)), None)


def _may_be_several(phrase: str) -> bool:
    """Whether "they" may be said of it: also of a company or a team."""
    return is_plural(phrase) or phrase[:1].isupper()


def _place(turns: Sequence[Turn]) -> str | None:
    """Where "there" is, with its preposition."""
    for turn in turns:
        if turn.asked.asks_where and turn.short:
            return turn.short if clauses.begins_with_preposition(turn.short) else f"in {turn.short}"
        texts = (*turn.quotes[:1], turn.asked.text) if turn.asked.asks_where else (turn.asked.text, *turn.quotes[:1])
        for text in texts:
            if place := clauses.place(text):
                return place
        if (thing := _thing(turn)) is not None and stem(clauses.head(thing)) in _BUILDINGS:
            return f"at {thing}"
    subject = turns[0].asked.subject
    return f"in {definite(subject)}" if subject and not is_plural(subject) else None


def person(turn: Turn, woman: bool | None) -> str | None:
    """The person spoken of in a question or its answer; a "Mr." is no woman, and a "Ms." no man."""
    if turn.asked.asks_who and turn.short and names(turn.short):
        return turn.short
    quoted = _people_quoted(turn, woman)
    if turn.asked.asks_who and quoted:
        return quoted[0]
    for match in clauses.NAME.finditer(turn.asked.text):
        name = re.sub(r"['’]s?$", "", match.group())
        placed = re.search(
            r"\b(?:in|at|on|from|to|near|of|the|into|between)\s+$", turn.asked.text[: match.start()], re.I
        )
        if placed or match.start() == 0 or " and " in name or _NO_PERSON & {word.lower() for word in words(name)}:
            continue
        full_name = next((person for person in quoted if person.split()[-1] == name), None)
        if " " in name or full_name is not None:
            return full_name or name
        if not quoted and turn.asked.subject is not None and turn.asked.subject.startswith(name):
            return name
    return quoted[0] if quoted else None


def _people_quoted(turn: Turn, woman: bool | None) -> list[str]:
    """Names in the quotes that look like a person's, the surest first."""
    found: list[tuple[int, int, int, str]] = []
    for number, quote in enumerate(turn.quotes):
        for match in _PERSON.finditer(quote):
            name, title, after = re.sub(r"['’]s$", "", match["name"]), match["title"] or "", match["after"]
            wrong = (woman is True and title.startswith("Mr.")) or (woman is False and title.startswith(("Ms", "Mrs")))
            if wrong or _NO_PERSON & {word.lower() for word in words(name)}:
                continue
            signs = (
                bool(title),
                bool(title),
                " " in name,
                after.lstrip(", ").startswith(("said", "who", "told", "says")),
                after.startswith(","),
                quote[: match.start()].rstrip().endswith(("said", "says", ",")),
                turn.asked.asks_who,
            )
            if sum(signs) >= 2:
                found.append((-sum(signs), -any(signs[3:6]), number, name))
    return [name for *_, name in sorted(found, key=lambda each: each[:3])]
