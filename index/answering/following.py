"""Completes a question that follows others, so that it can be searched and read without them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.answering import clauses
from index.answering.clauses import Clause, is_plural, names, stem, words
from index.answering.questions import MAX_CHARACTERS, no_question_for_stories
from index.stories import Answer

_TURNS = 4
"""So many questions back somebody or something may still be meant."""
_QUOTE_CHARACTERS = 200
_TOPICS = 2

_LEAD = re.compile(r"(?:(?:and|but|so|ok|okay|well|then|also|or|plus|oh)\b[\s,]*)+", re.I)
_TAIL = r"(?:\s+(?:exactly|precisely|then|though|else|again|roughly|in\s+total|in\s+all))*"
_MORE = re.compile(
    r"(?:please\s+)?(?:(?:can|could)\s+you\s+)?(?:tell\s+(?:me|us)\s+(?:some\s+)?)?(?:more|anything\s+else|go\s+on|continue|what\s+else)"
    r"(?:\s+(?:details|please|(?:about|on)\s+(?:it|this|that|them)|(?:do\s+we|is|do\s+you)\s+know(?:n)?))*",
    re.I,
)
_WHO_SAID = re.compile(
    r"(?P<asks>who\s+(?:said|says|told\s+(?:you|us|them)|claims|claimed|wrote|reported|reports)|according\s+to\s+whom"
    r"|whose\s+words\s+(?:are|were)|who\s+is\s+saying)\s*(?:that|this|so|it|these|those)?",
    re.I,
)
_ABOUT_SOMETHING_ELSE = re.compile(r"(?:(?:what|how)\s+(?:about|of|is\s+it\s+with)|same\s+for)\s+(?P<other>.+)", re.I)
_BARE = re.compile(
    rf"(?P<asks>(?:(?:by|for|from|with|to|in|at|on|since|until|of|against|about|under)\s+)?"
    rf"(?:(?:when|where|why|how|who|whom|whose|what|how\s+come|what\s+for)"
    rf"|(?:how\s+(?:many|much|long|old|far|tall|high|big|large|often|deep|fast|soon)|what|which)(?:\s+(?!of\b)[\w’'-]+){{0,3}}))"
    rf"(?P<tail>{_TAIL})(?P<back>\s+(?:was|is|were|are|did|does|will|would)\s+(?:it|that|this|they|those)"
    r"(?:\s+(?:happen|happening|be|take\s+place|so|done|agreed|announced))?)?",
    re.I,
)
_DATELINE = re.compile(r"[A-Z][A-Z .,'’-]{1,40}(?:\s*\([^)]{1,40}\))?\s*[—–-]+\s+")
_EXPLETIVE = re.compile(
    r"\bit\s+(?:(?:is|was|be)\s+)?(?:(?:still|really|also|not)\s+)?(?:true|possible|likely|clear|safe|legal|known|raining|snowing)\b"
    r"|\b(?:is|was)\s+it\s+(?:true|possible|likely|clear|safe|legal|known)\s+(?:that|to|for)\b"
    r"|\bit\s+takes?\s+to\b|\bwhat\s+time\s+is\s+it\b",
    re.I,
)
_PRONOUN = re.compile(
    r"\b(?:he|she|him|his|hers?|himself|herself|it|its|they|them|their|theirs|there|here|this|that|these|those)\b(?!['’]s\s+\w+['’])",
    re.I,
)
_CLAUSE_BORDER = re.compile(
    r"\b(?:when|that|after|before|because|if|whether|and|while|as|since|who|which|until|but|where|how)\b|,", re.I
)
# Nouns that are always somebody's or something's: alone they ask about what was spoken of before.
_RELATIONAL = frozenset(
    (
        "captain coach winner winners loser owner owners director leader head chief chairman chairwoman chair president "
        "mayor minister governor spokesman spokeswoman spokesperson author architect developer builder operator "
        "manager boss founder union victim victims dead survivor survivors wounded injured suspect suspects police "
        "population name price cost costs toll total number amount budget result results score turnout reason cause "
        "purpose aim goal date deadline distance length height width depth size weight speed capacity age damage "
        "penalty punishment reward prize opposition reaction consequences consequence outcome plan details "
        "population inhabitants residents passengers crew audience crowd critics neighbours neighbors families relatives"
    ).split()
)
_ANYBODY = re.compile(r"\b(?:any|anyone|anybody|someone|somebody|everyone|everybody|nobody|anything|no\s+one)\b", re.I)
_VAGUE = frozenset(
    "people person happen happened happens next now today later since already still long exactly".split()
)
_THESE_DAYS = frozenset(
    "year week month morning afternoon evening night time summer winter spring autumn weekend".split()
)
_TITLES = r"(?:Mr|Mrs|Ms|Dr|Prof|Sir|Capt|Sgt|Gen|Col|Lt|Supt|Sen|Rep|Gov|President|Mayor|Minister|Judge|King|Queen|Pope|Insp)\.?"
_PERSON = re.compile(
    rf"(?P<title>\b{_TITLES}\s+)?(?P<name>\b[A-Z][\w’'-]+(?:\s+(?:(?:van|von|de|da|al|bin|del|la)\s+)*[A-Z][\w’'-]+){{0,3}})(?P<after>,?\s*\w*)"
)
_NO_PERSON = frozenset(
    (
        "hospital university bank museum gallery council city town union party court bay port mount mountain river "
        "street road lane avenue bridge cup league island islands sea lake ministry states kingdom company agency "
        "institute stadium station school library tower general united north south east west northern southern "
        "eastern western new monday tuesday wednesday thursday friday saturday sunday january february march april "
        "may june july august september october november december palace airport club federation association "
        "parliament government army group cross red house office press news radio post courier the a an in on at it "
        "he she they we but and for most some each both of his her their no one two three four five six"
    ).split()
)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A question that was asked before, complete, with what was shown for it."""

    asked: Clause
    short: str | None
    quotes: tuple[str, ...]
    titles: tuple[str, ...]

    @property
    def stems(self) -> frozenset[str]:
        """The words of it all."""
        return frozenset(stem(word) for text in (self.asked.text, *self.quotes, *self.titles) for word in words(text))


def complete(question: str, conversation: Sequence[Answer]) -> str:
    """The question that a person means who asks `question` after `conversation`, whose newest answer is its last.

    One that stands by itself, because it is complete or changes the subject, comes back as it is. What was said before
    goes into the result as words only, and the result has `MAX_CHARACTERS` at most.
    """
    # What is not for the stories is told by what was typed: "thanks" after a question is thanks.
    turns = _turns(conversation) if no_question_for_stories(question) is None else []
    if not turns:
        return question
    completed = _completed(" ".join(question.split()), turns)
    if completed is None or len(completed) > MAX_CHARACTERS:
        return question
    return completed


def _turns(conversation: Sequence[Answer]) -> list[_Turn]:
    """The last questions that were meant for the stories, the newest first."""
    turns: list[_Turn] = []
    answers = [
        answer
        for answer in reversed(conversation[-2 * _TURNS :])
        if no_question_for_stories(answer.understood_as or answer.question) is None
    ][:_TURNS]
    for number, answer in enumerate(answers):
        # Who said something is another matter, and what it was is not what the next question is about.
        of = next((each for each in answers[number:] if not _WHO_SAID.fullmatch(each.question.strip(" ?!."))), answer)
        text = of.understood_as or of.question
        quotes = tuple(citation.quote[:1_000] for citation in answer.citations[:3]) if answer.answered else ()
        titles = tuple(citation.title[:300] for citation in answer.citations[:3]) if answer.answered else ()
        short = answer.short if answer.answered else None
        known = frozenset(name for quote in quotes for name in names(quote, at_start=False))
        turns.append(_Turn(clauses.parse(clauses.recapitalised(text, known)), short, quotes, titles))
    return turns


def _completed(question: str, turns: Sequence[_Turn]) -> str | None:
    """`question` completed, None when it stands by itself."""
    last = turns[0]
    lead = _LEAD.match(question)
    bare = (question[lead.end() :] if lead else question).rstrip(" ?!.…")
    if not bare:
        return _sentence(f"tell me more about {_topic(last)}", end="") if lead else None
    if _MORE.fullmatch(bare):
        return _sentence(f"tell me more about {_topic(last)}", end="")
    if said := _WHO_SAID.fullmatch(bare):
        return _sentence(f"{said['asks']} that {_said(last)}")
    if other := _ABOUT_SOMETHING_ELSE.fullmatch(bare):
        return _about_something_else(other["other"], last)
    if (asks := _BARE.fullmatch(bare)) and not clauses.has_verb(asks["asks"]):
        if not asks["back"] and len(words(asks["asks"])) > 1 and names(asks["asks"], at_start=False):
            return None
        return _sentence(_asked_anew(asks["asks"] + asks["tail"], last))
    if lead and clauses.is_phrase(bare):
        return _about_something_else(bare, last)
    if re.match(r"(?:in|on|at|for|from|during|after|before|since|by|with)\b", bare, re.I) and clauses.is_phrase(bare):
        return _about_something_else(bare, last)
    replaced = _without_pronouns(bare, turns)
    if replaced is not None:
        return _sentence(replaced)
    if names(bare, at_start=False):
        return None
    if (named := _with_full_name(bare, last)) is not None:
        return _sentence(named)
    if _has_no_topic(bare, last, led=lead is not None):
        return _sentence(_about(_topic(last), bare))
    return None


def _sentence(text: str, *, end: str = "?") -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] + end


def _about(topic: str, question: str) -> str:
    if not topic:
        return question
    first, _, rest = question.partition(" ")
    return f"about {topic}: {first.lower() if not names(first) else first} {rest}"


def _topic(turn: _Turn) -> str:
    """What a question was about, as a phrase: what it names, else what else it speaks of, else the story's title."""
    phrases = turn.asked.phrases
    named = [phrase for phrase in phrases if names(phrase)]
    chosen = [_definite(phrase) for phrase in (named or phrases)[:_TOPICS]]
    if turn.asked.about and not named:
        return turn.asked.about
    if not chosen and turn.asked.counted:
        chosen = [turn.asked.counted]
    return " and ".join(chosen) or " ".join(next(iter(turn.titles), turn.asked.text.rstrip(" ?!.")).split()[:15])


def _definite(phrase: str) -> str:
    """`phrase` as one speaks of it the second time."""
    if re.match(r"(?:the|this|that|these|those|his|her|its|their|our|my|your)\b|[A-Z]", phrase):
        return phrase
    return "the " + re.sub(r"^(?:a|an|any|some|all)\s+", "", phrase)


def _said(turn: _Turn) -> str:
    """What was answered before, as a clause without its quotation marks; the question itself when nothing was."""
    if not turn.quotes:
        return clauses.statement(turn.asked)
    quote = _DATELINE.sub("", " ".join(turn.quotes[0].split()))
    quote = re.sub(r"[“”\"„«»?!]", "", quote).strip(" .,;:")
    return quote if len(quote) <= _QUOTE_CHARACTERS else quote[:_QUOTE_CHARACTERS].rsplit(" ", 1)[0]


def _asked_anew(asks: str, turn: _Turn) -> str:
    """The question before, but asking `asks`: "when" after "Who won the cup?"."""
    asked = turn.asked
    asks = asks[:1].lower() + asks[1:]
    lead = f"about {asked.about}: " if asked.about else ""
    return lead + clauses.reask(asks, asked, somebody=turn.short or _person(turn, None) or "somebody")


def _about_something_else(other: str, turn: _Turn) -> str:
    """The question before, with `other` in the place of what is of its kind there."""
    other = other.rstrip(" ?!.")
    if turn.asked.about and names(other):
        return _sentence(_about(other, turn.asked.text.rstrip(" ?!.")))
    swapped = clauses.swap(turn.asked, other)
    if swapped is not None:
        return _sentence(swapped)
    if clauses.begins_with_preposition(other):
        return _sentence(f"{turn.asked.text.rstrip(' ?!.')} {other}")
    return _sentence(_about(f"{_topic(turn)}", f"what about {other}"))


def _without_pronouns(question: str, turns: Sequence[_Turn]) -> str | None:
    """`question` with names for the words that point back, None when none does."""
    last = turns[0]
    spoken_of = False
    result: list[str] = []
    end = 0
    for match in _PRONOUN.finditer(question):
        if not _points_back(question, match):
            continue
        spoken_of = True
        meant = _meant(question, match, turns)
        if meant is not None:
            result += [question[end : match.start()], meant]
            end = match.end()
    if not spoken_of:
        return None
    text = "".join(result) + question[end:]
    if result and names(text, at_start=False):
        return text
    return _about(_topic(last), text)


def _points_back(question: str, match: re.Match[str]) -> bool:
    """Whether this pronoun stands for something outside of the question."""
    pronoun = match.group().lower()
    before, after = question[: match.start()].rstrip(), question[match.end() :].lstrip()
    previous, following = (words(before) or [""])[-1].lower(), (words(after) or [""])[0].lower()
    if pronoun in ("this", "that", "these", "those"):
        if following in _THESE_DAYS and pronoun == "this":
            return False
        if (
            pronoun == "that"
            and after
            and not (previous in clauses.AUXILIARIES | {"of", "about", "for", "by", "to"} or not previous)
        ):
            return False
    if (
        pronoun == "there"
        and previous in clauses.BE
        and not (not after and re.match(r"(?:who|what|which)\b", question, re.I))
    ):
        return False
    if pronoun == "there" and following in clauses.BE:
        return False
    if pronoun == "it" and _EXPLETIVE.search(question):
        return False
    candidates = names(before, at_start=False)
    if candidates and pronoun not in ("there", "here", "this", "that"):
        possessive = pronoun in ("his", "its", "their") or (pronoun == "her" and clauses.is_noun_like(following))
        name_at = before.rfind(candidates[-1])
        return not (possessive or _CLAUSE_BORDER.search(before[name_at:]))
    return True


def _meant(question: str, match: re.Match[str], turns: Sequence[_Turn]) -> str | None:
    """What to say in the place of a pronoun, None when that is not clear."""
    pronoun = match.group().lower()
    following = (words(question[match.end() :]) or [""])[0].lower()
    before = (words(question[: match.start()]) or [""])[-1].lower()
    last = turns[0]
    possessive = pronoun in ("his", "its", "their") or (pronoun == "her" and clauses.is_noun_like(following))
    meant: str | None
    if pronoun in ("he", "she", "him", "his", "her", "hers", "himself", "herself"):
        woman = pronoun.startswith(("she", "her"))
        meant = next((person for turn in turns if (person := _person(turn, woman)) is not None), None)
        meant = meant or (_definite(last.asked.subject) if last.asked.subject else None)
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
    if meant is not None and possessive:
        return meant + ("’" if meant.endswith("s") else "’s")
    return meant


def _thing(turn: _Turn) -> str | None:
    """What "it" is after this question: its subject if that is one thing, else the first that is."""
    of_one = [phrase for phrase in turn.asked.phrases if not is_plural(phrase)]
    if turn.asked.subject in of_one and turn.asked.subject is not None:
        return _definite(turn.asked.subject)
    return _definite(of_one[0]) if of_one else (turn.asked.about or None)


def _several(turn: _Turn, *, rather_counted: bool) -> str | None:
    """Who "they" are after this question: its subject, else what it counts, else the first that are several."""
    counted = _definite(clauses.counted_phrase(turn.asked)) if turn.asked.counted else None
    if rather_counted and counted is not None:
        return counted
    if turn.asked.subject is not None:
        return _definite(turn.asked.subject)
    done_to = next((phrase for phrase in turn.asked.phrases if phrase[:1].isupper()), None)
    if turn.asked.counted.lower() == "people" and done_to and turn.asked.rest.partition(" ")[2].startswith(done_to):
        return done_to
    several = [phrase for phrase in turn.asked.phrases if is_plural(phrase)]
    if counted is not None:
        return counted
    if turn.asked.asks_who and turn.short:
        return turn.short
    return _definite(several[0]) if several else None


def _place(turns: Sequence[_Turn]) -> str | None:
    """Where "there" is, with its preposition."""
    for turn in turns:
        if turn.asked.asks_where and turn.short:
            return f"in {turn.short}"
        texts = (*turn.quotes[:1], turn.asked.text) if turn.asked.asks_where else (turn.asked.text, *turn.quotes[:1])
        for text in texts:
            if place := clauses.place(text):
                return place
    subject = turns[0].asked.subject
    return f"in {_definite(subject)}" if subject and not is_plural(subject) else None


def _person(turn: _Turn, woman: bool | None) -> str | None:
    """The person spoken of in a question or its answer; a "Mr." is no woman, and a "Ms." no man."""
    if turn.asked.asks_who and turn.short and names(turn.short):
        return turn.short
    quoted = list(_people_quoted(turn, woman))
    in_question = [
        match.group()
        for match in clauses.NAME.finditer(turn.asked.text)
        if not re.search(r"\b(?:in|at|on|from|to|near|of|the|into|between)\s+$", turn.asked.text[: match.start()], re.I)
        and match.start() > 0
        and not _NO_PERSON & {word.lower() for word in words(match.group())}
        and " and " not in match.group()
    ]
    for name in in_question:
        if " " in name:
            return name
        for person in quoted:
            if person.split()[-1] == name:
                return person
    return next(iter(quoted), None) or next(iter(in_question), None)


def _people_quoted(turn: _Turn, woman: bool | None) -> Iterator[str]:
    """Names in the quotes that look like a person's, the surest first."""
    found: list[tuple[int, str]] = []
    for quote in turn.quotes:
        for match in _PERSON.finditer(" ".join(quote.split())):
            name, title = re.sub(r"['’]s$", "", match["name"]), match["title"] or ""
            parts = {word.lower() for word in words(name)}
            if (
                parts & _NO_PERSON
                or (woman is True and title.startswith("Mr."))
                or (woman is False and title.startswith(("Ms", "Mrs")))
            ):
                continue
            before = quote[: match.start()].rstrip()
            sure = (
                2 * bool(title)
                + (" " in name)
                + match["after"].lstrip(", ").startswith(("said", "who", "told", "says"))
            )
            sure += before.endswith(("said", "says", ",")) + match["after"].startswith(",")
            if sure >= 2:
                found.append((sure, name))
    yield from (name for _, name in sorted(found, key=lambda each: -each[0]))


def _with_full_name(question: str, turn: _Turn) -> str | None:
    """`question` with what it calls "the ferry" called as before, "the night ferry to Corra"; None when it was not."""
    for match in re.finditer(r"\b(?:the|that|this|these|those)\s+(?P<noun>[\w’'-]+)", question, re.I):
        noun = stem(match["noun"])
        for phrase in turn.asked.phrases:
            if stem(clauses.head(phrase)) == noun and len(words(phrase)) > 2 and phrase.lower() not in question.lower():
                return question[: match.start()] + _definite(phrase) + question[match.end() :]
        if noun in turn.stems and noun not in _VAGUE:
            return _about(_topic(turn), question)
    return None


def _has_no_topic(question: str, turn: _Turn, *, led: bool) -> bool:
    """Whether a question without names and pronouns speaks of nothing that could be looked for."""
    definite = [stem(each) for each in re.findall(r"\b(?:the|that|this)\s+([\w’'-]+)", question, re.I)]
    related = {stem(word) for word in _RELATIONAL}
    if any(noun not in related for noun in definite):
        return False
    content = [word for word in clauses.carrying(question) if word not in _VAGUE]
    if definite:
        return len(content) <= 3
    if led or _ANYBODY.search(question):
        return True
    existential = re.match(r"(?:is|are|was|were)\s+there\b", question, re.I) is not None
    return len(content) <= 1 and (existential or clauses.counts_nothing(question))
