"""Whether a few words can be the answer of the kind that a question asks for: no place for a number. English."""

import re

from index.answering.figures import Quantity, counts_the_same, dates, fits, quantities, singular
from index.answering.number_words import value_of
from index.answering.questions import NAMED_KINDS, Question
from index.answering.set_aside import is_set_aside
from index.shaping.calendar_names import MONTHS, WEEKDAYS
from index.shaping.words import all_words, is_stop_word

_CALENDAR = frozenset([*MONTHS, *WEEKDAYS, "today", "yesterday", "tomorrow", "noon", "midnight", "tonight"])
_NAME = re.compile(r"(?<![^\W\d_])[A-Z][^\W\d_]*(?:[’'.-][^\W\d_]+)*")
_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\ds?\b")
_CLOCK = re.compile(r"\b\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m\b|o[’']clock)|\b\d{1,2}:\d\d\b|\b(?:noon|midnight)\b", re.I)
_VAGUE_COUNT = re.compile(
    r"\b(?:dozens|scores|hundreds|thousands|tens\s+of\s+thousands|millions|billions|none|nobody|no\s+\w+|several|(?:a\s+)?few"
    r"|a\s+couple|both|half|one|a\s+handful|all|once|twice)\b",
    re.I,
)
_FEW = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|hundred)"
_FRACTION = re.compile(
    r"\b(?:half|(?:thirds?|quarters?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?)|majority|all|none)\b"
    rf"|\b{_FEW}\s+(?:in|out\s+of)\s+(?:every\s+)?{_FEW}\b",
    re.I,
)
_TIME = re.compile(
    r"\b(?:before|after|during|since|until|till|by|when|while|as|at|once|within|between|later|earlier|ago|soon|now"
    r"|mornings?|afternoon|evening|nights?|dawn|dusk|sunrise|sunset|day|days|week|weeks|weekend|month|months|year|years"
    r"|decades?|century|hours?|minutes?|seconds?|spring|summer|autumn|fall|winter|season|holidays?|christmas|easter"
    r"|ramadan|eve|immediately|daily|weekly|monthly|yearly|annually|early|late|mid|1[0-9]\d0s|q[1-4])\b",
    re.I,
)
# Also without a number that can be read ("a decade", "two and a half weeks").
_LENGTH_OF_TIME = re.compile(
    r"(?P<before>in\s+|within\s+|after\s+)?(?:(?:about|around|some|nearly|almost|over|more\s+than|the\s+next)\s+)*"
    rf"(?:an?|several|\d[\d.,]*|{_FEW}|eleven|fifteen|thirty)(?:[\s-]+(?:and\s+)?(?:an?\s+)?half)?[\s-]+"
    r"(?:minute|hour|day|week|month|year|decade|centur)(?:y|ies|s)?",
    re.I,
)
_COMES_BEFORE = re.compile(r"\b(?:in|within|after)\s+(?:the\s+next\s+)?$", re.I)
_ORDINAL = re.compile(r"first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|one|two|three|half|none")
_DURATION = re.compile(
    r"\b(?:minutes?|hours?|days?|weeks?|months?|years?|decades?|century|centuries|percent|million|morning|evening|night"
    r"|summer|winter|spring|autumn|early|late|soon|later|ago|daily|annually|immediately|never|always)\b",
    re.I,
)
_PLACE = re.compile(
    r"\b(?:in|at|on|near|under|over|above|below|behind|beside|inside|outside|between|along|across|off|from|to|into|through"
    r"|around|opposite|against|home|abroad|online|overseas|upstairs|downstairs|underground|nearby|offshore|everywhere"
    r"|nowhere|here|there|north|south|east|west|northern|southern|eastern|western"
    r"|(?:house|hospital|school|church|street|road|park|station|airport|beach|coast|border|river|lake|sea|island|town|city"
    r"|village|building|hall|hotel|prison|museum|stadium|harbou?r|port|market|square|garage|roof|room|office|farm|field"
    r"|forest|mountain|valley|bridge|court|courtroom|cellar|basement|shop|factory|warehouse|garden|camp|shelter|theatre"
    r"|theater|library|university|hill|desert|centre|center|district|region|county|province|neighbou?rhood|car|train|bus"
    r"|plane|boat|ship|ferry|bank|restaurant|bar|apartment|flat|kitchen|bed|body|head|chest|neck|arm|leg)s?)\b",
    re.I,
)
_PERSON = re.compile(
    r"\b(?:police|staff|crew|army|navy|people|men|women|man|woman|child(?:ren)?|boys?|girls?|team|family|families|government"
    r"|council|court|jury|company|firm|group|union|committee|commission|board|agency|ministry|party|parliament|president"
    r"|chief|king|queen|prince|princess|pope|nurse|pilot|student|pupil|victim|suspect|relative|friend|neighbou?r|resident"
    r"|parent|mother|father|son|daughter|brother|sister|wife|husband|wom[ae]n|spokes\w+|guest|patient|migrant|refugee"
    r"|troop|guard|thief|thieves|judge|clerk|coach|captain|doctor|nobody|everyone|everybody|no\s+one|voters|media"
    r"|\w+(?:er|or|ist|ant|ian|man|men|ee|eer|ess|ive|ster|ate|ary)|official|rebel|militant|hostage|criminal|professional"
    r"|individual|crowd|public|others|they|he|she|him|her)s?\b",
    re.I,
)
_PLACED_IN = re.compile(r"\s+(?:on|in|at|from|across|along|near|around|throughout)\s+(?P<where>(?:[\w’'-]+\s*){1,5})")
_LONGEST = 25
_WHO_IS_NAMED = re.compile(r"\W*[Ww]ho(?:\s+(?:is|was)|[’']s)\s+[A-Z]")
_BEGINS_WITH_PERSON = re.compile(r"(?:Mr|Mrs|Ms|Dr|Sir|Capt|Gen|Sen|Rep|Prof|Gov)\b|[A-Z][\w’'-]+\s+[A-Z][\w-]+(?:,|$)")


def fits_kind(question: Question, text: str, *, sentence: str) -> bool:
    """Whether `text`, words of `sentence`, can be what `question` asks for; False when its type is clearly another.

    A number must have a unit that suits, in `text` or after it in `sentence`. Where nothing is known of the kind that
    is asked for, any words will do.
    """
    text = text.strip(" \t,;:.!?“”\"'()")
    if not text or not any(character.isalnum() for character in text):
        return False
    if question.asks_for_figure:
        return _fits_figure(question, text, sentence)
    if question.asks == "when":
        return _fits_when(question, text, sentence)
    if question.asks == "who":
        return _has_name(text) or _is_thing(text) or (not _is_time_or_number(text) and _PERSON.search(text) is not None)
    if question.asks == "where":
        if _wants(question, NAMED_KINDS):
            return _has_name(text)
        return _has_name(text) or _is_thing(text) or (not _is_time_or_number(text) and _PLACE.search(text) is not None)
    if question.asks == "which" and _wants(question, NAMED_KINDS):
        return _has_name(text) or ("name" in question.wanted and not _is_time_or_number(text))
    return True


def is_somebody_else(question: Question, text: str) -> bool:
    """Whether `question` asks who somebody is whom it names, and `text` begins with a person's name."""
    return _WHO_IS_NAMED.match(question.text) is not None and _BEGINS_WITH_PERSON.match(text) is not None


def _is_of_it(number: Quantity, question: Question, sentence: str) -> bool:
    """Whether a number counts what is in or on what is to be counted: "all 31,000 homes on the islands"."""
    if counts_the_same(number, question):
        return False
    placed = _PLACED_IN.match(sentence, number.end)
    counted = {singular(word) for word in question.counted if not is_stop_word(word)}
    return placed is not None and bool(counted & {singular(word) for word in placed["where"].split()})


def _fits_figure(question: Question, text: str, sentence: str) -> bool:
    if len(text.split()) > _LONGEST:
        return False
    if question.asks == "percent" and _FRACTION.search(text):
        return True
    numbers = quantities(text)
    start = sentence.find(text)
    standing: list[Quantity] = []
    if start >= 0:
        all_numbers = quantities(sentence)
        standing = [each for each in all_numbers if each.start < start + len(text) and start < each.end]
        counted = [each for each in all_numbers if question.asks == "count" and counts_the_same(each, question)]
        if counted and not any(each in counted for each in standing):
            return False  # "8,700 people from six villages", asked for the villages
        if question.asks == "count" and standing and all(_is_of_it(each, question, sentence) for each in standing):
            return False
    if any(fits(number, question) and number.words for number in numbers):
        return True
    if standing:
        return any(fits(each, question) for each in standing)
    if any(fits(number, question) for number in numbers):
        return True
    if numbers or (question.asks != "measure" and _is_time_or_number(text)):
        return False
    if question.asks == "count":
        return _VAGUE_COUNT.search(text) is not None
    if question.asks == "amount":
        return (
            re.search(r"\b(?:nothing|free|half|double|twice|millions|billions|thousands|hundreds)\b", text, re.I)
            is not None
        )
    return (
        re.search(
            r"\b(?:hours?|days?|weeks?|months?|years?|decades?|forever|until|since|centur\w+)\b|\b\d{4}\s?(?:to|until|[-–])\s?\d{4}\b",
            text,
            re.I,
        )
        is not None
    )


def _fits_when(question: Question, text: str, sentence: str) -> bool:
    if (length := _LENGTH_OF_TIME.fullmatch(text)) is not None and not _says_when(length, text, sentence):
        return False
    wanted = {singular(word) for word in question.wanted}
    if "year" in wanted:
        return (
            _YEAR.search(text) is not None
            or re.search(r"\b(?:last|this|next|previous)\s+year|\byears?\b", text, re.I) is not None
        )
    words = set(all_words(text))
    if "month" in wanted:
        return (
            bool(words & set(MONTHS))
            or "month" in text.lower()
            or re.search(rf"\b(?:{'|'.join(m[:3] for m in MONTHS)})\.", text, re.I) is not None
        )
    if "time" in wanted and _CLOCK.search(text):
        return True
    if dates(text):
        return True
    return (
        bool(words & _CALENDAR)
        or _YEAR.search(text) is not None
        or _CLOCK.search(text) is not None
        or _TIME.search(text) is not None
    )


def _says_when(length: re.Match[str], text: str, sentence: str) -> bool:
    """Whether a length of time says when: "in two weeks", but not "nine years", nor "first in nine years"."""
    before = sentence[: max(sentence.find(text), 0)]
    before += length["before"] or ""
    return _COMES_BEFORE.search(before) is not None and not is_set_aside(before, "", is_time=True)


def _wants(question: Question, nouns: frozenset[str]) -> bool:
    return any(singular(word) in nouns for word in question.wanted)


def _has_name(text: str) -> bool:
    """Whether a word with a capital letter is no day, month, number or word without a meaning of its own."""
    return any(
        word not in _CALENDAR
        and not is_stop_word(word)
        and value_of(word) is None
        and word.rstrip(".") not in {month[:3] for month in MONTHS}
        for match in _NAME.finditer(text)
        if (word := re.sub(r"['’]s$", "", match.group().lower()))
    )


def _is_thing(text: str) -> bool:
    """Whether `text` may name somebody or something in small letters: at most three words, none of number or time."""
    words = all_words(text)
    return (
        len(words) <= 3
        and not any(word[0].isdigit() or word in _CALENDAR or _ORDINAL.fullmatch(word) for word in words)
        and not _is_time_or_number(text)
        and not dates(text)
        and not quantities(text)
        and not _DURATION.search(text)
    )


def _is_time_or_number(text: str) -> bool:
    """Whether `text` is nothing but a number, a sum, a date or a time."""
    rest = text
    for start, end in reversed(dates(text)):
        rest = rest[:start] + " " + rest[end:]
    for number in reversed(quantities(rest)):
        rest = rest[: number.start] + " " + rest[number.end :]
    left = [word for word in all_words(rest) if word not in _CALENDAR and not is_stop_word(word)]
    return not [word for word in left if not word[0].isdigit()] and rest != text
