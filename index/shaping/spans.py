"""Character spans, and the comparison key that tells whether two pieces of text say the same."""

import unicodedata

Span = tuple[int, int]
"""Start and end of a piece of text, in characters; the end is exclusive."""


def trimmed(text: str, span: Span) -> Span:
    """`span` without the white space at its two ends; an empty span when there is nothing else in it."""
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def normalised(text: str) -> str:
    """Comparison key of `text`: NFKC, case-folded, white space collapsed. Equal keys count as the same text."""
    # Case folding can undo the normalisation (U+0345), so it is normalised once more.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())
