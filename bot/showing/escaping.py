"""Makes text that others wrote safe to show in Discord: it stays words, whatever markup it contains."""

import re
import unicodedata
from urllib.parse import quote, urlsplit

# Joiners shape emoji, Persian and Indic words; every other format character is invisible or turns the direction.
_KEPT_FORMAT_CHARACTERS = "\u200c\u200d"
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
# Letters and symbols that show nothing: fillers, the blank of braille, what joins marks.
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
_MARKS = frozenset({"Mn", "Me"})
_MOST_MARKS = 4

# A colon starts a link (https://) or an emoji (:name:); a line may start with a list.
# An escaped bracket with an opening parenthesis right after it still ends the label of a link further in front.
_MARKUP = re.compile(r"[\\*_~|`<>\[\]@#]|(?<=\])\(|:(?=//|[\w+-]+:)|^[-+]")
# A year at the beginning of a line is no numbered list.
_NUMBERED = re.compile(r"^(\d+)(?=[.)])")

_SENTENCE_END = re.compile(r"[.!?。！？]+[\"'”’»)\]]*(?=\s)")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
# Discord shows a masked link whose label looks like an address as its bare source, so such a label is not used.
_LOOKS_LIKE_ADDRESS = re.compile(r"://|\bwww\.|[\w-]\.[^\W\d_]{2,}")
_LONGEST_URL = 800
_SHORTEST_LABEL = 100


def units(text: str) -> int:
    """Length of `text` in UTF-16 code units: never less than what Discord counts, whichever way it counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def clean(text: str) -> str:
    """One line of `text`, without control characters, text direction controls and invisible characters.

    Marks above and below a letter are kept as far as languages have them, not as a tower that covers other lines.
    Text of which nothing can be seen is empty.
    """
    visible: list[str] = []
    marks = 0
    for character in " ".join(text.split()):
        category = unicodedata.category(character)
        if character in _BLANKS or (category in _DROPPED_CATEGORIES and character not in _KEPT_FORMAT_CHARACTERS):
            continue
        marks = marks + 1 if category in _MARKS or character in _KEPT_FORMAT_CHARACTERS else 0
        if marks <= _MOST_MARKS:
            visible.append(character)
    line = " ".join("".join(visible).split())
    return line if line.strip(_KEPT_FORMAT_CHARACTERS + " ") else ""


def escape(line: str) -> str:
    """Escape all of Discord's markup in a cleaned line: formatting, links, mentions, emoji, timestamps, headings."""
    return _NUMBERED.sub(r"\g<1>\\", _MARKUP.sub(r"\\\g<0>", line))


def show(text: str, *, limit: int) -> str:
    """Clean and escape `text`, in at most `limit` UTF-16 code units.

    A longer text ends at the end of a sentence, else of a word, and with an ellipsis.
    """
    line = clean(text)
    escaped = escape(line[: limit + 1])
    if len(line) <= limit and units(escaped) <= limit:
        return escaped
    shortened = _shorten(line, limit=limit)
    return escape(shortened) if shortened else ""


def link(label: str, url: str | None, *, limit: int, opens: str) -> str:
    """A masked link to `url`, or only the label when `url` is not a plain web address or there is no room for it.

    `limit` is for the whole in UTF-16 code units. A label that looks like an address itself stands in front of the
    link, never on it, so that nobody takes it for where the link goes; `opens` is the word of ours that is the link.
    """
    target = web_address(url)
    if target is None or units(target) + _SHORTEST_LABEL > limit:
        return show(label, limit=limit)
    if looks_like_address(label):
        suffix = f" ([{opens}]({target}))"
        return show(label, limit=limit - units(suffix)) + suffix
    # Discord does not let a bracket be escaped inside of a link's label.
    label = label.translate({ord("["): "(", ord("]"): ")"})
    return f"[{show(label, limit=limit - units(target) - 4)}]({target})"


def looks_like_address(label: str) -> bool:
    """Whether someone could take a link's label for where the link goes."""
    return _LOOKS_LIKE_ADDRESS.search(clean(label)) is not None


def web_address(url: str | None) -> str | None:
    """`url` in the form that can stand in a masked link, None unless it is http(s) with a host and no password."""
    if not url or len(url) > _LONGEST_URL or clean(url) != url or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:  # UnicodeError, from a host that is none, is one too
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    # Brackets, quotes, backslashes and asterisks would end the link or be read as markup.
    path, query, fragment = (quote(part, safe="/%:@!$&+,;=?") for part in (parts.path, parts.query, parts.fragment))
    address = f"{parts.scheme}://{host}{port}{path}"
    address += f"?{query}" if query else ""
    address += f"#{fragment}" if fragment else ""
    return address if len(address) <= _LONGEST_URL else None


def _shorten(line: str, *, limit: int) -> str:
    """The longest beginning of `line` whose escaped form, with an ellipsis, has at most `limit` code units."""
    ellipsis = " …"
    fits, too_long = 0, min(len(line), limit) + 1
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if units(escape(line[:middle])) + len(ellipsis) <= limit:
            fits = middle
        else:
            too_long = middle
    if fits == 0:
        return "…" if limit >= 1 else ""
    # A sentence or a word is worth its end, but not worth losing half of what there is room for.
    ends = [match.end() for match in _SENTENCE_END.finditer(line, 0, fits + 1) if match.end() <= fits]
    if ends and ends[-1] >= fits // 2:
        return line[: ends[-1]] + ellipsis
    space = line.rfind(" ", fits // 2, fits + 1)
    if space > 0:
        return line[:space].rstrip() + "…"
    while fits > 1 and _continues(line, fits):
        fits -= 1
    return line[:fits] + "…"


def _continues(line: str, position: int) -> bool:
    """Whether a cut at `position` would part a letter from its accent, or an emoji from its modifier."""
    return position < len(line) and (
        unicodedata.category(line[position]) in ("Mn", "Me", "Mc")
        or line[position] in _KEPT_FORMAT_CHARACTERS
        or line[position - 1] == "\u200d"
        or "\U0001f3fb" <= line[position] <= "\U0001f3ff"
    )
