"""Takes questions apart by simple rules: what is asked for, the auxiliary, and the phrases that name things."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from index.shaping.calendar_names import MONTH_BEGINNING, MONTH_NAME, WEEKDAY_NAME
from index.shaping.irregular_verbs import BASE_FORMS
from index.shaping.words import content_words

BE = frozenset("is are was were am be been being".split())
DO = frozenset("do does did will would can could shall should may might must".split())
_HAVE = frozenset("has have had".split())
AUXILIARIES = (BE | DO | _HAVE) - {"be", "been", "being"}
PREPOSITIONS = frozenset(
    (
        "of in on at to from for by with about after before during since until between below near into against under "
        "over through without within per towards across outside inside behind than as like"
    ).split()
)
_JOINING = frozenset("of in on at to from for between below near outside inside under against".split())
_PLACING = r"(?:in|at|on|near|to|from|below|outside|inside|of)"
DETERMINERS = frozenset(
    "the a an this that these those his her its their our my your any some all no every each".split()
)
_WH = frozenset("who whom whose what which when where why how".split())
_OTHER = frozenset(
    (
        "somebody someone anybody anyone "
        "and or but not if whether because that he she it they we you i him them us me there here also still ever "
        "already just only so far first last next now today yesterday tomorrow again yet then too almost more most "
        "up down off out away"
    ).split()
)
_STOPS = AUXILIARIES | BE | PREPOSITIONS | _WH | _OTHER
_PLURALS = frozenset(
    "people children men women police staff cattle sheep fish mice feet civilians dead injured".split()
)
_ING_NOUNS = frozenset(
    (
        "wing king ring spring string meeting building painting opening hearing evening morning ceiling crossing "
        "ruling shooting bombing wedding thing warning training funding landing parking housing clothing"
    ).split()
)
_PARTICIPLES = BASE_FORMS.keys() | set("become born cut died done hit hurt let put run said set shut".split())
_NOT_PARTICIPLES = frozenset("red hundred need speed seed feed bed shed breed creed sacred united".split())
_ORDINALS = ("first", "last", "most", "next")
_BEFORE_VERB = frozenset("not also first last still ever only just already have be do".split())
_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_CAPITALISED = r"(?!I\b)[A-Z][\w’'-]*"
NAME = re.compile(
    rf"{_CAPITALISED}(?:\.?\s+(?:(?:of|de|van|von|del|la|al)\s+(?:the\s+)?)?{_CAPITALISED})*"
    rf"(?:(?:,\s+|\s+and\s+){_CAPITALISED}(?:\s+{_CAPITALISED})*)*"
)
"""A name, or several that are joined by "and"."""
TIME = re.compile(
    r"(?:\b(?:in|on|since|during|until|by|before|after|for)\s+)?\b(?:(?:19|20)\d\d"
    rf"|(?:(?:early|late|mid)-?\s*)?(?:{MONTH_NAME}|{MONTH_BEGINNING}\b)"
    r"(?:\s+\d{1,2}(?!\d))?(?:,?\s+(?:19|20)\d\d)?"
    rf"|{WEEKDAY_NAME}|(?:last|this|next)\s+(?:year|month|week|night|weekend)|yesterday|today"
    r"|(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|several|a\s+few|many)\s+"
    r"(?:hour|day|week|month|year|decade|centur)(?:s|y|ies)?\s+(?:ago|earlier|later|before)"
    r"|the\s+(?:first|second|third|last)\s+(?:day|week|month|year)|the\s+(?:day|week|month|year)\s+before)\b"
)
_QUESTION = re.compile(
    r"(?:about\s+(?P<about>[^:]{1,200}):\s+)?(?:(?:and|but|so|ok|well|then|also)\b[\s,]*)*"
    r"(?P<preposition>(?:by|for|from|with|to|in|at|on|since|until|of|against)\s+(?=how|what|wh))?"
    r"(?:(?P<wh>how\s+(?:many|much|long|old|far|tall|high|big|large|often|deep|fast|soon|wide|heavy|come)|how\s+\w+(?=\s+(?:is|are|was|were|do|does|did|will|has|have|can)\b)|when|where|why|how|who|whom|whose|what|which)\b\s*)?"
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
    found: list[str] = []
    for match in re.finditer(_CAPITALISED, text):
        before = text[: match.start()].rstrip(" “\"'‘(")
        begins = not before or (
            before.endswith((".", "?", "!", ":", "“", "”")) and not re.search(r"\b[A-Z][a-z]{0,3}\.$", before)
        )
        if match.group().lower() in _STOPS | DETERMINERS or (begins and (before or not at_start)):
            continue
        found.append(re.sub(r"['’]s?$", "", match.group()))
    return found


def proper_names(texts: Iterable[str]) -> dict[str, None]:
    """The names in `texts`, in order, each once; what only begins a sentence is none, and no time is."""
    found: dict[str, None] = {}
    for text in texts:
        for match in NAME.finditer(text):
            name = re.sub(r"['’]s?$", "", match.group())
            parts = name.split()
            alone = len(parts) == 1 and (match.start() == 0 or text[: match.start()].rstrip()[-1:] in '.?!:“”"')
            if parts[0].lower() in _STOPS | DETERMINERS or alone or TIME.fullmatch(name) or len(name) < 3:
                continue
            found[name] = None
    return found


def recapitalised(text: str, known: Iterable[str]) -> str:
    """`text` with `known` names written as stories write them: people type "ukraine"."""
    if text != text.lower():
        return text
    for name in known:
        for each in re.split(r",\s+|\s+and\s+", name):
            text = re.sub(rf"\b{re.escape(each.lower())}\b", lambda _, each=each: each, text)  # type: ignore[misc]
    return text


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
    return bool(word) and word not in (_STOPS - set(_ORDINALS)) | DETERMINERS


def head(phrase: str) -> str:
    """The noun that a phrase is about: "the night ferry to Corra" is about a ferry."""
    found: list[str] = []
    for word in words(phrase):
        if found and word.lower() in PREPOSITIONS:
            break
        if word.lower() not in DETERMINERS:
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
    return (words(text) or [""])[0].lower() in PREPOSITIONS


def carrying(text: str) -> tuple[str, ...]:
    """The words of a question that carry meaning, in small letters."""
    return content_words(text)


def asks_for_nothing(question: str) -> bool:
    """Whether a question says of nobody and nothing what it asks: "how many died", "who paid"."""
    asked = parse(question)
    if asked.wh not in ("how many", "how much", "who", "what"):
        return False
    if asked.counted not in ("", "people") and not is_participle(asked.counted):
        return False
    said = [word for word in words(asked.rest) if word.lower() not in _OTHER]
    if asked.auxiliary and not asked.wh.startswith("how"):
        return not said or is_participle(said[0]) or said[0] == "to"
    return len(said) <= 2


def parse(text: str) -> Clause:
    """Take a question apart."""
    text = " ".join(text.split())
    match = _QUESTION.match(text.rstrip(" ?!."))
    assert match is not None, "it matches everything"
    rest = match["rest"].split()
    wh = (match["wh"] or "").lower()
    counted: list[str] = []
    if (doing := _doing_after_it_that(rest)) is not None:
        counted, rest = rest[3:doing], rest[doing:]
    elif wh in ("how many", "how much", "what", "which", "whose"):
        while (
            rest
            and rest[0].lower() not in AUXILIARIES
            and not (is_participle(rest[0]) and (wh != "how many" or counted))
        ):
            if rest[0].lower() in PREPOSITIONS | DETERMINERS:
                break
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
    if rest and rest[0].lower() in AUXILIARIES:
        auxiliary = rest.pop(0).lower()
    body = " ".join(rest)
    phrases = _phrases(rest, auxiliary, wh=wh)
    subject = phrases[0] if phrases and auxiliary and body.startswith(phrases[0]) else None
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


def _doing_after_it_that(rest: list[str]) -> int | None:
    """Where the verb is in "was it that people came", as completed questions ask; None when they do not."""
    if [word.lower() for word in rest[1:3]] != ["it", "that"] or rest[0].lower() not in BE:
        return None
    verb = next((place for place, word in enumerate(rest[3:8], 3) if is_participle(word)), None)
    return verb if verb is not None and verb > 3 and not set(rest[3:verb]) & PREPOSITIONS else None


def _before_auxiliary(rest: list[str]) -> bool:
    """Whether an auxiliary or the verb comes soon, before a preposition or determiner."""
    for position, word in enumerate(rest[:4]):
        if word.lower() in AUXILIARIES or (position and is_participle(word)):
            return True
        if word.lower() in PREPOSITIONS | DETERMINERS:
            return False
    return False


def _phrases(tokens: list[str], auxiliary: str, *, wh: str) -> list[str]:
    """The noun phrases among `tokens`, which follow `auxiliary`."""
    found: list[str] = []
    asks_for_subject = wh in ("who", "what", "which", "how many") and auxiliary in BE
    has_object = _is_capital(tokens, 1) or bool(set(tokens[1:2]) & DETERMINERS)  # "is building the factory"
    is_doing = (
        asks_for_subject and bool(tokens) and tokens[0].endswith("ing") and (tokens[0] not in _ING_NOUNS or has_object)
    )
    # "who won the cup", "which hospital is closing its ward"
    position = after_verb = int(is_doing or (bool(wh) and not auxiliary))
    while position < len(tokens):
        end = _noun_phrase(tokens, position, auxiliary, after_verb=after_verb)
        if end == position:
            position += 1
            continue
        whole = end
        while whole < len(tokens) and tokens[whole].lower() in _JOINING:
            further = _noun_phrase(tokens, whole + 1, auxiliary)
            infinitive = (
                tokens[whole].lower() == "to"
                and tokens[whole + 1 : whole + 2]
                and (tokens[whole + 1][:1].islower() and tokens[whole + 1].lower() not in DETERMINERS)
            )
            if further == whole + 1 or infinitive:
                break
            whole = further
        if position == 0 and auxiliary in DO:
            # A verb must follow the subject; when there is none behind, the subject's last word is it.
            follows = tokens[whole].lower() if whole < len(tokens) else ""
            if (not follows or follows in (_STOPS - _BEFORE_VERB) | DETERMINERS) and not tokens[end - 1][:1].isupper():
                kept = end - 1
                if not follows and tokens[end : end + 1] == ["of"] and not tokens[whole - 1][:1].isupper():
                    kept, end = whole - 1, whole  # "will the repair of the dam cost": the verb is behind both
                nouns = [word for word in tokens[:kept] if word.lower() not in DETERMINERS]
                if nouns:
                    found.append(" ".join(tokens[:kept]))
                    position = end
                    continue
        found.append(" ".join(tokens[position:whole]).strip(" ,"))
        position = whole
    return [phrase for phrase in found if not TIME.fullmatch(phrase)]


def _noun_phrase(tokens: list[str], start: int, auxiliary: str, *, after_verb: int = 0) -> int:
    """Where the noun phrase that begins at `start` ends; `start` when none does.

    Without a determiner it begins at 0, at `after_verb`, with a name or after a preposition.
    """
    if start >= len(tokens):
        return start
    position = start
    determined = tokens[start].lower() in DETERMINERS
    if determined:
        position += 1
        if tokens[start].lower() == "that" and (
            _is_capital(tokens, position) or set(tokens[position : position + 1]) & DETERMINERS
        ):
            return start  # "the prisoners that Russia freed"
    elif tokens[start][:1].islower():
        begins = start <= after_verb or tokens[start - 1].lower() in PREPOSITIONS
        if not begins or (start <= after_verb and is_participle(tokens[start])):  # "being exchanged"
            return start
    nouns = 0
    while position < len(tokens):
        word = tokens[position]
        joins_names = word.lower() in ("and", "&") and nouns > 0 and _is_capital(tokens, position + 1)
        if not joins_names:
            if _ends_phrase(tokens, position, auxiliary, nouns=nouns, determined=determined):
                break
            nouns += not word.lower().endswith("ly") and word.lower() not in _ORDINALS
        position += 1
        if word.endswith(",") and not _is_capital(tokens, position):
            break
    return position if nouns else start


def _is_capital(tokens: list[str], position: int) -> bool:
    return position < len(tokens) and tokens[position][:1].isupper()


def _ends_phrase(tokens: list[str], position: int, auxiliary: str, *, nouns: int, determined: bool) -> bool:
    """Whether the word at `position` is no more of a noun phrase that has so many nouns already."""
    word = tokens[position]
    lower = word.lower().strip(",")
    capital = word[:1].isupper() or word[:1].isdigit()
    if lower in _STOPS and (not capital or lower in AUXILIARIES):
        return nouns > 0 or lower not in _ORDINALS
    if not nouns:
        return False
    if lower in DETERMINERS or (not capital and is_participle(lower)):
        return True
    if not capital and auxiliary in DO and _is_before_object(tokens, position):
        return True
    if not capital and _is_capital(tokens, position - 1) and not tokens[position - 1].endswith(("'s", "’s")):
        # A verb: "did Halden pick", "did the Northern Tern leave Sandhaven", but "the Lantern tower".
        return not determined or (auxiliary in DO and _is_capital(tokens, position + 1))
    return not capital and auxiliary in BE and lower.endswith("ing") and lower not in _ING_NOUNS


def _is_before_object(tokens: list[str], position: int) -> bool:
    """Whether a name follows that no verb comes after: "does the ferry leave Corra", not "did the firm Halden say"."""
    end = position + 1
    while _is_capital(tokens, end):
        end += 1
    return end > position + 1 and (end == len(tokens) or tokens[end].lower() in _STOPS)


def place(text: str) -> str | None:
    """The last place that `text` names, with its preposition and what stands there: "in the flood in Velmora"."""
    found = list(re.finditer(rf"\b{_PLACING}\s+(?:the\s+)?(?P<name>{NAME.pattern})", text))
    found = [match for match in found if not TIME.fullmatch(match["name"])]
    if not found:
        return None
    match = found[-1]
    preposition, _, named = match.group().partition(" ")
    return f"{preposition if preposition in ('in', 'on', 'at', 'near') else 'in'} {named}"
