"""Takes questions apart by simple rules: what is asked for, the auxiliary, and the phrases that name things."""

import re
from collections.abc import Set
from dataclasses import dataclass

from index.answering.questions import content_words

BE = frozenset("is are was were am be been being".split())
_DO = frozenset("do does did will would can could shall should may might must".split())
_HAVE = frozenset("has have had".split())
AUXILIARIES = (BE | _DO | _HAVE) - {"be", "been", "being"}
_PREPOSITIONS = frozenset(
    (
        "of in on at to from for by with about after before during since until between below near into against under "
        "over through without within per towards across outside inside behind than as like"
    ).split()
)
_JOINING = frozenset("of in on at to from for between below near outside inside under against".split())
_PLACING = r"(?:in|at|on|near|to|from|below|outside|inside|of)"
_DETERMINERS = frozenset(
    "the a an this that these those his her its their our my your any some all no every each".split()
)
_WH = frozenset("who whom whose what which when where why how".split())
_OTHER = frozenset(
    (
        "and or but not if whether because that he she it they we you i him them us me there here also still ever "
        "already just only so far first last next now today yesterday tomorrow again yet then too almost more most"
    ).split()
)
_STOPS = AUXILIARIES | BE | _PREPOSITIONS | _WH | _OTHER
_PLURALS = frozenset(
    "people children men women police staff cattle sheep fish mice feet civilians dead injured".split()
)
_ING_NOUNS = frozenset(
    (
        "wing king ring spring string meeting building painting opening hearing evening morning ceiling crossing "
        "ruling shooting bombing wedding thing warning training funding landing parking housing clothing"
    ).split()
)
_PARTICIPLES = frozenset(
    (
        "built made held born found sold stolen killed hit cut shut paid sent won lost left told put set gone done "
        "taken given driven broken shot begun swept struck drawn grown known shown thrown worn torn burnt spent met "
        "died fled fell rose began broke came went said got gave took spoke caught bought brought led fed wrote "
        "become became kept let bled hurt written chosen frozen run sunk drowned"
    ).split()
)
_NOT_PARTICIPLES = frozenset("red hundred need speed seed feed bed shed breed creed sacred united".split())
_BEFORE_VERB = frozenset("not also first last still ever only just already have be do".split())
_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_CAPITALISED = r"(?!I\b)[A-Z][\w’'-]*"
NAME = re.compile(
    rf"{_CAPITALISED}(?:\.?\s+(?:(?:of|de|van|von|del|la|al)\s+(?:the\s+)?)?{_CAPITALISED})*"
    rf"(?:(?:,\s+|\s+and\s+){_CAPITALISED}(?:\s+{_CAPITALISED})*)*"
)
"""A name, or several that are joined by "and"."""
_TIME = re.compile(
    r"(?:\b(?:in|on|since|during|until|by|before|after|for)\s+)?\b(?:(?:19|20)\d\d"
    r"|(?:(?:early|late|mid)-?\s*)?(?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"(?:\s+\d{1,2}(?!\d))?(?:,?\s+(?:19|20)\d\d)?"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:last|this|next)\s+(?:year|month|week|night|weekend)|yesterday|today"
    r"|the\s+(?:first|second|third|last)\s+(?:day|week|month|year))\b"
)
_QUESTION = re.compile(
    r"(?:about\s+(?P<about>[^:]{1,200}):\s+)?(?:(?:and|but|so|ok|well|then|also)\b[\s,]*)*"
    r"(?P<preposition>(?:by|for|from|with|to|in|at|on|since|until|of|against)\s+(?=how|what|wh))?"
    r"(?:(?P<wh>how\s+(?:many|much|long|old|far|tall|high|big|large|often|deep|fast|soon|wide|heavy|come)|when|where|why|how|who|whom|whose|what|which)\b\s*)?"
    r"(?P<rest>.*)",
    re.I | re.S,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A question taken apart: "How many prisoners | are | being exchanged?".

    `wh` is the question word with its preposition, "" when yes or no is asked; `counted` the noun with it
    ("prisoners"), `auxiliary` and `rest` what follows. `phrases` are the things that are named, in order, without
    `counted`; `subject` is the one of them that does something, None when that is what is asked for. `about` is what
    an earlier completion put in front.
    """

    text: str
    about: str
    wh: str
    counted: str
    auxiliary: str
    rest: str
    subject: str | None
    phrases: tuple[str, ...]

    @property
    def asks_who(self) -> bool:
        return self.wh.lower().startswith("who")

    @property
    def asks_where(self) -> bool:
        return self.wh.lower().startswith("where") or self.counted.lower() in ("city", "country", "town", "place")


def words(text: str) -> list[str]:
    """The words of `text`, in order."""
    return _WORD.findall(text)


def stem(word: str) -> str:
    """A word without its case, possessive and plural."""
    word = re.sub(r"['’]s?$", "", word.lower())
    return word[:-1] if word.endswith("s") and len(word) > 3 and not word.endswith("ss") else word


def names(text: str, *, at_start: bool = True) -> list[str]:
    """The capitalised words of `text` that are no beginning of a sentence; the first word counts if `at_start`."""
    found = []
    for match in re.finditer(_CAPITALISED, text):
        before = text[: match.start()].rstrip(" “\"'‘(")
        begins = (
            not before
            or before.endswith((".", "?", "!", ":", "“", "”"))
            and not re.search(r"\b[A-Z][a-z]{0,3}\.$", before)
        )
        if match.group().lower() in _STOPS | _DETERMINERS or (begins and (before or not at_start)):
            continue
        found.append(re.sub(r"['’]s?$", "", match.group()))
    return found


def recapitalised(text: str, known: Set[str]) -> str:
    """`text` with the words that stories write with a capital letter written so: people type "ukraine"."""
    capitals = {name.lower(): name for name in known if len(name) > 2}
    return _WORD.sub(lambda match: capitals.get(match.group(), match.group()), text)


def is_participle(word: str) -> bool:
    word = word.lower()
    return word in _PARTICIPLES or (len(word) > 4 and word.endswith("ed") and word not in _NOT_PARTICIPLES)


def is_plural(phrase: str) -> bool:
    """Whether `phrase` speaks of several: "the prisoners", "Russia and Ukraine"."""
    if re.search(r"[A-Z][\w’'-]*(?:,|\s+and)\s+(?:the\s+)?[A-Z]", phrase):
        return True
    noun = head(phrase)
    if noun[:1].isupper():
        return False
    return noun in _PLURALS or (
        len(noun) > 3 and noun.endswith("s") and not noun.endswith(("ss", "us", "is", "’s", "'s"))
    )


def is_noun_like(word: str) -> bool:
    """Whether `word`, in small letters, can be what a possessive belongs to."""
    return bool(word) and word not in _STOPS and word not in _DETERMINERS


def head(phrase: str) -> str:
    """The noun that a phrase is about: "the night ferry to Corra" is about a ferry."""
    found = []
    for word in words(phrase):
        if found and word.lower() in _PREPOSITIONS:
            break
        if word.lower() not in _DETERMINERS:
            found.append(word)
    return found[-1] if found else ""


def has_verb(text: str) -> bool:
    """Whether `text` has an auxiliary or what looks like a past participle."""
    return any(word.lower() in AUXILIARIES or is_participle(word) for word in words(text))


def is_phrase(text: str) -> bool:
    """Whether `text` is a few words without a verb, like "the civilians" or "in 2024"."""
    found = [word.lower() for word in words(text)]
    if not 0 < len(found) <= 7 or set(found) & (AUXILIARIES | _WH | {"it", "he", "she", "they", "i", "you"}):
        return False
    return not any(is_participle(word) for word in found[1:-1]) and found[0] not in ("tell", "give", "show", "explain")


def begins_with_preposition(text: str) -> bool:
    return (words(text) or [""])[0].lower() in _PREPOSITIONS


def carrying(text: str) -> tuple[str, ...]:
    """The words of a question that carry meaning, in small letters."""
    return content_words(text)


def counts_nothing(question: str) -> bool:
    """Whether no noun follows the question word: "how many died", "who paid"."""
    return (
        re.match(
            r"(?:how\s+(?:many|much)|who|what|which)\s+(?:people\s+)?(?:(?:of|else)\s+)?[\w’'-]+(?:\s+[\w’'-]+){0,3}$",
            question,
            re.I,
        )
        is not None
        and not re.match(r"how\s+(?:many|much)\s+(?!people\b)[\w’'-]*[^dstn]\b", question, re.I)
        and (not (counted := parse(question).counted) or counted == "people" or is_participle(counted))
    )


def parse(text: str) -> Clause:
    """Take a question apart."""
    text = " ".join(text.split())
    match = _QUESTION.match(text.rstrip(" ?!."))
    assert match is not None, "it matches everything"
    rest = match["rest"].split()
    wh = (match["wh"] or "").lower()
    counted: list[str] = []
    if wh in ("how many", "how much", "what", "which", "whose"):
        while (
            rest
            and rest[0].lower() not in AUXILIARIES
            and not (is_participle(rest[0]) and (wh != "how many" or counted))
        ):
            if not (wh.startswith("how") or counted or _before_auxiliary(rest)):
                break
            counted.append(rest.pop(0))
            if wh == "how many" and is_plural(counted[-1]) and not _before_auxiliary(rest):
                if rest[:1] == ["of"]:  # "doses of vaccine"
                    end = _noun_phrase(rest, 1, "")
                    counted += rest[:end]
                    del rest[:end]
                break
            if len(counted) == 4:
                break
    auxiliary = ""
    if rest and rest[0].lower() in AUXILIARIES and (wh or rest[0][:1].isupper() or True):
        auxiliary = rest.pop(0).lower()
    body = " ".join(rest)
    phrases = _phrases(rest, auxiliary, wh=wh)
    subject = phrases[0] if phrases and auxiliary and body.startswith(phrases[0]) else None
    if subject is not None and auxiliary in BE and not counted and wh in ("who", "what") and len(phrases) == 1:
        subject = phrases[0]
    about = match["about"] or ""
    return Clause(
        text=text[match.end("about") + 2 :] if about else text,
        about=about,
        wh=(match["preposition"] or "") + wh,
        counted=" ".join(counted),
        auxiliary=auxiliary,
        rest=body,
        subject=subject,
        phrases=tuple(phrases),
    )


def _before_auxiliary(rest: list[str]) -> bool:
    """Whether an auxiliary comes within the next words, before a preposition or determiner."""
    for word in rest[:4]:
        if word.lower() in AUXILIARIES:
            return True
        if word.lower() in _PREPOSITIONS | _DETERMINERS:
            return False
    return False


def _phrases(tokens: list[str], auxiliary: str, *, wh: str) -> list[str]:
    """The noun phrases among `tokens`, which follow `auxiliary`."""
    found: list[str] = []
    position = 0
    if not auxiliary and wh and tokens:
        position = 1  # a verb: "who won the cup"
    while position < len(tokens):
        end = _noun_phrase(tokens, position, auxiliary)
        if end == position:
            position += 1
            continue
        whole = end
        while whole < len(tokens) and tokens[whole].lower() in _JOINING:
            further = _noun_phrase(tokens, whole + 1, auxiliary)
            infinitive = (
                tokens[whole].lower() == "to"
                and tokens[whole + 1 : whole + 2]
                and (tokens[whole + 1][:1].islower() and tokens[whole + 1].lower() not in _DETERMINERS)
            )
            if further == whole + 1 or infinitive:
                break
            whole = further
        if position == 0 and auxiliary in _DO:
            # A verb must follow the subject; when there is none behind, the subject's last word is it.
            follows = tokens[whole].lower() if whole < len(tokens) else ""
            if (not follows or follows in _STOPS - _BEFORE_VERB) and not tokens[end - 1][:1].isupper():
                kept = end - 1
                nouns = [word for word in tokens[:kept] if word.lower() not in _DETERMINERS]
                if nouns:
                    found.append(" ".join(tokens[:kept]))
                    position = end
                    continue
        found.append(" ".join(tokens[position:whole]).strip(" ,"))
        position = whole
    return [phrase for phrase in found if not _TIME.fullmatch(phrase)]


def _noun_phrase(tokens: list[str], start: int, auxiliary: str) -> int:
    """Where the noun phrase that begins at `start` ends; `start` when none does."""
    if start >= len(tokens):
        return start
    position = start
    determined = tokens[start].lower() in _DETERMINERS
    if determined:
        position += 1
    elif start == 0 and is_participle(tokens[start]):
        return start
    elif tokens[start][:1].islower() and start > 0 and tokens[start - 1].lower() not in _PREPOSITIONS:
        return start
    nouns = 0
    while position < len(tokens):
        word = tokens[position]
        lower = word.lower().strip(",")
        capital = word[:1].isupper() or word[:1].isdigit()
        if lower in ("and", "&") and nouns and position + 1 < len(tokens) and tokens[position + 1][:1].isupper():
            position += 1
            continue
        if lower in _STOPS and not (capital and lower not in AUXILIARIES):
            if not (nouns == 0 and lower in ("first", "last", "most", "next")):
                break
        elif lower in _DETERMINERS and nouns:
            break
        elif not capital and nouns and is_participle(lower):
            break
        elif not capital and not determined and nouns and tokens[position - 1][:1].isupper():
            break  # a verb: "did Halden pick"
        elif not capital and nouns and auxiliary in BE and lower.endswith("ing") and lower not in _ING_NOUNS:
            break
        if not lower.endswith("ly"):
            nouns += 1
        position += 1
        if word.endswith(",") and not (position < len(tokens) and tokens[position][:1].isupper()):
            break
    return position if nouns else start


def counted_phrase(asked: Clause) -> str:
    """What a question counts, with what it says of them: "prisoners being exchanged by Russia and Ukraine"."""
    rest = asked.rest
    if asked.subject is not None:
        return f"{asked.counted} {_placed(asked)}".strip()
    if not asked.auxiliary:
        first, _, others = rest.partition(" ")
        return f"{asked.counted} who {first} {others}".strip() if first else asked.counted
    if asked.auxiliary in BE:
        return f"{asked.counted} {rest}".strip()
    return f"{asked.counted} who {asked.auxiliary} {rest}".strip()


def _placed(asked: Clause) -> str:
    named = next((phrase for phrase in asked.phrases if NAME.search(phrase)), None)
    return f"of {named}" if named else ""


def statement(asked: Clause) -> str:
    """What a question asks, said as a clause as well as may be."""
    return " ".join(each for each in (asked.counted, asked.auxiliary, asked.rest) if each)


def reask(asks: str, asked: Clause, *, somebody: str) -> str:
    """The question `asked` with another question word: `asks` is "when", "by whom" or "how many civilians"."""
    clause = f"{asked.auxiliary} {asked.rest}"
    first = asks.split()[0].lower()
    noun_asked = first in ("which", "what", "whose") or re.search(r"\bhow\s+(?:many|much)\s+\w", asks) is not None
    if first == "who" and asked.counted and asked.subject is None:
        return (
            f"{asks} {asked.auxiliary} the {asked.counted} {asked.rest}" if asked.auxiliary else f"{asks} {asked.rest}"
        )
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
    return f"{asks} {clause}"


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
    if _TIME.fullmatch(other):
        found = list(_TIME.finditer(text))
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
    spans = [match for match in NAME.finditer(text) if match.start() > 0 and not _TIME.fullmatch(match.group())]
    others = {stem(word) for word in words(other)} - _DETERMINERS
    for phrase in asked.phrases:
        if stem(head(phrase)) == stem(head(other)) and not other[:1].isupper() and phrase in text:
            return text.replace(phrase, other, 1)
    if other.split()[0].lower() in _DETERMINERS or not names(other):
        bare = re.sub(r"^(?:the|a|an|any|other)\s+", "", other)
        if asked.counted and is_plural(bare) and asked.counted in text:
            return text.replace(asked.counted, bare, 1)
        if names(other) or not spans:
            return text.replace(asked.subject, other, 1) if asked.subject else None
        if other.split()[0].lower() in _DETERMINERS:
            return None
    alike = [match for match in spans if others & {stem(word) for word in words(match.group())}]
    subject = [match for match in spans if asked.subject and asked.subject.startswith(match.group())]
    for match in (*alike, *subject, *spans[-1:]):
        return text[: match.start()] + other + text[match.end() :]
    return text.replace(asked.subject, other, 1) if asked.subject else None


def place(text: str) -> str | None:
    """The last place that `text` names, with its preposition and what stands there: "in the flood in Velmora"."""
    found = list(re.finditer(rf"\b{_PLACING}\s+(?:the\s+)?(?P<name>{NAME.pattern})", text))
    found = [match for match in found if not _TIME.fullmatch(match["name"])]
    if not found:
        return None
    match = found[-1]
    preposition, _, named = match.group().partition(" ")
    return f"{preposition if preposition in ('in', 'on', 'at', 'near') else 'in'} {named}"
