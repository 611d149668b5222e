"""What a question asks for, and which messages are no question to the stories at all."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from index.shaping.words import all_words, content_words
from index.stories import Reason

MAX_CHARACTERS = 1_000

Asks = Literal["count", "amount", "percent", "measure", "when", "where", "who", "which", "other"]

_DOCUMENTS = r"(?:news\s+)?(?:stories|articles|news\s+items|news\s+stories|documents|reports|publishers)"
_COUNTS_OVER_STORIES = re.compile(
    rf"""
    \b(?:how\s+many|number\s+of|count\s+(?:of\s+)?(?:the|all)?)\s+(?:of\s+)?(?:(?:the|your|these|all)\s+)*{_DOCUMENTS}\b
        (?: \s*\W*$
          | \s+(?:that\s+|which\s+)?(?:mention|talk|report|say|cover|write|discuss|refer|name|contain|include)
          | \s+(?:are|were)\s+(?:there|in\b|about|on\b|published|stored|from|by)
          | \s+(?:do|can|have|did)\s+you\b
          | \s+(?:about|on|regarding|concerning|from|by|in\s+(?:the|your)\s+(?:library|index|collection|archive)) )
    | \bhow\s+(?:often|many\s+times)\b.*\bmention(?:ed|s)?\b.*\b(?:{_DOCUMENTS}|library)\b
    | \b(?:publisher|source|author|newspaper)s?\b.*\bmost\s+{_DOCUMENTS}\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ABOUT_THE_BOT = re.compile(
    r"""
    (?:hi\s+|hello\s+|hey\s+|so\s+|and\s+)?(?:
      (?:who|what)\s+(?:exactly\s+)?(?:are|r)\s+(?:you|u)
    | (?:who|what)\s+is\s+(?:storydesk|this\s+bot)
    | what(?:\s+else)?\s+(?:can|do)\s+you\s+(?:do|know|answer)(?:\s+for\s+(?:me|us))?
    | how\s+(?:do|does)\s+(?:you|this|it|the\s+bot|storydesk)\s+work
    | how\s+(?:do|can)\s+i\s+(?:use|ask)\s+(?:you|this|this\s+bot|the\s+bot|storydesk)
    | are\s+you\s+(?:a\s+|an\s+)?(?:robot|bot|human|person|ai|real|alive|chatbot|machine|program)(?:\s+or\s+.*)?
    | who\s+(?:made|built|wrote|created|runs|programmed)\s+(?:you|this\s+bot|storydesk)
    | (?:what\s+is|what['’]s|whats)\s+your\s+(?:name|(?:favou?rite|purpose|job|age|opinion)\b.*)
    | how\s+(?:are|r)\s+(?:you|u)(?:\s+(?:doing|feeling|today))*
    | do\s+you\s+(?:like|love|hate|feel|sleep|dream|speak)\b.*
    | .*\byour?\b.*,\s*(?:dear\s+)?(?:bot|storydesk)
    | how\s+old\s+are\s+you | where\s+(?:are\s+you|do\s+you\s+live)(?:\s+from)?
    | (?:please\s+)?help(?:\s+me)?(?:\s+please)?
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SMALL_TALK = re.compile(
    r"""
    (?:hi|hello|hey|yo|good\s+(?:morning|afternoon|evening|night|day)|greetings|bye|goodbye|see\s+you|cheers
    | thanks?|thank\s+you|thx|ty|ok|okay|k|cool|nice|great|good|wow|lol|haha+|hmm+|yes|no|yep|nope|sure|sorry|please
    | never\s*mind|test|ping)
    (?:\W+(?:hi|hello|there|all|everyone|bot|storydesk|you|thanks?|a\s+lot|very\s+much|so\s+much|cool|nice|great|good|ok
    | okay|then|job|one|again|man|yes|no|please|bye|lol))*
    """,
    re.IGNORECASE | re.VERBOSE,
)

_COUNT = re.compile(
    r"\b(?:how\s+many|what(?:\s+is|'s|\s+was)?\s+(?:the\s+)?(?:total\s+)?number\s+of)\s+(?:of\s+)?"
    r"(?:(?:the|these|those|its|their|his|her|our|more|other|new|different|people's)\s+)*(?P<counted>.+)",
    re.IGNORECASE,
)
_PEOPLE_COUNT = re.compile(
    r"\bwhat(?:\s+is|'s|\s+was|\s+are)\b.*\b(?:(?P<living>population)|toll|attendance|headcount)\b"
    r"|\bhow\s+(?:big|large)\s+(?:is|was)\s+the\s+(?:crowd|audience)\b",
    re.IGNORECASE,
)
_LIVING = re.compile(
    r"\bhow\s+many\s+(?:people|persons)\s+(?:are\s+)?(?:live|lives|lived|living)\b(?!\s+(?:through|to)\b)", re.I
)
RESIDENTS = ("population", "inhabitants", "residents")
"""What is counted where it is asked how many people live somewhere."""
_PERCENT = re.compile(
    r"\b(?:what|which|how\s+many|how\s+large\s+a)\s+(?:is\s+the\s+)?(?:percent|per\s*cent|percentage|share\s+of|proportion|turnout)\b"
    r"|\bwhat(?:\s+is|'s|\s+was|\s+will)\s+(?:the\s+)?(?:\w+\s+)?(?:turnout|unemployment\s+rate|inflation|share(?!\s+price)|percentage)\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\bhow\s+much\b"
    r"|\bwhat(?:\s+is|'s|\s+was|\s+were|\s+will|\s+did)\b.*\b(?:price|costs?|budget|sum|amount|fee|fine|salary|worth|deficit|damages?)\b",
    re.IGNORECASE,
)
_MEASURE = re.compile(
    r"\bhow\s+(?:long|old|far|tall|high|deep|wide|big|large|fast|hot|cold|heavy|strong|soon|late|early)\b", re.I
)
_WHEN = re.compile(r"\bwhen\b|\b(?:what|which)\s+(?:year|month|day|date|week|time)\b", re.I)
_WHERE = re.compile(r"\bwhere\b|\b(?:what|which)\s+(?:city|country|town|place|state|region|village|street)\b", re.I)
# "what company", "which of the two rivers": what is asked for by its kind.
_WANTED = re.compile(
    r"\b(?:what|which)\s+(?:of\s+)?(?:(?:the|these|those|two|three|other|kind\s+of|type\s+of)\s+)*(?P<wanted>\w.*)",
    re.I,
)
_IS_NAME = re.compile(r"\bwhat(?:\s+is|'s|\s+was|\s+are|\s+were)\s+(?:the\s+)?(?P<wanted>names?)\s+of\b", re.I)
NAMED_KINDS = frozenset(
    (
        "country nation state city town village place region province county district street road river lake sea ocean "
        "island mountain volcano continent capital port airport station stadium company firm bank airline club team "
        "side party newspaper magazine publisher university school college hospital museum church agency organisation "
        "organization union ministry player actor actress singer band minister president mayor judge lawyer doctor "
        "scientist author writer artist painter coach captain person man woman king queen prince director pilot storm "
        "hurricane ship ferry nationality name"
    ).split()
)
"""Kinds of things that are told by their names, in the singular."""
_ASKING = re.compile(r"\b(?:who|whom|whose|what|which|when|where|why|how)\b", re.I)
_WHO = re.compile(r"\b(?:who|whom|whose)\b", re.I)

# What ends the name of what is counted: "how many prisoners | are being exchanged".
_ENDS_COUNTED = frozenset(
    (
        "is are was were be been being am do does did have has had will would can could shall should may might must "
        "in on at of from to by with for per since after before during until there it they he she we you i that who "
        "which a an the get got and or"
    ).split()
)
_VERBS = frozenset(
    (
        "won lost made took gave got went came left sold bought paid built found held kept led met ran said saw sent "
        "set shut told won wrote hit beat broke cut fell grew hosts owns runs makes plays wins leads gets"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what it asks for.

    `counted` are the words for what a "how many" counts, in small letters; `content` the words that carry meaning.
    `wanted` is the noun of a "what" or "which", with what stands before it: ("insurance", "company"), ("year",).
    """

    text: str
    asks: Asks
    counted: tuple[str, ...]
    content: tuple[str, ...]
    wanted: tuple[str, ...] = ()

    @property
    def asks_for_figure(self) -> bool:
        """Whether a number with a unit is asked for."""
        return self.asks in ("count", "amount", "percent", "measure")


def no_question_for_stories(text: str) -> Reason | None:
    """Why `text` is not to be answered from the stories, None when it is."""
    if len(text) > MAX_CHARACTERS:
        return "too_long"
    words = " ".join(text.split())
    bare = words.strip(" \t?!.,;:…-–\"'“”()")
    if not any(unicodedata.category(character).startswith("L") for character in bare) or _SMALL_TALK.fullmatch(bare):
        return "not_a_question"
    if _ABOUT_THE_BOT.fullmatch(bare):
        return "about_the_bot"
    if _COUNTS_OVER_STORIES.search(words):
        return "counts_over_stories"
    return None


def understand(text: str) -> Question:
    """Read a question that is meant for the stories."""
    text = " ".join(text.split())
    asks: Asks = "other"
    counted: tuple[str, ...] = ()
    if _PERCENT.search(text):
        asks = "percent"
    elif count := _COUNT.search(text):
        asks = "count"
        counted = RESIDENTS if _LIVING.search(text) else _counted(count["counted"])
    elif people := _PEOPLE_COUNT.search(text):
        asks = "count"
        # Any number of people may be a toll, but only one of residents is a population.
        counted = RESIDENTS if people["living"] else ("people",)
    elif _IS_NAME.search(text):
        asks = "which"
    elif _AMOUNT.search(text):
        asks = "amount"
    elif _MEASURE.search(text):
        asks = "measure"
    elif _asks_with(_WHEN, text):
        asks = "when"
    elif _asks_with(_WHERE, text):
        asks = "where"
    elif _asks_with(_WHO, text):
        asks = "who"
    wanted = _wanted(text) if asks in ("when", "where", "which", "other") else ()
    if asks == "other" and wanted and (_is_named(wanted[-1]) or re.match(r"which\b", text, re.I)):
        asks = "which"
    return Question(
        text=text, asks=asks, counted=counted, content=content_words(text), wanted=wanted if asks != "other" else ()
    )


def _asks_with(pattern: re.Pattern[str], text: str) -> bool:
    """Whether `pattern` has the first question word: "what happened when the levee broke" asks for no time."""
    asking, first = pattern.search(text), _ASKING.search(text)
    return asking is not None and (first is None or asking.start() <= first.start())


def _wanted(text: str) -> tuple[str, ...]:
    match = _IS_NAME.search(text) or _WANTED.search(text)
    words: list[str] = []
    for word in all_words(match["wanted"]) if match else ():
        if word in _ENDS_COUNTED or len(words) == 3 or (words and (word in _VERBS or word.endswith(("ed", "ing")))):
            break
        words.append(word)
        if _is_named(word) and not word.endswith("s"):
            following = re.search(rf"\b{re.escape(word)}\s+(\w+)", text, re.I)
            if following is None or not _is_named(following[1].lower()):
                break  # what follows is a verb: "which country won"
    return tuple(words)


def _is_named(word: str) -> bool:
    singular = word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")
    return word in NAMED_KINDS or singular in NAMED_KINDS


def _counted(rest: str) -> tuple[str, ...]:
    words: list[str] = []
    for word in all_words(rest):
        if word in _ENDS_COUNTED or len(words) == 3:
            break
        words.append(word)
    return tuple(words)
