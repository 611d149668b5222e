"""Completes a question that follows others, so that it can be searched and read without them."""

import re
from collections.abc import Sequence

from index.answering import clauses, rephrasing
from index.answering.antecedents import PRONOUN, Turn, definite, meant_by, person, points_back
from index.answering.clauses import names, stem, words
from index.answering.figures import PERIOD
from index.answering.number_words import value_of
from index.answering.questions import MAX_CHARACTERS, no_question_for_stories
from index.conversations import remembered
from index.shaping.words import is_stop_word
from index.stories import Answer

_TURNS = 4
"""So many questions back somebody or something may still be meant."""
_QUOTED_CHARACTERS = 200
_TOPICS = 2
_DESCRIBING = 2
"""Words before a noun that say which one is meant, without what was spoken of before."""

_LEAD = re.compile(r"(?:(?:and|but|so|ok|okay|well|then|also|or|plus|oh)\b[\s,]*)+", re.I)
_CARRYING_ON = re.compile(r"(?:and|but|also|plus)\b", re.I)
_TAIL = r"(?:\s+(?:exactly|precisely|then|though|else|again|roughly|now|not|only|so\s+\w+|in\s+total|in\s+all))*"
_MORE = re.compile(
    r"(?:please\s+)?(?:(?:can|could)\s+you\s+)?(?:tell\s+(?:me|us)\s+(?:some\s+)?)?"
    r"(?:more|anything\s+else|go\s+on|continue|what\s+else)"
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
    rf"(?P<asks>(?:(?:by|for|from|with|to|in|at|on|since|until|of|against|about|under|between|among)\s+)?"
    rf"(?:(?:when|where|why|how|who|whom|whose|what|how\s+come|what\s+for)"
    rf"|(?:how\s+(?:many|much|long|old|far|tall|high|big|large|often|deep|fast|soon)|what|which)"
    rf"(?:(?:\s+(?!of\b)[\w’'-]+){{0,2}}"
    rf"|(?:\s+(?!of\b)[\w’'-]+)?\s+(?:on|in|at|from|per|for|by|of\s+the)(?:\s+[\w’'-]+){{1,3}})))"
    rf"(?P<tail>{_TAIL})(?P<back>\s+(?:was|is|were|are|did|does|will|would)\s+(?:it|that|this|they|those)"
    r"(?:\s+(?:happen|happening|be|take\s+place|so|done|agreed|announced))?)?",
    re.I,
)
_IN_ALL = re.compile(r"in\s+(?:total|all|sum)|altogether|overall", re.I)
_DATELINE = re.compile(r"[A-Z][A-Z .,'’-]{1,40}(?:\s*\([^)]{1,40}\))?\s*[—–-]+\s+")
# Nouns that are somebody's or something's: alone they ask about what was spoken of before.
_RELATIONAL = frozenset(
    (
        "captain coach winner winners loser owner owners director leader head chief executive chairman "
        "chairwoman chair president mayor minister governor spokesman spokeswoman spokesperson author "
        "architect developer builder operator manager boss founder union victim victims dead survivor "
        "survivors wounded injured suspect suspects police population name price cost costs toll total number "
        "amount budget result results score turnout reason cause purpose aim goal date deadline distance "
        "length height width depth size weight speed capacity age damage penalty punishment reward prize "
        "opposition reaction consequences consequence outcome plan details inhabitants residents passengers "
        "visitors guests spectators customers "
        "crew audience crowd critics neighbours neighbors families relatives company firm government council "
        "state ministry team club players fans islanders villagers locals farmers workers staff employees "
        "parents authorities officials experts rescuers organisers campaign project work repair talks deal "
        "guard driver money one ones other others rest fine fee ban"
    ).split()
)
_OF = re.compile(r"\bof\s+(?!(?:the|that|this|these|those|all|it|them)\b)(?P<noun>[\w’'-]+)", re.I)
"""What says whose or of what something is: "the price of steel"."""
_ANYBODY = re.compile(r"\b(?:any|anyone|anybody|someone|somebody|everyone|everybody|nobody|anything|no\s+one)\b", re.I)
_THEN = re.compile(r"\b(?:back\s+then|at\s+(?:the|that)\s+time|afterwards?|after\s+that|before\s+that)$", re.I)
_VAGUE = frozenset(
    "people person happen happened happens next now today later since already still long exactly".split()
)


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


def _turns(conversation: Sequence[Answer]) -> list[Turn]:
    """The last questions that were meant for the stories, the newest first."""
    turns: list[Turn] = []
    answers = [
        answer
        for answer in reversed(remembered(conversation))
        if no_question_for_stories(answer.understood_as or answer.question) is None
    ][:_TURNS]
    for number, answer in enumerate(answers):
        # Who said something is another matter, and what it was is not what the next question is about.
        of = next((each for each in answers[number:] if not _WHO_SAID.fullmatch(each.question.strip(" ?!."))), answer)
        text = of.understood_as or of.question
        shown = answer.citations if answer.answered else ()
        quotes = tuple(_DATELINE.sub("", " ".join(citation.quote.split())) for citation in shown)
        titles = tuple(citation.title for citation in shown)
        short = answer.short if answer.answered else None
        known = clauses.proper_names(quotes)
        turns.append(Turn(clauses.parse(clauses.recapitalised(text, known)), short, quotes, titles))
    return turns


def _completed(question: str, turns: Sequence[Turn]) -> str | None:
    """`question` completed, None when it stands by itself."""
    last = turns[0]
    lead = _LEAD.match(question)
    bare = (question[lead.end() :] if lead else question).rstrip(" ?!.…")
    if not bare or _MORE.fullmatch(bare):
        return _sentence(f"tell me more about {_topic(last)}", end="")
    if said := _WHO_SAID.fullmatch(bare):
        return _sentence(f"{said['asks']} that {_said(last)}")
    if other := _ABOUT_SOMETHING_ELSE.fullmatch(bare):
        return _about_something_else(other["other"], last)
    if (asks := _BARE.fullmatch(bare)) and not clauses.has_verb(asks["asks"]):
        if not asks["back"] and len(words(asks["asks"])) > 1 and names(asks["asks"], at_start=False):
            return None
        return _sentence(_asked_anew(asks["asks"] + asks["tail"], last))
    if clauses.TIME.fullmatch(bare) or (lead and clauses.is_phrase(bare)):
        return _about_something_else(bare, last)
    if re.match(r"(?:in|on|at|for|from|during|after|before|since|by|with)\b", bare, re.I) and clauses.is_phrase(bare):
        return _about_something_else(bare, last)
    replaced = _without_pronouns(bare, turns)
    if replaced is not None:
        return _sentence(replaced)
    if names(bare, at_start=False):
        return None
    if (named := _with_full_name(bare, turns)) is not None:
        return _sentence(named)
    if _has_no_topic(bare, led=lead is not None and _CARRYING_ON.match(question) is not None):
        return _sentence(_about(_topic(last), bare))
    return None


def _sentence(text: str, *, end: str = "?") -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] + end


def _about(topic: str, question: str) -> str:
    """`question` with its topic in front, unless it has it already."""
    if {stem(word) for word in words(topic)} <= {stem(word) for word in words(question)}:
        return question
    first, _, rest = question.partition(" ")
    return f"about {topic}: {first if names(first) else first.lower()} {rest}"


def _topic(turn: Turn) -> str:
    """What a question was about, as a phrase: what it names, else what it speaks of and what its answer names."""
    asked = turn.asked
    named = [phrase for phrase in asked.phrases if names(phrase)][:_TOPICS]
    if named:
        return " and ".join(definite(phrase) for phrase in named)
    if asked.about:
        return asked.about
    spoken_of = list(asked.phrases[:_TOPICS])
    if asked.counted and not (asked.subject and asked.rest == f"{asked.subject} have"):
        spoken_of = [rephrasing.counted_phrase(asked)]
    answered = list(clauses.proper_names(turn.quotes[:1]))[:1]
    topic = ", ".join([definite(each) for each in spoken_of] + answered)
    return topic or " ".join(next(iter(turn.titles), asked.text.rstrip(" ?!.")).split()[:15])


def _said(turn: Turn) -> str:
    """What was answered before, as a clause without its quotation marks; the question itself when nothing was."""
    if not turn.quotes:
        return rephrasing.statement(turn.asked)
    quote = re.sub(r"[“”\"„«»?!]", "", turn.quotes[0]).strip(" .,;:")
    first = quote.split(maxsplit=1)[0] if quote else ""
    if re.match(r"I\b", first) is None and (is_stop_word(first.lower()) or value_of(first) is not None):
        quote = first.lower() + quote[len(first) :]
    return quote if len(quote) <= _QUOTED_CHARACTERS else quote[:_QUOTED_CHARACTERS].rsplit(" ", 1)[0]


def _asked_anew(asks: str, turn: Turn) -> str:
    """The question before, but asking `asks`: "when" after "Who won the cup?"."""
    asked = turn.asked
    asks = asks[:1].lower() + asks[1:]
    lead = f"about {asked.about}: " if asked.about else ""
    return lead + rephrasing.reask(asks, asked, somebody=turn.short or person(turn, None) or "somebody")


def _about_something_else(other: str, turn: Turn) -> str:
    """The question before, with `other` in the place of what is of its kind there."""
    other = other.rstrip(" ?!.")
    if _IN_ALL.fullmatch(other) and (part := re.search(PERIOD, turn.asked.text, re.I)) is not None:
        return _sentence(f"{turn.asked.text[: part.start()]}{other}{turn.asked.text[part.end() :]}".rstrip(" ?!."))
    if turn.asked.about and names(other):
        other = re.sub(r"^(?:in|on|at|for|from|by|with)\s+", "", other)
        return _sentence(_about(other, turn.asked.text.rstrip(" ?!.")))
    if names(other) and not clauses.begins_with_preposition(other) and not any(map(names, turn.asked.phrases)):
        return _sentence(_about(other, turn.asked.text.rstrip(" ?!.")))
    swapped = rephrasing.swap(turn.asked, other)
    if swapped is not None:
        return _sentence(swapped)
    if clauses.begins_with_preposition(other):
        return _sentence(f"{turn.asked.text.rstrip(' ?!.')} {other}")
    return _sentence(_about(f"{_topic(turn)}", f"what about {other}"))


def _without_pronouns(question: str, turns: Sequence[Turn]) -> str | None:
    """`question` with names for the words that point back, None when none does."""
    last = turns[0]
    spoken_of = False
    result: list[str] = []
    end = 0
    for match in PRONOUN.finditer(question):
        if not points_back(question, match):
            continue
        spoken_of = True
        meant = meant_by(question, match, turns)
        if meant is not None:
            result += [question[end : match.start()], meant]
            end = match.end()
    if not spoken_of:
        return None
    text = "".join(result) + question[end:]
    topic = _topic(last)
    if result and (names(text, at_start=False) or not names(topic)):
        return text
    return _about(topic, text)


def _with_full_name(question: str, turns: Sequence[Turn]) -> str | None:
    """`question` with what it calls "the ferry" called as before, "the night ferry to Corra"; None when it was not."""
    spoken_of = _definite_nouns(question)
    for match, noun in spoken_of:
        for turn in turns:
            for phrase in turn.asked.phrases:
                if stem(clauses.head(phrase)) == noun and len(words(phrase)) > 2:
                    if stem(match["noun"]) != noun or not names(phrase):
                        return _about(_topic(turn), question)
                    return question[: match.start()] + definite(phrase) + question[match.end() :]
    if any(noun in turns[0].stems for match, noun in spoken_of if not _says_which(question, match, noun)):
        return _about(_topic(turns[0]), question)
    return None


def _definite_nouns(question: str) -> list[tuple[re.Match[str], str]]:
    """Where `question` says "the ferry" or "that old ferry", with the stem of the noun."""
    phrases = clauses.parse(question).phrases
    found = []
    for match in re.finditer(r"\b(?:the|that|this|these|those)\s+(?P<noun>[\w’'-]+)", question, re.I):
        whole = next((each for each in phrases if match.group() in each), match.group())
        found.append((match, stem(clauses.head(whole[whole.find(match.group()) :]))))
    return found


def _says_which(question: str, match: re.Match[str], noun: str) -> bool:
    """Whether words before `noun`, in what `match` begins, tell it apart: "the first night ferry"."""
    described = [stem(word) for word in words(question[match.start("noun") :])]
    return noun in described[_DESCRIBING:]


def _has_no_topic(question: str, *, led: bool) -> bool:
    """Whether a question without names and pronouns speaks of nothing that could be looked for."""
    related = {stem(word) for word in _RELATIONAL}
    spoken_of = [noun for _, noun in _definite_nouns(question)]
    content = [word for word in clauses.carrying(question) if word not in _VAGUE]
    if led or _THEN.search(question) or (_ANYBODY.search(question) and not spoken_of):
        return True
    if spoken_of:
        told = any(stem(of["noun"]) not in related and of["noun"] not in _VAGUE for of in _OF.finditer(question))
        return not told and len(content) <= 3 and all(noun in related for noun in spoken_of)
    asked = clauses.parse(question)
    if asked.wh == "how many" and stem(asked.counted) in related and not asked.phrases:
        return len(content) <= 2  # "how many visitors came"
    existential = re.match(r"(?:is|are|was|were)\s+there\b", question, re.I) is not None
    return len(content) <= 1 and (existential or clauses.asks_for_nothing(question))
