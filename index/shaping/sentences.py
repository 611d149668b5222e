"""Where sentences begin and end: nupunkt for English, sentencex for other languages, a few joints mended."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from index.shaping.paragraphs import paragraphs
from index.shaping.spans import Span, trimmed

# Abbreviated titles that stand before a name; a sentence does not end there. "Sr." is no such title: it ends sentences.
_TITLE = (
    r"(?:Dr|Drs|Prof|Mr|Mrs|Ms|Messrs|Mx|Rev|Hon|Msgr|Sen|Sens|Rep|Reps|Gov|Govs|Pres|Amb|Atty|Cong|Supt|Gen|Gens|Lt|"
    r"Col|Cols|Maj|Capt|Cmdr|Cdr|Adm|Sgt|Cpl|Pvt|Pfc|Spc|Brig|Det|Insp|Assoc|Asst)\."
)
_NAME = r"(?!(?:The|A|An|He|She|It|They|We|I|In|On|At|But|And|This|That|These|Those|His|Her|Their|No|If|When)\b)[A-Z]"
_SMALL_WORD = r"[a-z]{2,}\b(?!\.\w)"
# What goes on: the end of a sentence as nupunkt sees it, and the beginning of the next.
_GOES_ON = tuple(
    (re.compile(rf"{end}\Z"), re.compile(begin))
    for end, begin in (
        # "Lt. | Gen. Hall"
        (rf"(?<![\w.]){_TITLE}", _NAME),
        # "the church of St. | Mary", but not "12 Main St. | Police"
        (r"(?:\A|\b[a-z]+\s|[,;(\"“]\s?)St\.", _NAME),
        # "Yahoo! | said"
        (r"\w!", _SMALL_WORD),
        # "non-U.S. | citizens"
        (r"(?:\b[A-Za-z]\.[A-Za-z]\.|\b(?:[Pp]ct|[Aa]vg|yr|lb|bn|mn)\.)", _SMALL_WORD),
    )
)
_TAIL_CHARACTERS = 40
# A full stop after a small word ends a sentence, also where nupunkt takes the word ("so.", "met.", "port.") for an
# abbreviation, unless it is one of these.
_STOP = re.compile(r"\b(?P<word>[a-z]{2,})\.[\"”’)]{0,2}(?P<gap>\s+)(?=[\"“‘(]{0,2}[A-Z])")
_ABBREVIATIONS = frozenset({
    "al", "approx", "avg", "ca", "capt", "cf", "ch", "col", "dept", "dr", "eg", "esp", "est", "ex", "feat", "ft",
    "gen", "gov", "ie", "incl", "lt", "mr", "mrs", "ms", "pp", "prof", "sec", "sen", "vol", "vs",
})  # fmt: skip
_CLAUSE_BORDER = re.compile(
    r"[,;:()“”\"—–]|\b(?:that|which|who|and|but|after|before|when|while|whereas|because|as)\b", re.I
)


def sentences(text: str, *, language: str | None = "en") -> list[Span]:
    """The spans of the sentences of `text`, in order and without white space at their ends.

    A sentence never goes on in another paragraph. `language` is an ISO 639-1 code; None is read like English.
    """
    return [
        (start + first, start + last)
        for start, end in paragraphs(text)
        for first, last in sentence_spans(text[start:end], language=language)
    ]


def sentence_spans(paragraph: str, *, language: str | None = "en") -> list[Span]:
    """The spans of the sentences of one paragraph, whose line breaks do not count. See `sentences`."""
    found = _english(paragraph) if language in (None, "en") else _other(paragraph, str(language))
    spans = (trimmed(paragraph, span) for span in found)
    return [(start, end) for start, end in spans if start < end]


def _english(paragraph: str) -> Iterable[Span]:
    spans = (trimmed(paragraph, span) for span in _nupunkt().spans(paragraph, paragraph_breaks=False))
    return _split_after_small_words(paragraph, _rejoined(paragraph, spans))


def _rejoined(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Join what nupunkt parts after an abbreviation."""
    pending: Span | None = None
    for start, end in spans:
        if pending is not None and _goes_on(text, pending, start):
            pending = (pending[0], end)
            continue
        if pending is not None:
            yield pending
        pending = (start, end)
    if pending is not None:
        yield pending


def _goes_on(text: str, sentence: Span, start: int) -> bool:
    tail = text[max(sentence[0], sentence[1] - _TAIL_CHARACTERS) : sentence[1]]
    return any(end.search(tail) and begin.match(text, start) for end, begin in _GOES_ON)


def _split_after_small_words(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Split "the man she met. Dr. Who came", which nupunkt leaves in one."""
    for start, end in spans:
        for match in _STOP.finditer(text, start, end):
            if match["word"] not in _ABBREVIATIONS:
                yield start, match.start("gap")
                start = match.end("gap")
        yield start, end


def _other(paragraph: str, language: str) -> list[Span]:
    from sentencex import get_sentence_boundaries

    return [(found["start_index"], found["end_index"]) for found in get_sentence_boundaries(language, paragraph)]


@cache
def _nupunkt() -> Any:
    import nupunkt

    return nupunkt.load("default")


def clause_around(part: str, sentence: str) -> str:
    """What of `sentence` stands around its `part`, between the marks and words that begin another clause."""
    at = sentence.find(part)
    if at < 0:
        return sentence
    before = [mark.end() for mark in _CLAUSE_BORDER.finditer(sentence, 0, at)]
    after = _CLAUSE_BORDER.search(sentence, at + len(part))
    return sentence[before[-1] if before else 0 : after.start() if after else len(sentence)]
