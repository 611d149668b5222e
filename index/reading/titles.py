"""A title for a story that does not name its own."""

import re
import unicodedata
from pathlib import Path

from index.shaping import kept_paragraphs, normalised, paragraphs, sentences
from index.shaping.calendar_names import MONTH

MAX_TITLE_CHARACTERS = 300
UNTITLED = "Untitled"

_MAX_RAW_CHARACTERS = 5_000
_MAX_LINE_CHARACTERS = 200
_FIRST_BLOCKS = 8
_SAMPLE_CHARACTERS = 20_000
_SHORTENED_CHARACTERS = 100
_ENDS_SENTENCE = re.compile(r"[.!?。！？…:;,][\"'”’»)\]]*\Z")
_DATELINE = re.compile(r"[^.!?]{0,80}[-–—]\s*")
_BYLINE = re.compile(r"(?:by|von|par|por|photo|image|published|updated|posted|last updated)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://|www\.|\S+@\S+\.\w")
_WORD = re.compile(r"[^\W\d_]+")
_LETTERS = re.compile(r"[^\W\d_]")
_MONTH = re.compile(rf"\b{MONTH}(?!\w)", re.IGNORECASE)
_MARKDOWN_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(?P<title>[^\r\n]+)", re.MULTILINE)
_MARKDOWN_UNDERLINED = re.compile(r"^(?P<title>[^\s#>*-].*)\r?\n(?:=+|-{3,})[ \t]*\r?$", re.MULTILINE)
_MARKDOWN_LINK = re.compile(r"!?\[(?P<text>[^\]]*)\]\([^)]*\)")
_MARKDOWN_MARKS = re.compile(r"\*\*|__|`|(?<!\w)[*_]|[*_](?!\w)")
_SEPARATORS = re.compile(r"[\s_\-]+")


def clean_title(title: str) -> str:
    """`title` on one line: white space collapsed, control characters removed, at most 300 characters."""
    title = title[:_MAX_RAW_CHARACTERS]
    visible = "".join(" " if letter.isspace() else letter for letter in title if _is_visible(letter))
    title = " ".join(visible.split())
    return _shortened(title, MAX_TITLE_CHARACTERS)


def title_of_text(text: str, *, path: Path) -> str:
    """The title that a plain text carries among its first lines, else one made of the file's name.

    A short line that stands twice among the first blocks is the title; else the first short line without a full stop
    that is not a byline, date or address.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    lines = [sample[start:end] for start, end in paragraphs(sample)[:_FIRST_BLOCKS]]
    short = [line for line in lines if len(line) <= _MAX_LINE_CHARACTERS and _LETTERS.search(line)]
    keys = [normalised(line) for line in short]
    candidates = [line for line in short if _is_headline(line)]
    for line in candidates:
        if keys.count(normalised(line)) > 1:
            return clean_title(line)
    # A lone line at the end is not a heading of anything.
    first = next((line for line in lines[:3] if line in candidates and line != lines[-1]), None)
    return clean_title(first) if first else title_of_name(path)


def title_of_markdown(body: str, *, path: Path) -> str:
    """The first heading of a markdown text, without its marks; else as for a plain text."""
    sample = body[:_SAMPLE_CHARACTERS]
    found = [match for pattern in (_MARKDOWN_HEADING, _MARKDOWN_UNDERLINED) if (match := pattern.search(sample))]
    if found:
        heading = min(found, key=lambda match: match.start())["title"].rstrip("# \t")
        title = clean_title(_MARKDOWN_MARKS.sub("", _MARKDOWN_LINK.sub(r"\g<text>", heading)))
        if title:
            return title
    return title_of_text(body, path=path)


def title_of_body(text: str) -> str:
    """A title made of the beginning of a text: its first sentence, shortened; "Untitled" when there is none.

    A line that only says where the story comes from ("Colombo, Sri Lanka -") or belongs to the page is passed over.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    blocks = [sample[start:end] for start, end in kept_paragraphs(sample, title="")[:_FIRST_BLOCKS]]
    beginning = next((block for block in blocks if not _DATELINE.fullmatch(block)), blocks[0] if blocks else "")
    first = next((beginning[start:end] for start, end in sentences(beginning)), "")
    return _shortened(clean_title(first), _SHORTENED_CHARACTERS) or UNTITLED


def title_of_name(path: Path) -> str:
    """The file's name made readable: "prisoner-exchange.txt" gives "Prisoner exchange"."""
    name = path.name.encode("utf-8", errors="replace").decode("utf-8")
    stem = clean_title(_SEPARATORS.sub(" ", Path(name).stem))
    return stem[:1].upper() + stem[1:] or UNTITLED


def _is_headline(line: str) -> bool:
    words = _WORD.findall(line)
    date_line = _MONTH.search(line) and len(words) <= 4 and any(letter.isdigit() for letter in line)
    long_enough = len(words) >= 2 or any(unicodedata.category(letter) == "Lo" for letter in line)
    return (
        long_enough
        and not date_line
        and not _ENDS_SENTENCE.search(line)
        and not _BYLINE.match(line)
        and not _ADDRESS.search(line)
    )


def _is_visible(letter: str) -> bool:
    # The two joiners shape letters of Persian and Indian scripts.
    return letter.isspace() or letter in "\u200c\u200d" or not unicodedata.category(letter).startswith("C")


def _shortened(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head = cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut
    return head.rstrip(" ,;:-–—") + "…"
