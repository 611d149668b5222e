"""Where sentences begin and end: nupunkt for English, sentencex for other languages, a few joints mended."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from index.shaping.paragraphs import paragraphs
from index.shaping.spans import Span, trimmed

# Abbreviated titles that stand before a name; a sentence does not end there. "St." and "Sr." are no such titles: they
# end sentences as well.
_TITLE = (
    r"(?:Dr|Drs|Prof|Mr|Mrs|Ms|Messrs|Mx|Rev|Hon|Msgr|Sen|Sens|Rep|Reps|Gov|Govs|Pres|Amb|Atty|Cong|Supt|Gen|Gens|Lt|"
    r"Col|Cols|Maj|Capt|Cmdr|Cdr|Adm|Sgt|Cpl|Pvt|Pfc|Spc|Brig|Det|Insp|Assoc|Asst)\."
)
_ENDS_WITH_TITLE = re.compile(rf"(?<![\w.]){_TITLE}\Z")
_ENDS_WITH_EXCLAMATION = re.compile(r"\w!\Z")
_BEGINS_WITH_NAME = re.compile(
    r"(?!(?:The|A|An|He|She|It|They|We|I|In|On|At|But|And|This|That|These|Those|His|Her|Their|No|If|When)\b)[A-Z]"
)
_BEGINS_SMALL = re.compile(r"[a-z]{2}")
# "the man she met. Dr. Who": a small word with a full stop, then a title with a name.
_STOP_BEFORE_TITLE = re.compile(rf"\b(?P<word>[a-z]{(2,)})\.(?P<gap>\s+)(?={_TITLE}\s+[A-Z])")
_NEVER_LAST_WORDS = frozenset({"al", "approx", "ca", "cf", "eg", "esp", "ex", "former", "ie", "incl", "then", "vs"})


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
    spans = [trimmed(paragraph, span) for span in _nupunkt().spans(paragraph, paragraph_breaks=False)]
    return _split_before_titles(paragraph, _rejoined(paragraph, spans))


def _rejoined(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Join "Lt." with "Gen. McMaster" and "Yahoo!" with "said so"."""
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
    tail = text[max(sentence[0], sentence[1] - 20) : sentence[1]]
    if _ENDS_WITH_TITLE.search(tail):
        return _BEGINS_WITH_NAME.match(text, start) is not None
    return _ENDS_WITH_EXCLAMATION.search(tail) is not None and _BEGINS_SMALL.match(text, start) is not None


def _split_before_titles(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Split "she met. Dr. Who came": a full stop after an ordinary word ends a sentence, whatever title follows."""
    for start, end in spans:
        for match in _STOP_BEFORE_TITLE.finditer(text, start, end):
            if match["word"] not in _NEVER_LAST_WORDS:
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
